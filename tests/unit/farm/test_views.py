"""Plain views and counters. Specification, section 8."""

import pytest

from perpetual_pools.model import Market
from perpetual_pools.twin.chain import Reverted
from tests.support.farm import ALICE, BOB, DAY, NOBODY, OWNER, TCR, WEEKLY
from tests.support.revm import reverts
from tests.support.world import NOW


def test_farm__token_without_one__reverts(farm, pool_token):
    for token in (NOBODY, farm.reward.address):
        with reverts(farm.farm.UnknownFarm, token=token):
            farm.farm.farm(token)


@pytest.mark.parametrize("market", [2, 255])
def test_total_weight__third_market__reverts(farm, market):
    with reverts(farm.farm.InvalidMarket, market=market):
        farm.farm.totalWeight(market)


def test_farms__past_the_last__reverts(farm, pool_token):
    assert farm.farm.farms(0) == pool_token.address
    with pytest.raises(Reverted):
        farm.farm.farms(1)


def test_reward_token_and_start__are_those_of_the_deployment(farm):
    assert (farm.farm.rewardToken(), farm.farm.start()) == (farm.reward.address, NOW + DAY)


def test_stake_of_and_total_staked__without_farm__are_0(farm):
    for token in (NOBODY, farm.reward.address):
        assert (farm.farm.stakeOf(ALICE, token), farm.farm.totalStaked(token)) == (0, 0)


def test_stake_of_and_total_staked__are_kept_by_account_and_token(farm, pool_token, lp_token):
    farm.stake(ALICE, pool_token, 5)
    farm.stake(BOB, pool_token, 7)
    farm.stake(BOB, lp_token, 11)
    found = [[farm.farm.stakeOf(user, token) for user in (ALICE, BOB)] for token in (pool_token, lp_token)]
    assert found == [[5, 7], [0, 11]]
    assert [farm.farm.totalStaked(token) for token in (pool_token, lp_token)] == [12, 11]


def test_week_amount__of_weeks_scheduled_skipped_and_not_scheduled__is_theirs_or_0(farm):
    farm.move_to_week(5, 1)
    farm.schedule(OWNER, 3)
    assert [farm.farm.weekAmount(week) for week in range(8)] == [WEEKLY] * 4 + [0, 0, 3, 0]
    assert farm.farm.weekAmount(2**256 - 1) == 0
    assert farm.farm.weeksScheduled() == 7


def test_total_weight__is_the_sum_of_each_market(farm):
    for market, weight in ((0, 2), (1, 3), (0, 5), (1, 2**64 - 1), (1, 0)):
        farm.new_farm(market, weight)
    assert [farm.farm.totalWeight(market) for market in Market] == [7, 2**64 + 2]


def test_donation__of_rewards_and_of_staked_tokens__changes_no_view(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.donate(BOB, farm.reward, WEEKLY)
    farm.donate(BOB, pool_token, TCR)
    assert farm.farm.totalStaked(pool_token) == TCR
    assert (farm.earned(ALICE, pool_token), farm.undistributed()) == (400 * TCR, 600 * TCR)
    assert farm.farm.emitted(farm.now) == 1_000 * TCR
