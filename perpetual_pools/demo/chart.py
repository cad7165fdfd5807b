"""The chart of the demo: the token prices of both sides, with the price of their underlying."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from perpetual_pools.demo.market import Market
from perpetual_pools.demo.prices import HOUR
from perpetual_pools.demo.run import Demo
from perpetual_pools.formatting import as_utc

COLOURS = {(1, "L"): "#74c69d", (3, "L"): "#1b7f4b", (1, "S"): "#f0a58f", (3, "S"): "#b8321a"}


def draw(demo: Demo, source: str, path: Path) -> None:
    """Write a PNG with one panel for each underlying.

    A panel shows the underlying's price and the token prices of its markets, all relative to the first rebalance.
    """
    with matplotlib.rc_context({"date.converter": "concise", "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 4.2 * len(demo.histories)), layout="constrained")
        figure.suptitle(
            f"Pool tokens and their underlying, {as_utc(demo.start)} to {as_utc(demo.start + demo.hours * HOUR)}\n{source}"
        )
        panels = figure.subplots(len(demo.histories), 1, sharex=True, squeeze=False)[:, 0]
        for panel, underlying in zip(panels, demo.histories, strict=True):
            _draw_panel(panel, underlying, [market for market in demo.markets if market.underlying == underlying])
        panels[-1].set_xlabel("time (UTC)")
        figure.savefig(path, dpi=130)


def _draw_panel(panel: Axes, underlying: str, markets: list[Market]) -> None:
    # The highest leverage comes first, so that the legend begins with the steepest curve. The underlying is on top and
    # dashed, because a 1L-token hardly differs from it.
    for market in sorted(markets, key=lambda market: -market.model.params.leverage):
        leverage, points = market.model.params.leverage, market.points
        first = points[0]
        for side, prices in (
            ("L", [point.long_price / first.long_price for point in points]),
            ("S", [point.short_price / first.short_price for point in points]),
        ):
            label = f"{leverage}{side}-{market.model.params.market}"
            panel.plot(_times(market), prices, color=COLOURS[leverage, side], linewidth=2, label=label)
    points = markets[0].points
    prices = [point.price / points[0].price for point in points]
    panel.plot(
        _times(markets[0]), prices, color="black", linewidth=1.4, linestyle=(0, (4, 2)), label=f"{underlying}/USD"
    )
    panel.axhline(1, color="grey", linewidth=0.6, zorder=0)
    panel.set_ylabel("price, first rebalance = 1")
    panel.set_title(underlying, loc="left")
    panel.grid(alpha=0.25)
    panel.margins(x=0.01)
    panel.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _times(market: Market) -> NDArray[np.datetime64]:
    return np.array([point.timestamp for point in market.points], dtype="datetime64[s]")
