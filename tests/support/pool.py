"""What is done to a pool's contract alone: there the model does not follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from perpetual_pools.model import CommitType
from perpetual_pools.twin.chain import Logs, Reverted, Sent, plain
from perpetual_pools.twin.pool import Twin
from tests.support.world import USDC

TOKEN = 10**18
LONG = 1_000 * USDC
SHORT = 1_000 * USDC
REENTRANCY = keccak(text="Reentrancy()")[:4]
NO_PERMIT = (0, 27, bytes(32), bytes(32))


def act(twin: Twin, sender: Any, method: str, *arguments: Any) -> Sent:
    """Calls the contract at the world's time. From then on the model is behind: no more verbs of the twin."""
    integers = [int(argument) if isinstance(argument, CommitType) else argument for argument in arguments]
    return twin.chain.send(twin.pool, method, integers, sender)


def approve(twin: Twin, holder: Any, amount: int) -> None:
    """Gives the pool an allowance of settlement tokens, in the place of the unlimited one."""
    twin.chain.send(twin.world.token, "approve", [twin.pool.address, amount], holder)


@contextmanager
def reverts(twin: Twin, error: str, contract: Any = None, /, **arguments: Any) -> Iterator[None]:
    """The block's one transaction, sent at the world's time, reverts with this error; all its arguments have to be given.

    `contract`: the one that declares the error; None: the pool.
    """
    errors = (contract or twin.pool).contract_type.errors
    (declared,) = [entry for entry in errors if entry.name == error]
    fields = [field.name for field in declared.inputs]
    assert set(arguments) == set(fields), declared.signature
    with pytest.raises(Reverted) as found, twin.chain.reverting():
        yield
    wanted = [plain(_address(arguments[field])) for field in fields]
    assert (found.value.name, [plain(value) for value in found.value.arguments]) == (error, wanted)


def logs_of(twin: Twin, sender: Any, method: str, *arguments: Any) -> Logs:
    """`act`, and the events of all contracts in order."""
    act(twin, sender, method, *arguments)
    return twin.chain.logs()


def asset_of(twin: Twin, kind: CommitType) -> Any:
    """The token that a commitment puts in."""
    return twin.world.token if kind.burned_side is None else (twin.long_token, twin.short_token)[kind.burned_side]


def to_window(twin: Twin) -> None:
    """As late before the next rebalance as commitments go to the next epoch for the first time."""
    twin.world.move_to(twin.model.next_rebalance - twin.model.params.front_running_interval)


def close(twin: Twin, sender: Any) -> None:
    """The feed dies, 14 days pass, the pool is shut down."""
    twin.set_oracle_failing(True)
    twin.world.move_to(twin.model.next_rebalance + 14 * 86_400)
    twin.shutdown(sender)


def calldata(signature: str, *values: Any) -> bytes:
    types = signature[signature.index("(") + 1 : -1]
    return keccak(text=signature)[:4] + encode(types.split(",") if types else [], values)


def _address(value: Any) -> Any:
    return getattr(value, "address", value)
