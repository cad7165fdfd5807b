"""The chart of liquidity mining: each staker's part of the emission."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from perpetual_pools.demo.mining import MiningPoint
from perpetual_pools.demo.run import Demo
from perpetual_pools.demo.scenario import MINERS, Trader
from perpetual_pools.model import Market
from perpetual_pools.model.farm import BPS, TCR

COLOURS = {
    Trader.LONG_HOLDER: "#1b7f4b",
    Trader.SHORT_HOLDER: "#b8321a",
    Trader.STRADDLER: "#e0b64a",
    Trader.PROVIDER: "#3b6ea5",
    Trader.SMALL_PROVIDER: "#a9c8e0",
}
NOBODY = "#d0d0d0"


def draw_mining(demo: Demo, path: Path) -> None:
    """Write a PNG with one panel for each market: the stakers' TCR, stacked up to the market's emission."""
    points, bps = demo.mining.points, demo.mining.model.primary_bps()
    with matplotlib.rc_context({"date.converter": "concise", "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 8.4), layout="constrained")
        figure.suptitle(f"Liquidity mining: {points[-1].emitted / TCR:,.0f} TCR since the first rebalance")
        panels = figure.subplots(2, 1, sharex=True)
        for panel, market, share in zip(panels, Market, (bps, BPS - bps), strict=True):
            _draw_market(panel, points, market, share)
        panels[-1].set_xlabel("time (UTC)")
        figure.align_ylabels()
        figure.savefig(path, dpi=130)


def _draw_market(panel: Axes, points: list[MiningPoint], market: Market, share: int) -> None:
    """Draw one market. `share` is its share of the emission in ten-thousandths."""
    times = np.array([point.timestamp for point in points], dtype="datetime64[s]")
    emitted = [point.emitted * share // BPS / TCR for point in points]
    miners = [miner for miner in MINERS if points[-1].earned[miner, market]]
    earned = [[point.earned[miner, market] / TCR for point in points] for miner in miners]
    nobodys = np.array(emitted) - np.sum(earned, axis=0)
    # The first staker is at the top, both in the legend and in the chart.
    panel.stackplot(
        times,
        *reversed(earned),
        nobodys,
        labels=[*(miner.value for miner in reversed(miners)), "nobody: before they staked"],
        colors=[*(COLOURS[miner] for miner in reversed(miners)), NOBODY],
    )
    panel.plot(times, emitted, color="black", linewidth=1.4, linestyle=(0, (4, 2)), label="emitted")
    panel.set_title(f"{market.name.capitalize()} market: {share / 100:.0f} % of the emission", loc="left")
    panel.set_ylabel("TCR")
    panel.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    panel.grid(alpha=0.25)
    panel.margins(x=0.01, y=0)
    panel.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, reverse=True)
