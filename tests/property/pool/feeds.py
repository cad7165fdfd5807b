"""The two kinds of price feeds that pools live on, and all that can go wrong with them."""

from typing import Any, Protocol

from ethpm_types import ContractType

from perpetual_pools.model import ChainlinkOracle, FixedOracle, Oracle, Refused, Round, SequencerFeed
from perpetual_pools.model import Feed as Rounds
from perpetual_pools.model.constants import MAX_PRICE
from perpetual_pools.twin.pool import PRICE
from tests.support.revm import RevmChain

ZERO = "0x" + "00" * 20
PHASE = 2**64
GRACE_PERIOD = 3_600
MAX_AGES = 3_600, 90_000, 30 * 86_400
"""Seconds."""


class Feed(Protocol):
    """An oracle on the chain and its model, and what stands behind them. Prices are WAD."""

    faults: dict[str, str]
    """Each with the error of a rebalance then."""
    oracle: Any
    model: Oracle
    price: int
    """The last that was published."""

    @property
    def ready_from(self) -> int:
        """No price as of an earlier time can be published any more."""
        ...

    def publish(self, price: int, timestamp: int, now: int, later: int = 0, age: int = 0, switch: int = 0) -> None:
        """Makes `price` that of `timestamp`, as nearly as the feed can say it.

        later: rounds with other prices, between `timestamp` and `now`. age: seconds of the round, as far as can be.
        switch: to a new aggregator, 1 before the round, 2 before the later ones.
        """
        ...

    def break_(self, fault: str, timestamp: int) -> int:
        """There is no price as of `timestamp`, or as of the time returned; nor later, until the feed is mended."""
        ...

    def mend(self, now: int) -> None: ...


class FixedFeed:
    """Any price to the unit, at once."""

    faults: dict[str, str] = {  # noqa: RUF012 -- of the protocol
        "reverts": "OracleReverting",
        "price 0": "PriceOutOfRange",
        "price 2**96": "PriceOutOfRange",
        "price 2**255": "PriceOutOfRange",
    }
    ready_from = 0

    def __init__(self, chain: RevmChain) -> None:
        self._chain = chain
        self.oracle = chain.deploy("FixedOracle", PRICE)
        self.model = FixedOracle(PRICE)
        self.price = PRICE

    def publish(self, price: int, timestamp: int, now: int, later: int = 0, age: int = 0, switch: int = 0) -> None:
        self.price = min(max(price, 1), MAX_PRICE)
        self._set(self.price)

    def break_(self, fault: str, timestamp: int) -> int:
        if fault == "reverts":
            self._set_reverting(True)
        else:
            self._set({"price 0": 0, "price 2**96": 2**96, "price 2**255": 2**255}[fault])
        return timestamp

    def mend(self, now: int) -> None:
        self._set_reverting(False)

    def _set(self, price: int) -> None:
        self._chain.send(self.oracle, "setPrice", [price], ZERO)
        self.model.price = price

    def _set_reverting(self, reverting: bool) -> None:
        self._chain.send(self.oracle, "setReverting", [reverting], ZERO)
        self.model.failure = Refused("OracleReverting") if reverting else None


class _Wrapper(ChainlinkOracle):
    """Of a proxy that can be made to revert."""

    failure: Refused | None = None

    def price_at(self, timestamp: int, hint: int, now: int) -> int:
        if self.failure is not None:
            raise self.failure
        return super().price_at(timestamp, hint, now)

    def find_round(self, timestamp: int) -> int:
        if self.failure is not None:
            raise self.failure
        return super().find_round(timestamp)


class ChainlinkFeed:
    """The wrapper over Chainlink's proxy, whose aggregators change, and a sequencer feed. Rounds cannot be taken back."""

    faults: dict[str, str] = {  # noqa: RUF012 -- of the protocol
        "reverts": "FeedUnavailable",
        "stale": "RoundStale",
        "answer 0": "AnswerNotPositive",
        "answer -1": "AnswerNotPositive",
        "answer too large": "PriceOutOfRange",
        "incomplete": "RoundIncomplete",
        "sequencer down": "SequencerDown",
        "sequencer just back": "SequencerGracePeriod",
        "sequencer invalid": "SequencerRoundInvalid",
    }
    DECIMALS = 8
    UNIT = 10 ** (18 - DECIMALS)

    def __init__(self, chain: RevmChain, proxy_type: ContractType, max_age: int, absent_reverts: bool) -> None:
        self._chain = chain
        self._absent_reverts = absent_reverts
        self._phase = 0
        self._number = 0
        self._last_update = chain.now
        self._aggregators: list[Any] = []
        self._proxy = chain.revm.deploy(proxy_type, self._new_aggregator(), ZERO)
        self._phase = 1
        self._sequencer = chain.deploy("ReplayAggregator", 0, "L2 Sequencer Uptime Status Feed")
        self._sequencer_rounds = 0
        since = chain.now - 10**6
        self.oracle = chain.deploy("ChainlinkOracleWrapper", self._proxy, self._sequencer, max_age, GRACE_PERIOD)
        self._rounds = Rounds(self.DECIMALS)
        self.model = _Wrapper(self._rounds, SequencerFeed(0, since), max_age, GRACE_PERIOD)
        self._set_sequencer(0, since)
        self.price = PRICE
        self._push(PRICE // self.UNIT, chain.now)

    @property
    def ready_from(self) -> int:
        assert self.model.sequencer is not None
        return max(self._last_update, self.model.sequencer.started_at + GRACE_PERIOD)

    def publish(self, price: int, timestamp: int, now: int, later: int = 0, age: int = 0, switch: int = 0) -> None:
        answer = min(max(price // self.UNIT, 1), MAX_PRICE // self.UNIT)
        self.price = answer * self.UNIT
        if switch == 1:
            self._switch_aggregator()
        self._push(answer, max(self._last_update, timestamp - min(age, self.model.max_age)))
        if now == timestamp:
            return
        for number in range(later):
            if number == 0 and switch == 2:
                self._switch_aggregator()
            self._push(answer + 1 + answer * number // 50, timestamp + 1 + (now - timestamp - 1) * number // later)

    def break_(self, fault: str, timestamp: int) -> int:
        if fault == "reverts":
            self._set_reverting(True)
        elif fault == "stale":
            return max(timestamp, self._last_update + self.model.max_age + 1)
        elif fault.startswith("answer"):
            self._push({"answer 0": 0, "answer -1": -1, "answer too large": 2**100}[fault], timestamp)
        elif fault == "incomplete":
            self._push_round(self._number + 1, 1, timestamp, 0)
        elif fault == "sequencer just back":
            # A second too late for this grid time.
            self._set_sequencer(0, timestamp - GRACE_PERIOD + 1)
        else:
            self._set_sequencer(int(fault == "sequencer down"), 0 if fault == "sequencer invalid" else timestamp)
        return timestamp

    def mend(self, now: int) -> None:
        assert self.model.sequencer is not None
        if self.model.failure is not None:
            self._set_reverting(False)
        if self.model.sequencer.answer or not self.model.sequencer.started_at:
            self._set_sequencer(0, now)

    def hints(self, timestamp: int) -> list[int]:
        """The right one, none, and some that may be wrong."""
        found = self.model.find_round(timestamp)
        return [found, 0, self._rounds.latest_id, found + 1, found - 1]

    def _push(self, answer: int, updated_at: int) -> None:
        self._number += 1
        self._last_update = updated_at
        self._push_round(self._number, answer, updated_at, updated_at)

    def _push_round(self, number: int, answer: int, started_at: int, updated_at: int) -> None:
        self._chain.send(self._aggregators[-1], "pushRound", [number, answer, started_at, updated_at], ZERO)
        self._rounds.push(Round(self._phase * PHASE + number, answer, started_at, updated_at))

    def _new_aggregator(self) -> Any:
        aggregator = self._chain.deploy("ReplayAggregator", self.DECIMALS, "BTC / USD")
        self._chain.send(aggregator, "setAbsentReverts", [self._absent_reverts], ZERO)
        self._aggregators.append(aggregator)
        return aggregator

    def _switch_aggregator(self) -> None:
        """To one without rounds."""
        aggregator = self._new_aggregator()
        for method in ("proposeAggregator", "confirmAggregator"):
            getattr(self._proxy, method)(aggregator)
        self._phase += 1
        self._number = 0

    def _set_sequencer(self, answer: int, started_at: int) -> None:
        self._sequencer_rounds += 1
        arguments = [self._sequencer_rounds, answer, started_at, started_at]
        self._chain.send(self._sequencer, "pushRound", arguments, ZERO)
        self.model.sequencer = SequencerFeed(answer, started_at)

    def _set_reverting(self, reverting: bool) -> None:
        self._chain.send(self._aggregators[-1], "setReverting", [reverting], ZERO)
        self.model.failure = Refused("FeedUnavailable", source=self._proxy.address) if reverting else None
