"""`stake`. Specification, section 6; invariants F1 to F3."""

import pytest

from perpetual_pools.model import Market
from perpetual_pools.twin.farm import PLENTY
from tests.support.farm import (
    ALICE,
    BOB,
    CAROL,
    DAY,
    HOUR,
    NOBODY,
    OWNER,
    TCR,
    WEEKLY,
    enrich,
    farm_twin,
    refuses,
    tells,
)
from tests.support.revm import reverts

MAX_STAKE = 2**128 - 1

# --- refusals ---


@pytest.mark.finding("F12")
def test_stake__nothing__reverts(farm, pool_token):
    with refuses(farm, "ZeroAmount", token=pool_token):
        farm.stake(ALICE, pool_token, 0)


@pytest.mark.finding("F12")
def test_stake__token_without_farm__reverts(farm, pool_token):
    for token in (NOBODY, farm.reward.address, farm.farm.address):
        with refuses(farm, "UnknownFarm", token=token):
            farm.stake(ALICE, token, 1)


def test_stake__more_than_held__reverts(farm, pool_token):
    with refuses(farm, "TransferFromFailed"):
        farm.stake(ALICE, pool_token, PLENTY + 1)


def test_stake__more_than_approved__reverts(farm, pool_token):
    pool_token.approve(farm.farm, 99, sender=ALICE)
    with reverts(farm.farm.TransferFromFailed):
        farm.farm.stake(pool_token, 100, sender=ALICE)
    farm.compare()
    farm.stake(ALICE, pool_token, 99)
    assert pool_token.allowance(ALICE, farm.farm) == 0


@pytest.mark.finding("F09")
def test_stake__of_2_to_the_128__reverts_and_one_less_is_taken_earns_and_comes_back(farm, pool_token):
    enrich(farm, ALICE, pool_token, MAX_STAKE + 1 - PLENTY)
    for amount in (2**128, 2**256 - 1):
        with refuses(farm, "StakeTooLarge", token=pool_token, totalStaked=0, amount=amount, maximum=MAX_STAKE):
            farm.stake(ALICE, pool_token, amount)
    farm.stake(ALICE, pool_token, MAX_STAKE)
    with refuses(farm, "StakeTooLarge", token=pool_token, totalStaked=MAX_STAKE, amount=1, maximum=MAX_STAKE):
        farm.stake(BOB, pool_token, 1)
    farm.move_to_week(0, HOUR)
    # A unit for the rounding of what 2**128 - 1 staked units get each.
    assert farm.earned(ALICE, pool_token) == 4 * HOUR * TCR - 1
    farm.withdraw(ALICE, pool_token, MAX_STAKE)
    assert pool_token.balanceOf(ALICE) == MAX_STAKE + 1


# --- what it moves and tells ---


def test_stake__first__moves_the_tokens_and_tells(farm, pool_token):
    with tells(farm, ("Staked", {"account": ALICE, "token": pool_token, "amount": 100 * TCR})):
        assert farm.stake(ALICE, pool_token, 100 * TCR) is None
    assert pool_token.balanceOf(ALICE) == PLENTY - 100 * TCR
    assert pool_token.balanceOf(farm.farm) == 100 * TCR
    assert farm.farm.stakeOf(ALICE, pool_token) == farm.farm.totalStaked(pool_token) == 100 * TCR
    assert farm.earned(ALICE, pool_token) == 0


def test_stake__again_and_by_others__adds_up(farm, pool_token, lp_token):
    farm.stake(ALICE, pool_token, 100)
    farm.stake(BOB, pool_token, 30)
    with tells(farm, ("Staked", {"account": ALICE, "token": pool_token, "amount": 7})):
        farm.stake(ALICE, pool_token, 7)
    farm.stake(ALICE, lp_token, 1)
    assert [farm.farm.stakeOf(user, pool_token) for user in (ALICE, BOB, CAROL)] == [107, 30, 0]
    assert (farm.farm.totalStaked(pool_token), farm.farm.totalStaked(lp_token)) == (137, 1)


# --- what it earns ---


def test_stake__5_of_100__earns_5_percent_of_each_hour_of_its_farm_in_both_markets(unscheduled):
    """Two weeks hour by hour without any transaction: 8,000,000 TCR, then 7,500,000; a fifth and four fifths of 40 % and of
    60 %."""
    farm = unscheduled
    tokens = [farm.new_farm(market, weight) for market in Market for weight in (1, 4)]
    farm.schedule(OWNER, 8_000_000 * TCR, 7_500_000 * TCR)
    for token in tokens:
        farm.stake(ALICE, token, 5 * TCR)
        farm.stake(BOB, token, 95 * TCR)
    shares = [8, 32, 12, 48]  # percent of everything
    for hours in range(2 * 168 + 1):
        farm.move_to_week(0, hours * HOUR)
        # In 168ths of a unit: each hour is one 168th of its week.
        emitted = 8_000_000 * TCR * min(hours, 168) + 7_500_000 * TCR * max(hours - 168, 0)
        assert farm.farm.emitted(farm.now) == emitted // 168
        for token, share in zip(tokens, shares, strict=True):
            assert farm.earned(ALICE, token) == emitted * share * 5 // (168 * 10_000)
            assert farm.earned(BOB, token) == emitted * share * 95 // (168 * 10_000)
    assert [farm.claim(ALICE, token) for token in tokens] == [
        62_000 * TCR,
        248_000 * TCR,
        93_000 * TCR,
        372_000 * TCR,
    ]
    farm.advance(HOUR)
    assert farm.claim(ALICE, *tokens) == 0


def test_stake__before_the_start__earns_from_the_start_on(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    for seconds, earned in ((-1, 0), (0, 0), (1, 4 * TCR), (2, 8 * TCR)):
        farm.move_to_week(0, seconds)
        assert farm.earned(ALICE, pool_token) == earned


@pytest.mark.parametrize("seconds", [0, 25, 3 * DAY, 7 * DAY - 25])
def test_stake__amid_a_week__earns_from_then_on_only(farm, pool_token, seconds):
    farm.move_to_week(0, seconds)
    farm.stake(ALICE, pool_token, TCR)
    assert farm.earned(ALICE, pool_token) == 0
    farm.advance(25)
    assert farm.earned(ALICE, pool_token) == 100 * TCR


def test_stake__by_another__shares_what_comes_and_nothing_of_what_was(farm, pool_token):
    farm.move_to_week(0)
    farm.stake(ALICE, pool_token, 10 * TCR)
    farm.advance(100)  # 400 TCR for alice
    farm.stake(BOB, pool_token, 30 * TCR)
    farm.advance(100)  # 100 for alice, 300 for bob
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (500 * TCR, 300 * TCR)
    farm.stake(ALICE, pool_token, 40 * TCR)
    farm.advance(100)  # 250 and 150
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (750 * TCR, 450 * TCR)
    assert farm.claim(ALICE, pool_token) == 750 * TCR
    assert farm.claim(BOB, pool_token) == 450 * TCR


def test_stake__and_withdraw_in_the_same_second__earns_nothing_and_takes_nothing(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, HOUR)
    farm.stake(BOB, pool_token, PLENTY)
    farm.withdraw(BOB, pool_token, PLENTY)
    assert farm.earned(BOB, pool_token) == 0
    assert farm.earned(ALICE, pool_token) == 4 * HOUR * TCR


def test_stake__three_equal_ones__lose_less_than_a_unit_each_to_rounding(farm, pool_token):
    for user in (ALICE, BOB, CAROL):
        farm.stake(user, pool_token, 1)
    farm.move_to_week(0, 1)
    assert [farm.earned(user, pool_token) for user in (ALICE, BOB, CAROL)] == [1_333_333_333_333_333_333] * 3


def test_stake__through_a_gap_between_weeks__earns_nothing_in_it(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(4)
    assert farm.earned(ALICE, pool_token) == 4 * 2_419_200 * TCR
    farm.move_to_week(5, 1)
    farm.schedule(OWNER, WEEKLY)
    for week, weeks_earned in ((6, 4), (7, 5), (8, 5)):
        farm.move_to_week(week)
        assert farm.earned(ALICE, pool_token) == weeks_earned * 2_419_200 * TCR


def test_stake__in_a_farm_of_weight_0__earns_nothing_until_it_has_one(farm, pool_token):
    idle = farm.new_farm(Market.PRIMARY, 0)
    farm.stake(ALICE, idle, 100)
    farm.move_to_week(0, HOUR)
    assert farm.earned(ALICE, idle) == 0
    farm.set_weight(OWNER, idle, 3)
    farm.advance(25)
    assert farm.earned(ALICE, idle) == 75 * TCR


@pytest.mark.finding("F04")
def test_stake__first_after_an_idle_time__leaves_that_time_undistributed(farm, pool_token, lp_token):
    farm.stake(BOB, lp_token, TCR)
    farm.move_to_week(0, HOUR)
    assert farm.undistributed() == 0
    farm.stake(ALICE, pool_token, TCR)
    assert farm.undistributed() == 4 * HOUR * TCR
    assert farm.earned(ALICE, pool_token) == 0
    farm.advance(25)
    assert (farm.undistributed(), farm.earned(ALICE, pool_token)) == (4 * HOUR * TCR, 100 * TCR)


# --- the reward token, and few decimals ---


def test_stake__of_the_reward_token_itself__keeps_principal_and_rewards_apart(farm):
    farm.add_farm(OWNER, farm.reward, Market.PRIMARY, 1)
    farm.stake(ALICE, farm.reward, 1_000 * TCR)
    farm.move_to_week(0, 500)
    assert farm.earned(ALICE, farm.reward) == 2_000 * TCR
    assert farm.farm.stakeOf(ALICE, farm.reward) == 1_000 * TCR
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY + 1_000 * TCR
    assert farm.claim(ALICE, farm.reward) == 2_000 * TCR
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY - 1_000 * TCR
    farm.withdraw(ALICE, farm.reward, 1_000 * TCR)
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY - 2_000 * TCR
    assert farm.reward.balanceOf(ALICE) == PLENTY + 2_000 * TCR


@pytest.mark.finding("F03")
def test_stake__for_100_units_of_6_decimals_a_week__is_paid_all_of_it_but_dust(project):
    """165 units a second of 604,800ths: a rate in whole units a second would be 165, and 208,000 units would stay behind."""
    farm = farm_twin(project, decimals=6)
    token = farm.new_farm()
    farm.set_allocation(OWNER, 10_000)
    farm.schedule(OWNER, 100 * 10**6)
    farm.stake(ALICE, token, 1)
    farm.stake(BOB, token, 2)
    farm.move_to_week(0, 1)
    assert (farm.farm.emitted(farm.now), farm.earned(ALICE, token), farm.earned(BOB, token)) == (165, 55, 110)
    for day in range(1, 7):
        farm.move_to_week(0, day * DAY)
        farm.claim(BOB, token)
    farm.move_to_week(1)
    # Exactly 33,333,333.3 and 66,666,666.7 units; bob lost less than one at each of his seven claims.
    assert farm.claim(ALICE, token) == 33_333_333
    farm.claim(BOB, token)
    paid = farm.reward.balanceOf(BOB) - PLENTY
    assert paid == 66_666_666 - 3
    assert farm.undistributed() == 0
    assert farm.reward.balanceOf(farm.farm) == 100 * 10**6 - 33_333_333 - paid
