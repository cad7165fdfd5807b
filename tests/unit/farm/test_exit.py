"""`exit`. Specification, section 6; invariant F5."""

import pytest

from perpetual_pools.model import Market
from perpetual_pools.twin.farm import PLENTY
from tests.support.farm import ALICE, BOB, HOUR, NOBODY, OWNER, STRANGER, TCR, WEEKLY, gained, refuses, tells

# --- refusals ---


@pytest.mark.finding("F12")
def test_exit__token_without_farm__reverts(farm, pool_token):
    for token in (NOBODY, farm.reward.address):
        with refuses(farm, "UnknownFarm", token=token):
            farm.exit(ALICE, token)


def test_exit__without_a_stake__reverts_even_with_something_earned(farm, pool_token, lp_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(ALICE, lp_token, TCR)
    farm.move_to_week(0, HOUR)
    farm.withdraw(ALICE, pool_token, TCR)
    for user in (ALICE, STRANGER):
        with refuses(farm, "NothingStaked", token=pool_token, account=user):
            farm.exit(user, pool_token)
    assert farm.claim(ALICE, pool_token) == 4 * HOUR * TCR


# --- what it moves and tells ---


def test_exit__pays_stake_and_rewards_and_tells(farm, pool_token):
    farm.stake(ALICE, pool_token, 30 * TCR)
    farm.stake(BOB, pool_token, 10 * TCR)
    farm.move_to_week(0, 100)
    with tells(
        farm,
        ("Withdrawn", {"account": ALICE, "token": pool_token, "amount": 30 * TCR}),
        ("Claimed", {"account": ALICE, "token": pool_token, "amount": 300 * TCR}),
    ):
        assert farm.exit(ALICE, pool_token) == 300 * TCR
    assert gained(farm, ALICE) == 300 * TCR
    assert pool_token.balanceOf(ALICE) == PLENTY
    assert farm.farm.stakeOf(ALICE, pool_token) == farm.earned(ALICE, pool_token) == 0
    assert farm.farm.totalStaked(pool_token) == pool_token.balanceOf(farm.farm) == 10 * TCR
    farm.advance(100)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (0, 500 * TCR)


def test_exit__with_rewards_settled_before__pays_those_too(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.stake(ALICE, pool_token, TCR)
    farm.advance(100)
    farm.withdraw(ALICE, pool_token, TCR)
    farm.advance(100)
    assert farm.exit(ALICE, pool_token) == 1_200 * TCR


def test_exit__with_nothing_earned__pays_the_stake(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    with tells(
        farm,
        ("Withdrawn", {"account": ALICE, "token": pool_token, "amount": TCR}),
        ("Claimed", {"account": ALICE, "token": pool_token, "amount": 0}),
    ):
        assert farm.exit(ALICE, pool_token) == 0
    assert (pool_token.balanceOf(ALICE), gained(farm, ALICE)) == (PLENTY, 0)


def test_exit__of_one_farm__leaves_the_others(farm, pool_token, lp_token):
    for token in (pool_token, lp_token):
        farm.stake(ALICE, token, TCR)
    farm.move_to_week(0, 100)
    assert farm.exit(ALICE, lp_token) == 600 * TCR
    farm.advance(100)
    assert (farm.earned(ALICE, pool_token), farm.earned(ALICE, lp_token)) == (800 * TCR, 0)
    assert farm.farm.stakeOf(ALICE, pool_token) == TCR


def test_exit__and_stake_again__earns_from_then_on(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, pool_token, TCR)
    farm.move_to_week(0, 100)
    assert farm.exit(ALICE, pool_token) == 200 * TCR
    farm.advance(100)
    farm.stake(ALICE, pool_token, TCR)
    farm.advance(100)
    assert farm.exit(ALICE, pool_token) == 200 * TCR
    assert farm.exit(BOB, pool_token) == 800 * TCR


def test_exit__of_the_reward_token_itself__pays_both(farm):
    farm.add_farm(OWNER, farm.reward, Market.SECONDARY, 1)
    farm.stake(ALICE, farm.reward, TCR)
    farm.move_to_week(0, 100)
    assert farm.exit(ALICE, farm.reward) == 600 * TCR
    assert farm.reward.balanceOf(ALICE) == PLENTY + 600 * TCR
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY - 600 * TCR


def test_exit__of_everybody__leaves_the_farm_idle_with_what_was_not_emitted_to_them(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, pool_token, 3 * TCR)
    farm.move_to_week(2)
    assert farm.exit(ALICE, pool_token) + farm.exit(BOB, pool_token) == 2 * 2_419_200 * TCR
    farm.move_to_week(4)
    # The secondary market has had no weight for four weeks; the farm of the primary was idle for two of them.
    assert farm.undistributed() == 4 * 3_628_800 * TCR
    farm.set_weight(OWNER, pool_token, 1)
    assert farm.undistributed() == (4 * 3_628_800 + 2 * 2_419_200) * TCR == farm.reward.balanceOf(farm.farm)
