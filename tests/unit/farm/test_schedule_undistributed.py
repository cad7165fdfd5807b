"""`scheduleUndistributed`. Specification, sections 6 and 8; invariants F1 and F2."""

import pytest

from tests.support.farm import ALICE, BOB, CAROL, DAY, HOUR, OWNER, PEOPLE, TCR, WEEKLY, refuses, tells

MAX_SCHEDULED = 2**96 - 1


def rescheduled(first_week, weeks_count, amount):
    return "UndistributedScheduled", {"firstWeek": first_week, "weeksCount": weeks_count, "amount": amount}


# --- refusals ---


@pytest.mark.finding("F06")
@pytest.mark.parametrize("caller", [account for account in PEOPLE if account != OWNER])
def test_schedule_undistributed__by_another_than_the_owner__reverts(farm, caller):
    farm.move_to_week(1)
    for weeks_count in (0, 1):
        with refuses(farm, "OwnableUnauthorizedAccount", account=caller):
            farm.schedule_undistributed(caller, weeks_count)


def test_schedule_undistributed__no_weeks__reverts(farm):
    farm.move_to_week(1)
    with refuses(farm, "NoWeeks"):
        farm.schedule_undistributed(OWNER, 0)


def test_schedule_undistributed__less_than_a_unit_a_week__reverts(unscheduled):
    farm = unscheduled
    farm.schedule(OWNER, 5)
    with refuses(farm, "TooLittleUndistributed", undistributed=0, weeksCount=1):
        farm.schedule_undistributed(OWNER, 1)
    farm.move_to_week(1)
    for weeks_count in (6, 2**256 - 1):
        with refuses(farm, "TooLittleUndistributed", undistributed=5, weeksCount=weeks_count):
            farm.schedule_undistributed(OWNER, weeks_count)


def test_schedule_undistributed__when_all_scheduled_would_reach_2_to_the_96__reverts(unscheduled):
    farm = unscheduled
    farm.schedule(OWNER, MAX_SCHEDULED - 2 * TCR, 0)
    farm.move_to_week(1)
    assert farm.undistributed() == MAX_SCHEDULED - 2 * TCR
    amount = (MAX_SCHEDULED - 2 * TCR) // 3
    with refuses(farm, "ScheduleTooLarge", scheduled=MAX_SCHEDULED - 2 * TCR, amount=amount, maximum=MAX_SCHEDULED):
        farm.schedule_undistributed(OWNER, 3)


def test_schedule_undistributed__past_the_7000th_week__reverts_with_the_room_that_is_left(farm):
    for week, room in ((4, 6_996), (6_990, 10), (7_000, 0), (9_000, 0)):
        farm.move_to_week(week)
        with refuses(farm, "TooManyWeeks", weeksCount=room + 1, room=room):
            farm.schedule_undistributed(OWNER, room + 1)


# --- what it moves and tells ---


def test_schedule_undistributed__takes_nothing_of_anybody_and_tells(farm):
    farm.move_to_week(1)
    assert farm.undistributed() == WEEKLY
    owned = farm.reward.balanceOf(OWNER)
    with tells(farm, rescheduled(4, 2, WEEKLY // 2)):
        assert farm.schedule_undistributed(OWNER, 2) is None
    assert [farm.farm.weekAmount(week) for week in range(3, 7)] == [WEEKLY, WEEKLY // 2, WEEKLY // 2, 0]
    assert farm.farm.weeksScheduled() == 6
    assert farm.undistributed() == 0
    assert (farm.reward.balanceOf(OWNER), farm.reward.balanceOf(farm.farm)) == (owned, 4 * WEEKLY)


def test_schedule_undistributed__remainder__stays_undistributed(unscheduled):
    farm = unscheduled
    farm.schedule(OWNER, 10 * TCR + 5)
    farm.move_to_week(1)
    assert farm.undistributed() == 10 * TCR + 5
    with tells(farm, rescheduled(1, 4, 2_500_000_000_000_000_001)):
        farm.schedule_undistributed(OWNER, 4)
    assert farm.undistributed() == 1
    with tells(farm, rescheduled(5, 1, 1)):
        farm.schedule_undistributed(OWNER, 1)
    assert farm.undistributed() == 0


def test_schedule_undistributed__twice_in_a_second__takes_it_once(farm):
    farm.move_to_week(1)
    farm.schedule_undistributed(OWNER, 1)
    with refuses(farm, "TooLittleUndistributed", undistributed=0, weeksCount=1):
        farm.schedule_undistributed(OWNER, 1)


@pytest.mark.parametrize(("seconds", "first"), [(0, 4), (1, 5), (7 * DAY - 1, 5), (7 * DAY, 5)])
def test_schedule_undistributed__after_the_last_week__skips_the_begun_ones(farm, seconds, first):
    farm.move_to_week(4, seconds)
    with tells(farm, rescheduled(first, 1, 4 * WEEKLY)):
        farm.schedule_undistributed(OWNER, 1)
    assert [farm.farm.weekAmount(week) for week in range(4, first + 2)] == [0] * (first - 4) + [4 * WEEKLY, 0]
    assert farm.farm.emitted(farm.now) == 4 * WEEKLY


def test_schedule_undistributed__amid_a_period__counts_nothing_twice(farm, pool_token, lp_token):
    """Markets without weight, idle farms and forfeited rewards, each once, whatever order they are settled in."""
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, HOUR)  # the LP token's farm is idle
    farm.set_weight(OWNER, lp_token, 0)  # 6 HOUR of the idle farm
    assert farm.undistributed() == 6 * HOUR * TCR
    farm.advance(HOUR)  # 6 HOUR of a market without weight
    assert farm.undistributed() == 12 * HOUR * TCR
    farm.withdraw(ALICE, pool_token, TCR // 2)
    farm.emergency_withdraw(ALICE, pool_token)  # 8 HOUR of alice
    assert farm.undistributed() == 20 * HOUR * TCR
    farm.schedule_undistributed(OWNER, 1)
    assert (farm.farm.weekAmount(4), farm.undistributed()) == (20 * HOUR * TCR, 0)
    farm.advance(HOUR)
    assert farm.undistributed() == 6 * HOUR * TCR
    farm.set_weight(OWNER, pool_token, 1)  # idle for that hour
    assert farm.undistributed() == 10 * HOUR * TCR


# --- what becomes of it ---


@pytest.mark.finding("F04")
def test_schedule_undistributed__of_an_empty_day_of_seven__is_a_seventh_and_is_paid(unscheduled):
    farm = unscheduled
    token = farm.new_farm()
    farm.set_allocation(OWNER, 10_000)
    farm.schedule(OWNER, WEEKLY)
    farm.move_to_week(0, DAY)
    farm.stake(ALICE, token, TCR)
    assert farm.undistributed() == WEEKLY // 7
    farm.move_to_week(0, 3 * DAY)
    with tells(farm, rescheduled(1, 1, WEEKLY // 7)):
        farm.schedule_undistributed(OWNER, 1)
    farm.move_to_week(1)
    assert farm.earned(ALICE, token) == 6 * WEEKLY // 7
    farm.move_to_week(2)
    assert farm.exit(ALICE, token) == WEEKLY
    assert farm.reward.balanceOf(farm.farm) == 0


def test_schedule_undistributed__with_stakers_in_every_farm__changes_nobodys_past(farm, pool_token, lp_token):
    farm.move_to_week(0, HOUR)
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, lp_token, TCR)
    farm.stake(CAROL, lp_token, 3 * TCR)
    farm.advance(HOUR)
    before = farm.earned(ALICE, pool_token), farm.earned(BOB, lp_token), farm.earned(CAROL, lp_token)
    assert before == (4 * HOUR * TCR, 3 * HOUR * TCR // 2, 9 * HOUR * TCR // 2)
    farm.schedule_undistributed(OWNER, 7)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, lp_token), farm.earned(CAROL, lp_token)) == before
    assert farm.farm.weekAmount(10) == 10 * HOUR * TCR // 7


def test_schedule_undistributed__of_the_greatest_amount__is_exact(unscheduled):
    farm = unscheduled
    farm.schedule(OWNER, 2**95 - 1)
    farm.move_to_week(1)
    whole = farm.undistributed()
    assert whole == 2**95 - 2  # what 2**-128ths round away
    farm.schedule_undistributed(OWNER, 1)
    assert (farm.undistributed(), farm.farm.weekAmount(1)) == (0, whole)
    farm.move_to_week(2)
    assert farm.farm.emitted(farm.now) == 2**96 - 3
