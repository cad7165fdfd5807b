"""Two markets on one feed, which tests move on, and the report of their status."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from perpetual_pools.model import ChainlinkOracle, CommitType, Round, SequencerFeed
from perpetual_pools.twin.pool import HOUR, Twin, World
from tests.support.world import NOW

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, LONG_TO_SHORT, SHORT_TO_LONG = CommitType
TOKEN = 10**18
FIRST = NOW + 3_000
"""The full hour at which the pools rebalance first; then hourly."""
SECOND, THIRD = FIRST + HOUR, FIRST + 2 * HOUR
MAX_AGE = 5_400
GRACE = 600
RAMP = 600
REWARD = 100_000
"""Settlement units: 0.1 USDC."""
AT_1 = 1_090_909_090, 909_090_910
"""Settlement units after 100 -> 110: short keeps 10/11 of 1,000 USDC, up."""
AT_3 = 1_248_685_199, 751_314_801
"""The same with (10/11)**3."""
UP_SINCE = NOW - 86_400


@dataclass
class Scene:
    """Two pools on one feed and one sequencer feed; all on the chain and in the model."""

    world: World
    tame: Twin
    wild: Twin
    feed: Any
    sequencer: Any
    oracle: Any
    model: ChainlinkOracle

    @property
    def pools(self) -> dict[str, str]:
        return {"1-BTC/USDC": self.tame.pool.address, "3-BTC/USDC": self.wild.pool.address}

    def push(self, number: int, dollars: int, at: int | None = None) -> None:
        """A round of the feed."""
        time = self.world.now if at is None else at
        self._send(self.feed, "pushRound", number, dollars * 10**8, time, time)
        self.model.feed.push(Round(number, dollars * 10**8, time, time))

    def set_sequencer(self, number: int, answer: int, since: int) -> None:
        """Another round of the sequencer's feed."""
        self._send(self.sequencer, "pushRound", number, answer, since, since)
        self.model.sequencer = SequencerFeed(answer, since)

    def _send(self, feed: Any, function: str, *arguments: Any) -> None:
        self.world.chain.send(feed, function, arguments, self.world.owner)


def told(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Alarms, in short."""
    return [(alarm["id"], alarm["where"]) for alarm in report["alarms"]]


def text_of(report: dict[str, Any], identity: str) -> str:
    """Of the first alarm of that id."""
    return str(next(alarm["text"] for alarm in report["alarms"] if alarm["id"] == identity))


def shown(print_it: Callable[[Console], None]) -> list[str]:
    """The lines that say something, with single spaces."""
    output = io.StringIO()
    print_it(Console(file=output, width=80, markup=False))
    assert max(map(len, (line for line in output.getvalue().splitlines() if "ALARM" not in line))) <= 80
    lines = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    return [line for line in lines if line.strip("─")]
