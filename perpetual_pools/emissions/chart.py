"""The chart of the programme: the amount of each week, and the cumulative emission with its milestones."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MultipleLocator, NullLocator, PercentFormatter, StrMethodFormatter

from perpetual_pools.emissions.amounts import Programme
from perpetual_pools.formatting import WEEKS_IN_A_YEAR, percent, span
from perpetual_pools.model.farm import BPS

COLOURS = ("#1b7f4b", "#74c69d", "#a9c8e0")
"""The colours of the phases, in turn."""


def draw(programme: Programme, path: Path) -> None:
    """Write a PNG with two panels: bars of the weekly amounts, and the cumulative emission as a line.

    The second panel also marks the milestones and the TCR that are left for distribution.
    """
    with matplotlib.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 8.4), layout="constrained")
        total = percent(sum(programme.amounts), programme.supply)
        figure.suptitle(f"The programme: {total} of {programme.supply:,} TCR in {span(len(programme.amounts))}")
        weekly, cumulative = figure.subplots(2, 1, sharex=True)
        _draw_weekly(weekly, programme)
        _draw_cumulative(cumulative, programme)
        for panel in (weekly, cumulative):
            panel.grid(alpha=0.25)
            panel.set_axisbelow(True)
            panel.xaxis.set_major_locator(MultipleLocator(WEEKS_IN_A_YEAR // 2))
        cumulative.set_xlim(-2, len(programme.amounts) + 2)
        cumulative.set_xlabel("weeks since the start")
        figure.savefig(path, dpi=130)


def _draw_weekly(panel: Axes, programme: Programme) -> None:
    for number, (first, phase) in enumerate(zip(programme.starts, programme.phases, strict=True)):
        weeks = range(first, first + phase.weeks)
        amounts = programme.amounts[first : first + phase.weeks]
        label = f"weeks {weeks[0]} to {weeks[-1]}: {sum(amounts):,} TCR"
        colour = COLOURS[number % len(COLOURS)]
        panel.bar(weeks, amounts, width=0.8, align="edge", color=colour, label=label)
    panel.set_yscale("log")
    panel.set_ylim(bottom=10 ** (len(str(min(programme.amounts))) - 1))
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.set_ylabel("TCR (logarithmic)")
    panel.set_title("Each week", loc="left")
    panel.legend(loc="upper right", frameon=False)


def _draw_cumulative(panel: Axes, programme: Programme) -> None:
    shares = [100 * emitted / programme.supply for emitted in accumulate(programme.amounts, initial=0)]
    panel.plot(range(len(shares)), shares, color=COLOURS[0], linewidth=2)
    for milestone in programme.milestones:
        weeks, share = milestone.weeks, shares[milestone.weeks]
        panel.plot([weeks], [share], "o", color="black", markersize=5)
        text = f"{percent(milestone.bps, BPS)} in {span(weeks)}"
        at_the_end = weeks > len(programme.amounts) // 2
        panel.annotate(
            text,
            (weeks, share),
            xytext=(-8 if at_the_end else 10, 8 if at_the_end else -4),
            textcoords="offset points",
            ha="right" if at_the_end else "left",
            va="bottom" if at_the_end else "top",
        )
    left = 100 * programme.left / programme.supply
    panel.axhline(left, color="#b8321a", linewidth=1.4, linestyle=(0, (4, 2)))
    panel.annotate(
        f"left for distribution: {percent(programme.left, programme.supply)}",
        (0, left),
        xytext=(0, -6),
        textcoords="offset points",
        va="top",
        color="#b8321a",
    )
    panel.set_ylim(0, left * 1.08)
    panel.yaxis.set_major_formatter(PercentFormatter(decimals=0))
    panel.set_ylabel("of the supply")
    panel.set_title("In all", loc="left")
