"""`emergencyWithdraw`. Specification, section 6; invariant F5."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from perpetual_pools.twin.chain import Reverted
from perpetual_pools.twin.farm import PLENTY
from tests.support.farm import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    HOUR,
    NOBODY,
    OWNER,
    STRANGER,
    TCR,
    WEEKLY,
    gained,
    refuses,
    tells,
)

FARMS = 6
"""The slot of the farms by token, see snapshots/layout.json."""


def left(account, token, amount, forfeited):
    return "EmergencyWithdrawn", {"account": account, "token": token, "amount": amount, "forfeited": forfeited}


# --- refusals ---


@pytest.mark.finding("F12")
def test_emergency_withdraw__token_without_farm__reverts(farm, pool_token):
    for token in (NOBODY, farm.reward.address):
        with refuses(farm, "UnknownFarm", token=token):
            farm.emergency_withdraw(ALICE, token)


def test_emergency_withdraw__without_a_stake__reverts_and_keeps_what_was_earned(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.withdraw(ALICE, pool_token, TCR)
    for user in (ALICE, STRANGER):
        with refuses(farm, "NothingStaked", token=pool_token, account=user):
            farm.emergency_withdraw(user, pool_token)
    assert farm.claim(ALICE, pool_token) == 400 * TCR


# --- what it moves and tells ---


def test_emergency_withdraw__before_anything_was_settled__gives_up_to_those_who_stay(farm, pool_token, lp_token):
    farm.stake(CAROL, lp_token, TCR)
    farm.stake(ALICE, pool_token, 3 * TCR)
    farm.stake(BOB, pool_token, TCR)
    farm.move_to_week(0, 100)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (300 * TCR, 100 * TCR)
    with tells(farm, left(ALICE, pool_token, 3 * TCR, 0)):
        assert farm.emergency_withdraw(ALICE, pool_token) == 3 * TCR
    assert (pool_token.balanceOf(ALICE), gained(farm, ALICE)) == (PLENTY, 0)
    assert farm.farm.stakeOf(ALICE, pool_token) == 0
    assert farm.farm.totalStaked(pool_token) == pool_token.balanceOf(farm.farm) == TCR
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (0, 400 * TCR)
    assert farm.undistributed() == 0


def test_emergency_withdraw__with_rewards_settled__makes_those_undistributed(farm, pool_token, lp_token):
    farm.stake(CAROL, lp_token, TCR)
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.stake(ALICE, pool_token, 2 * TCR)  # settles 200
    farm.advance(100)  # 300 for alice, 100 for bob, not settled
    with tells(farm, left(ALICE, pool_token, 3 * TCR, 200 * TCR)):
        assert farm.emergency_withdraw(ALICE, pool_token) == 3 * TCR
    assert farm.undistributed() == 200 * TCR
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (0, 600 * TCR)
    assert farm.claim(ALICE, pool_token) == 0
    assert farm.claim(BOB, pool_token) == 600 * TCR


def test_emergency_withdraw__by_the_last_staker__leaves_everything_undistributed(farm, pool_token, lp_token):
    farm.stake(CAROL, lp_token, TCR)
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.stake(ALICE, pool_token, TCR)  # settles 400
    farm.advance(100)
    farm.emergency_withdraw(ALICE, pool_token)
    assert farm.undistributed() == 400 * TCR
    farm.advance(100)
    farm.set_weight(OWNER, pool_token, 1)
    assert farm.undistributed() == 1_200 * TCR
    farm.schedule_undistributed(OWNER, 1)
    assert (farm.farm.weekAmount(4), farm.undistributed()) == (1_200 * TCR, 0)


def test_emergency_withdraw__right_after_a_claim__pays_nothing_of_it_to_those_who_stay_again(farm, pool_token):
    for user in (ALICE, BOB):
        farm.stake(user, pool_token, 50 * TCR)
    farm.move_to_week(0, 100)
    assert farm.claim(BOB, pool_token) == 200 * TCR
    with tells(farm, left(BOB, pool_token, 50 * TCR, 0)):
        farm.emergency_withdraw(BOB, pool_token)
    assert farm.earned(ALICE, pool_token) == 200 * TCR
    farm.advance(100)
    assert farm.claim(ALICE, pool_token) == 600 * TCR
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY - 800 * TCR


def test_emergency_withdraw__some_time_after_a_claim__leaves_what_came_meanwhile_to_those_who_stay(farm, pool_token):
    for user in (ALICE, BOB):
        farm.stake(user, pool_token, 50 * TCR)
    farm.move_to_week(0, 100)
    farm.claim(BOB, pool_token)
    farm.advance(100)
    farm.emergency_withdraw(BOB, pool_token)
    assert farm.earned(ALICE, pool_token) == 600 * TCR


def test_emergency_withdraw__by_the_last_staker_after_a_claim__makes_nothing_of_it_undistributed(
    farm, pool_token, lp_token
):
    farm.stake(CAROL, lp_token, TCR)
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    assert farm.claim(ALICE, pool_token) == 400 * TCR
    farm.advance(50)
    farm.emergency_withdraw(ALICE, pool_token)
    farm.advance(50)
    farm.set_weight(OWNER, pool_token, 1)
    assert farm.undistributed() == 400 * TCR


def test_emergency_withdraw__by_one_after_another_who_claimed__pays_no_more_than_there_was(farm, pool_token):
    """A farm of four that pays again what was claimed pays 1 + 1/2 + 1/3 + 1/4 times over."""
    users = [ALICE, BOB, CAROL, DAVE]
    for user in users:
        farm.stake(user, pool_token, TCR)
    farm.move_to_week(0, 100)
    paid = 0
    while users:
        paid += sum(farm.claim(user, pool_token) for user in users)
        farm.emergency_withdraw(users.pop(), pool_token)
    assert paid == 400 * TCR


def test_emergency_withdraw__after_another_touched_the_farm__makes_what_came_before_undistributed(
    farm, pool_token, lp_token
):
    farm.stake(CAROL, lp_token, TCR)
    for user in (ALICE, BOB):
        farm.stake(user, pool_token, 50 * TCR)
    farm.move_to_week(0, 100)
    farm.stake(DAVE, pool_token, 150 * TCR)
    farm.advance(100)  # 80 for alice, 80 for bob, 240 for dave
    with tells(farm, left(BOB, pool_token, 50 * TCR, 200 * TCR)):
        farm.emergency_withdraw(BOB, pool_token)
    assert farm.undistributed() == 200 * TCR
    assert (farm.earned(ALICE, pool_token), farm.earned(DAVE, pool_token)) == (300 * TCR, 300 * TCR)


def test_emergency_withdraw__and_stake_again__begins_anew(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.emergency_withdraw(ALICE, pool_token)
    farm.stake(ALICE, pool_token, TCR)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (0, 400 * TCR)
    farm.advance(100)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (200 * TCR, 600 * TCR)


def test_emergency_withdraw__of_the_reward_token_itself__gives_the_principal_only(farm):
    farm.add_farm(OWNER, farm.reward, 0, 1)
    farm.stake(ALICE, farm.reward, 1_000 * TCR)
    farm.move_to_week(0, HOUR)
    assert farm.emergency_withdraw(ALICE, farm.reward) == 1_000 * TCR
    assert farm.reward.balanceOf(ALICE) == PLENTY
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY


@pytest.mark.finding("F09")
def test_emergency_withdraw__when_the_arithmetic_of_rewards_fails__gives_the_principal_all_the_same(farm, pool_token):
    """The farm's accumulator is overwritten with its greatest value, so that whatever settles overflows."""
    farm.stake(ALICE, pool_token, 100 * TCR)
    farm.move_to_week(0, HOUR)
    slot = int.from_bytes(keccak(encode(["address", "uint256"], [pool_token.address, FARMS])), "big") + 1
    evm, address = farm.chain.revm.evm, farm.farm.address
    period = evm.storage(address, slot) >> 224
    evm.insert_account_storage(address, slot, period << 224 | 2**224 - 1)
    for action in (
        lambda: farm.farm.withdraw(pool_token, 100 * TCR, sender=ALICE),
        lambda: farm.farm.exit(pool_token, sender=ALICE),
        lambda: farm.farm.claim([pool_token.address], sender=ALICE),
    ):
        with pytest.raises(Reverted, match="Panic"):
            action()
    assert farm.farm.emergencyWithdraw(pool_token, sender=ALICE) == 100 * TCR
    assert pool_token.balanceOf(ALICE) == PLENTY
