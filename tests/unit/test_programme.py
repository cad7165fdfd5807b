"""The programme's weekly amounts: the sums of the specification, no rise, and what parameters are refused."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perpetual_pools.emissions.amounts import (
    LAUNCH,
    Decline,
    Given,
    Milestone,
    Programme,
    ProgrammeError,
    weekly_amounts,
)
from perpetual_pools.model.farm import TCR

MILLION = 10**6
AMOUNTS = weekly_amounts()
START = Given(amounts=(9,), total=9)


def of(*phases: Given | Decline, **more: Any) -> Programme:
    """Without milestones, and with everything left for distribution."""
    parameters = {"supply": 1_000, "left_bps": 10_000, "milestones": ()} | more
    return Programme(phases=phases, **parameters)


# --- the programme of the specification ---


def test_weekly_amounts__launch__are_260_integers_of_wei() -> None:
    assert len(AMOUNTS) == 260
    assert {type(amount) for amount in AMOUNTS} == {int}
    assert weekly_amounts(LAUNCH) == AMOUNTS


def test_weekly_amounts__first_four_weeks__are_as_given() -> None:
    assert AMOUNTS[:4] == (8 * MILLION * TCR, 7_500_000 * TCR, 6_750_000 * TCR, 6_250_000 * TCR)


def test_weekly_amounts__sums__are_exact_to_the_wei() -> None:
    assert sum(AMOUNTS[:4]) == 28_500_000 * 10**18
    assert sum(AMOUNTS[4:26]) == 21_500_000 * 10**18
    assert sum(AMOUNTS[26:]) == 50_000_000 * 10**18
    assert sum(AMOUNTS) == 100_000_000 * 10**18


def test_weekly_amounts__from_one_week_to_the_next__never_rise() -> None:
    assert [week for week, (before, after) in enumerate(pairwise(AMOUNTS), start=1) if after > before] == []


@pytest.mark.parametrize(
    ("week", "amount"), [(3, 6_250_000), (4, 4_552_790), (25, 303_681), (26, 302_552), (259, 155_526)]
)
def test_weekly_amounts__where_phases_meet__go_on_smoothly(week: int, amount: int) -> None:
    """r = 0.71475463 from 6,250,000 towards 300,000: floor(300,000 + 5,950,000 r) = 4,552,790. Then r = 0.99446116 from
    303,681 towards 100,000: floor(100,000 + 203,681 r) = 302,552."""
    assert AMOUNTS[week] == amount * TCR


def test_weekly_amounts__steps__are_at_most_three_tenths_and_the_last_week_pays_half_of_the_first_of_its_phase() -> (
    None
):
    assert min(10 * after - 7 * before for before, after in pairwise(AMOUNTS)) > 0
    assert 2 * AMOUNTS[-1] > AMOUNTS[26]


def test_weekly_amounts__all__are_whole_tcr() -> None:
    assert {amount % TCR for amount in AMOUNTS} == {0}


def test_launch__milestones__are_those_of_the_specification() -> None:
    assert LAUNCH.milestones == (Milestone(4, 285), Milestone(26, 500), Milestone(260, 1_000))
    assert LAUNCH.supply == 1_000_000_000
    assert [LAUNCH.supply * milestone.bps // 10_000 for milestone in LAUNCH.milestones] == [
        28_500_000,
        50_000_000,
        100_000_000,
    ]
    assert LAUNCH.left == 353_000_000
    assert LAUNCH.starts == (0, 4, 26)


# --- small programmes, by hand ---


@pytest.mark.parametrize(
    ("total", "amounts"),
    [
        (10, (5, 3, 2)),  # 1 + 8 r, 1 + 8 r^2, 1 + 8 r^3 with r = 1/2: nothing rounded
        (11, (5, 4, 2)),  # r >= 0.613 makes the second 1 + 3
        (12, (6, 4, 2)),  # r >= 0.625 makes the first 1 + 5
        (13, (6, 4, 3)),  # r >= 0.630 makes the third 1 + 2
        (3, (1, 1, 1)),  # r = 0
        (24, (8, 8, 8)),  # r just below 1: all three 1 + 7
        (25, (9, 8, 8)),  # and what is left goes to the first weeks
        (26, (9, 9, 8)),
        (27, (9, 9, 9)),  # r = 1
    ],
)
def test_decline__from_nine_towards_one__shares_every_total(total: int, amounts: tuple[int, ...]) -> None:
    programme = of(START, Decline(weeks=3, total=total, least=1))
    assert weekly_amounts(programme) == tuple(amount * TCR for amount in (9, *amounts))


def test_decline__after_a_decline__starts_from_its_last_week() -> None:
    programme = of(START, Decline(weeks=3, total=10, least=1), Decline(weeks=2, total=4, least=2))
    assert programme.amounts == (9, 5, 3, 2, 2, 2)


def test_given__after_a_decline__may_go_on_at_the_same_amount() -> None:
    assert of(START, Decline(weeks=3, total=10, least=1), Given((2, 1), 3)).amounts == (9, 5, 3, 2, 2, 1)


# --- refusals ---


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ((), "a programme needs at least 1 week"),
        ((Given((), 0),), "a programme needs at least 1 week"),
        ((Given((9, 0), 9),), "week 1 would get 0 TCR: an amount is at least 1"),
        ((START, Given((9, -1), 8)), "week 2 would get -1 TCR: an amount is at least 1"),
        ((Given((9, 8), 18),), "the amounts of weeks 0 to 1 add up to 17 TCR, not 18"),
        ((START, Given((8, 7), 14)), "the amounts of weeks 1 to 2 add up to 15 TCR, not 14"),
        ((Given((8, 9), 17),), "week 1 would get 9 TCR, more than the 8 of week 0"),
        ((START, Given((10,), 10)), "week 1 would get 10 TCR, more than the 9 of week 0"),
        ((Decline(2, 9, 1),), "week 0 needs a given amount, because a decline starts from the week before it"),
        ((START, Decline(0, 9, 1)), "a decline of 0 weeks: it takes at least 1"),
        ((START, Decline(2, 9, 0)), "a decline to 0 TCR: an amount is at least 1"),
        ((START, Decline(2, 20, 10)), "weeks 1 to 2 would rise from 9 to at least 10 TCR"),
        (
            (START, Decline(2, 19, 4)),
            "weeks 1 to 2 cannot share 19 TCR: if they decline from 9 to no less than 4, they share 8 to 18",
        ),
        (
            (START, Decline(2, 7, 4)),
            "weeks 1 to 2 cannot share 7 TCR: if they decline from 9 to no less than 4, they share 8 to 18",
        ),
    ],
)
def test_programme__phases_that_make_none__are_refused(phases: tuple[Given | Decline, ...], message: str) -> None:
    with pytest.raises(ProgrammeError) as raised:
        of(*phases)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"supply": 0}, "a supply of 0 TCR: the farm takes more than 0 and less than 2**96 wei"),
        (
            {"supply": 79_228_162_515},  # 2**96 is 79,228,162,514.26 * 10**18
            "a supply of 79,228,162,515 TCR: the farm takes more than 0 and less than 2**96 wei",
        ),
        ({"left_bps": 0}, "0 / 10,000 of the supply cannot be left"),
        ({"left_bps": 10_001}, "10,001 / 10,000 of the supply cannot be left"),
        ({"left_bps": 999}, "the phases emit 100,000,000 TCR, more than the 99,900,000 that are left for distribution"),
        ({"milestones": (Milestone(0, 285),)}, "a milestone after 0 weeks: the programme has 260 weeks"),
        ({"milestones": (Milestone(261, 1_000),)}, "a milestone after 261 weeks: the programme has 260 weeks"),
        (
            {"milestones": (Milestone(26, 500), Milestone(5, 285))},
            "5 weeks emit 33,052,790 TCR, but the milestone is 285 / 10,000 of 1,000,000,000",
        ),
    ],
)
def test_programme__what_has_to_be_true_of_it_is_not__is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ProgrammeError) as raised:
        replace(LAUNCH, **changes)
    assert str(raised.value) == message


@pytest.mark.parametrize("changes", [{"supply": 79_228_162_514, "left_bps": 10_000}, {"left_bps": 1_000}])
def test_programme__at_the_bound__is_one(changes: dict[str, Any]) -> None:
    assert replace(LAUNCH, **changes, milestones=()).amounts == LAUNCH.amounts


# --- all programmes ---


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Any that can be: each phase within what the week before it allows."""
    phases: list[Given | Decline] = []
    before = draw(st.integers(1, 10**8))
    for number in range(draw(st.integers(1, 4))):
        if number == 0 or draw(st.booleans()):
            amounts = sorted(draw(st.lists(st.integers(1, before), min_size=1, max_size=5)), reverse=True)
            phases.append(Given(tuple(amounts), sum(amounts)))
        else:
            weeks, least = draw(st.integers(1, 30)), draw(st.integers(1, before))
            total = draw(st.integers(weeks * least, weeks * before))
            phases.append(Decline(weeks, total, least))
        before = of(*phases, supply=10**10).amounts[-1]
    return of(*phases, supply=10**10)


@settings(deadline=None)
@given(programmes())
def test_programme__any__sums_exactly_and_never_rises(programme: Programme) -> None:
    amounts = programme.amounts
    assert len(amounts) == sum(phase.weeks for phase in programme.phases)
    for first, phase in zip(programme.starts, programme.phases, strict=True):
        share = amounts[first : first + phase.weeks]
        assert sum(share) == phase.total
        assert min(share) >= (phase.least if isinstance(phase, Decline) else 1)
    assert all(after <= before for before, after in pairwise(amounts))


@settings(deadline=None)
@given(programmes())
def test_decline__any__is_geometric_within_1_tcr_a_week(programme: Programme) -> None:
    """There is one r with which all amounts are within 1 TCR of the formula: no amount's lower bound of r is above another's
    upper bound. Compared as integers: a^(1/j) <= b^(1/k) says a^k <= b^j."""
    for first, phase in zip(programme.starts, programme.phases, strict=True):
        if isinstance(phase, Given):
            continue
        start = programme.amounts[first - 1] - phase.least
        above = [amount - phase.least for amount in programme.amounts[first : first + phase.weeks]]
        for j, lower in enumerate(above, start=1):
            for k, upper in enumerate(above, start=1):
                assert max(0, lower - 1) ** k * start**j <= (upper + 1) ** j * start**k
