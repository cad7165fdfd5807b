"""What somebody should look after: from a reading alone, so what is shown and what alarms are one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perpetual_pools.defaults import WEEKS_AHEAD
from perpetual_pools.emissions.amounts import LAUNCH
from perpetual_pools.formatting import as_utc, duration
from perpetual_pools.model.constants import SHUTDOWN_DELAY
from perpetual_pools.status.reading import FarmReading, MarketReading, Reading

OLD_BLOCK = 300
"""Seconds that the latest block may be behind the clock."""


@dataclass(frozen=True)
class Alarm:
    """`id` is for machines and never changes; `where` is a market's name, `farm` or `chain`."""

    id: str
    where: str
    text: str


def find_alarms(reading: Reading, weeks: int = WEEKS_AHEAD, clock: int | None = None) -> list[Alarm]:
    """In the order of markets, farm and chain.

    Args:
        weeks: how many funded weeks have to be ahead.
        clock: Unix seconds; None when the chain's own time is the only one there is, as on local networks.
    """
    return [
        *(alarm for market in reading.markets for alarm in _of_market(market)),
        *(_of_farm(reading.farm, weeks) if reading.farm else ()),
        *(_of_chain(reading, clock) if clock is not None else ()),
    ]


# --- markets ---


def _of_market(market: MarketReading) -> Iterator[Alarm]:
    name = market.facts.name
    if market.is_shutdown:
        text = "the pool has closed for good: holders redeem, and claims give back what has not executed"
        yield Alarm("shutdown", name, text)
        return  # what it no more needs can neither be late nor stale
    if market.late > _patience(market):
        yield Alarm("late", name, _late(market))
    if market.late >= SHUTDOWN_DELAY:
        since, missed = as_utc(market.next_rebalance + SHUTDOWN_DELAY), duration(SHUTDOWN_DELAY)
        text = (
            f"since {since} anybody may close the pool for good, for nothing has rebalanced it in {missed}; it stays "
            f"open if it can rebalance then: ape run shutdown --market {name}"
        )
        yield Alarm("may-be-shut-down", name, text)
    causes = [*_of_sequencer(market), *_of_feed(market)]
    yield from causes
    if market.oracle.price is None and all(cause.id == "feed-stale-soon" for cause in causes):
        oracle = market.oracle.facts.address
        yield Alarm(
            "oracle-unavailable",
            name,
            f"the oracle {oracle} gives no price: {market.oracle.error}. Until it does, nothing can rebalance",
        )


def _patience(market: MarketReading) -> int:
    """Seconds until a rebalance is late: while the keeper's reward rises.

    But at least a tenth of the interval, for where the reward does not rise somebody has to come nevertheless, and at most
    nine tenths, for then the grid time is soon skipped.
    """
    interval = market.facts.interval
    return min(max(market.facts.ramp, interval // 10), interval - interval // 10)


def _late(market: MarketReading) -> str:
    interval, patience = market.facts.interval, _patience(market)
    why = " in which the keeper's reward rises" if patience == market.facts.ramp else " that keepers are given"
    coming = market.next_rebalance + (market.skipped + 1) * interval
    skipped = f"; {market.skipped} grid times were skipped since" if market.skipped > 1 else ""
    skipped = "; one grid time was skipped since" if market.skipped == 1 else skipped
    return (
        f"the rebalance of {as_utc(market.next_rebalance)} is {duration(market.late)} late, longer than the "
        f"{duration(patience)}{why}{skipped}. Look after the keeper, or call upkeep "
        f"yourself: at {as_utc(coming)} the grid time before is skipped, and the price of then taken"
    )


def _of_sequencer(market: MarketReading) -> Iterator[Alarm]:
    oracle, status = market.oracle.facts, market.oracle.sequencer
    if oracle.sequencer_feed is None:
        return
    if status is None:
        text = f"the sequencer feed {oracle.sequencer_feed} does not answer: there is no price without it"
        yield Alarm("sequencer-unavailable", market.facts.name, text)
    elif status.started_at == 0:
        text = "the sequencer feed's round is invalid: it does not tell since when its answer holds, "
        yield Alarm("sequencer-down", market.facts.name, f"{text}{status.answer}. No price until it does")
    elif status.answer != 0:
        text = f"the sequencer is down since {as_utc(status.started_at)} (its feed answers {status.answer}): no price until "
        yield Alarm("sequencer-down", market.facts.name, f"{text}it is up again")
    elif market.now < status.started_at + oracle.grace_period:
        ends = status.started_at + oracle.grace_period
        text = (
            f"the sequencer is up since {as_utc(status.started_at)}: times before {as_utc(ends)}, "
            f"in {duration(ends - market.now)}, have no price. The next grid time after that rebalances"
        )
        yield Alarm("sequencer-grace-period", market.facts.name, text)


def _of_feed(market: MarketReading) -> Iterator[Alarm]:
    oracle, age = market.oracle.facts, market.round_age
    if oracle.feed is None:
        return
    if age is None:
        text = f"the feed {oracle.feed} has no complete latest round: prices may be missing. Look at the feed"
        yield Alarm("feed-unavailable", market.facts.name, text)
    elif age > oracle.max_age:
        text = (
            f"the feed's round is {duration(age)} old, and the oracle takes none above {duration(oracle.max_age)}: no price "
            "until the feed has a new one"
        )
        yield Alarm("feed-stale", market.facts.name, text)
    elif (soon := age + max(0, market.next_rebalance - market.now)) > oracle.max_age:
        text = (
            f"the feed's round is {duration(age)} old and at the rebalance of {as_utc(market.next_rebalance)} will be "
            f"{duration(soon)}, above the {duration(oracle.max_age)} that the oracle takes, unless a new one comes before"
        )
        yield Alarm("feed-stale-soon", market.facts.name, text)


# --- farm ---


def _of_farm(farm: FarmReading, weeks: int) -> Iterator[Alarm]:
    programme = len(LAUNCH.amounts)
    if farm.week is not None and farm.week < programme and farm.week_amount == 0:
        text = (
            f"week {farm.week} emits nothing until {as_utc(farm.begin(farm.week + 1))}: it began with nothing scheduled, "
            "which cannot be changed any more"
        )
        yield Alarm("week-without-emission", "farm", text)
    first_empty = farm.next_week + farm.funded_weeks
    if farm.funded_weeks < weeks and first_empty < programme:  # after that there is nothing to schedule
        text = (
            f"funded weeks ahead: {farm.funded_weeks}, fewer than {weeks}. From {as_utc(farm.begin(first_empty))} on, "
            f"in week {first_empty}, nothing is emitted. Schedule more: ape run schedule"
        )
        yield Alarm("weeks-running-out", "farm", text)
    for market, weight in farm.weights.items():
        if weight == 0 and farm.bps[market]:
            text = (
                f"the {market.name.lower()} market has {farm.bps[market]} of 10000 of the emission and no weight: what it "
                "would get is undistributed. Set a weight, or the allocation"
            )
            yield Alarm("market-without-weight", "farm", text)


# --- chain ---


def _of_chain(reading: Reading, clock: int) -> Iterator[Alarm]:
    behind = clock - reading.block.timestamp
    if behind > OLD_BLOCK:
        text = (
            f"the latest block, {reading.block.number}, is {duration(behind)} old: the sequencer is down, or the "
            "node that was asked is behind. All that is shown is of that block"
        )
        yield Alarm("old-block", "chain", text)
