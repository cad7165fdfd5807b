"""`shutdown`: when a pool closes, when it does not, and what a closed one still does. Specification, section 4."""

from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak

from perpetual_pools.model import ZERO_ADDRESS, ChainlinkOracle, CommitType, Feed, FixedOracle, Round
from perpetual_pools.twin.chain import Reverted
from perpetual_pools.twin.pool import HOUR, PRICE, WAD, Twin
from tests.support.pool import TOKEN, act, reverts
from tests.support.revm import OutOfGas
from tests.support.world import ALICE, BOB, CAROL, KEEPER, NOW, TREASURY, USDC, new_world, open_sides, opened_market

SIDE = 1_000 * USDC
DELAY = 14 * 86_400
OPENS = 2_000_005_200
"""When `opened`, which is in epoch 2, rebalances next."""
LONG, SHORT = 1_136_162_401, 863_837_599
NEEDED = 3_150_000


def selector(signature):
    return keccak(text=signature)[:4]


def dead(market: Twin) -> Twin:
    """The feed dies, and the day comes from which on the pool may be closed."""
    market.set_oracle_failing(True)
    market.move_to_rebalance(late=DELAY)
    return market


# --- refusals ---


@pytest.mark.finding("G04")
@pytest.mark.parametrize("early", [1, 86_400, DELAY, DELAY + HOUR])
def test_shutdown__before_14_days_after_next__reverts_with_the_time_it_opens(opened, keeper, owner, early):
    opened.set_oracle_failing(True)
    opened.move_to_rebalance(late=DELAY - early)
    for caller in (keeper, owner):
        with reverts(opened, "ShutdownTooEarly", opensAt=OPENS + DELAY):
            opened.pool.shutdown(sender=caller)


def test_shutdown__closed_pool__reverts(opened, keeper):
    dead(opened).shutdown(keeper)
    with reverts(opened, "PoolIsShutdown"):
        opened.pool.shutdown(sender=keeper)


def test_shutdown__after_a_rebalance__waits_another_14_days(opened, keeper):
    opened.move_to_rebalance(late=DELAY)
    opened.rebalance(keeper)
    opened.set_oracle_failing(True)
    with reverts(opened, "ShutdownTooEarly", opensAt=OPENS + DELAY + HOUR + DELAY):
        opened.pool.shutdown(sender=keeper)


def test_shutdown__less_gas_than_it_needs__reverts_with_both_numbers_to_a_few_units(project):
    market = opened_market(project, SIDE, SIDE)
    market.move_to_rebalance(late=DELAY)
    pool, evm = market.pool, market.chain.revm.evm
    # What the call costs before the gas is looked at, and the few units until it is told, do not depend on the gas.
    with pytest.raises(Reverted, match="ShutdownNeedsGas") as reverted:
        pool.shutdown(gas=3_000_000, sender=KEEPER)
    told, needed = reverted.value.arguments
    before = 3_000_000 - told
    assert needed == NEEDED
    assert 21_000 < before < 35_000
    for less in range(100):
        state = evm.snapshot()
        try:
            pool.shutdown(gas=NEEDED + before - less, sender=KEEPER)
        except Reverted as refusal:
            least, error = NEEDED + before - less + 1, (refusal.name, refusal.arguments)
            break
        assert (pool.isShutdown(), pool.epoch()) == (False, 3)
        evm.revert(state)
    assert error == ("ShutdownNeedsGas", (NEEDED - less, NEEDED))
    # The units between look and telling.
    assert 0 < less < 50
    assert pool.epoch() == 2
    pool.shutdown(gas=least, sender=KEEPER)
    assert (pool.isShutdown(), pool.epoch()) == (False, 3)


@pytest.mark.finding("G06")
@pytest.mark.parametrize("gas", [*range(30_000, 400_000, 10_000), *range(400_000, 3_400_000, 100_000)])
def test_shutdown__any_gas__never_closes_a_healthy_pool(costly, gas):
    try:
        costly.pool.shutdown(gas=gas, sender=KEEPER)
    except (Reverted, OutOfGas):
        assert gas < NEEDED + 35_000
        epoch = 2
    else:
        epoch = 3
    assert (costly.pool.isShutdown(), costly.pool.epoch()) == (False, epoch)


@pytest.fixture
def costly(project: Any) -> Twin:
    """14 days idle, all six batches waiting; the feed takes 1,500,000 gas for its latest round, too much for findRound."""
    world = new_world(project)
    feed = world.chain.deploy("CostlyAggregator", 8)
    feed.pushRound(1, 100 * 10**8, NOW, NOW)
    wrapper = world.chain.deploy("ChainlinkOracleWrapper", feed, ZERO_ADDRESS, 10**7, 0)
    market = world.deploy_pool_on(wrapper, ChainlinkOracle(Feed(8, [Round(1, 100 * 10**8, NOW, NOW)]), None, 10**7, 0))
    open_sides(market, SIDE, SIDE)
    market.claim(ALICE)
    market.claim(BOB)
    for kind in CommitType:
        holder = CAROL if kind.is_mint else (ALICE, BOB)[kind.burned_side]
        market.commit(holder, kind, USDC if kind.is_mint else TOKEN)
    feed.setLatestCost(1_500_000)
    market.move_to_rebalance(late=DELAY)
    return market


@pytest.mark.finding("G06")
def test_shutdown__just_enough_gas_for_a_feed_that_costs_much__rebalances(costly):
    with pytest.raises(Reverted) as reverted:
        costly.pool.shutdown(gas=3_000_000, sender=KEEPER)
    before = 3_000_000 - reverted.value.arguments[0]
    costly.pool.shutdown(gas=NEEDED + before, sender=KEEPER)
    assert (costly.pool.isShutdown(), costly.pool.epoch()) == (False, 3)
    assert [costly.pool.batch(2, kind) for kind in range(6)] == [
        (USDC, TOKEN),
        (TOKEN, USDC),
        (USDC, TOKEN),
        (TOKEN, USDC),
        (TOKEN, TOKEN),
        (TOKEN, TOKEN),
    ]


# --- it rebalances instead when it can ---


@pytest.mark.finding("G06")
@pytest.mark.parametrize("late", [DELAY, DELAY + 86_400])
def test_shutdown__unused_pool_whose_feed_is_fine__rebalances_and_stays_open(opened, stranger, late):
    opened.set_price(105 * WAD)
    opened.move_to_rebalance(late=late)
    sent = act(opened, stranger, "shutdown")
    assert sent.events == [
        (
            "Rebalanced",
            {
                "epoch": 2,
                "timestamp": OPENS + late,
                "price": 105 * WAD,
                "nextRebalance": OPENS + late + HOUR,
                "longBalance": LONG,
                "shortBalance": SHORT,
                "fees": 0,
                "reward": 0,
                "rewardRecipient": ZERO_ADDRESS,
            },
        )
    ]
    assert opened.pool.isShutdown() is False
    assert opened.pool.balances() == (LONG, SHORT)
    assert opened.pool.epoch() == 3
    assert opened.world.token.balanceOf(opened.pool) == 2 * SIDE


def test_shutdown__rebalance_that_it_makes__pays_no_reward(project):
    market = opened_market(project, SIDE, SIDE, keeper_reward_max=USDC, keeper_reward_ramp=0)
    market.move_to_rebalance(late=DELAY)
    assert market.pool.keeperReward() == 200_000
    market.shutdown(KEEPER)
    assert market.pool.balances() == (SIDE, SIDE)
    assert market.world.token.balanceOf(KEEPER) == 0


@pytest.mark.finding("G06")
def test_shutdown__feed_of_more_than_33_rounds_since_the_grid_time__rebalances(project):
    world = new_world(project)
    feed = world.chain.deploy("ReplayAggregator", 8, "BTC / USD")
    rounds = Feed(8)

    def push(number, dollars, at):
        feed.pushRound(number, dollars * 10**8, at, at)
        rounds.push(Round(number, dollars * 10**8, at, at))

    push(1, 100, NOW)
    wrapper = world.chain.deploy("ChainlinkOracleWrapper", feed, ZERO_ADDRESS, 90_000, 0)
    market = world.deploy_pool_on(wrapper, ChainlinkOracle(rounds, None, 90_000, 0))
    open_sides(market, SIDE, SIDE)
    grid_time = market.pool.nextRebalance() + DELAY
    push(2, 105, grid_time - 60)
    for number in range(34):
        push(3 + number, 999, grid_time + 1 + number)
    world.move_to(grid_time + 1_800)
    with reverts(market, "CallFindRound", wrapper, timestamp=grid_time):
        market.pool.rebalance(0, ZERO_ADDRESS, sender=KEEPER)

    market.shutdown(KEEPER)
    assert market.pool.isShutdown() is False
    assert (market.pool.lastPrice(), market.pool.lastRebalance()) == (105 * WAD, grid_time)
    assert market.pool.balances() == (LONG, SHORT)


@pytest.mark.parametrize("mode", range(4))
def test_shutdown__oracle_that_does_not_find_rounds__is_asked_without_a_hint(project, mode):
    # findRound burns all its gas, returns a megabyte, reverts with one, or reverts
    world = new_world(project)
    oracle = world.chain.deploy("GriefingPool", mode)
    for signature in ("latestPrice()", "priceAt(uint256,uint80)"):
        oracle.setAnswer(selector(signature), encode(["uint256"], [PRICE]))
    market = world.deploy_pool_on(oracle, FixedOracle(PRICE))
    open_sides(market, SIDE, SIDE)
    oracle.setAnswer(selector("priceAt(uint256,uint80)"), encode(["uint256"], [105 * WAD]))
    market.move_to_rebalance(late=DELAY)
    market.pool.shutdown(sender=KEEPER)
    assert market.pool.isShutdown() is False
    assert market.pool.balances() == (LONG, SHORT)


@pytest.mark.parametrize("method", ["claim", "rebalance"])
def test_shutdown__out_of_a_hook_of_the_settlement_token__reverts_and_the_pool_stays_open(project, method):
    world = new_world(project, token="HookToken")
    market = world.deploy_pool(keeper_reward_max=USDC, keeper_reward_ramp=0)
    open_sides(market, SIDE, SIDE)
    market.commit(ALICE, CommitType.LONG_BURN, TOKEN)
    market.next_epoch(KEEPER)
    market.set_oracle_failing(method == "claim")
    hook = world.chain.deploy("ReentrantHook")
    world.token.setHook(hook, hook)
    hook.arm(market.pool, selector("shutdown()"), False)
    market.move_to_rebalance(late=2 * DELAY)
    if method == "claim":
        assert market.pool.claim(ALICE, hook, sender=ALICE) == (USDC, 0, 0)
    else:
        assert market.pool.rebalance(0, hook, sender=KEEPER) > 0
    assert (hook.calls(), hook.succeeded(), hook.returned()) == (1, False, selector("Reentrancy()"))
    assert market.pool.isShutdown() is False


# --- it closes when it cannot ---


@pytest.mark.finding("G04")
@pytest.mark.finding("G06")
def test_shutdown__dead_feed__closes_the_pool_and_moves_nothing(opened, stranger):
    pool = dead(opened).pool
    sent = act(opened, stranger, "shutdown")
    assert sent.events == [("Shutdown", {"epoch": 2})]
    assert pool.isShutdown() is True
    assert pool.balances() == (SIDE, SIDE)
    assert pool.supplies() == (1_000 * TOKEN, 1_000 * TOKEN)
    assert (pool.epoch(), pool.lastPrice(), pool.lastRebalance()) == (2, PRICE, OPENS - HOUR)
    assert pool.nextRebalance() == OPENS
    assert pool.protocolFees() == 0
    assert opened.world.token.balanceOf(pool) == 2 * SIDE
    assert opened.world.token.balanceOf(stranger) == 0


@pytest.mark.parametrize("price", [0, 2**96])
def test_shutdown__price_out_of_range__closes_the_pool(project, price):
    market = opened_market(project, SIDE, SIDE)
    market.set_price(price)
    market.move_to_rebalance(late=DELAY)
    market.shutdown(KEEPER)
    assert market.pool.isShutdown() is True


def test_shutdown__feed_too_old_at_the_grid_time__closes_the_pool(project):
    world = new_world(project)
    feed = world.chain.deploy("ReplayAggregator", 8, "BTC / USD")
    feed.pushRound(1, 100 * 10**8, NOW, NOW)
    wrapper = world.chain.deploy("ChainlinkOracleWrapper", feed, ZERO_ADDRESS, 90_000, 0)
    rounds = Feed(8, [Round(1, 100 * 10**8, NOW, NOW)])
    market = world.deploy_pool_on(wrapper, ChainlinkOracle(rounds, None, 90_000, 0))
    open_sides(market, SIDE, SIDE)
    market.move_to_rebalance(late=DELAY)
    market.shutdown(KEEPER)
    assert market.pool.isShutdown() is True


# --- a closed pool ---


@pytest.mark.finding("G04")
def test_shutdown__commitments_of_both_live_epochs__come_back_through_claim(opened, alice, keeper):
    for number, kind in enumerate(CommitType, start=1):
        assert opened.commit(alice, kind, 10 * number * (USDC if kind.is_mint else TOKEN)) == 2
    opened.world.move_to(OPENS - 300)
    for number, kind in enumerate(CommitType, start=1):
        assert opened.commit(alice, kind, number * (USDC if kind.is_mint else TOKEN)) == 3
    dead(opened)
    assert opened.pool.claimable(alice) == (0, 0, 0)
    opened.shutdown(keeper)
    # types 0 and 2 put in settlement tokens, 1 and 4 L-tokens, 3 and 5 S-tokens: 11 times their numbers from 1 on
    assert opened.pool.claimable(alice) == (44 * USDC, 77 * TOKEN, 110 * TOKEN)
    before = opened.world.token.balanceOf(alice)
    assert opened.claim(alice) == (44 * USDC, 77 * TOKEN, 110 * TOKEN)
    assert opened.world.token.balanceOf(alice) - before == 44 * USDC
    assert opened.long_token.balanceOf(alice) == opened.short_token.balanceOf(alice) == 1_000 * TOKEN
    assert opened.claim(alice) == (0, 0, 0)
    assert opened.pool.balances() == (SIDE, SIDE)


@pytest.mark.finding("G04")
def test_shutdown__what_executed_before__is_paid_as_it_executed(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(ALICE, CommitType.LONG_BURN, 100 * TOKEN)
    market.next_epoch(KEEPER, 105 * WAD)
    market.commit(ALICE, CommitType.LONG_BURN, 200 * TOKEN)
    dead(market).shutdown(KEEPER)
    assert market.claim(ALICE) == (113_616_240, 200 * TOKEN, 0)


@pytest.mark.finding("G04")
def test_shutdown__closed_pool__commits_and_rebalances_no_more_even_when_the_feed_recovers(project):
    market = opened_market(project, SIDE, SIDE)
    dead(market).shutdown(KEEPER)
    market.set_oracle_failing(False)
    for kind in CommitType:
        with reverts(market, "PoolIsShutdown"):
            market.pool.commit(int(kind), 1, ALICE, sender=ALICE)
    with reverts(market, "PoolIsShutdown"):
        market.pool.commitWithPermit(0, 1, ALICE, 2**256 - 1, 27, b"\x01" * 32, b"\x02" * 32, sender=ALICE)
    for days in (0, 30):
        market.world.advance(days * 86_400)
        with reverts(market, "PoolIsShutdown"):
            market.pool.rebalance(0, KEEPER, sender=KEEPER)
        with reverts(market, "PoolIsShutdown"):
            market.pool.shutdown(sender=KEEPER)
        assert market.pool.keeperReward() == 0
    assert (market.pool.balances(), market.pool.epoch()) == ((SIDE, SIDE), 2)


@pytest.mark.finding("G04")
def test_shutdown__everyone_leaves__pays_all_and_leaves_nothing(project):
    market = opened_market(project, SIDE, 3 * SIDE, mint_fee=WAD // 100)
    market.commit(CAROL, CommitType.SHORT_MINT, 7 * USDC)
    market.commit(BOB, CommitType.SHORT_BURN_LONG_MINT, 70 * TOKEN)
    dead(market).shutdown(KEEPER)
    assert market.claim(CAROL) == (7 * USDC, 0, 0)
    assert market.claim(BOB) == (0, 0, 70 * TOKEN)
    assert market.collect_fees(KEEPER) == 40 * USDC
    assert market.redeem(ALICE, 990 * TOKEN, 0) == 990 * USDC
    assert market.redeem(BOB, 0, 2_970 * TOKEN) == 2_970 * USDC
    token = market.world.token
    assert token.balanceOf(market.pool) == 0, "P1"
    assert token.balanceOf(TREASURY) == 40 * USDC
    assert [token.balanceOf(account) for account in (ALICE, BOB, CAROL)] == [
        10**9 * USDC - 10 * USDC,
        10**9 * USDC - 30 * USDC,
        10**9 * USDC,
    ]
