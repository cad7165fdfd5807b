"""Recorded rounds of a Chainlink feed: `read_rounds` reads them from a CSV file, `RoundHistory` finds the round at a time.

A file has the header ``round_id,answer,started_at,updated_at``. Answers are in the feed's decimals, times in Unix seconds.
A round with ``updated_at`` 0 is incomplete. Ids must rise from line to line, and the times of complete rounds must not fall.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.model.oracle import Round

HEADER = ["round_id", "answer", "started_at", "updated_at"]


class RoundsError(PerpetualPoolsError, ValueError):
    """A file of rounds that cannot be used. The message says where and why."""


class RoundHistory:
    """The rounds of one feed in the order of their ids.

    Args:
        rounds: complete and incomplete rounds. At least one must be complete.
    """

    def __init__(self, rounds: Sequence[Round]) -> None:
        self.rounds = rounds
        self._complete = [round_ for round_ in rounds if round_.complete]
        self._times = [round_.updated_at for round_ in self._complete]

    @property
    def first_time(self) -> int:
        """The time of the first complete round, in Unix seconds."""
        return self._times[0]

    @property
    def last_time(self) -> int:
        """The time of the last complete round, in Unix seconds."""
        return self._times[-1]

    def at(self, timestamp: int) -> Round:
        """Return the round that was current at ``timestamp``. Raises RoundsError before the first one."""
        index = bisect_right(self._times, timestamp)
        if index == 0:
            raise RoundsError(f"no round at or before {timestamp}; the first is of {self.first_time}")
        return self._complete[index - 1]

    def between(self, after: int, until: int) -> Sequence[Round]:
        """Return the complete rounds with ``after < updated_at <= until``."""
        return self._complete[bisect_right(self._times, after) : bisect_right(self._times, until)]

    def longest_gap(self, after: int, until: int) -> int:
        """Return the longest time without a new round between the two times, in seconds.

        The round that is current at ``after`` counts, and so does ``until``.
        """
        times = [self.at(after).updated_at, *(round_.updated_at for round_ in self.between(after, until)), until]
        return max(later - earlier for earlier, later in pairwise(times))


def read_rounds(path: Path) -> RoundHistory:
    """Read a file of rounds.

    Raises:
        RoundsError: the file is missing, empty or not in the format. The message has the line and what was expected.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rounds = list(_parse(path, csv.reader(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise RoundsError(f"{path}: cannot be read: {error}") from error
    history = RoundHistory(rounds)
    if not any(round_.complete for round_ in rounds):
        raise RoundsError(f"{path}: no complete round")
    return history


def _parse(path: Path, lines: Iterator[list[str]]) -> Iterator[Round]:
    header = next(lines, None)
    if header != HEADER:
        raise RoundsError(f"{path}:1: expected the header {','.join(HEADER)}, found {','.join(header or [])!r}")
    last_id, last_time = -1, 0
    for number, fields in enumerate(lines, start=2):
        try:
            round_ = Round(*map(int, fields))
        except (TypeError, ValueError) as error:
            raise RoundsError(f"{path}:{number}: expected 4 integers, found {','.join(fields)!r}") from error
        if round_.round_id <= last_id:
            raise RoundsError(f"{path}:{number}: round_id {round_.round_id} does not rise above {last_id}")
        if round_.complete and round_.updated_at < last_time:
            raise RoundsError(f"{path}:{number}: updated_at {round_.updated_at} falls below {last_time}")
        last_id, last_time = round_.round_id, max(last_time, round_.updated_at)
        yield round_
