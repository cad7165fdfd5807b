"""Schedule: the grid of rebalance times. Specification, sections 3 and 4; invariant P11."""

from random import Random

import pytest

from perpetual_pools.model import maths

HOUR = 3_600
NINE = 555_555 * HOUR
"""A full hour."""


@pytest.mark.parametrize(
    ("time", "interval", "first"),
    [
        (0, HOUR, HOUR),
        (NINE - 1, HOUR, NINE),
        (NINE, HOUR, NINE + HOUR),
        (NINE + 1, HOUR, NINE + HOUR),
        (0, 600, 600),
        (604_799, 604_800, 604_800),
        (604_800, 604_800, 1_209_600),
    ],
)
def test_first_after__time__is_the_next_multiple_strictly_later(maths_harness, time, interval, first):
    assert maths_harness.firstAfter(time, interval) == first


@pytest.mark.parametrize(
    ("late", "latest"),
    [(0, NINE), (1, NINE), (HOUR - 1, NINE), (HOUR, NINE + HOUR), (400 * HOUR + 59, NINE + 400 * HOUR)],
)
def test_latest_at__time__is_the_last_multiple_that_has_passed(maths_harness, late, latest):
    assert maths_harness.latestAt(NINE, NINE + late, HOUR) == latest


@pytest.mark.parametrize(
    ("late", "front_running", "intervals"),
    [
        (0, 300, 1),
        (HOUR - 301, 300, 1),
        (HOUR - 300, 300, 2),
        (HOUR - 299, 300, 2),
        (HOUR - 1, 0, 1),
        (0, HOUR - 1, 1),
        (1, HOUR - 1, 2),
        (HOUR - 1, HOUR - 1, 2),
    ],
)
def test_next_after__too_near_to_commit_blindly__is_one_interval_further(maths_harness, late, front_running, intervals):
    assert maths_harness.nextAfter(NINE, NINE + late, HOUR, front_running) == NINE + intervals * HOUR


def test_schedule__random_times__lie_on_the_grid_and_leave_more_than_the_front_running_interval(maths_harness):
    random = Random(5)
    for _ in range(1_000):
        interval = random.randint(600, 604_800)
        front_running = random.randrange(interval)
        time = random.randrange(2**40 - 2 * interval)
        first = maths_harness.firstAfter(time, interval)
        assert first == maths.first_grid_time_after(time, interval)
        assert first % interval == 0 and time < first <= time + interval

        now = first + random.choice((0, random.randrange(interval), random.randrange(500 * interval)))
        latest = maths_harness.latestAt(first, now, interval)
        assert latest == maths.latest_grid_time(first, now, interval)
        assert latest % interval == 0 and now - interval < latest <= now

        following = maths_harness.nextAfter(latest, now, interval, front_running)
        assert following == maths.next_after(latest, now, interval, front_running)
        assert following % interval == 0 and following > now + front_running, "P6"
        assert following - latest in (interval, 2 * interval)
