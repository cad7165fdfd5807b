"""`emitted`: E(t), the cumulative emission. Specification, section 6."""

import pytest

from perpetual_pools.emissions.amounts import weekly_amounts
from tests.support.farm import DAY, OWNER, TCR, WEEKLY

WEEK = 7 * DAY


@pytest.mark.parametrize("timestamp", [0, 1, 2_000_000_000, 2**40, 2**256 - 1])
def test_emitted__nothing_scheduled__is_0_at_any_time(unscheduled, timestamp):
    assert unscheduled.farm.emitted(timestamp) == 0


def test_emitted__second_by_second__rises_in_a_straight_line_and_rounds_down(unscheduled):
    farm, start = unscheduled.farm, unscheduled.model.start
    unscheduled.schedule(OWNER, 1_000_000, 3)
    for seconds, emitted in (
        (-1, 0),
        (0, 0),
        (1, 1),  # 1.65
        (2, 3),  # 3.31
        (3, 4),  # 4.96
        (WEEK // 2, 500_000),
        (WEEK - 1, 999_998),  # 999,998.35
        (WEEK, 1_000_000),
        (WEEK + 1, 1_000_000),
        (WEEK + WEEK // 3 - 1, 1_000_000),
        (WEEK + WEEK // 3, 1_000_001),
        (2 * WEEK - 1, 1_000_002),
        (2 * WEEK, 1_000_003),
        (2 * WEEK + 1, 1_000_003),
        (2**100, 1_000_003),
    ):
        assert farm.emitted(start + seconds) == emitted


def test_emitted__across_a_boundary_without_a_transaction__changes_its_rate_in_that_second(unscheduled):
    farm, start = unscheduled.farm, unscheduled.model.start
    unscheduled.schedule(OWNER, WEEKLY, 3 * WEEKLY)
    unscheduled.move_to_week(1, 1)
    found = [farm.emitted(start + WEEK + seconds) for seconds in (-2, -1, 0, 1, 2)]
    assert found == [WEEKLY + TCR * more for more in (-20, -10, 0, 30, 60)]


def test_emitted__of_a_time_to_come__is_as_scheduled_now(farm):
    end = farm.model.start + 5 * WEEK
    assert farm.farm.emitted(end) == 4 * WEEKLY
    farm.schedule(OWNER, WEEKLY)
    assert farm.farm.emitted(end) == 5 * WEEKLY


def test_emitted__of_the_whole_programme__is_exact_at_every_week(unscheduled):
    """260 weeks, scheduled at once; the milestones of the specification among them."""
    amounts = weekly_amounts()
    unscheduled.schedule(OWNER, *amounts)
    start, total = unscheduled.model.start, 0
    for week, amount in enumerate(amounts):
        assert unscheduled.farm.weekAmount(week) == amount
        assert unscheduled.farm.emitted(start + week * WEEK) == total
        total += amount
    milestones = [unscheduled.farm.emitted(start + week * WEEK) for week in (1, 4, 26, 260, 261)]
    assert milestones == [millions * TCR for millions in (8_000_000, 28_500_000, 50_000_000, 100_000_000, 100_000_000)]
