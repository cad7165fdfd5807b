"""BatchPricing: what a batch yields. Specification, section 3, step 4."""

from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

import pytest

from perpetual_pools.model import CommitType, maths
from tests.support.numbers import any_size

WAD = 10**18
USDC = 10**6
TOKEN = 10**18
DUST = 10**12
MAX_SUPPLY = 2**126
MAX_TOTAL = 2**120
MINTS = [CommitType.LONG_MINT, CommitType.SHORT_MINT]
FLIPS = [CommitType.LONG_BURN_SHORT_MINT, CommitType.SHORT_BURN_LONG_MINT]
REFUND = (0, 0, 0)


@dataclass(frozen=True)
class Terms:
    """1,000 USDC on 1,000 tokens a side, without fees."""

    balances: tuple[int, int] = (1_000 * USDC, 1_000 * USDC)
    supplies: tuple[int, int] = (1_000 * TOKEN, 1_000 * TOKEN)
    mint_fee: int = 0
    burn_fee: int = 0
    decimals: int = 6


def price(harness, terms, kind, amount):
    """(out, paid, added)"""
    scale = 10 ** (18 - terms.decimals)
    return harness.price((terms.balances, terms.supplies, terms.mint_fee, terms.burn_fee, scale), int(kind), amount)


def on_side(side, one, other):
    """`one` on the side, `other` on the opposite: long first."""
    return (one, other) if side == 0 else (other, one)


# --- grossDown, afterFeeUp, tokensForDown: direction and literal cases ---


@pytest.mark.parametrize(
    ("amount", "balance", "supply", "gross"),
    [(1, 2, 3, 0), (2, 2, 3, 1), (3, 2, 3, 2), (1, 1, 2**127, 0), (2**126, 2**121, 2**127, 2**120), (5, 0, 5, 0)],
)
def test_gross_down__part_of_a_side__rounds_down(maths_harness, amount, balance, supply, gross):
    assert maths_harness.grossDown(amount, balance, supply) == gross


@pytest.mark.parametrize(
    ("amount", "fee", "left"),
    [
        (1_000 * USDC, WAD // 100, 990 * USDC),
        (99, WAD // 100, 99),
        (100, WAD // 100, 99),
        (101, WAD // 100, 100),
        (9, WAD // 10, 9),
        (10, WAD // 10, 9),
        (1, 0, 1),
        (0, WAD // 10, 0),
        (2**126, WAD // 10, 2**126 - 2**126 // 10),
    ],
)
def test_after_fee_up__fee__rounds_down_in_favour_of_who_pays(maths_harness, amount, fee, left):
    assert maths_harness.afterFeeUp(amount, fee) == left


@pytest.mark.parametrize(
    ("amount", "balance", "supply", "scale", "out"),
    [
        # A side without value starts at price 1 below a supply of DUST.
        (5 * USDC, 0, 0, 10**12, 5 * TOKEN),
        (5, 0, 0, 1, 0),
        (DUST, 0, 0, 1, DUST),
        (DUST - 1, 0, 0, 1, 0),
        (1, 0, 0, 10**12, DUST),
        (1, 0, DUST - 1, 10**12, DUST),
        # Less supply than DUST is joined at its price as long as a unit is worth a millionth of a settlement token at most.
        (7, 10**11, 10**11, 10**12, 7),
        (7, 10**11 + 1, 10**11, 10**12, 0),
        (7, DUST - 1, DUST - 1, 10**12, 7),
        (7, DUST, DUST - 1, 10**12, 0),
        (7 * DUST, 10**18, 10**6, 1, 7),
        (7 * DUST, 10**18 + 1, 10**6, 1, 0),
        (1, 7, DUST - 1, 10**12, (DUST - 1) // 7),
        (1, 7, 0, 10**12, 0),
        # From DUST on at the price of the side, whatever that is.
        (7, 7 * 10**20, DUST, 10**12, 0),
        (10**12, 7 * 10**20, 7 * DUST, 10**12, 10**4),
        (1, 7, DUST, 10**12, DUST // 7),
        (1, 3, 10 * DUST, 1, 3_333_333_333_333),
        # Supply without value is joined by nobody.
        (1, 0, DUST, 10**12, 0),
        (10**30, 0, 10**24, 10**12, 0),
        # No supply above 2**126.
        (1, 1, MAX_SUPPLY // 2, 1, MAX_SUPPLY // 2),
        (2, 2, MAX_SUPPLY // 2 + 1, 1, 0),
        (MAX_SUPPLY, 0, 0, 1, MAX_SUPPLY),
        (MAX_SUPPLY, 0, 1, 1, 0),
        (MAX_SUPPLY, 0, 0, 10**12, 0),
        (2**126, 1, 2**127, 1, 0),
    ],
)
def test_tokens_for_down__literal_cases__are_the_specifications(maths_harness, amount, balance, supply, scale, out):
    assert maths_harness.tokensForDown(amount, balance, supply, scale) == out


def test_steps__random_cases__round_in_the_direction_of_their_names(maths_harness):
    random = Random(8)
    priced = 0
    for _ in range(2_000):
        supply = any_size(random, DUST, 2**127)
        amount, balance = any_size(random, 1, min(supply, 2**126)), any_size(random, 1, 2**121)
        fee = any_size(random, 1, WAD // 10)
        assert 0 <= Fraction(amount * balance, supply) - maths_harness.grossDown(amount, balance, supply) < 1
        assert 0 <= maths_harness.afterFeeUp(amount, fee) - Fraction(amount * (WAD - fee), WAD) < 1
        out = maths_harness.tokensForDown(amount, balance, supply, 1)
        exact = Fraction(amount * supply, balance)
        if out:
            priced += 1
            assert 0 <= exact - out < 1
        else:
            assert exact < 1 or supply + exact >= MAX_SUPPLY + 1
    assert priced > 200


# --- price: what the specification says of each type ---


@pytest.mark.parametrize("kind", MINTS)
def test_price__mint__gets_tokens_for_what_the_fee_leaves(maths_harness, kind):
    side = kind.minted_side
    terms = Terms(on_side(side, 2_000 * USDC, 500 * USDC), mint_fee=WAD // 100, burn_fee=WAD // 10)
    # 99 USDC join 2,000 USDC of 1,000 tokens.
    assert price(maths_harness, terms, kind, 100 * USDC) == (49_500_000_000_000_000_000, 0, 99 * USDC)


@pytest.mark.parametrize("kind", [CommitType.LONG_BURN, CommitType.SHORT_BURN])
def test_price__burn__gets_its_part_of_the_side_less_the_fee(maths_harness, kind):
    terms = Terms(on_side(kind.burned_side, 2_000 * USDC, 500 * USDC), burn_fee=WAD // 100, mint_fee=WAD // 10)
    assert price(maths_harness, terms, kind, 50 * TOKEN) == (99 * USDC, 100 * USDC, 0)


@pytest.mark.finding("C11")
@pytest.mark.parametrize("kind", FLIPS)
def test_price__flip_of_1_000__pays_both_fees_and_yields_980_10(maths_harness, kind):
    terms = Terms(
        on_side(kind.burned_side, 5_000 * USDC, 2_000 * USDC),
        on_side(kind.burned_side, 5_000 * TOKEN, 2_000 * TOKEN),
        mint_fee=WAD // 100,
        burn_fee=WAD // 100,
    )
    assert price(maths_harness, terms, kind, 1_000 * TOKEN) == (980_100_000_000_000_000_000, 1_000 * USDC, 980_100_000)


def test_price__whole_side_burned__takes_all_of_it(maths_harness):
    assert price(maths_harness, Terms(), CommitType.LONG_BURN, 1_000 * TOKEN) == (1_000 * USDC, 1_000 * USDC, 0)


@pytest.mark.parametrize(("decimals", "out"), [(6, 5 * TOKEN), (8, 5 * TOKEN), (18, 5 * TOKEN)])
@pytest.mark.parametrize("kind", MINTS)
def test_price__mint_into_an_empty_side__starts_at_price_1_whatever_the_decimals(maths_harness, kind, decimals, out):
    terms = Terms((0, 0), (0, 0), decimals=decimals)
    assert price(maths_harness, terms, kind, 5 * 10**decimals) == (out, 0, 5 * 10**decimals)


# --- price: refunds ---


@pytest.mark.parametrize("kind", MINTS)
def test_price__mint_that_raises_both_sides_above_2_to_120__is_refunded(maths_harness, kind):
    terms = Terms((MAX_TOTAL - 1_000, 500), (2**125, 2**125))
    assert price(maths_harness, terms, kind, 500)[2] == 500
    assert price(maths_harness, terms, kind, 501) == REFUND


def test_price__mint_with_a_fee__counts_what_was_put_in(maths_harness):
    terms = Terms((0, 0), (0, 0), mint_fee=WAD // 10, decimals=18)
    assert price(maths_harness, terms, CommitType.LONG_MINT, MAX_TOTAL) == (
        MAX_TOTAL - MAX_TOTAL // 10,
        0,
        MAX_TOTAL - MAX_TOTAL // 10,
    )
    assert price(maths_harness, terms, CommitType.LONG_MINT, MAX_TOTAL + 1) == REFUND


@pytest.mark.finding("M06")
@pytest.mark.parametrize("kind", [*MINTS, *FLIPS])
def test_price__supply_without_balance__is_joined_by_nobody(maths_harness, kind):
    side = kind.minted_side
    terms = Terms(on_side(side, 0, 1_000 * USDC), on_side(side, 10**24, 10**24))
    assert price(maths_harness, terms, kind, 1_000 * USDC if kind.is_mint else 10 * TOKEN) == REFUND


@pytest.mark.finding("M12")
@pytest.mark.parametrize("kind", MINTS)
def test_price__side_of_1_unit_and_a_mint_of_10_to_15__is_refunded(maths_harness, kind):
    terms = Terms(on_side(kind.minted_side, 1, USDC), on_side(kind.minted_side, 1_000_000 * TOKEN, TOKEN))
    assert price(maths_harness, terms, kind, 10**15) == REFUND


@pytest.mark.parametrize("kind", [CommitType.LONG_BURN, CommitType.SHORT_BURN, *FLIPS])
def test_price__tokens_worth_less_than_a_unit__are_refunded(maths_harness, kind):
    # A token unit is worth a 10**12th of a settlement unit.
    assert price(maths_harness, Terms(), kind, 10**12 - 1) == REFUND
    assert price(maths_harness, Terms(), kind, 10**12)[1] == 1


@pytest.mark.parametrize("kind", [CommitType.LONG_BURN, CommitType.SHORT_BURN, *FLIPS])
def test_price__tokens_of_a_side_without_balance__are_refunded(maths_harness, kind):
    terms = Terms(on_side(kind.burned_side, 0, 1_000 * USDC))
    assert price(maths_harness, terms, kind, 1_000 * TOKEN) == REFUND


def test_price__terms__are_the_same_after_it(maths_harness):
    """All batches of an epoch are priced at the same terms: pricing changes none of them."""
    terms = replace(Terms(), mint_fee=WAD // 100, burn_fee=WAD // 100)
    first = [price(maths_harness, terms, kind, 10 * USDC) for kind in CommitType]
    assert [price(maths_harness, terms, kind, 10 * USDC) for kind in reversed(CommitType)] == first[::-1]


# --- price: against the model and against fractions ---


def test_price__10_000_random_batches__are_the_models_and_favour_those_who_stay(maths_harness):
    random = Random(9)
    refunds = 0
    for number in range(10_000):
        kind = CommitType(number % 6)
        supplies = any_size(random, 0, 2**127), any_size(random, 0, 2**127)
        terms = Terms(
            (any_size(random, 0, 2**121), any_size(random, 0, 2**121)),
            supplies,
            random.choice((0, any_size(random, 1, WAD // 10))),
            random.choice((0, any_size(random, 1, WAD // 10))),
            random.randint(6, 18),
        )
        burned = kind.burned_side
        if burned is not None and supplies[burned] == 0:
            continue  # nobody has tokens to put in
        amount = any_size(random, 1, 2**126 if burned is None else min(supplies[burned], 2**126))
        out, paid, added = price(maths_harness, terms, kind, amount)
        expected = maths.price_batch(
            kind, amount, terms.balances, terms.supplies, terms.mint_fee, terms.burn_fee, terms.decimals
        )
        assert (out, paid, added) == (expected.out, expected.paid, expected.added), (kind, terms, amount)
        if out == 0:
            refunds += 1
            continue
        fee = (amount if burned is None else paid) - (out if kind.is_burn else added)
        assert fee == expected.fee
        require_fair(terms, kind, amount, out, paid, added)
    assert 1_000 < refunds < 9_000


def require_fair(terms, kind, amount, out, paid, added):
    """Exact fractions: a side pays no more than the tokens are worth, fees take no more than their rate, and whoever enters
    a side gets no more tokens than their money is worth there. All within a unit."""
    burned, minted = kind.burned_side, kind.minted_side
    worth = Fraction(amount)
    if burned is not None:
        worth = Fraction(amount * terms.balances[burned], terms.supplies[burned])
        assert 0 <= worth - paid < 1
        worth = paid * (1 - Fraction(terms.burn_fee, WAD))
        if minted is None:
            assert 0 <= out - worth < 1
            return
        worth = Fraction(paid - paid * terms.burn_fee // WAD)
    assert 0 <= added - worth * (1 - Fraction(terms.mint_fee, WAD)) < 1
    balance, supply = terms.balances[minted], terms.supplies[minted]
    if balance == 0:
        assert out == added * 10 ** (18 - terms.decimals)
        assert supply < DUST <= supply + out
    else:
        assert 0 <= Fraction(added * supply, balance) - out < 1
        unit = Fraction(balance, 10**terms.decimals) / supply
        assert supply >= DUST or unit <= Fraction(1, 10**6)
    assert supply + out <= MAX_SUPPLY
