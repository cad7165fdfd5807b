"""ValueTransfer: what the loser keeps. Specification, section 3, step 3; invariants P3 and P4."""

from fractions import Fraction
from random import Random

import pytest

from perpetual_pools.model import maths
from tests.support.numbers import any_size

WAD = 10**18
Q = 2**128
MAX_PRICE = 2**96 - 1
USDC = 10**6


def require_exact(harness, long, short, last_price, price, p):
    """Model and exact rational: the loser keeps what it says, to the unit; nothing is made or lost."""
    moved = harness.transfer(long, short, last_price, price, p)
    assert moved == maths.value_transfer(long, short, last_price, price, p)
    assert sum(moved) == long + short, "P3"
    if price == last_price:
        assert moved == (long, short), "P4"
        return
    loser, kept = (short, moved[1]) if price > last_price else (long, moved[0])
    # Fractions without the common divisor, which would take most of the time: |kept - loser * (lo / hi)**p| <= 1.
    lo, hi = min(last_price, price) ** p, max(last_price, price) ** p
    assert abs(kept * hi - loser * lo) <= hi, (long, short, last_price, price, p)
    assert 1 <= kept <= loser


# --- retainedDown ---


@pytest.mark.parametrize(
    ("lo", "hi", "p", "retained"),
    [
        (1, 2, 1, Q // 2),
        (1, 2, 10, Q // 1024),
        (3, 4, 2, Q * 9 // 16),
        (1, 3, 1, Q // 3),
        (1, MAX_PRICE, 1, 2**32),
        (1, MAX_PRICE, 2, 0),
        (MAX_PRICE - 1, MAX_PRICE, 1, (MAX_PRICE - 1) * Q // MAX_PRICE),
    ],
)
def test_retained_down__literal_ratios__are_their_powers_in_128_bits(maths_harness, lo, hi, p, retained):
    assert maths_harness.retainedDown(lo, hi, p) == retained


def test_retained_down__random_prices__is_the_exact_power_less_at_most_2p_minus_1(maths_harness):
    random = Random(20)
    for _ in range(2_000):
        lo = any_size(random, 1, MAX_PRICE - 1)
        hi = any_size(random, lo + 1, MAX_PRICE)
        p = random.randint(1, 10)
        retained = maths_harness.retainedDown(lo, hi, p)
        assert retained == maths.retained_fraction(lo, hi, p)
        assert 0 <= Fraction(lo, hi) ** p * Q - retained < 2 * p - 1


# --- transfer ---


def test_transfer__worked_example__moves_136_usdc_and_a_round_trip_costs_who_grew_first(maths_harness):
    up = maths_harness.transfer(1_000 * USDC, 1_000 * USDC, 100 * WAD, 105 * WAD, 3)
    assert up == (1_136_162_401, 863_837_599)
    assert maths_harness.transfer(*up, 105 * WAD, 100 * WAD, 3) == (981_459_801, 1_018_540_199)


@pytest.mark.parametrize(
    ("p", "short"),
    [(1, 952_380_953), (2, 907_029_479), (3, 863_837_599), (10, 613_913_254)],
)
def test_transfer__price_up_by_5_percent__short_keeps_its_pth_power(maths_harness, p, short):
    assert maths_harness.transfer(5 * USDC, 1_000 * USDC, 100 * WAD, 105 * WAD, p) == (1_005 * USDC - short, short)


@pytest.mark.parametrize(
    ("last_price", "price", "moved"),
    [(100, 200, (1_500, 500)), (200, 100, (500, 1_500)), (1, MAX_PRICE, (1_999, 1)), (MAX_PRICE, 1, (1, 1_999))],
)
def test_transfer__either_direction__takes_from_whom_the_price_moved_against(maths_harness, last_price, price, moved):
    assert maths_harness.transfer(1_000, 1_000, last_price, price, 1) == moved


@pytest.mark.parametrize("balance", [1, 2**121])
def test_transfer__largest_move__leaves_the_loser_at_least_1_unit(maths_harness, balance):
    # (1 / 2**96)**10 of 2**121 is far below a unit.
    assert maths_harness.transfer(balance, 7, MAX_PRICE, 1, 10) == (1, balance + 6)


@pytest.mark.parametrize(("last_price", "price"), [(100, 200), (200, 100)])
def test_transfer__loser_of_1_unit__keeps_it(maths_harness, last_price, price):
    sides = (1_000, 1) if price > last_price else (1, 1_000)
    assert maths_harness.transfer(*sides, last_price, price, 10) == sides


@pytest.mark.parametrize(("last_price", "price", "sides"), [(100, 200, (1_000, 0)), (200, 100, (0, 1_000))])
def test_transfer__loser_of_nothing__pays_nothing(maths_harness, last_price, price, sides):
    assert maths_harness.transfer(*sides, last_price, price, 3) == sides


@pytest.mark.parametrize("price", [1, 100 * WAD, MAX_PRICE])
def test_transfer__unchanged_price__moves_nothing(maths_harness, price):
    assert maths_harness.transfer(2**121, 7, price, price, 10) == (2**121, 7)


@pytest.mark.parametrize("p", range(1, 11))
def test_transfer__smallest_move_of_the_largest_price__costs_the_exact_fraction(maths_harness, p):
    for last_price, price in ((MAX_PRICE - 1, MAX_PRICE), (MAX_PRICE, MAX_PRICE - 1)):
        for balance in (1, 2**96, 2**121):
            require_exact(maths_harness, balance, balance, last_price, price, p)


@pytest.mark.parametrize("p", range(1, 11))
@pytest.mark.parametrize(("last_price", "price"), [(MAX_PRICE - 1, MAX_PRICE), (MAX_PRICE, 1), (1, 2), (3, 2)])
def test_transfer__sides_of_127_bits__do_not_overflow(maths_harness, last_price, price, p):
    """Far beyond what a pool can hold, where the exact rational is more than a unit away."""
    sides = 2**127 - 1, 2**127 - 1
    moved = maths_harness.transfer(*sides, last_price, price, p)
    assert moved == maths.value_transfer(*sides, last_price, price, p)
    assert sum(moved) == 2**128 - 2


@pytest.mark.finding("M01")
def test_transfer__10_000_random_cases__are_within_1_unit_of_the_exact_rational(maths_harness):
    random = Random(1)
    for number in range(10_000):
        long, short = any_size(random, 1, 2**100), any_size(random, 1, 2**100)
        # 1e-9 to 1e10 in WAD
        last_price = any_size(random, 10**9, 10**28)
        near = max(1, min(MAX_PRICE, last_price * random.randint(9_000, 11_000) // 10_000))
        price = near if number % 2 else any_size(random, 10**9, 10**28)
        require_exact(maths_harness, long, short, last_price, price, 1 + number % 10)


@pytest.mark.finding("M01")
def test_transfer__2_000_random_cases_of_every_price_and_the_largest_balances__are_within_1_unit(maths_harness):
    random = Random(2)
    for number in range(2_000):
        long, short = any_size(random, 1, 2**121), any_size(random, 1, 2**121)
        last_price, price = any_size(random, 1, MAX_PRICE), any_size(random, 1, MAX_PRICE)
        require_exact(maths_harness, long, short, last_price, price, 1 + number % 10)
