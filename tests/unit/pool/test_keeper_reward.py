"""The keeper's reward: `keeperReward()` and what a rebalance pays. Specification, section 3, step 2."""

import pytest
from pyrevm import BlockEnv

from perpetual_pools.model import ZERO_ADDRESS, CommitType, Refused
from perpetual_pools.twin.pool import HOUR, PRICE, WAD
from tests.support.revm import reverts
from tests.support.world import ALICE, BOB, CAROL, KEEPER, USDC, new_world, open_sides, opened_market

MILLION = 10**6 * USDC
YEAR = 365 * 86_400
PERCENT = WAD // 100


def usdc_of(market, account):
    return market.world.token.balanceOf(account)


# --- the auction ---


@pytest.mark.finding("K12")
@pytest.mark.parametrize(
    ("late", "reward"),
    [
        (0, 0),
        (1, 16_666),
        (300, 5_000_000),
        # 9,983,333 in two equal shares, both rounded down
        (599, 9_983_332),
        (600, 10_000_000),
        (HOUR - 1, 10_000_000),
        # late for the grid time before, on time for the one after
        (HOUR, 0),
        (3 * HOUR + 300, 5_000_000),
    ],
)
def test_keeper_reward__lateness__raises_it_over_the_ramp_and_the_view_equals_the_payment(project, late, reward):
    market = opened_market(project, MILLION, MILLION, keeper_reward_max=10 * USDC, keeper_reward_ramp=600)
    market.move_to_rebalance(late=late)
    assert market.pool.keeperReward() == reward
    assert market.rebalance(ALICE, recipient=KEEPER) == reward
    assert usdc_of(market, KEEPER) == reward
    assert market.pool.balances() == (MILLION - reward // 2, MILLION - reward // 2)
    assert market.pool.keeperReward() == 0


@pytest.mark.parametrize("late", [0, 1, HOUR - 1])
def test_keeper_reward__ramp_of_0__pays_the_maximum_at_once(project, late):
    market = opened_market(project, MILLION, MILLION, keeper_reward_max=10 * USDC, keeper_reward_ramp=0)
    market.move_to_rebalance(late=late)
    assert market.rebalance(KEEPER, recipient=KEEPER) == 10 * USDC


@pytest.mark.parametrize("early", [1, HOUR])
def test_keeper_reward__not_due__is_0(project, early):
    market = opened_market(project, MILLION, MILLION, keeper_reward_max=10 * USDC, keeper_reward_ramp=0)
    market.move_to_rebalance(late=-early)
    assert market.pool.keeperReward() == 0


def test_keeper_reward__closed_pool__is_0(project):
    market = opened_market(project, MILLION, MILLION, keeper_reward_max=10 * USDC, keeper_reward_ramp=0)
    market.set_oracle_failing(True)
    market.move_to_rebalance(late=14 * 86_400)
    assert market.pool.keeperReward() == 10 * USDC
    market.shutdown(KEEPER)
    assert market.pool.keeperReward() == 0


@pytest.mark.finding("K05")
def test_keeper_reward__block_number__has_no_influence(project):
    market = opened_market(project, MILLION, MILLION, keeper_reward_max=10 * USDC)
    market.move_to_rebalance(late=300)
    for number in (10**3, 10**9):
        market.world.chain.revm.evm.set_block_env(BlockEnv(number=number, timestamp=market.world.now))
        assert market.pool.keeperReward() == 5 * USDC
    assert market.rebalance(KEEPER, recipient=KEEPER) == 5 * USDC


@pytest.mark.finding("K01")
@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_keeper_reward__settlement_decimals__make_no_difference_to_its_worth(project, decimals):
    whole = 10**decimals
    market = opened_market(project, 10**6 * whole, 10**6 * whole, decimals, keeper_reward_max=10 * whole)
    market.move_to_rebalance(late=300)
    assert market.pool.keeperReward() == 5 * whole
    assert market.rebalance(KEEPER, recipient=KEEPER) == 5 * whole
    assert usdc_of(market, KEEPER) == 5 * whole


# --- who pays, who is paid ---


@pytest.mark.parametrize(
    ("long", "short", "paid"),
    [
        (1_000 * USDC, 2_000 * USDC, (33, 66)),
        (3_000 * USDC, 1_000 * USDC, (75, 25)),
        (999_999_999, 1, (99, 0)),
        (0, 5 * USDC, (0, 100)),
    ],
)
def test_keeper_reward__shares__are_in_proportion_each_rounded_down_and_the_reward_is_their_sum(
    project, long, short, paid
):
    market = opened_market(project, long, short, keeper_reward_max=100, keeper_reward_ramp=0)
    market.move_to_rebalance()
    assert market.pool.keeperReward() == sum(paid)
    assert market.rebalance(KEEPER, recipient=KEEPER) == sum(paid)
    assert market.pool.balances() == (long - paid[0], short - paid[1])


def test_keeper_reward__zero_recipient__is_not_charged(project):
    market = opened_market(project, MILLION, MILLION, keeper_reward_max=10 * USDC, keeper_reward_ramp=0)
    market.move_to_rebalance(late=60)
    assert market.pool.keeperReward() == 10 * USDC
    assert market.rebalance(KEEPER, recipient=ZERO_ADDRESS) == 0
    assert market.pool.balances() == (MILLION, MILLION)
    assert usdc_of(market, market.pool) == 2 * MILLION
    arguments = market.model.events[-1].arguments
    assert (arguments["reward"], arguments["rewardRecipient"]) == (0, ZERO_ADDRESS)


def test_keeper_reward__recipient__may_be_another_than_the_caller(deploy_market, alice, bob, keeper, stranger):
    market = deploy_market(keeper_reward_max=10 * USDC, keeper_reward_ramp=0)
    market.open_with(alice, MILLION, bob, MILLION, keeper)
    market.move_to_rebalance()
    assert market.pool.keeperReward() == 10 * USDC
    assert market.rebalance(stranger, recipient=keeper) == 10 * USDC
    assert (usdc_of(market, keeper), usdc_of(market, stranger)) == (10 * USDC, 0)
    assert usdc_of(market, market.pool) == 2 * MILLION - 10 * USDC
    assert market.pool.balances() == (MILLION - 5 * USDC, MILLION - 5 * USDC)
    assert market.pool.protocolFees() == 0


@pytest.mark.finding("K03")
def test_keeper_reward__failed_rebalances__pay_nothing_and_one_interval_pays_once(project):
    market = opened_market(project, MILLION, MILLION, keeper_reward_max=10 * USDC, keeper_reward_ramp=0)
    market.set_oracle_failing(True)
    market.move_to_rebalance()
    for _ in range(5):
        with pytest.raises(Refused, match="OracleReverting"):
            market.rebalance(KEEPER, recipient=KEEPER)
    assert usdc_of(market, KEEPER) == 0
    assert market.pool.balances() == (MILLION, MILLION)

    market.set_oracle_failing(False)
    assert market.rebalance(KEEPER, recipient=KEEPER) == 10 * USDC
    market.world.advance(600)
    with reverts(market.pool.RebalanceNotDue, opensAt=market.pool.lastRebalance() + HOUR):
        market.pool.rebalance(0, BOB, sender=BOB)
    assert usdc_of(market, KEEPER) == 10 * USDC
    assert usdc_of(market, market.pool) == 2 * MILLION - 10 * USDC


@pytest.mark.finding("K16")
def test_keeper_reward__recipient_that_the_token_refuses__is_named_and_the_next_caller_succeeds(project):
    world = new_world(project, token="BlacklistToken")
    market = world.deploy_pool(keeper_reward_max=10 * USDC, keeper_reward_ramp=0)
    open_sides(market, MILLION, MILLION)
    world.token.setBlacklisted(KEEPER, True)
    market.move_to_rebalance()
    with reverts(market.pool.RewardRefused, rewardRecipient=KEEPER, reward=10 * USDC):
        market.pool.rebalance(0, KEEPER, sender=KEEPER)
    assert (market.pool.epoch(), market.pool.balances()) == (2, (MILLION, MILLION))

    before = usdc_of(market, CAROL)
    assert market.rebalance(KEEPER, recipient=CAROL) == 10 * USDC
    assert usdc_of(market, CAROL) - before == 10 * USDC
    market.move_to_rebalance()
    assert market.rebalance(KEEPER) == 0


# --- the cap ---


def test_keeper_reward__cap__is_a_ten_thousandth_of_the_pool_per_hour(project):
    market = opened_market(project, 1_500 * USDC, 500 * USDC, keeper_reward_max=2**128 - 1)
    market.move_to_rebalance(late=600)
    # 0.2 of 2,000 USDC; three quarters of it from the long side
    assert market.rebalance(KEEPER, recipient=KEEPER) == 200_000
    assert market.pool.balances() == (1_500 * USDC - 150_000, 500 * USDC - 50_000)


@pytest.mark.parametrize(("interval", "reward"), [(600, 33_332), (HOUR, 200_000), (7 * 86_400, 33_600_000)])
def test_keeper_reward__cap__is_in_proportion_to_the_interval(project, interval, reward):
    # 2,000 USDC * 600 s / 36,000,000 s: 33,333 units, in two equal shares rounded down
    market = opened_market(
        project,
        1_000 * USDC,
        1_000 * USDC,
        rebalance_interval=interval,
        keeper_reward_max=2**128 - 1,
        keeper_reward_ramp=0,
    )
    market.move_to_rebalance()
    assert market.rebalance(KEEPER, recipient=KEEPER) == reward


def test_keeper_reward__cap_and_shares__are_those_of_the_sides_after_the_management_fee(project):
    market = opened_market(
        project,
        1_000 * USDC,
        1_000 * USDC,
        management_fee=10 * PERCENT,
        keeper_reward_max=2**128 - 1,
        keeper_reward_ramp=0,
    )
    # five years since the last rebalance: half of the pool, 1,000 USDC, is left
    market.move_to_rebalance(late=5 * YEAR - HOUR)
    assert market.pool.keeperReward() == 100_000
    assert market.rebalance(KEEPER, recipient=KEEPER) == 100_000
    assert market.pool.balances() == (499_950_000, 499_950_000)
    assert market.pool.protocolFees() == 1_000 * USDC


@pytest.mark.finding("K04")
@pytest.mark.parametrize(
    ("interval", "late", "times", "lost"), [(HOUR, 600, 24, 4_794_480), (600, 599, 144, 4_794_144)]
)
def test_keeper_reward__a_day_of_an_idle_small_pool__costs_at_most_24_basis_points(
    project, interval, late, times, lost
):
    market = opened_market(
        project,
        1_000 * USDC,
        1_000 * USDC,
        rebalance_interval=interval,
        front_running_interval=0,
        keeper_reward_max=10**6 * USDC,
        keeper_reward_ramp=0,
    )
    for _ in range(times):
        market.move_to_rebalance(late=late)
        market.rebalance(KEEPER, recipient=KEEPER)
    assert usdc_of(market, KEEPER) == lost
    assert market.pool.balances() == (1_000 * USDC - lost // 2, 1_000 * USDC - lost // 2)
    assert lost <= 2_000 * USDC * 24 // 10_000


@pytest.mark.finding("K02")
@pytest.mark.parametrize(
    ("long", "short", "maximum", "reward"),
    [
        (0, 0, 10 * USDC, 0),
        (5, 5, 10 * USDC, 0),
        # the cap is 1 unit, and neither side's share of it a whole one
        (5_000, 5_000, 10 * USDC, 0),
        (10_000, 10_000, 10 * USDC, 2),
        (MILLION, MILLION, 0, 0),
        (MILLION, MILLION, 1, 0),
    ],
)
def test_keeper_reward__edge__never_stops_the_rebalance(project, long, short, maximum, reward):
    market = opened_market(project, long, short, keeper_reward_max=maximum, keeper_reward_ramp=0)
    market.set_price(PRICE + WAD)
    market.move_to_rebalance(late=60)
    assert market.pool.keeperReward() == reward
    assert market.rebalance(KEEPER, recipient=KEEPER) == reward
    assert usdc_of(market, KEEPER) == reward
    assert (market.pool.epoch(), market.pool.lastPrice()) == (3, PRICE + WAD)


@pytest.mark.finding("M14")
@pytest.mark.parametrize("long", [94, 1_000 * USDC])
def test_keeper_reward__side_of_94_units_through_200_paid_rebalances__stays_and_can_be_minted(project, long):
    market = opened_market(project, long, 94, keeper_reward_max=10 * USDC)
    for _ in range(200):
        market.move_to_rebalance(late=600)
        market.rebalance(KEEPER, recipient=KEEPER)
    assert market.pool.balances()[1] == 94

    market.commit(CAROL, CommitType.SHORT_MINT, USDC)
    market.next_epoch(KEEPER)
    # 94 units are 94 * 10**12 token units: price 1
    assert market.claim(CAROL) == (0, 0, 10**18)
