"""Actions of the owner of factory and farm, which is the DAO's Safe, or on a test network the deployer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perpetual_pools.chain.contracts import AtBlock, at_block
from perpetual_pools.deployment.plan import FACTORY, FARM
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.operations.calls import Call, Found, OperationError
from perpetual_pools.operations.markets import choose_pools
from perpetual_pools.parameters import ValueProblem, parse_address, parse_share, parse_weight
from perpetual_pools.records import Record


@dataclass(frozen=True)
class Decision(Found):
    """The calls that the owner has to send."""

    sender: str
    """The owner; for `accept`, the future owner."""


@dataclass(frozen=True)
class Action:
    """Something that an owner decides. `find` returns the calls that are still needed as of a block."""

    find: Callable[[Record, int, Sequence[str]], list[Call]]
    of: str
    """The contract whose owner has to send them, as the record names it."""


def decide(record: Record, block: int, action: str, values: Sequence[str]) -> Decision:
    """Return the calls of an action that are still needed as of the block.

    Raises:
        OperationError: the action does not take these values, or cannot be done.
        RecordError: the record lacks a contract that the action needs.
    """
    of = ACTIONS[action].of
    sender = _offered_to(record, block) if action == "accept" else str(_owned(record, of, block).owner())
    try:
        return Decision(tuple(ACTIONS[action].find(record, block, values)), sender)
    except ValueProblem as problem:
        raise OperationError(f"{action}: {problem}") from problem


def verify_sender(decision: Decision, account: str) -> None:
    """Raise OperationError if the account is not the one that has to send."""
    if account != decision.sender:
        raise OperationError(f"{account} is not the owner: {decision.sender} has to send this")


def _owned(record: Record, name: str, block: int) -> AtBlock:
    return at_block({FACTORY: "PoolFactory", FARM: "StakingFarm"}[name], record.address(name), block)


def _offered_to(record: Record, block: int) -> str:
    """Return who may accept the ownership, or the owner if it is not offered to anybody."""
    offers = {str(_owned(record, name, block).pendingOwner()) for name in (FACTORY, FARM)} - {ZERO_ADDRESS}
    if len(offers) > 1:
        raise OperationError(f"factory and farm are offered to different owners: {', '.join(sorted(offers))}")
    return offers.pop() if offers else str(_owned(record, FACTORY, block).owner())


def _accept(record: Record, block: int, values: Sequence[str]) -> list[Call]:
    _expect(values, 0, "no values")
    owned = {name: _owned(record, name, block) for name in (FACTORY, FARM)}
    return [
        Call(name, it.contract, "acceptOwnership") for name, it in owned.items() if it.pendingOwner() != ZERO_ADDRESS
    ]


def _mints(paused: bool) -> Callable[[Record, int, Sequence[str]], list[Call]]:
    def find(record: Record, block: int, values: Sequence[str]) -> list[Call]:
        pools = {name: at_block("LeveragedPool", it, block) for name, it in choose_pools(record, values).items()}
        others = {name: pool.contract for name, pool in pools.items() if pool.mintPaused() != paused}
        return [Call(name, pool, "setMintPaused", (paused,)) for name, pool in others.items()]

    return find


def _fee_recipient(record: Record, block: int, values: Sequence[str]) -> list[Call]:
    _expect(values, 1, "one address")
    factory, recipient = _owned(record, FACTORY, block), parse_address(values[0])
    same = factory.feeRecipient() == recipient
    return [] if same else [Call(FACTORY, factory.contract, "setFeeRecipient", (recipient,))]


def _weights(record: Record, block: int, values: Sequence[str]) -> list[Call]:
    if not values:
        raise OperationError("expected STAKED=WEIGHT, like 3L-BTC/USDC=2 or '3L-BTC/USDC pair=2'")
    farm, calls = _owned(record, FARM, block), []
    for value in values:
        name, _, number = value.rpartition("=")
        token, weight = record.address(name), parse_weight(number)
        if farm.farm(token)[1] != weight:
            calls.append(Call(FARM, farm.contract, "setWeight", (token, weight)))
    return calls


def _allocation(record: Record, block: int, values: Sequence[str]) -> list[Call]:
    _expect(values, 1, 'one share, like "40 %"')
    farm, bps = _owned(record, FARM, block), parse_share(values[0])
    return [] if farm.primaryBps() == bps else [Call(FARM, farm.contract, "setAllocation", (bps,))]


def _expect(values: Sequence[str], count: int, what: str) -> None:
    if len(values) != count:
        raise OperationError(f"expected {what}, got {' '.join(values) or 'nothing'}")


ACTIONS = {
    "accept": Action(_accept, FACTORY),
    "pause-mints": Action(_mints(paused=True), FACTORY),
    "resume-mints": Action(_mints(paused=False), FACTORY),
    "set-fee-recipient": Action(_fee_recipient, FACTORY),
    "set-weight": Action(_weights, FARM),
    "set-allocation": Action(_allocation, FARM),
}
"""The actions by name. `perpetual_pools.cli.owner` explains them."""
