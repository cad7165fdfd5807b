"""The reader: it asks for everything that changes in one call, so a reading is of one block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_utils.crypto import keccak

from perpetual_pools.chain.contracts import container
from perpetual_pools.chain.multicall import Failure, Multicall, Question, question
from perpetual_pools.model import CommitType, Round
from perpetual_pools.model import Market as MarketOfFarms
from perpetual_pools.model.farm import BPS, WEEK
from perpetual_pools.operations.schedule import Share
from perpetual_pools.records import Record
from perpetual_pools.status.facts import Facts, Farm, Market, Oracle, StatusError, read_facts
from perpetual_pools.status.reading import (
    FarmReading,
    MarketReading,
    OracleReading,
    Pending,
    Reading,
    StakedReading,
)

EPOCHS_ASKED = 3
"""From the epoch that was current at the last reading. Two epochs are live, so three suffice after one rebalance."""


@dataclass(frozen=True)
class _Guess:
    """The epochs and weeks to ask about, guessed from the last reading."""

    epochs: Mapping[str, int]
    """The current epoch of each pool, by address."""
    weeks: range
    """The scheduled weeks that are not over."""

    def holds(self, reading: Reading, answers: Mapping[Any, Any]) -> bool:
        """Return whether the answers to this guess contain everything there is to show."""
        farm = reading.farm
        epochs = all(
            0 <= market.epoch - self.epochs[market.facts.address] <= EPOCHS_ASKED - 2 for market in reading.markets
        )
        return epochs and (
            farm is None
            or (
                farm.weeks_scheduled <= self.weeks.stop
                and answers[farm.facts.address, "farmCount"] == len(farm.facts.staked)
            )
        )


class Reader:
    """Reads the pools and the farm of a record as often as asked."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._multicall = Multicall()
        self._facts: Facts | None = None
        self._guess = _Guess({}, range(0))

    def read(self) -> Reading:
        """Return a reading. It takes one `eth_call`, and a few more the first time or when the last guess no longer holds.

        Raises:
            StatusError: the contracts on the chain are not those of the record.
            Whatever the connection raises when the call fails.
        """
        if self._facts is not None:
            reading, answers = self._ask(self._facts)
            if self._guess.holds(reading, answers):
                self._guess = _guess(reading)
                return reading
        self._facts = read_facts(self._multicall, self._record)
        self._guess = self._look(self._facts)
        reading, _ = self._ask(self._facts)
        self._guess = _guess(reading)
        return reading

    def _look(self, facts: Facts) -> _Guess:
        pools, farm = [market.address for market in facts.markets], facts.farm
        questions = {(pool, "epoch"): question("LeveragedPool", pool, "epoch") for pool in pools}
        if farm:
            questions[farm.address, "weeksScheduled"] = question("StakingFarm", farm.address, "weeksScheduled")
        block, answers = self._multicall.ask(questions)
        weeks = range(0)
        if farm:
            weeks = _weeks(farm, block.timestamp, _required(answers, farm.address, "weeksScheduled"))
        return _Guess({pool: _required(answers, pool, "epoch") for pool in pools}, weeks)

    def _ask(self, facts: Facts) -> tuple[Reading, Mapping[Any, Any]]:
        questions: dict[Any, Question] = {}
        for market in facts.markets:
            questions |= _of_market(market, self._guess.epochs[market.address]) | _of_oracle(market.oracle)
        if facts.farm is not None:
            questions |= _of_farm(facts.farm, self._guess.weeks)
        block, answers = self._multicall.ask(questions)
        markets = tuple(
            _market(market, block.timestamp, answers, self._guess.epochs[market.address]) for market in facts.markets
        )
        farm = _farm(facts.farm, block.timestamp, answers, self._guess.weeks) if facts.farm else None
        return Reading(block, markets, farm), answers


def _weeks(farm: Farm, now: int, scheduled: int) -> range:
    """Return the scheduled weeks that are not over."""
    return range(max(0, (now - farm.start) // WEEK), scheduled)


def _guess(reading: Reading) -> _Guess:
    farm = reading.farm
    return _Guess(
        {market.facts.address: market.epoch for market in reading.markets},
        range(0) if farm is None else _weeks(farm.facts, reading.block.timestamp, farm.weeks_scheduled),
    )


# --- questions ---


_MARKET = (
    *("lastPrice", "nextRebalance", "lastRebalance", "epoch", "balances", "supplies", "tokenPrices"),
    *("rebalancingRates", "protocolFees", "keeperReward", "mintPaused", "isShutdown"),
)
_FARM = ("weeksScheduled", "undistributed", "primaryBps", "farmCount")


def _of_market(market: Market, epoch: int) -> dict[Any, Question]:
    pool = market.address
    return {(pool, view): question("LeveragedPool", pool, view) for view in _MARKET} | {
        (pool, number, kind): question("LeveragedPool", pool, "batch", number, kind.value)
        for number in range(epoch, epoch + EPOCHS_ASKED)
        for kind in CommitType
    }


def _of_oracle(oracle: Oracle) -> dict[Any, Question]:
    feeds = [feed for feed in (oracle.feed, oracle.sequencer_feed) if feed is not None]
    return {(oracle.address, "latestPrice"): question("IOracle", oracle.address, "latestPrice")} | {
        (feed, "latestRoundData"): question("IAggregatorV3", feed, "latestRoundData") for feed in feeds
    }


def _of_farm(farm: Farm, weeks: range) -> dict[Any, Question]:
    def ask(view: str, *arguments: Any) -> Question:
        return question("StakingFarm", farm.address, view, *arguments)

    questions: dict[Any, Question] = {(farm.address, view): ask(view) for view in _FARM}
    questions |= {(farm.address, market): ask("totalWeight", market.value) for market in MarketOfFarms}
    questions |= {(farm.address, "week", week): ask("weekAmount", week) for week in weeks}
    for staked in farm.staked:
        token = staked.token.address
        questions |= {(token, view): ask(view, token) for view in ("farm", "totalStaked")}
        questions[token, "totalSupply"] = question("PoolToken", token, "totalSupply")
        if staked.pair is not None:
            questions[token, "getReserves"] = Question(token, "getReserves()", ("uint112", "uint112", "uint32"))
    return questions


# --- answers ---


def _required(answers: Mapping[Any, Any], address: str, *asked: Any) -> Any:
    """Return the answer of one of our own contracts, which only a node that is behind, or short of gas, leaves out."""
    answer = answers[(address, *asked)]
    if isinstance(answer, Failure):
        raise StatusError(f"{address} did not answer {' '.join(map(str, asked))}")
    return answer


def _market(facts: Market, now: int, answers: Mapping[Any, Any], asked: int) -> MarketReading:
    values: Any = [_required(answers, facts.address, view) for view in _MARKET]
    epoch = _required(answers, facts.address, "epoch")
    live = range(epoch, min(epoch + 2, asked + EPOCHS_ASKED))
    pending = tuple(
        Pending(number, {kind: _required(answers, facts.address, number, kind)[0] for kind in CommitType})
        for number in live
        if number >= asked
    )
    return MarketReading(facts, now, _oracle(facts.oracle, answers), pending, *values)


def _oracle(facts: Oracle, answers: Mapping[Any, Any]) -> OracleReading:
    price = answers[facts.address, "latestPrice"]
    failed = isinstance(price, Failure)
    return OracleReading(
        facts,
        None if failed else price,
        _error(price.data) if failed else "",
        _round(answers, facts.feed),
        _round(answers, facts.sequencer_feed),
    )


def _round(answers: Mapping[Any, Any], feed: str | None) -> Round | None:
    answer = None if feed is None else answers[feed, "latestRoundData"]
    return None if answer is None or isinstance(answer, Failure) else Round(*answer[:4])


def _error(data: bytes) -> str:
    """Return `RoundStale(7, 1999990000, 1999998600, 3600)` for an error of the oracle, and other data in hexadecimal."""
    for error in container("ChainlinkOracleWrapper").contract_type.errors:
        if keccak(text=error.selector)[:4] == data[:4]:
            values = decode([field.canonical_type for field in error.inputs], data[4:])
            return f"{error.name}({', '.join(map(str, values))})"
    return f"0x{data.hex()}" if data else "no reason given"


def _farm(facts: Farm, now: int, answers: Mapping[Any, Any], weeks: range) -> FarmReading:
    scheduled, undistributed, primary, _ = (_required(answers, facts.address, view) for view in _FARM)
    bps = {MarketOfFarms.PRIMARY: primary, MarketOfFarms.SECONDARY: BPS - primary}
    weights = {market: int(_required(answers, facts.address, market)) for market in MarketOfFarms}
    return FarmReading(
        facts,
        now,
        scheduled,
        {week: _required(answers, facts.address, "week", week) for week in weeks},
        undistributed,
        bps,
        weights,
        tuple(_staked(facts, answers, bps, weights)),
    )


def _staked(
    farm: Farm, answers: Mapping[Any, Any], bps: Mapping[MarketOfFarms, int], weights: Mapping[MarketOfFarms, int]
) -> Iterator[StakedReading]:
    for facts in farm.staked:
        token = facts.token.address
        number, weight = _required(answers, token, "farm")
        market = MarketOfFarms(number)
        total = _required(answers, token, "totalStaked")
        supply, reserves = answers[token, "totalSupply"], answers.get((token, "getReserves"))
        yield StakedReading(
            facts,
            Share(token, facts.name, market.name.lower(), bps[market], weight, weights[market], total),
            None if reserves is None or isinstance(reserves, Failure) else reserves[:2],
            0 if isinstance(supply, Failure) else supply,
        )
