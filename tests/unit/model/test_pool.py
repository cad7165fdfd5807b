"""A pool of the model: every refusal with its arguments, and the worked example. All else the twins prove."""

from fractions import Fraction
from math import floor

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType, FixedOracle, Pool, Refused
from tests.support.model import DELAY, HOUR, NOW, OPENS, PARAMS, PRICE, TOKEN, USDC, WAD, state
from tests.support.refusals import refusal, refused

SECOND = OPENS + HOUR
"""When `pool` rebalances next."""
MAX_BATCH = 2**126


def closed(pool):
    pool.oracle.failure = Refused("OracleReverting")
    pool.shutdown(SECOND + DELAY)


def paused(pool):
    pool.set_mint_paused("owner", True)


def as_it_is(pool):
    pass


def commit(kind, amount, sender="alice", controller="alice"):
    return lambda pool: pool.commit(OPENS, sender, kind, amount, controller)


REFUSED = [
    (as_it_is, commit(6, 1), refusal("InvalidCommitType", commitType=6)),
    (as_it_is, commit(-1, 1), refusal("InvalidCommitType", commitType=-1)),
    (as_it_is, commit(0, 0), refusal("ZeroAmount")),
    (as_it_is, commit(0, 1, "bob"), refusal("NotControllerOrOperator", caller="bob", controller="alice")),
    (as_it_is, commit(0, 1_000 * USDC + 1), refusal("TransferFromFailed")),
    (as_it_is, commit(1, 1_000 * TOKEN + 1), refusal("InsufficientBalance")),
    (as_it_is, commit(3, 1), refusal("InsufficientBalance")),
    (
        as_it_is,
        commit(0, MAX_BATCH + 1),
        refusal("BatchTooLarge", amountIn=0, amount=MAX_BATCH + 1, maximum=MAX_BATCH),
    ),
    (
        commit(0, 5),
        commit(0, MAX_BATCH - 4),
        refusal("BatchTooLarge", amountIn=5, amount=MAX_BATCH - 4, maximum=MAX_BATCH),
    ),
    (paused, commit(0, 1), refusal("MintIsPaused")),
    (paused, commit(2, 1), refusal("MintIsPaused")),
    (closed, commit(1, 1), refusal("PoolIsShutdown")),
    (
        as_it_is,
        lambda pool: pool.claim("bob", "alice", "bob"),
        refusal("NotControllerOrOperator", caller="bob", controller="alice"),
    ),
    (as_it_is, lambda pool: pool.claim("bob", "bob", ZERO_ADDRESS), refusal("ZeroAddress")),
    (as_it_is, lambda pool: pool.rebalance(SECOND - 1), refusal("RebalanceNotDue", opensAt=SECOND)),
    (closed, lambda pool: pool.rebalance(SECOND), refusal("PoolIsShutdown")),
    (as_it_is, lambda pool: pool.preview_rebalance(OPENS, 0), refusal("PriceOutOfRange", price=0)),
    (as_it_is, lambda pool: pool.preview_rebalance(OPENS, 2**96), refusal("PriceOutOfRange", price=2**96)),
    (as_it_is, lambda pool: pool.set_mint_paused("alice", True), refusal("NotOwner", caller="alice")),
    (as_it_is, lambda pool: pool.shutdown(SECOND + DELAY - 1), refusal("ShutdownTooEarly", opensAt=SECOND + DELAY)),
    (closed, lambda pool: pool.shutdown(SECOND + DELAY), refusal("PoolIsShutdown")),
    (as_it_is, lambda pool: pool.redeem("alice", 1, 0, "alice"), refusal("PoolIsOpen")),
    (closed, lambda pool: pool.redeem("alice", 1, 0, ZERO_ADDRESS), refusal("ZeroAddress")),
    (closed, lambda pool: pool.redeem("alice", 0, 0, "alice"), refusal("ZeroAmount")),
    (closed, lambda pool: pool.redeem("alice", 1_000 * TOKEN + 1, 0, "alice"), refusal("InsufficientBalance")),
    (closed, lambda pool: pool.redeem("alice", 1, 1, "alice"), refusal("InsufficientBalance")),
    (as_it_is, lambda pool: pool.batch(1, 6), refusal("InvalidCommitType", commitType=6)),
    (as_it_is, lambda pool: pool.commitment("alice", 255, 1), refusal("InvalidCommitType", commitType=255)),
]


@pytest.mark.parametrize(("before", "action", "expected"), REFUSED, ids=[row[-1].error for row in REFUSED])
def test_pool__what_it_refuses__has_the_contracts_error_and_changes_nothing(pool, before, action, expected):
    before(pool)
    was = state(pool)
    with refused(expected):
        action(pool)
    assert state(pool) == was


@pytest.mark.parametrize("price", [0, 2**96])
def test_pool__price_out_of_range__is_refused_at_deployment_and_in_a_rebalance(pool, usdc, price):
    with refused(refusal("PriceOutOfRange", price=price)):
        Pool(PARAMS, settlement=usdc, settlement_decimals=6, oracle=FixedOracle(price), now=NOW)
    pool.oracle.price = price
    was = state(pool)
    with refused(refusal("PriceOutOfRange", price=price)):
        pool.rebalance(SECOND)
    assert state(pool) == was


def test_pool__oracle_that_fails__changes_nothing_and_its_refusal_comes_through(pool):
    pool.oracle.failure = Refused("RoundStale", roundId=7, updatedAt=1, timestamp=SECOND, maxAge=5)
    was = state(pool)
    with refused(refusal("RoundStale", roundId=7, updatedAt=1, timestamp=SECOND, maxAge=5)):
        pool.rebalance(SECOND)
    assert state(pool) == was


def test_pool__broken_bound__is_refused_before_the_oracle_is_asked(usdc):
    with refused(refusal("SettlementDecimalsOutOfBounds", decimals=19, minimum=6, maximum=18)):
        Pool(PARAMS, settlement=usdc, settlement_decimals=19, oracle=FixedOracle(0), now=NOW)


def test_pool__worked_example__3x_and_5_percent_up(pool):
    """1,000 / 1,000: short keeps (100/105)**3 = 8,000/9,261 of its side, 863.837598..., rounded up to a unit."""
    assert Fraction(100, 105) ** 3 == Fraction(8_000, 9_261)
    assert 863_837_598 < 1_000 * USDC * Fraction(8_000, 9_261) < 863_837_599
    pool.oracle.price = 105 * WAD
    assert pool.preview_rebalance(OPENS, 105 * WAD) == (1_136_162_401, 863_837_599)
    assert pool.rebalance(SECOND) == 0
    assert pool.balances() == (1_136_162_401, 863_837_599)
    assert pool.token_prices() == (1_136_162_401 * 10**9, 863_837_599 * 10**9)
    # -23.97 % and 31.52 %
    rates = Fraction(863_837_599, 1_136_162_401) - 1, Fraction(1_136_162_401, 863_837_599) - 1
    assert pool.rebalancing_rates() == tuple(floor(rate * WAD) for rate in rates)
    assert [round(100 * rate, 2) for rate in rates] == [Fraction("-23.97"), Fraction("31.52")]
    assert pool.settlement.balance_of("pool") == pool.owed() == 2_000 * USDC

    pool.oracle.price = PRICE
    pool.rebalance(SECOND + HOUR)
    # Long keeps as much of the larger side: the round trip costs who won first.
    assert pool.balances() == (981_459_801, 1_018_540_199)


def test_pool__owed__counts_pending_mints_and_unclaimed_burns_to_the_unit(pool):
    pool.commit(OPENS, "alice", CommitType.SHORT_MINT, 30 * USDC, "alice")
    pool.commit(OPENS, "bob", CommitType.SHORT_BURN, 100 * TOKEN, "bob")
    assert pool.owed() == 2_030 * USDC == pool.settlement.balance_of("pool")
    pool.rebalance(SECOND)
    assert pool.balances() == (1_000 * USDC, 930 * USDC)
    # Bob's 100 USDC are on no side any more.
    assert pool.owed() == 2_030 * USDC == pool.settlement.balance_of("pool")
    pool.claim("bob", "bob", "bob")
    assert pool.owed() == 1_930 * USDC == pool.settlement.balance_of("pool")


def test_pool__two_on_one_ledger__know_nothing_of_each_other(pool, usdc):
    other = Pool(PARAMS, settlement=usdc, settlement_decimals=6, oracle=FixedOracle(7 * WAD), now=OPENS, address="b")
    was = state(pool)
    other.commit(OPENS, "alice", CommitType.LONG_MINT, USDC, "alice")
    other.rebalance(SECOND)
    assert (usdc.balance_of("b"), usdc.balance_of("pool")) == (USDC, 2_000 * USDC)
    held = was.pop("held")
    now = state(pool)
    assert now.pop("held")[1:] == held[1:]
    assert now == was
