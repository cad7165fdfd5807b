"""Checks before a deployment: the chain, its tokens, feeds, AMM and Safe must match the parameters."""

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
"""The least time, in seconds, from the beginning of a deployment to week 0."""
MOST_TIME_TO_START = 365 * 86_400
"""The greatest time, in seconds. A later start is probably a typo in the year, and a farm's start can never change."""
_DELEGATION = bytes.fromhex("ef0100")
"""The first bytes of the code of an account that delegates by EIP-7702. Such an account still has a single key."""


def verify_prices(parameters: Parameters) -> None:
    """Raise ParametersError, with the line, if a feed has no valid price now or the sequencer is down.

    Pools cannot be deployed without a price.
    """
    for name, feed in parameters.feeds.items():
        if feed.address != "test":
            _verify_price(parameters, name, feed)
    if parameters.sequencer is not None:
        _verify_sequencer(parameters, parameters.sequencer)


def verify_contracts(parameters: Parameters) -> None:
    """Raise ParametersError, with the line, if the connected chain or a contract on it does not match the parameters."""
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
    """Raise ParametersError if the farm's start is too close or too far away, or if no farm has a weight."""
    start = parameters.farm.start
    left = start.seconds if isinstance(start, After) else start - int(ape.chain.blocks.head.timestamp)
    if left < LEAST_TIME_TO_START:
        raise parameters.problem(
            ("farm", "start"),
            f"expected at least {LEAST_TIME_TO_START} seconds until the start to add all farms, got {left}",
        )
    if left > MOST_TIME_TO_START:
        message = f"expected at most {MOST_TIME_TO_START} seconds until the start, got {left}: is the year right?"
        raise parameters.problem(("farm", "start"), message)
    if not any(market.weight for market in parameters.markets):  # after the launch, the DAO may set all weights to 0
        raise parameters.problem(("markets",), "expected a market with a weight above 0: nobody could earn a reward")


def _verify_safe(parameters: Parameters) -> None:
    owner = parameters.owner
    code = ape.chain.provider.get_code(owner)
    if not code:
        raise parameters.problem(("owner",), f"expected a Safe: there is no contract at {owner}")
    if code.startswith(_DELEGATION):
        message = f"expected a Safe: {owner} is an account with a key, and only delegates to code (EIP-7702)"
        raise parameters.problem(("owner",), message)
    safe = instance("MockSafe", owner)
    try:
        threshold, owners = safe.getThreshold(), safe.getOwners()
    except NO_ANSWER as error:
        message = f"expected a Safe: the contract at {owner} does not answer getThreshold() and getOwners(): {error}"
        raise parameters.problem(("owner",), message) from error
    if not owners or threshold < 1:
        message = (
            f"expected a Safe with owners and a threshold of at least 1: {owner} has {len(owners)} owners and "
            f"the threshold {threshold}"
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
        raise parameters.problem((*place, "max_age"), f"the feed's latest round is {age} seconds old, more than this")
    if not 1 <= answer * 10**18 // 10**feed.decimals <= MAX_PRICE:
        message = (
            f"expected a feed whose latest answer is a price that pools accept (1 to 2**96 - 1 in WAD), got {answer}"
        )
        raise parameters.problem((*place, "address"), message)


def _verify_sequencer(parameters: Parameters, sequencer: Sequencer) -> None:
    _, answer, started_at, _, _ = _latest_round(parameters, ("sequencer", "feed"), sequencer.feed)
    if answer != 0 or started_at == 0:
        message = f"the sequencer is not up: answer {answer}, started at {started_at}"
        raise parameters.problem(("sequencer", "feed"), message)
    valid_from = started_at + sequencer.grace_period
    if ape.chain.blocks.head.timestamp < valid_from:
        message = f"the sequencer has been up only since {started_at}: wait until {valid_from}"
        raise parameters.problem(("sequencer", "grace_period"), message)


def _latest_round(parameters: Parameters, place: tuple[str, ...], feed: str) -> tuple[int, ...]:
    """Return the round id, answer, start, update and round id. The interface has no names for them, so it is a tuple."""
    return tuple(_view(parameters, place, "IAggregatorV3", feed, "latestRoundData"))


def _verify_view(
    parameters: Parameters, place: tuple[str, ...], view: str, contract: str, address: str, expected: str | int
) -> None:
    answer = _view(parameters, (*place, "address"), contract, address, view)
    if answer != expected:
        raise parameters.problem((*place, view), f"expected {answer!r}, as {address} answers, got {expected!r}")


def _view(parameters: Parameters, place: tuple[str, ...], contract: str, address: str, view: str) -> Any:
    if not ape.chain.provider.get_code(address):
        raise parameters.problem(place, f"there is no contract at {address} on chain {parameters.chain_id}")
    try:
        return getattr(instance(contract, address), view)()
    except NO_ANSWER as error:
        raise parameters.problem(place, f"the contract at {address} does not answer {view}(): {error}") from error
