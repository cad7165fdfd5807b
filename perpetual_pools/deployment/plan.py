"""The plan of a deployment: its steps in order, one transaction each. `plan` derives them from the parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.model.farm import LAUNCH_PRIMARY_BPS, Market
from perpetual_pools.parameters import After, FeedParameters, Parameters, Token


@dataclass(frozen=True)
class AddressOf:
    """An argument: the address of the contract of the step with that name, or of the pool token with that name."""

    name: str


@dataclass(frozen=True)
class Now:
    """An argument: the time of the latest block plus `plus` seconds."""

    plus: int = 0


Argument = str | int | AddressOf | Now


@dataclass(frozen=True)
class Step:
    """One transaction. `arguments` have the names and the order of the ABI."""

    name: str
    contract: str
    arguments: Mapping[str, Argument]


@dataclass(frozen=True)
class Creation(Step):
    """A step that deploys `contract` from the account."""


@dataclass(frozen=True)
class PoolCreation(Step):
    """A step in which the factory deploys a pool and its tokens.

    The pool's address depends only on the factory, the account and the pool's parameters.
    """

    tokens: tuple[str, str]


@dataclass(frozen=True)
class PairCreation(Step):
    """A step in which the AMM's factory deploys the pair of two tokens. It sends nothing if the pair exists already."""

    factory: str | AddressOf


@dataclass(frozen=True)
class FunctionCall(Step):
    """A step that calls `function` of the `contract` that the step `target` deploys.

    If `of_owner` is set, only the owner of the target may call it.
    """

    target: str
    function: str
    of_owner: bool = False


FACTORY = "factory"
KEEPER = "keeper"
SETTLEMENT_TOKEN = "settlement token"
REWARD_TOKEN = "reward token"
WETH = "WETH"
AMM_FACTORY = "AMM factory"
AMM_ROUTER = "AMM router"
FARM = "farm"

GAS = {
    "MockERC20": 647_000,
    "ReplayAggregator": 537_000,
    "pushRound": 50_000,
    "ChainlinkOracleWrapper": 752_000,
    "PoolFactory": 4_209_000,
    "PoolKeeper": 713_000,
    "LeveragedPool": 3_491_000,
    "WETH9": 604_000,
    "UniswapV2Factory": 3_052_000,
    "UniswapV2Router02": 4_758_000,
    "StakingFarm": 2_263_000,
    "setAllocation": 68_000,
    "UniswapV2Pair": 2_507_000,
    "addFarm": 126_000,
    "transferOwnership": 48_000,
}
"""The gas of each step on a local chain, by the contract that it deploys or the function that it calls."""


def gas(step: Step) -> int:
    """Return about how much gas the step takes."""
    return GAS[step.function if isinstance(step, FunctionCall) else step.contract]


def feed_name(feed: str) -> str:
    """Return the record's name for a test feed."""
    return f"{feed} feed"


def oracle_name(feed: str) -> str:
    """Return the record's name for the oracle wrapper over a feed."""
    return f"{feed} oracle"


def pair_name(token: str) -> str:
    """Return the record's name for the pair of a pool token and the settlement token."""
    return f"{token} pair"


def farm_name(token: str) -> str:
    """Return the record's name for the step that adds the farm of a pool token or a pair."""
    return f"{token} farm"


def plan(parameters: Parameters, deployer: str) -> list[Step]:
    """Return all steps in order. The step of a pool has the pool's name, like `3-BTC/USDC`.

    The deployer owns the factory and the farm at first. The last steps offer them to the owner in the parameters.
    """
    owner = deployer if parameters.owner == "deployer" else parameters.owner
    fee_recipient = {"deployer": deployer, "owner": owner}.get(parameters.fee_recipient, parameters.fee_recipient)
    settlement_token = _token(SETTLEMENT_TOKEN, parameters.settlement_token)
    steps = list(_mock(SETTLEMENT_TOKEN, parameters.settlement_token))
    for name, feed in parameters.feeds.items():
        steps += _oracle(parameters, name, feed)
    steps.append(Creation(FACTORY, "PoolFactory", {"owner_": deployer, "feeRecipient_": fee_recipient}))
    steps.append(Creation(KEEPER, "PoolKeeper", {}))
    for market in parameters.markets:
        pool: dict[str, Argument] = asdict(parameters.pool_params(market, "", ""))
        pool["settlement_token"] = settlement_token
        pool["oracle"] = AddressOf(oracle_name(market.feed))
        steps.append(
            PoolCreation(market.name, "LeveragedPool", {_camel(name): pool[name] for name in pool}, market.tokens)
        )
    steps += _farm(parameters, deployer)
    if owner != deployer:
        for target, contract in ((FACTORY, "PoolFactory"), (FARM, "StakingFarm")):
            offer: Mapping[str, Argument] = {"newOwner": owner}
            steps.append(FunctionCall(f"{target} hand-over", contract, offer, target, "transferOwnership"))
    return steps


def _token(name: str, token: Token) -> str | AddressOf:
    return AddressOf(name) if token.address == "test" else token.address


def _mock(name: str, token: Token) -> Iterator[Step]:
    if token.address == "test":
        yield Creation(name, "MockERC20", {"name_": token.name, "symbol_": token.symbol, "decimals_": token.decimals})


def _oracle(parameters: Parameters, name: str, feed: FeedParameters) -> Iterator[Step]:
    if feed.address == "test":
        yield from _test_feed(name, feed)
    sequencer = parameters.sequencer
    yield Creation(
        oracle_name(name),
        "ChainlinkOracleWrapper",
        {
            "feed_": AddressOf(feed_name(name)) if feed.address == "test" else feed.address,
            "sequencerFeed_": sequencer.feed if sequencer else ZERO_ADDRESS,
            "maxAge_": feed.max_age,
            "gracePeriod_": sequencer.grace_period if sequencer else 0,
        },
    )


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


def _farm(parameters: Parameters, deployer: str) -> Iterator[Step]:
    """Yield the steps of the staking farm: each pool token and each of their pairs gets a farm."""
    farm = parameters.farm
    yield from _mock(REWARD_TOKEN, farm.reward_token)
    if parameters.amm is None:
        yield Creation(WETH, "WETH9", {})
        yield Creation(AMM_FACTORY, "UniswapV2Factory", {"_feeToSetter": deployer})
        yield Creation(AMM_ROUTER, "UniswapV2Router02", {"_factory": AddressOf(AMM_FACTORY), "_WETH": AddressOf(WETH)})
    yield Creation(
        FARM,
        "StakingFarm",
        {
            "rewardToken_": _token(REWARD_TOKEN, farm.reward_token),
            "owner_": deployer,
            "start_": Now(farm.start.seconds) if isinstance(farm.start, After) else farm.start,
        },
    )
    if farm.primary != LAUNCH_PRIMARY_BPS:
        share: Mapping[str, Argument] = {"primaryBps_": farm.primary}
        yield FunctionCall("farm allocation", "StakingFarm", share, FARM, "setAllocation", of_owner=True)
    settlement_token = _token(SETTLEMENT_TOKEN, parameters.settlement_token)
    factory = parameters.amm.factory if parameters.amm else AddressOf(AMM_FACTORY)
    for market in parameters.markets:
        for token in market.tokens:
            of_pair: Mapping[str, Argument] = {"tokenA": AddressOf(token), "tokenB": settlement_token}
            yield PairCreation(pair_name(token), "UniswapV2Pair", of_pair, factory)
            for staked, kind in ((token, Market.PRIMARY), (pair_name(token), Market.SECONDARY)):
                of_farm: Mapping[str, Argument] = {
                    "token": AddressOf(staked),
                    "market": kind.value,
                    "weight": market.weight,
                }
                yield FunctionCall(farm_name(staked), "StakingFarm", of_farm, FARM, "addFarm", of_owner=True)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)
