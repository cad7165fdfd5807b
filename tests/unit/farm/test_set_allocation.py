"""`setAllocation`. Specification, section 6; invariant F4."""

import pytest

from tests.support.farm import ALICE, BOB, HOUR, OWNER, TCR, WEEKLY, refuses, tells

# --- refusals ---


@pytest.mark.parametrize("primary_bps", [10_001, 65_536 + 4_000, 2**256 - 1])
def test_set_allocation__more_than_everything__reverts(farm, primary_bps):
    with refuses(farm, "AllocationTooLarge", primaryBps=primary_bps, maximum=10_000):
        farm.set_allocation(OWNER, primary_bps)


# --- what it does and tells ---


@pytest.mark.parametrize("primary_bps", [0, 1, 4_000, 9_999, 10_000])
def test_set_allocation__is_the_split_from_then_on_and_is_told(farm, pool_token, lp_token, primary_bps):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, lp_token, TCR)
    with tells(farm, ("AllocationSet", {"primaryBps": primary_bps})):
        assert farm.set_allocation(OWNER, primary_bps) is None
    assert farm.farm.primaryBps() == primary_bps
    farm.move_to_week(0, 5 * HOUR)
    assert farm.earned(ALICE, pool_token) == 18 * TCR * primary_bps
    assert farm.earned(BOB, lp_token) == 18 * TCR * (10_000 - primary_bps)


def test_set_allocation__at_launch__is_40_to_60(farm):
    assert farm.farm.primaryBps() == 4_000


@pytest.mark.finding("F13")
def test_set_allocation__amid_a_week__leaves_the_past_as_it_was(farm, pool_token, lp_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, lp_token, TCR)
    farm.move_to_week(0, HOUR)
    for primary_bps in (10_000, 0, 2_500):
        farm.set_allocation(OWNER, primary_bps)
        assert (farm.earned(ALICE, pool_token), farm.earned(BOB, lp_token)) == (4 * HOUR * TCR, 6 * HOUR * TCR)
    farm.advance(2 * HOUR)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, lp_token)) == (9 * HOUR * TCR, 21 * HOUR * TCR)


def test_set_allocation__of_a_market_without_weight__leaves_its_part_undistributed(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, HOUR)
    assert farm.undistributed() == 6 * HOUR * TCR
    farm.set_allocation(OWNER, 9_000)
    assert farm.undistributed() == 6 * HOUR * TCR
    farm.advance(HOUR)
    assert (farm.undistributed(), farm.earned(ALICE, pool_token)) == (7 * HOUR * TCR, 13 * HOUR * TCR)
    farm.set_allocation(OWNER, 10_000)
    farm.advance(HOUR)
    assert (farm.undistributed(), farm.earned(ALICE, pool_token)) == (7 * HOUR * TCR, 23 * HOUR * TCR)


def test_set_allocation__without_any_farm__leaves_every_unit_undistributed_whatever_the_split(farm):
    """Thirds of a unit are not lost on the way."""
    for hours, primary_bps in ((1, 3_333), (2, 1), (3, 9_999)):
        farm.move_to_week(0, hours * HOUR)
        farm.set_allocation(OWNER, primary_bps)
    farm.move_to_week(4)
    assert farm.undistributed() == 4 * WEEKLY == farm.reward.balanceOf(farm.farm)
