"""The programme's weekly amounts, computed from a few parameters. `LAUNCH` is the programme that the farm emits.

A programme is a sequence of phases. A `Given` phase lists its amounts. A `Decline` phase starts from the amount `a` of the
week before it and declines towards `least`: the part above `least` shrinks by the same fraction every week. The k-th week
of the phase, counted from 1, gets

    least + (a - least) * r^k

The phase's total determines `r`, which lies between 0 and 1. So:

- No week gets more than the week before it, even where a phase begins.
- Amounts do not jump where phases meet.
- No week gets less than `least`.
- Anyone who knows the total and `least` can compute the same amounts.

If no such `r` exists, the parameters are refused.

All amounts are whole TCR, so voters see exactly the amounts that are sent. `r` is a multiple of 1 / 2**128: the greatest
one for which the amounts, each rounded down, add up to no more than the total. The remainder is less than 1 TCR per week.
The phase's first weeks get it, 1 TCR each. They still do not get more than `a`: if `r` is below 1, rounding down left the
first amount at least 1 TCR below `a`, and if `r` is 1, there is no remainder.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.model.constants import Q
from perpetual_pools.model.farm import BPS, MAX_SCHEDULED, TCR


class ProgrammeError(PerpetualPoolsError, ValueError):
    """Parameters that do not make a programme. The message says why."""


@dataclass(frozen=True)
class Given:
    """A phase that lists its amounts, in TCR. They must add up to `total`."""

    amounts: tuple[int, ...]
    total: int

    @property
    def weeks(self) -> int:
        """The number of weeks."""
        return len(self.amounts)


@dataclass(frozen=True)
class Decline:
    """A phase whose `weeks` share `total` TCR. Amounts decline from the week before the phase to at least `least` TCR."""

    weeks: int
    total: int
    least: int


Phase = Given | Decline


@dataclass(frozen=True)
class Milestone:
    """A share of the supply, `bps` ten-thousandths, that the first `weeks` weeks must emit exactly."""

    weeks: int
    bps: int


@dataclass(frozen=True)
class Programme:
    """A complete programme: the phases, and the conditions that they must meet.

    The constructor checks that all amounts are positive and never rise, that each phase adds up to its total, that the
    milestones are met to the TCR, and that the sum is not more than the TCR left for distribution. It raises ProgrammeError.
    """

    supply: int
    """The total supply, in TCR."""
    left_bps: int
    """The share of the supply that is left for distribution, in ten-thousandths."""
    phases: tuple[Phase, ...]
    milestones: tuple[Milestone, ...]

    def __post_init__(self) -> None:
        if not 0 < self.supply * TCR <= MAX_SCHEDULED:
            raise ProgrammeError(f"a supply of {self.supply:,} TCR: the farm takes more than 0 and less than 2**96 wei")
        if not 0 < self.left_bps <= BPS:
            raise ProgrammeError(f"{self.left_bps:,} / {BPS:,} of the supply cannot be left")
        total = sum(phase.total for phase in self.phases)
        if total > self.left:
            raise ProgrammeError(
                f"the phases emit {total:,} TCR, more than the {self.left:,} that are left for distribution"
            )
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
            raise ProgrammeError(
                f"a milestone after {milestone.weeks} weeks: the programme has {len(self.amounts)} weeks"
            )
        emitted, wanted = sum(self.amounts[: milestone.weeks]), milestone.bps * self.supply
        if emitted * BPS != wanted:
            raise ProgrammeError(
                f"{milestone.weeks} weeks emit {emitted:,} TCR, but the milestone is {milestone.bps} / {BPS:,} "
                f"of {self.supply:,}"
            )

    @cached_property
    def amounts(self) -> tuple[int, ...]:
        """The amount of each week, in TCR."""
        amounts: list[int] = []
        for phase in self.phases:
            amounts += _given(phase, len(amounts)) if isinstance(phase, Given) else _declining(phase, amounts)
        if not amounts:
            raise ProgrammeError("a programme needs at least 1 week")
        return tuple(amounts)

    @property
    def left(self) -> int:
        """The TCR left for distribution, rounded down."""
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
            f"the amounts of weeks {_since(first, phase)} add up to {sum(phase.amounts):,} TCR, not {phase.total:,}"
        )
    return phase.amounts


def _declining(phase: Decline, before: list[int]) -> list[int]:
    if phase.weeks < 1:
        raise ProgrammeError(f"a decline of {phase.weeks} weeks: it takes at least 1")
    if phase.least < 1:
        raise ProgrammeError(f"a decline to {phase.least:,} TCR: an amount is at least 1")
    if not before:
        raise ProgrammeError("week 0 needs a given amount, because a decline starts from the week before it")
    if phase.least > before[-1]:
        raise ProgrammeError(
            f"weeks {_since(len(before), phase)} would rise from {before[-1]:,} to at least {phase.least:,} TCR"
        )
    lowest, highest = phase.weeks * phase.least, phase.weeks * before[-1]
    if not lowest <= phase.total <= highest:
        raise ProgrammeError(
            f"weeks {_since(len(before), phase)} cannot share {phase.total:,} TCR: if they decline from {before[-1]:,} to "
            f"no less than {phase.least:,}, they share {lowest:,} to {highest:,}"
        )
    ratio = _greatest_ratio(phase, before[-1])
    amounts = _geometric(phase, before[-1], ratio)
    left = phase.total - sum(amounts)
    return [amount + (week < left) for week, amount in enumerate(amounts)]


def _since(first: int, phase: Phase) -> str:
    """Return the phase's first and last week, like `4 to 25`."""
    return f"{first} to {first + phase.weeks - 1}"


def _geometric(phase: Decline, before: int, ratio: int) -> list[int]:
    """Return the phase's amounts for `r = ratio / Q`, each rounded down."""
    above = (before - phase.least) * Q
    amounts = []
    for _ in range(phase.weeks):
        above = above * ratio // Q
        amounts.append(phase.least + above // Q)
    return amounts


def _greatest_ratio(phase: Decline, before: int) -> int:
    """Return the greatest ratio whose amounts fit into the phase's total.

    Bisection finds it, because a greater ratio never makes an amount smaller.
    """
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
"""The launch programme of five years: 28.5, 50 and 100 million TCR after 4, 26 and 260 weeks.

The first decline ends near 300,000 TCR. From there, the last 234 weeks can share 50,000,000 TCR (213,675 on average) at a
gentle slope that ends well above zero.
"""


def weekly_amounts(programme: Programme = LAUNCH) -> tuple[int, ...]:
    """Return the amount of each week in wei. Like the farm's, weeks are numbered from 0."""
    return tuple(amount * TCR for amount in programme.amounts)
