"""`setWeight`. Specification, section 6; invariant F4."""

import pytest

from perpetual_pools.model import Market
from tests.support.farm import ALICE, BOB, CAROL, DAY, HOUR, NOBODY, OWNER, TCR, refuses, tells

MAX_WEIGHT = 2**64 - 1

# --- refusals ---


def test_set_weight__token_without_farm__reverts(farm, pool_token):
    for token in (NOBODY, farm.reward.address):
        with refuses(farm, "UnknownFarm", token=token):
            farm.set_weight(OWNER, token, 1)


@pytest.mark.parametrize("weight", [2**64, 2**256 - 1])
def test_set_weight__of_2_to_the_64__reverts(farm, pool_token, weight):
    with refuses(farm, "WeightTooLarge", weight=weight, maximum=MAX_WEIGHT):
        farm.set_weight(OWNER, pool_token, weight)


# --- what it does and tells ---


@pytest.mark.parametrize("weight", [0, 1, 7, MAX_WEIGHT])
def test_set_weight__replaces_the_farms_and_tells(farm, pool_token, lp_token, weight):
    other = farm.new_farm(Market.PRIMARY, 5)
    with tells(farm, ("WeightSet", {"token": pool_token, "weight": weight})):
        assert farm.set_weight(OWNER, pool_token, weight) is None
    assert farm.farm.farm(pool_token) == (Market.PRIMARY, weight)
    assert farm.farm.farm(other) == (Market.PRIMARY, 5)
    assert [farm.farm.totalWeight(market) for market in Market] == [weight + 5, 1]


# --- what is earned before and after ---


@pytest.mark.finding("F13")
def test_set_weight__tenfold_after_3_days__leaves_the_first_3_days_as_they_were(farm, pool_token):
    other = farm.new_farm(Market.PRIMARY, 10)
    farm.set_weight(OWNER, pool_token, 10)
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, other, TCR)
    farm.move_to_week(0, 3 * DAY)
    half = 2 * 3 * DAY * TCR
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, other)) == (half, half)
    farm.set_weight(OWNER, pool_token, 100)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, other)) == (half, half)
    farm.advance(11 * HOUR)  # of whose 158,400 TCR alice gets ten elevenths
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, other)) == (half + 144_000 * TCR, half + 14_400 * TCR)


@pytest.mark.finding("F13")
def test_set_weight__of_another_farm__leaves_the_past_of_one_that_nobody_touched(farm, pool_token):
    """The untouched farm spans five periods, and its stake changes in the last."""
    other = farm.new_farm(Market.PRIMARY, 1)
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0)
    expected = 0
    for weight, earned in ((1, 7_200 * TCR), (3, 3_600 * TCR), (0, 14_400 * TCR), (7, 1_800 * TCR), (1, 7_200 * TCR)):
        farm.set_weight(OWNER, other, weight)
        farm.advance(HOUR)
        expected += earned
        assert farm.earned(ALICE, pool_token) == expected
    farm.stake(ALICE, pool_token, TCR)
    assert farm.earned(ALICE, pool_token) == expected


def test_set_weight__many_times_in_a_second__is_as_the_last(farm, pool_token):
    other = farm.new_farm(Market.PRIMARY, 1)
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, other, TCR)
    farm.move_to_week(0, HOUR)
    for weight in (9, 0, MAX_WEIGHT, 3):
        farm.set_weight(OWNER, other, weight)
    farm.advance(HOUR)
    assert farm.earned(ALICE, pool_token) == (2 + 1) * HOUR * TCR
    assert farm.earned(BOB, other) == (2 + 3) * HOUR * TCR


def test_set_weight__0_of_the_only_farm__leaves_what_comes_undistributed_at_once(farm, pool_token, lp_token):
    farm.stake(CAROL, lp_token, TCR)
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, HOUR)
    farm.set_weight(OWNER, pool_token, 0)
    farm.advance(HOUR)
    assert farm.undistributed() == farm.earned(ALICE, pool_token) == 4 * HOUR * TCR
    farm.set_weight(OWNER, pool_token, MAX_WEIGHT)
    farm.advance(HOUR)
    assert farm.undistributed() == 4 * HOUR * TCR
    # The greatest weight does not divide evenly: a unit less.
    assert farm.earned(ALICE, pool_token) == 8 * HOUR * TCR - 1


@pytest.mark.finding("F04")
def test_set_weight__the_same_of_an_idle_farm__counts_what_it_accrued_once(farm, pool_token, lp_token):
    farm.stake(CAROL, lp_token, TCR)
    farm.move_to_week(0, HOUR)
    assert farm.undistributed() == 0
    for _ in range(2):
        farm.set_weight(OWNER, pool_token, 1)
        assert farm.undistributed() == 4 * HOUR * TCR
    assert farm.farm.farm(pool_token) == (Market.PRIMARY, 1)
    farm.stake(ALICE, pool_token, TCR)
    assert farm.undistributed() == 4 * HOUR * TCR
    farm.advance(HOUR)
    assert (farm.undistributed(), farm.earned(ALICE, pool_token)) == (4 * HOUR * TCR, 4 * HOUR * TCR)


def test_set_weight__of_a_farm_that_idled_through_other_periods__counts_every_stretch_at_its_own(
    farm, pool_token, lp_token
):
    farm.stake(CAROL, lp_token, TCR)
    other = farm.new_farm(Market.PRIMARY, 1)
    farm.stake(BOB, other, TCR)
    farm.move_to_week(0, HOUR)  # 2 a second to each
    farm.set_weight(OWNER, other, 3)
    farm.advance(HOUR)  # 1 and 3
    farm.set_allocation(OWNER, 8_000)
    farm.advance(HOUR)  # 2 and 6
    assert farm.undistributed() == 0
    farm.set_weight(OWNER, pool_token, 0)
    assert farm.undistributed() == (2 + 1 + 2) * HOUR * TCR
    farm.advance(HOUR)
    assert farm.undistributed() == 5 * HOUR * TCR
    assert farm.earned(BOB, other) == (2 + 3 + 6 + 8) * HOUR * TCR


def test_set_weight__before_the_start_and_between_weeks__moves_nothing(farm, pool_token, lp_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(CAROL, lp_token, TCR)
    farm.set_weight(OWNER, pool_token, 2)
    farm.move_to_week(5)
    farm.set_weight(OWNER, pool_token, 4)
    farm.move_to_week(6)
    farm.set_weight(OWNER, pool_token, 1)
    assert farm.earned(ALICE, pool_token) == 4 * 2_419_200 * TCR
    assert farm.undistributed() == 0
