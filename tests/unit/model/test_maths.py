"""The value transfer against exact fractions, and what it must not depend on."""

from fractions import Fraction
from random import Random

import pytest

from perpetual_pools.model import CommitType, maths
from tests.support.numbers import any_size

MAX_PRICE = 2**96 - 1
BALANCE = 2**100


def random_move(random):
    """Balances from 1 unit to 2**100, prices over the whole range, leverage 1 to 10."""
    long, short = any_size(random, 1, BALANCE), any_size(random, 1, BALANCE)
    return long, short, any_size(random, 1, MAX_PRICE), any_size(random, 1, MAX_PRICE), random.randint(1, 10)


def test_value_transfer__random_moves__leave_the_loser_the_exact_fraction_within_a_unit():
    random = Random(11)
    for _ in range(1_000):
        long, short, last_price, price, p = random_move(random)
        after = maths.value_transfer(long, short, last_price, price, p)
        loser, kept = (short, after[1]) if price > last_price else (long, after[0])
        exact = Fraction(min(last_price, price), max(last_price, price)) ** p * loser
        # Rounded up, from a fraction that was rounded down by less than 20 / 2**128.
        assert -Fraction(20 * loser, 2**128) < kept - exact <= 1, "P3"
        assert kept >= 1
        assert sum(after) == long + short, "P3"


def test_value_transfer__mirror_of_a_move__is_the_move_of_the_mirror():
    random = Random(12)
    for _ in range(1_000):
        long, short, last_price, price, p = random_move(random)
        after = maths.value_transfer(long, short, last_price, price, p)
        assert maths.value_transfer(short, long, price, last_price, p) == after[::-1]


def test_value_transfer__price_that_stays__moves_nothing():
    random = Random(13)
    for _ in range(100):
        long, short, last_price, _, p = random_move(random)
        assert maths.value_transfer(long, short, last_price, last_price, p) == (long, short), "P4"


@pytest.mark.parametrize(
    ("balances", "rates"),
    [
        # long is 1.1 times short: it loses p and gains p / 1.1, short gains 1.1 p
        ((1_100, 1_000), (-90_909_090_909_090_910, 10**17)),
        ((1_000, 1_000), (0, 0)),
        ((1, 3), (2 * 10**18, -666_666_666_666_666_667)),
        ((0, 5), (0, 0)),
        ((5, 0), (0, 0)),
    ],
)
def test_rebalancing_rates__literal_sides__are_the_counterparty_over_ones_own_less_1(balances, rates):
    assert maths.rebalancing_rates(*balances) == rates


def test_commit_type__in_the_contracts_order__names_what_is_burned_and_minted():
    long, short, nothing = 0, 1, None
    assert [(int(kind), kind.burned_side, kind.minted_side, kind.is_mint, kind.is_burn) for kind in CommitType] == [
        (0, nothing, long, True, False),
        (1, long, nothing, False, True),
        (2, nothing, short, True, False),
        (3, short, nothing, False, True),
        (4, long, short, False, False),
        (5, short, long, False, False),
    ]
