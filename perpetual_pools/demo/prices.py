"""The demo's prices: the rounds of a file are checked here, and a built-in path is made here."""

from __future__ import annotations

from datetime import UTC, datetime

from perpetual_pools.demo.errors import DemoError
from perpetual_pools.formatting import as_utc
from perpetual_pools.model import ChainlinkOracle, Feed, Refused, Round
from perpetual_pools.model.rounds import RoundHistory

HOUR = 3600
PREPARATION = 1_800
"""The seconds before the first rebalance in which the demo deploys contracts and makes the first commitments."""
FEED_DECIMALS = 8
MAX_AGE = 4_500
"""The greatest age of a round, in seconds. The recorded feeds have an hourly heartbeat and gaps of up to 3,720 seconds."""
PHASE = 6 << 64
ROUND_SECONDS = 600
BUILT_IN_START = datetime(2023, 8, 17, tzinfo=UTC)


def built_in_path(first_price: int, seed: int, start: int, end: int) -> RoundHistory:
    """Return the rounds of a made-up feed, which are the same every time.

    There is a round every ten minutes. Its price differs from the one before by at most 0.9 %.

    Args:
        first_price: the first price, in the feed's decimals.
        seed: a number that determines the path.
        start: the time of the first round, in Unix seconds.
        end: the time after which there are no rounds, in Unix seconds.
    """
    rounds, answer, state = [], first_price, seed
    for number, time in enumerate(range(start, end + 1, ROUND_SECONDS), start=1):
        rounds.append(Round(PHASE + number, answer, time, time))
        # a linear congruential generator with the constants of Knuth's MMIX
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        answer += answer * ((state >> 33) % 181 - 90) // 10_000
    return RoundHistory(rounds)


def require_usable(name: str, history: RoundHistory, start: int, end: int) -> None:
    """Raise DemoError unless there is a valid price at all times from ``start`` to ``end``."""
    if history.first_time > start or history.last_time < end - MAX_AGE:
        raise DemoError(
            f"the {name} rounds reach from {as_utc(history.first_time)} to {as_utc(history.last_time)}, "
            f"but the demo needs {as_utc(start)} to {as_utc(end)}: choose another --start or fewer --hours"
        )
    gap = history.longest_gap(start, end)
    if gap > MAX_AGE:
        raise DemoError(f"the {name} rounds have a gap of {gap} seconds, longer than the oracle accepts ({MAX_AGE})")
    for round_ in (history.at(start), *history.between(start, end)):
        try:
            ChainlinkOracle(Feed(FEED_DECIMALS, [round_]), None, MAX_AGE, 0).latest_price(round_.updated_at)
        except Refused as error:
            raise DemoError(f"the {name} rounds include one that the oracle does not accept: {error}") from error
