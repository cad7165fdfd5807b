"""The definition of the wrapper's price, by plain search over all rounds, and feeds to check it with."""

import os
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from perpetual_pools.model import Round
from perpetual_pools.rounds import read_rounds

PHASE = 2**64
LOOK_BACK = 32
GAP = 8


def qualifying(rounds: Iterable[Round], latest_id: int, timestamp: int) -> list[Round]:
    """The rounds of the feed (up to its latest; aggregator round 0 is none) with 0 < updatedAt <= timestamp."""
    return [r for r in rounds if r.round_id <= latest_id and r.round_id % PHASE > 0 and 0 < r.updated_at <= timestamp]


def right_round(rounds: Iterable[Round], latest_id: int, timestamp: int) -> Round | None:
    """The round that was current at `timestamp`: of those that qualify the one with the greatest id."""
    return max(qualifying(rounds, latest_id, timestamp), key=lambda r: r.round_id, default=None)


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
