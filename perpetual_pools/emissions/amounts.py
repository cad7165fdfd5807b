"""The programme's weekly amounts, from a few parameters.

A programme is a row of phases. A phase either gives its amounts (`Given`) or declines (`Decline`) from the amount `a` of the
week before it towards `least`, every week by the same fraction of what is above that:

    amount of its k-th week, from 1 = least + (a - least) * r^k

with the one `r` from 0 to 1 with which its weeks share its total. So no week gets more than the one before, not even
the first of a phase; there is no step where phases meet; no week gets less than `least`; and whoever knows the total and
`least` can compute the same amounts. What can go wrong is only that no such `r` exists, and then the parameters are refused.

Everything is exact in whole TCR, so that the amounts that voters see are those that are sent. `r` is a multiple of
1 / 2**128, the greatest with which the amounts, each rounded down, sum to no more than the total. What is then left is
less than 1 TCR a week and goes to the phase's first weeks, 1 TCR each. Those stay at or below `a`: if `r` is below 1,
rounding down has taken the first amount below `a` by 1 TCR at least; and if `r` is 1 nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.model.constants import Q
from perpetual_pools.model.farm import BPS, MAX_SCHEDULED, TCR


class ProgrammeError(PerpetualPoolsError, ValueError):
    """Parameters that give no programme; says why."""


@dataclass(frozen=True)
class Given:
    """A phase whose amounts are written down, in TCR. `total` is what they have to sum to."""

    amounts: tuple[int, ...]
    total: int

    @property
    def weeks(self) -> int:
        """How many."""
        return len(self.amounts)


@dataclass(frozen=True)
class Decline:
    """A phase whose `weeks` share `total` TCR, declining from the week before towards `least` TCR, which is not undercut."""

    weeks: int
    total: int
    least: int


Phase = Given | Decline


@dataclass(frozen=True)
class Milestone:
    """After the first `weeks` weeks, `bps` ten-thousandths of the supply have been emitted."""

    weeks: int
    bps: int


@dataclass(frozen=True)
class Programme:
    """What is emitted, and what has to be true of it.

    Making one checks all of it: amounts are positive and never rise, phases sum to their totals, milestones are met to the
    TCR, and the whole fits in what is left. Raises ProgrammeError.
    """

    supply: int
    """TCR that exist."""
    left_bps: int
    """Ten-thousandths of the supply that are left for distribution."""
    phases: tuple[Phase, ...]
    milestones: tuple[Milestone, ...]

    def __post_init__(self) -> None:
        if not 0 < self.supply * TCR <= MAX_SCHEDULED:
            raise ProgrammeError(f"a supply of {self.supply:,} TCR: the farm takes more than 0 and less than 2**96 wei")
        if not 0 < self.left_bps <= BPS:
            raise ProgrammeError(f"{self.left_bps:,} / {BPS:,} of the supply cannot be left")
        total = sum(phase.total for phase in self.phases)
        if total > self.left:
            raise ProgrammeError(f"{total:,} TCR do not fit in the {self.left:,} that are left for distribution")
        amounts = self.amounts
        for number, (before, after) in enumerate(pairwise(amounts)):
            if after > before:
                raise ProgrammeError(
                    f"week {number + 1} would get {after:,} TCR, more than the {before:,} of week {number}"
                )
        for milestone in self.milestones:
            self._verify(milestone)

    def _verify(self, milestone: Milestone) -> None:
        if not 1 <= milestone.weeks <= len(self.amounts):
            raise ProgrammeError(f"a milestone in {milestone.weeks} weeks: the programme has {len(self.amounts)}")
        emitted, wanted = sum(self.amounts[: milestone.weeks]), milestone.bps * self.supply
        if emitted * BPS != wanted:
            raise ProgrammeError(
                f"{milestone.weeks} weeks emit {emitted:,} TCR, the milestone is {milestone.bps} / {BPS:,} "
                f"of {self.supply:,}"
            )

    @cached_property
    def amounts(self) -> tuple[int, ...]:
        """Of each week, in TCR."""
        amounts: list[int] = []
        for phase in self.phases:
            amounts += _given(phase, len(amounts)) if isinstance(phase, Given) else _declining(phase, amounts)
        if not amounts:
            raise ProgrammeError("a programme needs a week")
        return tuple(amounts)

    @property
    def left(self) -> int:
        """TCR left for distribution, down."""
        return self.supply * self.left_bps // BPS

    @property
    def starts(self) -> tuple[int, ...]:
        """The first week of each phase."""
        return tuple(accumulate((phase.weeks for phase in self.phases[:-1]), initial=0))


def _given(phase: Given, first: int) -> tuple[int, ...]:
    for week, amount in enumerate(phase.amounts, start=first):
        if amount < 1:
            raise ProgrammeError(f"week {week} would get {amount:,} TCR: an amount is at least 1")
    if sum(phase.amounts) != phase.total:
        raise ProgrammeError(
            f"the amounts {_since(first, phase)} sum to {sum(phase.amounts):,} TCR, not to {phase.total:,}"
        )
    return phase.amounts


def _declining(phase: Decline, before: list[int]) -> list[int]:
    if phase.weeks < 1:
        raise ProgrammeError(f"a decline of {phase.weeks} weeks: it takes at least 1")
    if phase.least < 1:
        raise ProgrammeError(f"a decline to {phase.least:,} TCR: an amount is at least 1")
    if not before:
        raise ProgrammeError("week 0 needs an amount: a decline starts from the week before it")
    if phase.least > before[-1]:
        raise ProgrammeError(
            f"the weeks {_since(len(before), phase)} would rise from {before[-1]:,} to at least {phase.least:,} TCR"
        )
    lowest, highest = phase.weeks * phase.least, phase.weeks * before[-1]
    if not lowest <= phase.total <= highest:
        raise ProgrammeError(
            f"the weeks {_since(len(before), phase)} cannot share {phase.total:,} TCR: declining from {before[-1]:,} "
            f"to no less than {phase.least:,}, they take {lowest:,} to {highest:,}"
        )
    ratio = _greatest_ratio(phase, before[-1])
    amounts = _geometric(phase, before[-1], ratio)
    left = phase.total - sum(amounts)
    return [amount + (week < left) for week, amount in enumerate(amounts)]


def _since(first: int, phase: Phase) -> str:
    """Like `4 to 25`: the phase's weeks."""
    return f"{first} to {first + phase.weeks - 1}"


def _geometric(phase: Decline, before: int, ratio: int) -> list[int]:
    """The phase's amounts for `r = ratio / Q`, each rounded down."""
    above = (before - phase.least) * Q
    amounts = []
    for _ in range(phase.weeks):
        above = above * ratio // Q
        amounts.append(phase.least + above // Q)
    return amounts


def _greatest_ratio(phase: Decline, before: int) -> int:
    """By bisection: a greater ratio never makes an amount smaller."""
    fits, too_much = 0, Q + 1
    while too_much - fits > 1:
        middle = (fits + too_much) // 2
        if sum(_geometric(phase, before, middle)) <= phase.total:
            fits = middle
        else:
            too_much = middle
    return fits


LAUNCH = Programme(
    supply=1_000_000_000,
    left_bps=3_530,
    phases=(
        Given(amounts=(8_000_000, 7_500_000, 6_750_000, 6_250_000), total=28_500_000),
        Decline(weeks=22, total=21_500_000, least=300_000),
        Decline(weeks=234, total=50_000_000, least=100_000),
    ),
    milestones=(Milestone(weeks=4, bps=285), Milestone(weeks=26, bps=500), Milestone(weeks=260, bps=1_000)),
)
"""Five years: 28.5, 50 and 100 million TCR after 4, 26 and 260 weeks.

The first decline ends near 300,000, from where 234 weeks can share their 50,000,000 (213,675 on average) at a gentle slope,
and the second ends well above zero.
"""


def weekly_amounts(programme: Programme = LAUNCH) -> tuple[int, ...]:
    """What each week emits, in wei; weeks numbered from 0, as the farm numbers them."""
    return tuple(amount * TCR for amount in programme.amounts)
