"""`withdraw`. Specification, section 6; invariant F5."""

import pytest

from perpetual_pools.twin.farm import PLENTY
from tests.support.farm import ALICE, BOB, HOUR, NOBODY, OWNER, STRANGER, TCR, WEEKLY, gained, refuses, tells

# --- refusals ---


@pytest.mark.finding("F12")
def test_withdraw__nothing__reverts(farm, pool_token):
    farm.stake(ALICE, pool_token, 1)
    with refuses(farm, "ZeroAmount", token=pool_token):
        farm.withdraw(ALICE, pool_token, 0)


@pytest.mark.finding("F12")
def test_withdraw__token_without_farm__reverts(farm, pool_token):
    for token in (NOBODY, farm.reward.address):
        with refuses(farm, "UnknownFarm", token=token):
            farm.withdraw(ALICE, token, 1)


def test_withdraw__more_than_ones_own__reverts(farm, pool_token, lp_token):
    farm.stake(ALICE, pool_token, 100)
    farm.stake(BOB, pool_token, 1_000)
    farm.stake(ALICE, lp_token, 500)
    for user, staked, amount in (
        (ALICE, 100, 101),
        (ALICE, 100, 2**256 - 1),
        (ALICE, 100, 2**128 + 1),
        (STRANGER, 0, 1),
    ):
        with refuses(farm, "InsufficientStake", token=pool_token, staked=staked, amount=amount):
            farm.withdraw(user, pool_token, amount)


# --- what it moves and tells ---


def test_withdraw__a_part__moves_the_tokens_and_tells(farm, pool_token):
    farm.stake(ALICE, pool_token, 100 * TCR)
    with tells(farm, ("Withdrawn", {"account": ALICE, "token": pool_token, "amount": 40 * TCR})):
        assert farm.withdraw(ALICE, pool_token, 40 * TCR) is None
    assert pool_token.balanceOf(ALICE) == PLENTY - 60 * TCR
    assert pool_token.balanceOf(farm.farm) == 60 * TCR
    assert farm.farm.stakeOf(ALICE, pool_token) == farm.farm.totalStaked(pool_token) == 60 * TCR


@pytest.mark.finding("F10")
def test_withdraw__by_who_got_the_tokens_of_a_staker__has_no_stake(farm, pool_token):
    """A stake is a number of its account's; no token stands for it that could be passed on and claimed with again."""
    farm.stake(ALICE, pool_token, 100)
    farm.move_to_week(0, HOUR)
    farm.withdraw(ALICE, pool_token, 100)
    pool_token.transfer(BOB, 100, sender=ALICE)
    farm.ledgers[pool_token.address].transfer(ALICE, BOB, 100)
    with refuses(farm, "InsufficientStake", token=pool_token, staked=0, amount=100):
        farm.withdraw(BOB, pool_token, 100)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (4 * HOUR * TCR, 0)


# --- what is earned ---


def test_withdraw__a_part__keeps_what_was_earned_and_earns_on_with_the_rest(farm, pool_token):
    farm.stake(ALICE, pool_token, 75)
    farm.stake(BOB, pool_token, 25)
    farm.move_to_week(0, 100)
    farm.withdraw(ALICE, pool_token, 50)
    assert gained(farm, ALICE) == 0
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (300 * TCR, 100 * TCR)
    farm.advance(100)  # 25 : 25
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (500 * TCR, 300 * TCR)


def test_withdraw__everything__stops_earning_and_leaves_the_earned_claimable_for_ever(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.withdraw(ALICE, pool_token, TCR)
    farm.move_to_week(30)
    assert farm.earned(ALICE, pool_token) == 200 * TCR
    assert farm.earned(BOB, pool_token) == 4 * 2_419_200 * TCR - 200 * TCR
    assert farm.claim(ALICE, pool_token) == 200 * TCR
    assert farm.earned(ALICE, pool_token) == 0


@pytest.mark.finding("F04")
def test_withdraw__by_the_last_staker__leaves_what_comes_undistributed_at_the_next_touch(farm, pool_token, lp_token):
    farm.stake(BOB, lp_token, TCR)
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.withdraw(ALICE, pool_token, TCR)
    farm.advance(100)
    assert farm.undistributed() == 0
    farm.set_weight(OWNER, pool_token, 1)
    assert farm.undistributed() == 400 * TCR
    farm.set_weight(OWNER, pool_token, 1)
    assert farm.undistributed() == 400 * TCR
    assert farm.earned(ALICE, pool_token) == 400 * TCR


def test_withdraw__and_stake_again__begins_anew_at_that_moment(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, pool_token, TCR)
    farm.move_to_week(0, 100)
    farm.withdraw(ALICE, pool_token, TCR)
    farm.advance(100)
    farm.stake(ALICE, pool_token, TCR)
    assert farm.earned(ALICE, pool_token) == 200 * TCR
    farm.advance(100)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (400 * TCR, 800 * TCR)


@pytest.mark.finding("F09")
def test_withdraw__after_a_schedule_that_was_refused_for_its_size__works(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    with refuses(farm, "ScheduleTooLarge", scheduled=4 * WEEKLY, amount=2**200, maximum=2**96 - 1):
        farm.schedule(OWNER, 2**200)
    farm.move_to_week(1)
    farm.withdraw(ALICE, pool_token, TCR)
    assert pool_token.balanceOf(ALICE) == PLENTY
    assert farm.claim(ALICE, pool_token) == 2_419_200 * TCR
