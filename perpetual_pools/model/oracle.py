"""The oracle wrapper over a Chainlink feed, and simpler oracles and feeds for tests. Source: the specification, section 5.

The price as of t is the answer of one round: of all rounds with 0 < updated_at <= t, the one with the greatest proxy round
id (phase << 64 | aggregator round).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import Protocol

from perpetual_pools.model.constants import MAX_PRICE, ZERO_ADDRESS
from perpetual_pools.model.errors import Refused

LOOK_BACK = 32
"""The number of ids below the latest one that the oracle tries without a hint."""


class Oracle(Protocol):
    """The functions that a pool calls. Prices are in WAD. All functions raise Refused if there is no price."""

    def price_at(self, timestamp: int, hint: int, now: int) -> int: ...

    def latest_price(self, now: int) -> int: ...

    def find_round(self, timestamp: int) -> int: ...


class FixedOracle:
    """An oracle that always answers the price it was given. While ``failure`` is set, it raises that instead."""

    def __init__(self, price: int) -> None:
        self.price = price
        self.failure: Refused | None = None

    def price_at(self, timestamp: int, hint: int, now: int) -> int:
        if self.failure is not None:
            raise self.failure
        return self.price

    def latest_price(self, now: int) -> int:
        return self.price_at(now, 0, now)

    def find_round(self, timestamp: int) -> int:
        if self.failure is not None:
            raise self.failure
        return 0


@dataclass(frozen=True)
class Round:
    """One round of a feed, as ``getRoundData`` returns it. Times are in Unix seconds."""

    round_id: int
    answer: int
    started_at: int
    updated_at: int

    @property
    def complete(self) -> bool:
        return self.updated_at > 0


class Feed:
    """A Chainlink proxy with the rounds of all its phases. The latest round is the one with the greatest id."""

    def __init__(self, decimals: int, rounds: list[Round] | None = None, address: str = ZERO_ADDRESS) -> None:
        self.decimals = decimals
        self.address = address
        self._rounds: dict[int, Round] = {}
        self._ids: list[int] = []
        for round_ in rounds or []:
            self.push(round_)

    def push(self, round_: Round) -> None:
        """Add a round, or replace the one with the same id."""
        if round_.round_id not in self._rounds:
            insort(self._ids, round_.round_id)
        self._rounds[round_.round_id] = round_

    def get(self, round_id: int) -> Round | None:
        """Return the round, or None if it is absent or incomplete."""
        round_ = self._rounds.get(round_id)
        return round_ if round_ is not None and round_.complete else None

    @property
    def latest_id(self) -> int:
        """The greatest round id. Raises Refused if the feed has no round."""
        if not self._ids:
            raise Refused("FeedUnavailable", feed=self.address)
        return self._ids[-1]

    def at(self, timestamp: int) -> Round | None:
        """Return the round that is current at ``timestamp``, or None.

        It is the one with the greatest id among the complete rounds that are not later.
        """
        for round_id in reversed(self._ids):
            round_ = self._rounds[round_id]
            if 0 < round_.updated_at <= timestamp:
                return round_
        return None

    def superseding(self, round_id: int, timestamp: int) -> Round | None:
        """Return a complete round with a greater id that is not later than ``timestamp``, or None.

        If the latest round is one, it is returned; otherwise the first one is.
        """
        latest = self.get(self.latest_id)
        if latest is not None and latest.round_id > round_id and latest.updated_at <= timestamp:
            return latest
        start = bisect_left(self._ids, round_id + 1)
        for later_id in self._ids[start:]:
            later = self._rounds[later_id]
            if 0 < later.updated_at <= timestamp:
                return later
        return None


@dataclass
class SequencerFeed:
    """The uptime feed of an L2 sequencer.

    The answer 0 means that the sequencer is up. ``started_at`` is when that state began. It is 0 in an invalid round.
    """

    answer: int
    started_at: int


class ChainlinkOracle:
    """The oracle wrapper.

    Args:
        feed: the price feed.
        sequencer: None on a chain without one.
        max_age: the greatest age in seconds that a round may have at the requested time.
        grace_period: the seconds after the sequencer's last change for which there is no price.
    """

    def __init__(self, feed: Feed, sequencer: SequencerFeed | None, max_age: int, grace_period: int) -> None:
        self.feed = feed
        self.sequencer = sequencer
        self.max_age = max_age
        self.grace_period = grace_period

    def price_at(self, timestamp: int, hint: int, now: int) -> int:
        """Return the price as of ``timestamp`` in WAD. Raises Refused with the contract's error."""
        if timestamp > now:
            raise Refused("TimestampInFuture", timestamp=timestamp, now_=now)
        self._require_sequencer_up(timestamp)
        round_ = self._round_at(timestamp, hint)
        if timestamp - round_.updated_at > self.max_age:
            raise Refused(
                "RoundStale",
                roundId=round_.round_id,
                updatedAt=round_.updated_at,
                timestamp=timestamp,
                maxAge=self.max_age,
            )
        if round_.answer <= 0:
            raise Refused("AnswerNotPositive", roundId=round_.round_id, answer=round_.answer)
        price: int = round_.answer * 10**18 // 10**self.feed.decimals
        if not 1 <= price <= MAX_PRICE:
            raise Refused("PriceOutOfRange", roundId=round_.round_id, answer=round_.answer)
        return price

    def latest_price(self, now: int) -> int:
        """Return the price as of now in WAD. Raises Refused with the contract's error."""
        return self.price_at(now, 0, now)

    def find_round(self, timestamp: int) -> int:
        """Return the hint for ``price_at``. Raises Refused: FeedUnavailable without any rounds, else NoRoundFound."""
        _ = self.feed.latest_id  # raises if the feed has no rounds
        round_ = self.feed.at(timestamp)
        if round_ is None:
            raise Refused("NoRoundFound", timestamp=timestamp)
        return round_.round_id

    def _require_sequencer_up(self, timestamp: int) -> None:
        if self.sequencer is None:
            return
        if self.sequencer.started_at == 0:
            raise Refused("SequencerRoundInvalid")
        if self.sequencer.answer != 0:
            raise Refused("SequencerDown", answer=self.sequencer.answer)
        valid_from = self.sequencer.started_at + self.grace_period
        if timestamp < valid_from:
            raise Refused("SequencerGracePeriod", timestamp=timestamp, validFrom=valid_from)

    def _round_at(self, timestamp: int, hint: int) -> Round:
        latest_id = self.feed.latest_id
        if hint == 0:
            first = max(latest_id - LOOK_BACK, (latest_id >> 64 << 64) + 1)
            for round_id in (latest_id, *range(latest_id - 1, first - 1, -1)):
                round_ = self.feed.get(round_id)
                if round_ is not None and round_.updated_at <= timestamp:
                    return round_
            raise Refused("CallFindRound", timestamp=timestamp)
        round_ = self.feed.get(hint)
        if round_ is None:
            raise Refused("RoundIncomplete", roundId=hint)
        if round_.updated_at > timestamp:
            raise Refused("RoundTooLate", roundId=hint, updatedAt=round_.updated_at, timestamp=timestamp)
        later = self.feed.superseding(hint, timestamp)
        if later is not None:
            raise Refused(
                "RoundSuperseded",
                roundId=hint,
                laterRoundId=later.round_id,
                laterUpdatedAt=later.updated_at,
                timestamp=timestamp,
            )
        return round_
