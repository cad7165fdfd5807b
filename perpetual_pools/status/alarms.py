"""The alarms: conditions that somebody should act on. They are computed from the reading that is shown, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perpetual_pools.defaults import WEEKS_AHEAD
from perpetual_pools.emissions.amounts import LAUNCH
from perpetual_pools.formatting import as_utc, duration
from perpetual_pools.model.constants import SHUTDOWN_DELAY
from perpetual_pools.status.reading import FarmReading, MarketReading, Reading

OLD_BLOCK = 300
"""Seconds: a latest block older than this raises an alarm."""


@dataclass(frozen=True)
class Alarm:
    """One alarm. `id` is for machines and never changes; `where` is a market's name, `farm` or `chain`."""

    id: str
    where: str
    text: str


def find_alarms(reading: Reading, weeks: int = WEEKS_AHEAD, clock: int | None = None) -> list[Alarm]:
    """Return the alarms of the markets, then of the farm, then of the chain.

    Args:
        weeks: fewer funded weeks ahead than this raise an alarm.
        clock: the current time in Unix seconds, or None on local networks, whose own time is the only one.
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
        text = "the pool is closed for good. Holders redeem their tokens, and claims refund commitments that did not execute"
        yield Alarm("shutdown", name, text)
        return  # a closed pool needs no rebalance and no price
    if market.late > _patience(market):
        yield Alarm("late", name, _late(market))
    if market.late >= SHUTDOWN_DELAY:
        since, missed = as_utc(market.next_rebalance + SHUTDOWN_DELAY), duration(SHUTDOWN_DELAY)
        text = (
            f"nothing has rebalanced the pool for {missed}. Since {since} anybody may close it for good with "
            f"`ape run shutdown --market {name}`; if the pool can still rebalance, that command rebalances it instead"
        )
        yield Alarm("may-be-shut-down", name, text)
    causes = [*_of_sequencer(market), *_of_feed(market)]
    yield from causes
    if market.oracle.price is None and all(cause.id == "feed-stale-soon" for cause in causes):
        oracle = market.oracle.facts.address
        yield Alarm(
            "oracle-unavailable",
            name,
            f"the oracle {oracle} has no price: {market.oracle.error}. The pool cannot rebalance until it has one",
        )


def _patience(market: MarketReading) -> int:
    """Return the seconds after which an open rebalance counts as late: the time during which the keeper's reward rises.

    It is at least a tenth of the interval, because keepers need some time even if the reward does not rise, and at most
    nine tenths, because the grid time is skipped soon after.
    """
    interval = market.facts.interval
    return min(max(market.facts.ramp, interval // 10), interval - interval // 10)


def _late(market: MarketReading) -> str:
    interval, patience = market.facts.interval, _patience(market)
    why = " in which the keeper's reward rises" if patience == market.facts.ramp else " that keepers have"
    coming = market.next_rebalance + (market.skipped + 1) * interval
    skipped = f"; {market.skipped} grid times were skipped since" if market.skipped > 1 else ""
    skipped = "; one grid time was skipped since" if market.skipped == 1 else skipped
    return (
        f"the rebalance of {as_utc(market.next_rebalance)} is {duration(market.late)} late, longer than the "
        f"{duration(patience)}{why}{skipped}. Check the keeper, or run `ape run upkeep`: at {as_utc(coming)} the pool skips "
        "the grid time before and uses the price as of then"
    )


def _of_sequencer(market: MarketReading) -> Iterator[Alarm]:
    oracle, status = market.oracle.facts, market.oracle.sequencer
    if oracle.sequencer_feed is None:
        return
    if status is None:
        text = f"the sequencer feed {oracle.sequencer_feed} does not answer. The oracle has no price without it"
        yield Alarm("sequencer-unavailable", market.facts.name, text)
    elif status.started_at == 0:
        text = f"the sequencer feed's round is invalid: it says {status.answer}, but not since when. "
        yield Alarm("sequencer-down", market.facts.name, f"{text}The oracle has no price until it does")
    elif status.answer != 0:
        text = f"the sequencer has been down since {as_utc(status.started_at)} (its feed answers {status.answer}). "
        yield Alarm("sequencer-down", market.facts.name, f"{text}The oracle has no price until it is up again")
    elif market.now < status.started_at + oracle.grace_period:
        ends = status.started_at + oracle.grace_period
        text = (
            f"the sequencer has been up again since {as_utc(status.started_at)}. The oracle has no price until the grace "
            f"period ends at {as_utc(ends)}, in {duration(ends - market.now)}. The pool rebalances at the next grid time "
            "after that"
        )
        yield Alarm("sequencer-grace-period", market.facts.name, text)


def _of_feed(market: MarketReading) -> Iterator[Alarm]:
    oracle, age = market.oracle.facts, market.round_age
    if oracle.feed is None:
        return
    if age is None:
        text = f"the feed {oracle.feed} does not answer, or its latest round is incomplete. Check the feed"
        yield Alarm("feed-unavailable", market.facts.name, text)
    elif age > oracle.max_age:
        text = (
            f"the feed's latest round is {duration(age)} old, and the oracle accepts at most {duration(oracle.max_age)}. "
            "It has no price until the feed has a new round"
        )
        yield Alarm("feed-stale", market.facts.name, text)
    elif (soon := age + max(0, market.next_rebalance - market.now)) > oracle.max_age:
        text = (
            f"the feed's latest round is {duration(age)} old. At the rebalance of {as_utc(market.next_rebalance)} it will "
            f"be {duration(soon)} old, and the oracle accepts at most {duration(oracle.max_age)}, unless a new round "
            "comes first"
        )
        yield Alarm("feed-stale-soon", market.facts.name, text)


# --- farm ---


def _of_farm(farm: FarmReading, weeks: int) -> Iterator[Alarm]:
    programme = len(LAUNCH.amounts)
    if farm.week is not None and farm.week < programme and farm.week_amount == 0:
        text = (
            f"week {farm.week} emits nothing until {as_utc(farm.begin(farm.week + 1))}: it began unscheduled, and "
            "that cannot be changed"
        )
        yield Alarm("week-without-emission", "farm", text)
    first_empty = farm.next_week + farm.funded_weeks
    if farm.funded_weeks < weeks and first_empty < programme:  # the programme ends there
        text = (
            f"funded weeks ahead: {farm.funded_weeks}, fewer than {weeks}. The farm emits nothing from "
            f"{as_utc(farm.begin(first_empty))} on, when week {first_empty} begins. Schedule more weeks: ape run schedule"
        )
        yield Alarm("weeks-running-out", "farm", text)
    for market, weight in farm.weights.items():
        if weight == 0 and farm.bps[market]:
            text = (
                f"the {market.name.lower()} market gets {farm.bps[market]} of 10000 of the emission, but its farms have no "
                "weight, so its part stays undistributed. Set a weight, or change the allocation"
            )
            yield Alarm("market-without-weight", "farm", text)


# --- chain ---


def _of_chain(reading: Reading, clock: int) -> Iterator[Alarm]:
    behind = clock - reading.block.timestamp
    if behind > OLD_BLOCK:
        text = (
            f"the latest block, {reading.block.number}, is {duration(behind)} old: the sequencer is down, or the node is "
            "behind. Everything shown is as of that block"
        )
        yield Alarm("old-block", "chain", text)
