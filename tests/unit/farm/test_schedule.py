"""`schedule`. Specification, section 6; invariants F1 and F4."""

import pytest

from perpetual_pools.twin.farm import PLENTY
from tests.support.farm import ALICE, DAY, HOUR, OWNER, PEOPLE, TCR, WEEKLY, enrich, farm_twin, refuses, tells
from tests.support.revm import reverts

WEEK = 7 * DAY
MAX_SCHEDULED = 2**96 - 1


def scheduled(first_week, *amounts):
    return "Scheduled", {"firstWeek": first_week, "amounts": list(amounts)}


def weeks(farm, count):
    return [farm.farm.weekAmount(week) for week in range(count)]


# --- refusals ---


@pytest.mark.finding("F06")
@pytest.mark.parametrize("caller", [account for account in PEOPLE if account != OWNER])
def test_schedule__by_another_than_the_owner__reverts(farm, caller):
    for amounts in ((), (0,), (WEEKLY, WEEKLY)):
        with refuses(farm, "OwnableUnauthorizedAccount", account=caller):
            farm.schedule(caller, *amounts)
    assert farm.farm.weeksScheduled() == 4


def test_schedule__no_weeks__reverts(farm):
    with refuses(farm, "NoWeeks"):
        farm.schedule(OWNER)


@pytest.mark.finding("F07")
def test_schedule__more_than_the_owner_has__reverts_however_much_is_staked(unscheduled):
    """1,000,000 TCR of principal do not pay for 100,000 TCR of rewards."""
    farm = unscheduled
    farm.add_farm(OWNER, farm.reward, 0, 1)
    farm.stake(ALICE, farm.reward, 1_000_000 * TCR)
    farm.stake(OWNER, farm.reward, PLENTY - 99_999 * TCR)
    with refuses(farm, "TransferFromFailed"):
        farm.schedule(OWNER, 100_000 * TCR)
    farm.schedule(OWNER, 99_999 * TCR)
    assert farm.reward.balanceOf(farm.farm) == PLENTY + 1_000_000 * TCR
    farm.withdraw(ALICE, farm.reward, 1_000_000 * TCR)


@pytest.mark.finding("F07")
def test_schedule__more_than_the_owner_approved__reverts(unscheduled):
    unscheduled.reward.approve(unscheduled.farm, 2 * WEEKLY - 1, sender=OWNER)
    with reverts(unscheduled.farm.TransferFromFailed):
        unscheduled.farm.schedule([WEEKLY, WEEKLY], sender=OWNER)
    unscheduled.compare()


@pytest.mark.finding("F09")
@pytest.mark.parametrize("amount", [2**96, 2**128, 2**200, 2**256 - 1])
def test_schedule__of_2_to_the_96__reverts(unscheduled, amount):
    with refuses(unscheduled, "ScheduleTooLarge", scheduled=0, amount=amount, maximum=MAX_SCHEDULED):
        unscheduled.schedule(OWNER, amount)
    with refuses(unscheduled, "ScheduleTooLarge", scheduled=7, amount=amount, maximum=MAX_SCHEDULED):
        unscheduled.schedule(OWNER, 7, amount)


@pytest.mark.finding("F09")
def test_schedule__of_2_to_the_96_less_one_in_all__is_the_most_and_is_paid_out(unscheduled):
    farm = unscheduled
    token = farm.new_farm()
    farm.set_allocation(OWNER, 10_000)
    farm.schedule(OWNER, MAX_SCHEDULED - 5, 2)
    with refuses(farm, "ScheduleTooLarge", scheduled=MAX_SCHEDULED - 3, amount=4, maximum=MAX_SCHEDULED):
        farm.schedule(OWNER, 4)
    with refuses(farm, "ScheduleTooLarge", scheduled=MAX_SCHEDULED - 1, amount=2, maximum=MAX_SCHEDULED):
        farm.schedule(OWNER, 2, 2)
    farm.schedule(OWNER, 3)
    with refuses(farm, "ScheduleTooLarge", scheduled=MAX_SCHEDULED, amount=1, maximum=MAX_SCHEDULED):
        farm.schedule(OWNER, 1)
    farm.schedule(OWNER, 0)
    enrich(farm, ALICE, token, 2**128 - 1 - PLENTY)
    farm.stake(ALICE, token, 2**128 - 1)
    farm.move_to_week(4)
    assert farm.farm.emitted(farm.now) == MAX_SCHEDULED
    # A unit for the rounding of what 2**128 - 1 staked units get each.
    assert farm.exit(ALICE, token) == MAX_SCHEDULED - 1


def test_schedule__past_the_7000th_week__reverts_with_the_room_that_is_left(farm):
    with refuses(farm, "TooManyWeeks", weeksCount=6_997, room=6_996):
        farm.schedule(OWNER, *[0] * 6_997)
    for week, seconds, room in ((6_990, 0, 10), (6_990, 1, 9), (6_999, 1, 0), (7_000, 0, 0), (9_000, 0, 0)):
        farm.move_to_week(week, seconds)
        with refuses(farm, "TooManyWeeks", weeksCount=room + 1, room=room):
            farm.schedule(OWNER, *[0] * (room + 1))


# --- what it moves and tells ---


def test_schedule__takes_exactly_the_sum_and_tells(unscheduled):
    amounts = 8_000_000 * TCR, 7_500_000 * TCR, 0, 1
    with tells(unscheduled, scheduled(0, *amounts)):
        assert unscheduled.schedule(OWNER, *amounts) is None
    assert unscheduled.reward.balanceOf(unscheduled.farm) == 15_500_000 * TCR + 1
    assert unscheduled.reward.balanceOf(OWNER) == PLENTY - 15_500_000 * TCR - 1
    assert weeks(unscheduled, 5) == [*amounts, 0]
    assert unscheduled.farm.weeksScheduled() == 4


def test_schedule__donation_before__pays_for_nothing(unscheduled):
    unscheduled.donate(ALICE, unscheduled.reward, WEEKLY)
    unscheduled.schedule(OWNER, WEEKLY)
    assert unscheduled.reward.balanceOf(unscheduled.farm) == 2 * WEEKLY
    assert unscheduled.undistributed() == 0


def test_schedule__of_weeks_of_nothing__takes_nothing(unscheduled):
    with tells(unscheduled, scheduled(0, 0, 0)):
        unscheduled.schedule(OWNER, 0, 0)
    assert unscheduled.farm.weeksScheduled() == 2
    assert unscheduled.reward.balanceOf(OWNER) == PLENTY


# --- which weeks ---


@pytest.mark.parametrize(
    ("time", "first"),
    [
        (-DAY, 0),
        (-1, 0),
        (0, 0),
        (1, 1),
        (WEEK - 1, 1),
        (WEEK, 1),
        (WEEK + 1, 2),
        (70 * DAY, 10),
        (70 * DAY + 1, 11),
    ],
)
def test_schedule__first_time__begins_with_the_first_week_that_has_not_begun(unscheduled, time, first):
    unscheduled.move_to_week(0, time)
    with tells(unscheduled, scheduled(first, WEEKLY)):
        unscheduled.schedule(OWNER, WEEKLY)
    assert weeks(unscheduled, first + 2) == [0] * first + [WEEKLY, 0]
    assert unscheduled.farm.weeksScheduled() == first + 1


@pytest.mark.finding("F06")
def test_schedule__again__appends_and_changes_neither_the_running_nor_a_coming_week(farm):
    farm.move_to_week(1, HOUR)
    later = [farm.now + days * DAY for days in range(0, 22)]
    before = [farm.farm.emitted(time) for time in later]
    with tells(farm, scheduled(4, 5 * WEEKLY, 7)):
        farm.schedule(OWNER, 5 * WEEKLY, 7)
    assert weeks(farm, 7) == [WEEKLY] * 4 + [5 * WEEKLY, 7, 0]
    assert [farm.farm.emitted(time) for time in later if time <= farm.model.start + 28 * DAY] == before[:21]
    # Of the 28 days from start on: 22 days and an hour later the fifth week has begun.
    assert farm.farm.emitted(later[21]) == 4 * WEEKLY + 5 * WEEKLY * HOUR // (WEEK)


@pytest.mark.finding("F06")
def test_schedule__by_every_call_of_the_owner__past_and_running_emission_stay(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    for seconds in (HOUR, 28 * DAY - 1, 28 * DAY, 28 * DAY + 1, 40 * DAY, 49 * DAY):
        farm.move_to_week(0, seconds)
        past = [farm.now - ago for ago in range(0, farm.now - farm.model.start, 6 * HOUR)]
        before = [farm.farm.emitted(time) for time in past]
        for action in (
            lambda: farm.schedule(OWNER, WEEKLY),
            lambda: farm.schedule_undistributed(OWNER, 1),
            lambda: farm.set_allocation(OWNER, 5_000),
            lambda: farm.set_weight(OWNER, pool_token, 2),
        ):
            earned = farm.earned(ALICE, pool_token)
            action()
            assert [farm.farm.emitted(time) for time in past] == before
            assert earned - 1 <= farm.earned(ALICE, pool_token) <= earned


@pytest.mark.finding("F05")
def test_schedule__three_days_late__leaves_that_week_at_nothing_and_the_next_exact(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(4, 3 * DAY)
    with tells(farm, scheduled(5, WEEKLY)):
        farm.schedule(OWNER, WEEKLY)
    assert weeks(farm, 6) == [WEEKLY] * 4 + [0, WEEKLY]
    assert farm.farm.weeksScheduled() == 6
    start = farm.model.start
    emitted = [farm.farm.emitted(start + days * DAY) for days in (28, 31, 35, 36, 42, 49)]
    assert emitted == [4 * WEEKLY] * 3 + [4 * WEEKLY + WEEKLY // 7, 5 * WEEKLY, 5 * WEEKLY]
    for week, earned in ((5, 4), (6, 5), (7, 5)):
        farm.move_to_week(week)
        assert farm.earned(ALICE, pool_token) == earned * 2_419_200 * TCR


@pytest.mark.finding("F05")
def test_schedule__in_the_first_second_of_a_week__still_takes_that_week(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(4)
    with tells(farm, scheduled(4, WEEKLY)):
        farm.schedule(OWNER, WEEKLY)
    farm.advance(1)
    assert farm.earned(ALICE, pool_token) == (4 * 2_419_200 + 4) * TCR
    assert farm.farm.emitted(farm.now) == 4 * WEEKLY + 10 * TCR


@pytest.mark.finding("F05")
def test_schedule__after_a_gap_of_many_weeks__counts_them_as_scheduled_with_nothing(unscheduled):
    farm = unscheduled
    farm.schedule(OWNER, 7 * TCR)
    farm.move_to_week(60, 1)
    farm.schedule(OWNER, 14 * TCR)
    assert weeks(farm, 63) == [7 * TCR] + [0] * 60 + [14 * TCR, 0]
    assert farm.farm.weeksScheduled() == 62
    start = farm.model.start
    assert [farm.farm.emitted(start + week * WEEK) for week in (1, 30, 61, 62)] == [
        7 * TCR,
        7 * TCR,
        7 * TCR,
        21 * TCR,
    ]


def test_schedule__to_a_start_far_ahead__begins_with_week_0(project):
    farm = farm_twin(project, start=2**40)
    farm.schedule(OWNER, WEEKLY)
    farm.schedule(OWNER, 2 * WEEKLY)
    assert weeks(farm, 3) == [WEEKLY, 2 * WEEKLY, 0]
    assert farm.farm.emitted(2**40) == 0
    assert farm.farm.emitted(2**40 + 1) == 10 * TCR
