"""The plan of a deployment: its steps in order, each one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.parameters import FeedParameters, Parameters


@dataclass(frozen=True)
class AddressOf:
    """An argument: where the step of that name put its contract."""

    step: str


@dataclass(frozen=True)
class Now:
    """An argument: the time of the latest block, in seconds."""


Argument = str | int | AddressOf | Now


@dataclass(frozen=True)
class Step:
    """One transaction. `arguments` are named and ordered as in the ABI."""

    name: str
    contract: str
    arguments: Mapping[str, Argument]


@dataclass(frozen=True)
class Creation(Step):
    """Deploys `contract` from the account."""


@dataclass(frozen=True)
class PoolCreation(Step):
    """Deploys a pool through the factory, at an address that follows from its parameters and the account."""


@dataclass(frozen=True)
class FunctionCall(Step):
    """Calls `function` of the step `target`, which deploys a `contract`."""

    target: str
    function: str


FACTORY = "factory"
KEEPER = "keeper"
SETTLEMENT_TOKEN = "settlement token"


def feed_name(feed: str) -> str:
    """The record's name of a test feed."""
    return f"{feed} feed"


def oracle_name(feed: str) -> str:
    """The record's name of the oracle wrapper over a feed."""
    return f"{feed} oracle"


def plan(parameters: Parameters, deployer: str) -> list[Step]:
    """All steps, in order. Pools are named by their markets, like `3-BTC/USDC`."""

    def account(name: str) -> str:
        return deployer if name == "deployer" else name

    token = parameters.settlement_token
    sequencer = parameters.sequencer
    steps: list[Step] = []
    if token.address == "test":
        mock: dict[str, Argument] = {"name_": token.name, "symbol_": token.symbol, "decimals_": token.decimals}
        steps.append(Creation(SETTLEMENT_TOKEN, "MockERC20", mock))
    for name, feed in parameters.feeds.items():
        if feed.address == "test":
            steps += _test_feed(name, feed)
        wrapper: dict[str, Argument] = {
            "feed_": AddressOf(feed_name(name)) if feed.address == "test" else feed.address,
            "sequencerFeed_": sequencer.feed if sequencer else ZERO_ADDRESS,
            "maxAge_": feed.max_age,
            "gracePeriod_": sequencer.grace_period if sequencer else 0,
        }
        steps.append(Creation(oracle_name(name), "ChainlinkOracleWrapper", wrapper))
    owners: dict[str, Argument] = {
        "owner_": account(parameters.owner),
        "feeRecipient_": account(parameters.fee_recipient),
    }
    steps.append(Creation(FACTORY, "PoolFactory", owners))
    steps.append(Creation(KEEPER, "PoolKeeper", {}))
    for market in parameters.markets:
        pool: dict[str, Argument] = asdict(parameters.pool_params(market, token.address, ""))
        pool["oracle"] = AddressOf(oracle_name(market.feed))
        if token.address == "test":
            pool["settlement_token"] = AddressOf(SETTLEMENT_TOKEN)
        steps.append(PoolCreation(market.name, "LeveragedPool", {_camel(name): pool[name] for name in pool}))
    return steps


def _test_feed(name: str, feed: FeedParameters) -> Iterator[Step]:
    assert feed.first_price is not None, "parameters.load refuses a test feed without a first price"
    yield Creation(feed_name(name), "ReplayAggregator", {"decimals_": feed.decimals, "description_": feed.description})
    yield FunctionCall(
        f"{name} first round",
        "ReplayAggregator",
        {"id": 1, "answer": feed.first_price, "startedAt": Now(), "updatedAt": Now()},
        target=feed_name(name),
        function="pushRound",
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)
