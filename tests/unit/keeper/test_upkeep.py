"""`upkeep` and `performUpkeep`: each pool by itself, whatever the others do."""

from hashlib import sha256

import pytest

from perpetual_pools.model import ChainlinkOracle, Feed, Round
from perpetual_pools.twin.chain import Reverted
from tests.support.keeper import (
    GRIEFING_MODES,
    HOUR,
    LARGE,
    NOBODY,
    OPENS,
    POOL_GAS,
    REWARD,
    USDC,
    WAD,
    ZERO,
    events_of,
    failed,
    follow,
    gas_used,
    griefer,
    open_together,
    performance,
    pool_on,
    pools_of,
    reason,
    returner,
    selector,
    word,
)
from tests.support.revm import OutOfGas, reverts
from tests.support.world import CAROL, KEEPER, OWNER, new_world

TWO_GOOD_POOLS = 500_000
"""Gas, with room."""
MOVED = 1_136_133_997, 863_816_003
"""25,000 units a side are the reward; then short keeps (100/105)**3 of 999.975 USDC, 863.816002592..., rounded up."""


@pytest.fixture
def moved(world, markets):
    """`markets` at the time of their rebalance, the price up by 5 %."""
    for market in markets:
        market.set_price(105 * WAD)
    world.move_to(OPENS)
    return markets


# --- refusals ---


@pytest.mark.finding("K15")
@pytest.mark.parametrize(("pools", "hints"), [(2, 1), (1, 2), (0, 1), (3, 0)])
def test_upkeep__arrays_of_unequal_length__reverts_with_both_lengths(keeper, moved, pools, hints):
    addresses = pools_of(moved)[:pools]
    with reverts(keeper.LengthMismatch, pools=pools, roundHints=hints):
        keeper.upkeep(addresses, [0] * hints, KEEPER, sender=KEEPER)
    with reverts(keeper.LengthMismatch, pools=pools, roundHints=hints):
        keeper.performUpkeep(performance(addresses, [0] * hints, KEEPER), sender=KEEPER)
    assert [market.pool.epoch() for market in moved] == [2, 2, 2]


@pytest.mark.parametrize("data", [b"", b"\x00" * 95, b"\xff" * 96])
def test_perform_upkeep__data_that_is_not_encoded_so__reverts(keeper, data):
    with pytest.raises(Reverted):
        keeper.performUpkeep(data)


# --- what it does ---


def test_upkeep__no_pools__does_nothing(world, keeper):
    assert keeper.upkeep([], [], KEEPER, sender=KEEPER) in ((), None)
    assert events_of(world, keeper) == []


def test_upkeep__pools_that_are_due__all_rebalance_and_pay_the_recipient(world, keeper, moved):
    success = keeper.upkeep(pools_of(moved), [0, 0, 0], CAROL, sender=KEEPER)
    emitted = [events_of(world, market.pool) for market in moved]
    assert events_of(world, keeper) == []
    assert success == (True, True, True)
    for events in emitted:
        assert events == [
            (
                "Rebalanced",
                {
                    "epoch": 2,
                    "timestamp": OPENS,
                    "price": 105 * WAD,
                    "nextRebalance": OPENS + HOUR,
                    "longBalance": MOVED[0],
                    "shortBalance": MOVED[1],
                    "fees": 0,
                    "reward": REWARD,
                    "rewardRecipient": CAROL,
                },
            )
        ]
    follow(world, moved, CAROL)
    # Carol had a billion; who called has nothing.
    assert world.token.balanceOf(CAROL) == 10**9 * USDC + 3 * REWARD
    assert (world.token.balanceOf(KEEPER), world.token.balanceOf(keeper)) == (0, 0)


def test_upkeep__recipient_zero__charges_no_reward(world, keeper, moved):
    assert keeper.upkeep(pools_of(moved), [0, 0, 0], ZERO, sender=KEEPER) == (True, True, True)
    assert [market.pool.balances() for market in moved] == [(1_136_162_401, 863_837_599)] * 3
    follow(world, moved)


def test_perform_upkeep__what_upkeep_takes__does_the_same(world, keeper, moved):
    assert keeper.performUpkeep(performance(pools_of(moved), [0, 0, 0], CAROL), sender=KEEPER) is None
    assert events_of(world, keeper) == []
    assert [market.pool.balances() for market in moved] == [MOVED] * 3
    follow(world, moved, CAROL)
    assert world.token.balanceOf(CAROL) == 10**9 * USDC + 3 * REWARD


def test_upkeep__hints__go_to_their_pools(world, keeper, moved):
    for number, market in enumerate(moved):
        market.oracle.setRound(7 + number)
    refusal = reason("WrongHint(uint80,uint80)", 8, 9)
    assert keeper.upkeep(pools_of(moved), [7, 8, 8], ZERO, sender=KEEPER) == (True, True, False)
    assert events_of(world, keeper) == [failed(moved[2].pool, refusal)]
    follow(world, moved[:2])


def test_upkeep__the_same_pool_twice__rebalances_and_pays_once(world, keeper, moved):
    pool = moved[0].pool
    assert keeper.upkeep([pool.address] * 2, [0, 0], CAROL, sender=KEEPER) == (True, False)
    assert events_of(world, keeper) == [failed(pool, reason("RebalanceNotDue(uint256)", OPENS + HOUR))]
    assert world.token.balanceOf(CAROL) == 10**9 * USDC + REWARD
    follow(world, moved[:1], CAROL)


# --- failures are isolated and told ---


@pytest.mark.finding("K08")
@pytest.mark.finding("O09")
def test_upkeep__oracle_of_the_middle_one_fails__the_others_rebalance(world, keeper, moved):
    moved[1].set_oracle_failing(True)
    success = keeper.upkeep(pools_of(moved), [0, 0, 0], KEEPER, sender=KEEPER)
    assert events_of(world, keeper) == [failed(moved[1].pool, reason("OracleReverting()"))]
    assert success == (True, False, True)
    assert [market.pool.epoch() for market in moved] == [3, 2, 3]
    assert moved[1].pool.balances() == (1_000 * USDC, 1_000 * USDC)
    follow(world, [moved[0], moved[2]], KEEPER)
    assert world.token.balanceOf(KEEPER) == 2 * REWARD


def test_upkeep__price_out_of_range__is_reported_with_the_price(world, keeper, moved):
    moved[0].set_price(0)
    moved[2].set_price(2**96)
    assert keeper.upkeep(pools_of(moved), [0, 0, 0], ZERO, sender=KEEPER) == (False, True, False)
    refusals = [reason("PriceOutOfRange(uint256)", price) for price in (0, 2**96)]
    assert events_of(world, keeper) == [failed(moved[0].pool, refusals[0]), failed(moved[2].pool, refusals[1])]
    follow(world, [moved[1]])


def test_upkeep__a_second_early__reports_when_each_opens(world, keeper, markets):
    world.move_to(OPENS - 1)
    assert keeper.upkeep(pools_of(markets), [0, 0, 0], KEEPER, sender=KEEPER) == (False, False, False)
    not_due = reason("RebalanceNotDue(uint256)", OPENS)
    assert events_of(world, keeper) == [failed(market.pool, not_due) for market in markets]
    follow(world, [])


def test_upkeep__closed_pool__is_reported_and_the_others_rebalance(world, keeper, markets):
    markets[1].set_oracle_failing(True)
    world.move_to(OPENS + 14 * 86_400)
    markets[1].shutdown(KEEPER)
    assert keeper.upkeep(pools_of(markets), [0, 0, 0], ZERO, sender=KEEPER) == (True, False, True)
    assert events_of(world, keeper) == [failed(markets[1].pool, reason("PoolIsShutdown()"))]
    follow(world, [markets[0], markets[2]])


def test_upkeep__recipient_refused_by_the_token__is_reported_and_another_is_paid(project):
    world = new_world(project, token="BlacklistToken")
    market = world.deploy_pool(keeper_reward_max=REWARD, keeper_reward_ramp=0)
    open_together([market])
    keeper = world.contracts.keeper
    world.move_to(OPENS)
    world.token.setBlacklisted(KEEPER, True)
    assert keeper.upkeep(pools_of([market]), [0], KEEPER, sender=KEEPER) == (False,)
    refused = reason("RewardRefused(address,uint256)", KEEPER, REWARD)
    assert events_of(world, keeper) == [failed(market.pool, refused)]
    follow(world, [])
    assert keeper.upkeep(pools_of([market]), [0], OWNER, sender=KEEPER) == (True,)
    follow(world, [market], OWNER)
    assert (world.token.balanceOf(KEEPER), world.token.balanceOf(OWNER)) == (0, REWARD)


@pytest.mark.finding("K03")
def test_upkeep__failing_five_times_then_done_by_two_keepers__pays_once(world, keeper, moved):
    market = moved[0]
    market.set_oracle_failing(True)
    for _ in range(5):
        keeper.upkeep(pools_of([market]), [0], KEEPER, sender=KEEPER)
        assert events_of(world, keeper) == [failed(market.pool, reason("OracleReverting()"))]
        world.advance(60)
    assert world.token.balanceOf(KEEPER) == 0
    assert market.pool.balances() == (1_000 * USDC, 1_000 * USDC)

    market.set_oracle_failing(False)
    keeper.upkeep(pools_of([market]), [0], KEEPER, sender=KEEPER)
    assert events_of(world, keeper) == []
    follow(world, [market], KEEPER)
    world.advance(60)
    keeper.upkeep(pools_of([market]), [0], OWNER, sender=OWNER)
    assert events_of(world, keeper) == [failed(market.pool, reason("RebalanceNotDue(uint256)", OPENS + HOUR))]
    with reverts(market.pool.RebalanceNotDue, opensAt=OPENS + HOUR):
        market.pool.rebalance(0, OWNER, sender=OWNER)
    assert (world.token.balanceOf(KEEPER), world.token.balanceOf(OWNER)) == (REWARD, 0)


# --- harm ---


@pytest.mark.finding("K14")
@pytest.mark.parametrize("mode", GRIEFING_MODES.values(), ids=GRIEFING_MODES)
def test_upkeep__griefing_contract_between_two_pools__costs_at_most_its_bound(world, keeper, moved, mode):
    harm = griefer(world, mode)
    batch = [moved[0].pool.address, harm.address, moved[1].pool.address]
    success = keeper.upkeep(batch, [0, 0, 0], KEEPER, sender=KEEPER, gas=POOL_GAS + TWO_GOOD_POOLS)
    used = gas_used(world)
    assert events_of(world, keeper) == [failed(harm, b"")]
    assert success == (True, False, True)
    assert used <= POOL_GAS + TWO_GOOD_POOLS
    # The call to it gets just the bound, and out of gas takes all of it; only an empty revert costs nothing.
    assert (used > POOL_GAS) is (mode != GRIEFING_MODES["reverts with nothing"])
    follow(world, moved[:2], KEEPER)
    assert [market.pool.balances() for market in moved] == [MOVED, MOVED, (1_000 * USDC, 1_000 * USDC)]


@pytest.mark.finding("K14")
def test_upkeep__three_griefing_contracts__each_cost_at_most_the_bound(world, keeper, moved):
    harm = [griefer(world, 0).address for _ in range(3)]
    batch = [*harm, moved[0].pool.address]
    assert keeper.upkeep(batch, [0] * 4, ZERO, gas=3 * POOL_GAS + TWO_GOOD_POOLS) == (False, False, False, True)
    assert events_of(world, keeper) == [failed(address, b"") for address in harm]
    assert 3 * POOL_GAS < gas_used(world) < 3 * POOL_GAS + TWO_GOOD_POOLS
    follow(world, moved[:1])


@pytest.mark.finding("K14")
def test_upkeep__large_reason__is_cut_to_256_bytes_and_not_paid_for_twice(world, keeper, moved):
    harm = returner(world, LARGE, reverting=True)
    batch = [harm, moved[0].pool.address, harm]
    # To copy the data would cost the keeper as much as it cost the contract: three quarters of the bound, each time.
    assert keeper.upkeep(batch, [0, 0, 0], ZERO, sender=KEEPER) == (False, True, False)
    used = gas_used(world)
    assert events_of(world, keeper) == [failed(harm, b"\x00" * 256)] * 2
    memory = 3 * (LARGE // 32) + (LARGE // 32) ** 2 // 512
    assert 2 * memory < used < 2 * memory + TWO_GOOD_POOLS
    follow(world, moved[:1])


@pytest.mark.finding("K14")
def test_upkeep__large_answer__is_not_copied(world, keeper, moved):
    harm = returner(world, LARGE, reverting=False)
    # It answers, so it passes for a pool: the keeper cannot know what it did.
    assert keeper.upkeep([harm, moved[0].pool.address], [0, 0], ZERO, sender=KEEPER) == (True, True)
    memory = 3 * (LARGE // 32) + (LARGE // 32) ** 2 // 512
    assert memory < gas_used(world) < memory + TWO_GOOD_POOLS
    follow(world, moved[:1])


@pytest.mark.parametrize("length", [0, 1, 31])
def test_upkeep__answer_shorter_than_a_word__is_a_failure(world, keeper, moved, length):
    harm = returner(world, length, reverting=False)
    assert keeper.upkeep([harm, moved[0].pool.address], [0, 0], ZERO, sender=KEEPER) == (False, True)
    assert events_of(world, keeper) == [failed(harm, b"\x00" * length)]


@pytest.mark.parametrize("address", [ZERO, NOBODY, KEEPER])
def test_upkeep__address_without_code__is_a_failure_without_reason(world, keeper, moved, address):
    batch = [moved[0].pool.address, address, moved[1].pool.address]
    assert keeper.upkeep(batch, [0, 0, 0], ZERO, sender=KEEPER) == (True, False, True)
    assert events_of(world, keeper) == [failed(address, b"")]
    follow(world, moved[:2])


@pytest.mark.parametrize("identity", [True, False])
def test_upkeep__precompile_that_answers_a_word__is_a_failure_with_its_answer(world, keeper, moved, identity):
    data = selector("rebalance(uint80,address)") + bytes(64)
    address, answer = ("0x" + "00" * 19 + "04", data) if identity else ("0x" + "00" * 19 + "02", sha256(data).digest())
    assert keeper.upkeep([address, moved[0].pool.address], [0, 0], ZERO, sender=KEEPER) == (False, True)
    assert events_of(world, keeper) == [failed(address, answer)]
    follow(world, moved[:1])


@pytest.mark.finding("K14")
def test_upkeep__oracle_that_burns_all_gas__harms_its_own_pool_alone(world, keeper, moved):
    oracle = griefer(world, 0)
    oracle.setAnswer(selector("latestPrice()"), word(100 * WAD))
    pool = pool_on(world, oracle)
    world.advance(HOUR)
    batch = [moved[0].pool.address, pool, moved[1].pool.address]
    success = keeper.upkeep(batch, [0, 0, 0], ZERO, gas=POOL_GAS + TWO_GOOD_POOLS)
    assert success == (True, False, True)
    assert events_of(world, keeper) == [failed(pool, b"")]
    follow(world, moved[:2])


def test_upkeep__any_gas__rebalances_a_pool_as_a_whole_or_not_at_all_and_says_so(world, keeper, markets):
    """The second pool's feed takes a million gas: where that is not left, the first pool is done all the same."""
    feed = world.chain.deploy("CostlyAggregator", 8)
    feed.pushRound(1, 100 * 10**8, OPENS, OPENS - 1)
    wrapper = world.chain.deploy("ChainlinkOracleWrapper", feed, ZERO, HOUR, 0)
    world.move_to(OPENS - 1)
    rounds = Feed(8, [Round(1, 100 * 10**8, OPENS, OPENS - 1)])
    feed.setLatestCost(1_000_000)
    costly = world.deploy_pool_on(wrapper, ChainlinkOracle(rounds, None, HOUR, 0), front_running_interval=0)
    world.move_to(OPENS)
    batch = [markets[0], costly]
    refusal = reason("FeedRanOutOfGas(address)", feed.address)
    evm, seen = world.chain.revm.evm, set()
    for gas in range(30_000, 1_500_000, 10_000):
        before = evm.snapshot()
        try:
            success = keeper.upkeep(pools_of(batch), [0, 0], ZERO, gas=gas)
        except OutOfGas:
            success = "out of gas"
        else:
            assert events_of(world, keeper) == ([] if success[1] else [failed(costly.pool, refusal)])
        epochs = markets[0].pool.epoch(), costly.pool.epoch()
        assert epochs == {"out of gas": (2, 1), (True, False): (3, 1), (True, True): (3, 2)}[success], gas
        seen.add(success)
        evm.revert(before)
    assert seen == {"out of gas", (True, False), (True, True)}
