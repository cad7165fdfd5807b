"""Whether the connected chain is what the parameters say."""

from __future__ import annotations

from typing import Any

import ape
from ape.exceptions import ContractNotFoundError, DecodingError, VirtualMachineError

from perpetual_pools.chain import amm
from perpetual_pools.chain.contracts import instance
from perpetual_pools.model.constants import MAX_PRICE
from perpetual_pools.parameters import TEST_CHAIN_IDS, After, FeedParameters, Parameters, Sequencer, Token

NO_ANSWER = (ContractNotFoundError, DecodingError, VirtualMachineError)
LEAST_TIME_TO_START = 3_600
"""Seconds from the beginning of a deployment to week 0."""
MOST_TIME_TO_START = 365 * 86_400
"""Likewise: a start further away is a mistyped year, and a farm's cannot be changed."""
_DELEGATION = bytes.fromhex("ef0100")
"""What the code of an account begins with that has delegated it by EIP-7702: it still has its one key."""


def verify_prices(parameters: Parameters) -> None:
    """Raises ParametersError, at the line, when a feed has no valid price now or the sequencer is down.

    Then nothing could be deployed.
    """
    for name, feed in parameters.feeds.items():
        if feed.address != "test":
            _verify_price(parameters, name, feed)
    if parameters.sequencer is not None:
        _verify_sequencer(parameters, parameters.sequencer)


def verify_contracts(parameters: Parameters) -> None:
    """Raises ParametersError, at the line, when the connected chain or a contract on it is not what the parameters say."""
    if ape.chain.chain_id != parameters.chain_id:
        raise parameters.problem(
            ("chain_id",),
            f"expected the chain id of the connected network, {ape.chain.chain_id}, got {parameters.chain_id}",
        )
    _verify_token(parameters, ("settlement_token",), parameters.settlement_token)
    _verify_token(parameters, ("farm", "reward_token"), parameters.farm.reward_token)
    for name, feed in parameters.feeds.items():
        if feed.address != "test":
            _verify_view(parameters, ("feeds", name), "description", "IAggregatorV3", feed.address, feed.description)
            _verify_view(parameters, ("feeds", name), "decimals", "IAggregatorV3", feed.address, feed.decimals)
    if parameters.amm is not None:
        try:
            amm.at(parameters.amm.factory, parameters.amm.router)
        except (amm.AmmError, *NO_ANSWER) as error:
            raise parameters.problem(("amm",), str(error)) from error
    if parameters.chain_id not in TEST_CHAIN_IDS:
        _verify_safe(parameters)


def verify_start(parameters: Parameters) -> None:
    """Raises ParametersError when the farm could not be complete before its start, or would begin for nobody."""
    start = parameters.farm.start
    left = start.seconds if isinstance(start, After) else start - int(ape.chain.blocks.head.timestamp)
    if left < LEAST_TIME_TO_START:
        raise parameters.problem(
            ("farm", "start"),
            f"expected at least {LEAST_TIME_TO_START} seconds until then, for all farms to be added, got {left}",
        )
    if left > MOST_TIME_TO_START:
        message = f"expected at most {MOST_TIME_TO_START} seconds until then, got {left}: is the year right?"
        raise parameters.problem(("farm", "start"), message)
    if not any(market.weight for market in parameters.markets):  # later the DAO may wind all of them down
        raise parameters.problem(("markets",), "expected a weight above 0 in a market: nobody could earn a reward")


def _verify_safe(parameters: Parameters) -> None:
    owner = parameters.owner
    code = ape.chain.provider.get_code(owner)
    if not code:
        raise parameters.problem(("owner",), f"there is no contract at {owner}: a Safe is one")
    if code.startswith(_DELEGATION):
        message = f"expected a Safe: {owner} is an account with a key, which has delegated its code (EIP-7702)"
        raise parameters.problem(("owner",), message)
    safe = instance("MockSafe", owner)
    try:
        threshold, owners = safe.getThreshold(), safe.getOwners()
    except NO_ANSWER as error:
        message = f"expected a Safe: the contract at {owner} does not answer getThreshold() and getOwners(): {error}"
        raise parameters.problem(("owner",), message) from error
    if not owners or threshold < 1:
        message = (
            f"expected a Safe with owners and a threshold of at least 1, {owner} has {len(owners)} and {threshold}"
        )
        raise parameters.problem(("owner",), message)


def _verify_token(parameters: Parameters, place: tuple[str, ...], token: Token) -> None:
    if token.address != "test":
        for view, expected in (("symbol", token.symbol), ("decimals", token.decimals), ("name", token.name)):
            _verify_view(parameters, place, view, "MockERC20", token.address, expected)


def _verify_price(parameters: Parameters, name: str, feed: FeedParameters) -> None:
    place = ("feeds", name)
    _, answer, _, updated_at, _ = _latest_round(parameters, (*place, "address"), feed.address)
    age = ape.chain.blocks.head.timestamp - updated_at
    if age > feed.max_age:
        raise parameters.problem((*place, "max_age"), f"the feed's latest round is {age} seconds old, more than that")
    if not 1 <= answer * 10**18 // 10**feed.decimals <= MAX_PRICE:
        message = f"expected a feed whose latest answer is 1 to 2**96 - 1 in WAD, which pools accept, got {answer}"
        raise parameters.problem((*place, "address"), message)


def _verify_sequencer(parameters: Parameters, sequencer: Sequencer) -> None:
    _, answer, started_at, _, _ = _latest_round(parameters, ("sequencer", "feed"), sequencer.feed)
    if answer != 0 or started_at == 0:
        message = f"the sequencer is not up: answer {answer}, started at {started_at}"
        raise parameters.problem(("sequencer", "feed"), message)
    valid_from = started_at + sequencer.grace_period
    if ape.chain.blocks.head.timestamp < valid_from:
        message = f"the sequencer changed at {started_at}: wait until {valid_from}"
        raise parameters.problem(("sequencer", "grace_period"), message)


def _latest_round(parameters: Parameters, place: tuple[str, ...], feed: str) -> tuple[int, ...]:
    """Round id, answer, start, update, round id: not more than a tuple, for the interface has no names for them."""
    return tuple(_view(parameters, place, "IAggregatorV3", feed, "latestRoundData"))


def _verify_view(
    parameters: Parameters, place: tuple[str, ...], view: str, contract: str, address: str, expected: str | int
) -> None:
    answer = _view(parameters, (*place, "address"), contract, address, view)
    if answer != expected:
        raise parameters.problem((*place, view), f"expected what {address} answers, {answer!r}, got {expected!r}")


def _view(parameters: Parameters, place: tuple[str, ...], contract: str, address: str, view: str) -> Any:
    if not ape.chain.provider.get_code(address):
        raise parameters.problem(place, f"there is no contract at {address} on chain {parameters.chain_id}")
    try:
        return getattr(instance(contract, address), view)()
    except NO_ANSWER as error:
        raise parameters.problem(place, f"the contract at {address} does not answer {view}(): {error}") from error
