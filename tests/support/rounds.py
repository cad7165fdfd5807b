"""The definition of the wrapper's price, by plain search over all rounds, and feeds to check it with."""

import os
import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path

from perpetual_pools.model import Round
from perpetual_pools.model.rounds import read_rounds
from tests.support.revm import Instance

PHASE = 2**64
LOOK_BACK = 32
GAP = 8
HOUR = 3_600
CHUNK = 500
"""Rounds that are pushed with one call."""


def qualifying(rounds: Iterable[Round], latest_id: int, timestamp: int) -> list[Round]:
    """The rounds of the feed (up to its latest; aggregator round 0 is none) with 0 < updatedAt <= timestamp."""
    return [r for r in rounds if r.round_id <= latest_id and r.round_id % PHASE > 0 and 0 < r.updated_at <= timestamp]


def right_round(rounds: Iterable[Round], latest_id: int, timestamp: int) -> Round | None:
    """The round that was current at `timestamp`: of those that qualify the one with the greatest id."""
    return max(qualifying(rounds, latest_id, timestamp), key=lambda r: r.round_id, default=None)


class RightRounds:
    """`right_round` for many times: in the order of their times, the round with the greatest id so far."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        latest_id, latest_time = max(r.round_id for r in rounds), max(r.updated_at for r in rounds)
        in_time = sorted(qualifying(rounds, latest_id, latest_time), key=lambda r: r.updated_at)
        self._times = [r.updated_at for r in in_time]
        self._greatest = list(accumulate(in_time, _greater))

    def at(self, timestamp: int) -> Round:
        """There is one."""
        position = bisect_right(self._times, timestamp)
        assert position > 0
        return self._greatest[position - 1]


def _greater(one: Round, other: Round) -> Round:
    return max(one, other, key=lambda r: r.round_id)


class Tape:
    """Rounds that come in their time. An incomplete one comes with the one before it."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        self._rounds = rounds
        self._given = 0

    def until(self, time: int) -> Sequence[Round]:
        """Those that have come since it was asked last."""
        begin = self._given
        while self._given < len(self._rounds) and self._rounds[self._given].updated_at <= time:
            self._given += 1
        return self._rounds[begin : self._given]


def liveliest(rounds: Iterable[Round], hours: int) -> int:
    """The hour since the Unix epoch from which on the rounds of so many hours are most."""
    times = sorted(r.updated_at for r in rounds if r.complete)
    return max(
        range(times[0] // HOUR + 2, times[-1] // HOUR - hours),
        key=lambda hour: bisect_right(times, (hour + hours) * HOUR) - bisect_right(times, hour * HOUR),
    )


def push_rounds(aggregator: Instance, rounds: Sequence[Round]) -> None:
    """Rounds of a `ReplayAggregator`."""
    for first in range(0, len(rounds), CHUNK):
        chunk = rounds[first : first + CHUNK]
        names = "round_id", "answer", "started_at", "updated_at"
        aggregator.pushRounds(*([getattr(r, name) for r in chunk] for name in names))


def real_rounds(pair: str, root: Path) -> Sequence[Round] | None:
    """Every round of a real feed, if the files are there; `pair` is `btc` or `eth`."""
    folder = Path(os.environ.get("PERPETUAL_POOLS_ROUNDS", root.parent / "shared" / "data"))
    files = sorted(folder.glob(f"chainlink_{pair}_usd_*.csv"))
    if not files:
        return None
    return read_rounds(files[0]).rounds


def generated_rounds(pair: str, count: int = 7000) -> list[Round]:
    """Rounds with the quirks of real ones: round 0 incomplete, equal times, an hourly heartbeat, at times late."""
    source = random.Random(pair)
    time, answer = 1_680_734_111, {"btc": 2_815_711_000_000, "eth": 187_000_000_000}[pair]
    rounds = [Round(6 * PHASE, 0, 0, 0)]
    for number in range(1, count + 1):
        rounds.append(Round(6 * PHASE + number, answer, time, time))
        time += source.choice([0, 12, 60, 600, 1800, 3600, 3612, 3720])
        answer += answer * source.randint(-80, 80) // 10_000
    return rounds
