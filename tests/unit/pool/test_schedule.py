"""When `rebalance` opens, what a late or an extra call changes, and what it costs. Specification, section 3."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from perpetual_pools.twin.pool import HOUR, PRICE, WAD
from tests.support.pool import TOKEN
from tests.support.revm import reverts
from tests.support.world import ALICE, BOB, CAROL, KEEPER, NOW, PEOPLE, USDC, new_market, new_world, opened_market

SIDE = 1_000 * USDC
FIRST = NOW + 50 * 60
"""When a new pool rebalances for the first time: on the hour."""


# --- the grid ---


@pytest.mark.finding("K07")
def test_schedule__upkeep_20_seconds_late_for_24_hours__does_not_drift(project):
    market = new_market(project)
    for hour in range(24):
        assert market.pool.nextRebalance() == FIRST + hour * HOUR
        market.move_to_rebalance(late=20)
        market.rebalance(KEEPER)
        assert market.pool.lastRebalance() == FIRST + hour * HOUR
    assert market.pool.nextRebalance() == FIRST + 24 * HOUR
    assert market.pool.nextRebalance() % HOUR == 0, "P11"


@pytest.mark.parametrize("interval", [600, 601, 5_000, 7 * 86_400])
def test_schedule__any_interval_and_lateness__stays_on_its_grid(project, interval):
    market = new_market(project, rebalance_interval=interval, front_running_interval=interval // 3)
    for late in (0, 1, interval // 2, interval - 1, interval, 7 * interval + 1):
        market.move_to_rebalance(late=late)
        market.rebalance(KEEPER)
        assert market.pool.nextRebalance() % interval == 0, "P11"
        assert market.pool.lastRebalance() == market.world.now // interval * interval


@pytest.mark.finding("K11")
@pytest.mark.parametrize("early", [1, 2, HOUR - 1])
def test_schedule__call_before_its_time__reverts_for_everybody(project, early):
    market = new_market(project)
    market.move_to_rebalance()
    market.rebalance(KEEPER)
    market.move_to_rebalance(late=-early)
    for caller in PEOPLE:
        with reverts(market.pool.RebalanceNotDue, opensAt=FIRST + HOUR):
            market.pool.rebalance(0, ZERO_ADDRESS, sender=caller)
    market.move_to_rebalance()
    assert market.rebalance(BOB) == 0


@pytest.mark.parametrize(
    ("front_running_interval", "late", "opens_after"),
    [
        (300, 0, HOUR),
        (300, HOUR - 301, HOUR),
        (300, HOUR - 300, 2 * HOUR),
        (300, HOUR - 1, 2 * HOUR),
        (300, HOUR, 2 * HOUR),
        (300, 5 * HOUR + HOUR - 301, 6 * HOUR),
        (300, 5 * HOUR + HOUR - 300, 7 * HOUR),
        (0, HOUR - 1, HOUR),
        (1_800, 1_799, HOUR),
        (1_800, 1_800, 2 * HOUR),
        (HOUR - 1, 0, HOUR),
        (HOUR - 1, 1, 2 * HOUR),
    ],
)
def test_schedule__grid_time_within_the_front_running_interval__is_passed_over(
    project, front_running_interval, late, opens_after
):
    market = new_market(project, front_running_interval=front_running_interval)
    due = market.pool.nextRebalance()
    market.move_to_rebalance(late=late)
    market.rebalance(KEEPER)
    assert market.pool.nextRebalance() == due + opens_after
    assert market.pool.nextRebalance() > market.world.now + front_running_interval


def test_schedule__after_a_grid_time_was_passed_over__one_rebalance_covers_both_intervals(project):
    market = opened_market(project, SIDE, SIDE, management_fee=WAD // 10)
    due = market.pool.nextRebalance()
    market.move_to_rebalance(late=HOUR - 300)
    market.rebalance(KEEPER)
    assert market.pool.balances() == (SIDE - 11_415, SIDE - 11_415)

    # P6: what is committed now executes at the price as of 65 minutes later, not 5
    assert market.commit(CAROL, CommitType.LONG_MINT, USDC) == 3
    market.world.move_to(due + HOUR)
    with reverts(market.pool.RebalanceNotDue, opensAt=due + 2 * HOUR):
        market.pool.rebalance(0, KEEPER, sender=KEEPER)
    market.next_epoch(KEEPER)
    assert market.pool.lastRebalance() == due + 2 * HOUR
    # two hours of 999.988585 USDC
    assert market.pool.balances() == (SIDE - 11_415 - 22_830 + USDC, SIDE - 11_415 - 22_830)


# --- late and flat ---


@pytest.mark.finding("K10")
def test_schedule__three_flat_intervals__execute_batches_and_move_nothing(project):
    market = opened_market(project, SIDE, SIDE)
    for number in (1, 2, 3):
        market.commit(CAROL, CommitType.LONG_MINT, 10 * USDC)
        market.next_epoch(KEEPER, PRICE)
        assert market.claim(CAROL) == (0, 10 * TOKEN, 0)
        assert market.pool.balances() == (SIDE + number * 10 * USDC, SIDE), "P4"
    assert market.pool.epoch() == 5


@pytest.mark.parametrize("late", [1, 600, HOUR - 301])
def test_schedule__two_keepers_at_different_moments__produce_the_same_price_and_balances(project, late):
    # P12: twin pools on one oracle, whose price goes on moving after the grid time
    markets = []
    world = new_world(project)
    for name in ("A", "B"):
        market = world.deploy_pool(
            market=name,
            management_fee=WAD // 10,
            mint_fee=WAD // 100,
            burn_fee=WAD // 100,
            keeper_reward_max=10 * USDC,
            keeper_reward_ramp=0,
        )
        market.commit(ALICE, CommitType.LONG_MINT, SIDE)
        market.commit(BOB, CommitType.SHORT_MINT, SIDE)
        markets.append(market)
    for market in markets:
        market.next_epoch(KEEPER)
    for market in markets:
        market.claim(ALICE)
        market.commit(ALICE, CommitType.LONG_BURN, 7 * TOKEN)
        market.commit(CAROL, CommitType.SHORT_MINT, 11 * USDC)
        market.oracle.setPriceAt(market.pool.nextRebalance(), 104 * WAD)
        market.oracle.setPrice(999 * WAD)

    pools, due = [market.pool for market in markets], markets[0].pool.nextRebalance()
    rewards = []
    for pool, lateness in zip(pools, (0, late), strict=True):
        world.move_to(due + lateness)
        rewards.append(pool.rebalance(0, KEEPER, sender=KEEPER))
    for view in ("lastPrice", "lastRebalance", "nextRebalance", "epoch", "protocolFees", "balances", "supplies"):
        assert getattr(pools[0], view)() == getattr(pools[1], view)(), view
    # a ramp of 0: the same reward too, 0.01 % of 1,979.977398 USDC in two equal shares
    assert rewards == [197_996, 197_996]
    batches = [[pool.batch(2, kind) for kind in range(6)] for pool in pools]
    assert batches[0] == batches[1]
    assert pools[0].lastPrice() == 104 * WAD


@pytest.mark.parametrize("missed", [1, 24, 400])
def test_schedule__missed_intervals__are_caught_up_in_one_call(project, missed):
    market = opened_market(project, SIDE, SIDE)
    due = market.pool.nextRebalance()
    market.set_price(105 * WAD)
    market.move_to_rebalance(late=missed * HOUR + 5)
    market.rebalance(KEEPER)
    assert (market.pool.lastRebalance(), market.pool.nextRebalance()) == (
        due + missed * HOUR,
        due + (missed + 1) * HOUR,
    )
    assert market.pool.epoch() == 3
    assert market.pool.balances() == (1_136_162_401, 863_837_599)


# --- cost ---


@pytest.mark.finding("K06")
def test_schedule__gas__does_not_depend_on_missed_intervals(project):
    market = opened_market(project, SIDE, SIDE, management_fee=WAD // 100, keeper_reward_max=USDC)
    market.commit(ALICE, CommitType.LONG_BURN, TOKEN)
    market.set_price(105 * WAD)
    used = {}
    for missed in (1, 5, 400):
        with market.chain.aside(market.model.next_rebalance + missed * HOUR + 60):
            market.pool.rebalance(0, KEEPER, sender=KEEPER)
            used[missed] = market.chain.revm.evm.result.gas_used
    # P8
    assert used[5] * 100 <= used[1] * 102 and used[1] * 100 <= used[5] * 102
    assert used[400] * 100 <= used[1] * 102 and used[1] * 100 <= used[400] * 102


@pytest.mark.finding("C01")
def test_schedule__gas__does_not_depend_on_the_number_of_users_and_commitments(project):
    used = []
    for users in (1, 1_000):
        market = opened_market(project, SIDE, SIDE)
        world, pool = market.world, market.pool
        for number in range(users):
            user = "0x" + f"{number + 1:040x}"
            world.token.mint(user, 2)
            world.token.approve(pool, 2, sender=user)
            pool.commit(CommitType.LONG_MINT.value, 1, user, sender=user)
            pool.commit(CommitType.SHORT_MINT.value, 1, user, sender=user)
        market.move_to_rebalance()
        pool.rebalance(0, ZERO_ADDRESS, sender=KEEPER)
        used.append(world.chain.revm.evm.result.gas_used)
        assert pool.batch(2, CommitType.LONG_MINT.value) == (users, users * 10**12)
        # one more is taken and paid
        pool.commit(CommitType.LONG_MINT.value, USDC, CAROL, sender=CAROL)
        world.advance(HOUR)
        pool.rebalance(0, ZERO_ADDRESS, sender=KEEPER)
        assert pool.claim(CAROL, CAROL, sender=CAROL) == (0, TOKEN, 0)
    assert used[0] == used[1], "P8"
