"""The facts about markets and farm that do not change: a reader asks for them once, in a few calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from perpetual_pools.chain.multicall import Failure, Multicall, Question, question
from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.records import Record


class StatusError(PerpetualPoolsError):
    """The contracts on the chain are not those of the record, or what the caller asked for cannot be shown."""


@dataclass(frozen=True)
class Token:
    """An ERC-20."""

    address: str
    symbol: str
    decimals: int


@dataclass(frozen=True)
class Oracle:
    """A pool's oracle. If it is not a wrapper over a feed, `feed` is None and the numbers are 0."""

    address: str
    feed: str | None = None
    sequencer_feed: str | None = None
    max_age: int = 0
    grace_period: int = 0


@dataclass(frozen=True)
class Market:
    """A pool. Times are in seconds."""

    name: str
    address: str
    settlement: Token
    long: Token
    short: Token
    oracle: Oracle
    leverage: int
    interval: int
    ramp: int
    """Seconds during which the keeper's reward rises."""


@dataclass(frozen=True)
class Staked:
    """A token that can be staked. `pair` holds the two tokens of an AMM pair, and is None for other tokens."""

    token: Token
    name: str
    pair: tuple[str, str] | None


@dataclass(frozen=True)
class Farm:
    """The staking farm."""

    address: str
    start: int
    reward: Token
    staked: tuple[Staked, ...]


@dataclass(frozen=True)
class Facts:
    """The facts about all markets of a record, and about its farm if it has one."""

    markets: tuple[Market, ...]
    farm: Farm | None


_POOL_TOKENS = ("settlementToken", "longToken", "shortToken")
_POOL_NUMBERS = ("leverage", "rebalanceInterval", "keeperRewardRamp")
_POOL = (*_POOL_TOKENS, *_POOL_NUMBERS, "oracle")
_ORACLE = ("feed", "sequencerFeed", "maxAge", "gracePeriod")
_FARM = ("start", "rewardToken", "farmCount")
_TOKENS = (*_POOL_TOKENS, "rewardToken")
_PAIR = ("token0", "token1")


def read_facts(multicall: Multicall, record: Record) -> Facts:
    """Return the facts about a record's pools and farm. Raises StatusError if a contract is not what it should be."""
    pools = {name: entry.address for name, entry in record.deployments.items() if entry.contract == "LeveragedPool"}
    farms = {name: entry.address for name, entry in record.deployments.items() if entry.contract == "StakingFarm"}
    if not pools and not farms:
        raise StatusError("the record has neither a pool nor a farm: run `ape run deploy` first")
    if len(farms) > 1:
        raise StatusError(f"the record has {len(farms)} farms, {', '.join(farms)}; expected one")

    _, own = multicall.ask(
        {(name, view): question("LeveragedPool", pool, view) for name, pool in pools.items() for view in _POOL}
        | {(name, view): question("StakingFarm", farm, view) for name, farm in farms.items() for view in _FARM}
    )
    _require_answers(own, pools | farms)
    answers: dict[Any, Any] = dict(own)
    staked: list[str] = []
    for farm in farms:
        places = range(own[farm, "farmCount"])
        listed = {(farm, f"farms({n})"): question("StakingFarm", farms[farm], "farms", n) for n in places}
        _, tokens = multicall.ask(listed)
        _require_answers(tokens, farms)
        staked = list(tokens.values())
    answers |= multicall.ask(_about_oracles({own[name, "oracle"] for name in pools}))[1]
    answers |= multicall.ask(_about_tokens({*(own[name, view] for name, view in own if view in _TOKENS), *staked}))[1]
    markets = tuple(_market(answers, name, pool) for name, pool in pools.items())
    settlement = {market.settlement.address for market in markets}
    named = tuple(_told_apart([_staked(answers, settlement, token) for token in staked]))
    parts = (
        Farm(address, own[name, "start"], _token(answers, own[name, "rewardToken"]), named)
        for name, address in farms.items()
    )
    return Facts(markets, next(parts, None))


# --- questions ---


def _about_oracles(oracles: set[str]) -> dict[Any, Question]:
    return {(oracle, view): question("ChainlinkOracleWrapper", oracle, view) for oracle in oracles for view in _ORACLE}


def _about_tokens(tokens: set[str]) -> dict[Any, Question]:
    return {
        (token, view): question("PoolToken", token, view) for token in tokens for view in ("symbol", "decimals")
    } | {(token, side): Question(token, f"{side}()", ("address",)) for token in tokens for side in _PAIR}


# --- answers ---


def _require_answers(answers: Mapping[tuple[str, str], Any], addresses: Mapping[str, str]) -> None:
    for (name, view), answer in answers.items():
        if isinstance(answer, Failure):
            asked = view if "(" in view else f"{view}()"
            raise StatusError(
                f"{name} at {addresses[name]} does not answer {asked}: does the record belong to another chain?"
            )


def _market(answers: Mapping[Any, Any], name: str, pool: str) -> Market:
    settlement, long, short = (_token(answers, answers[name, view]) for view in _POOL_TOKENS)
    leverage, interval, ramp = (answers[name, view] for view in _POOL_NUMBERS)
    oracle = _oracle(answers, answers[name, "oracle"])
    return Market(name, pool, settlement, long, short, oracle, leverage, interval, ramp)


def _token(answers: Mapping[Any, Any], address: str) -> Token:
    symbol, decimals = answers[address, "symbol"], answers[address, "decimals"]
    return Token(
        address, "?" if isinstance(symbol, Failure) else symbol, 18 if isinstance(decimals, Failure) else decimals
    )


def _oracle(answers: Mapping[Any, Any], address: str) -> Oracle:
    feed, sequencer_feed, max_age, grace_period = (answers[address, view] for view in _ORACLE)
    if isinstance(feed, Failure):
        return Oracle(address)
    return Oracle(address, feed, None if sequencer_feed == ZERO_ADDRESS else sequencer_feed, max_age, grace_period)


def _staked(answers: Mapping[Any, Any], settlement: set[str], address: str) -> Staked:
    """Name an LP token after the tokens of its pair, because all pairs of an exchange have the same symbol."""
    token, pair = _token(answers, address), (answers[address, "token0"], answers[address, "token1"])
    if any(isinstance(side, Failure) for side in pair):
        return Staked(token, token.symbol, None)
    traded = (side for side in pair if side not in settlement)
    symbols = [_token(answers, side).symbol if (side, "symbol") in answers else shortened(side) for side in traded]
    return Staked(token, f"LP {' '.join(symbols)}", pair)


def shortened(address: str) -> str:
    """Return `0x1234..abcd`, which is enough to tell addresses apart."""
    return f"{address[:6]}..{address[-4:]}"


def _told_apart(listed: list[Staked]) -> Iterator[Staked]:
    """Add the address to names that several tokens share."""
    names = Counter(staked.name for staked in listed)
    for staked in listed:
        more = "" if names[staked.name] == 1 else f" {shortened(staked.token.address)}"
        yield replace(staked, name=staked.name + more)
