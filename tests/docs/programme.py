"""What docs/programme.md says in numbers."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from perpetual_pools.defaults import MARGIN, SAFE_MARGIN
from perpetual_pools.emissions.amounts import LAUNCH, Decline
from tests.docs import claims
from tests.docs.text import percent

AMOUNTS = LAUNCH.amounts


def of_supply(amount: int) -> str:
    return percent(Fraction(amount, LAUNCH.supply))


@claims.of("programme.md")
def phases() -> Iterator[str]:
    yield (
        f"There are {LAUNCH.supply:,} TCR. The programme emits {of_supply(sum(AMOUNTS))} of them in {len(AMOUNTS)} weeks, "
        f"out of the {of_supply(LAUNCH.left)} that are left for distribution."
    )
    for first, phase in zip(LAUNCH.starts, LAUNCH.phases, strict=True):
        end = first + phase.weeks
        numbers = (AMOUNTS[first], AMOUNTS[end - 1], sum(AMOUNTS[first:end]), sum(AMOUNTS[:end]))
        cells = [f"{first} to {end - 1}", *(f"{number:,}" for number in numbers), of_supply(sum(AMOUNTS[:end]))]
        yield f"| {' | '.join(cells)} |"
    *others, last = (f"{amount:,}" for amount in AMOUNTS[:4])
    yield f"The first four weeks have fixed amounts: {', '.join(others)} and {last} TCR."


def ratio(phase: int) -> float:
    """`r`, by its definition: by bisection, with fractions of TCR instead of whole ones."""
    decline, first = LAUNCH.phases[phase], LAUNCH.starts[phase]
    assert isinstance(decline, Decline)
    above, low, high = AMOUNTS[first - 1] - decline.least, 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        total = sum(decline.least + above * middle**k for k in range(1, decline.weeks + 1))
        low, high = (middle, high) if total <= decline.total else (low, middle)
    return low


@claims.of("programme.md")
def declines() -> Iterator[str]:
    _, second, third = LAUNCH.phases
    assert isinstance(second, Decline)
    assert isinstance(third, Decline)
    yield (
        f"`least` is {second.least:,} TCR in weeks 4 to 25 and {third.least:,} TCR in weeks 26 to 259, "
        f"and so `r` is {ratio(1):.4f} and {ratio(2):.4f}."
    )
    yield (
        f"{third.weeks} weeks have to share {third.total:,} TCR, which is {third.total // third.weeks:,} a week on average, "
        "and week 25 must not get less than week 26."
    )
    steps = [1 - Fraction(after, before) for before, after in pairwise(AMOUNTS)]
    assert max(steps) == steps[3]
    yield (
        f"The largest step is the one into week 4, which takes {percent(steps[3])} off the week before. "
        f"The step from week 25 to week 26 is {percent(steps[25])}, and the last week still gets "
        f"{percent(Fraction(AMOUNTS[-1], AMOUNTS[26]))} of the amount of week 26."
    )


@claims.of("programme.md")
def margin() -> Iterator[str]:
    yield f"begins in less than {MARGIN} seconds, the command sends nothing"
    assert SAFE_MARGIN == 24 * 60 * 60
    yield "begins in less than 1 day"
