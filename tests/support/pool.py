"""What is done to a pool's contract alone: there the model does not follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ape
import pytest
from ape.api import AccountAPI
from ape.exceptions import ContractLogicError
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from perpetual_pools.model import CommitType
from perpetual_pools.twin.chain import Sent, address_of
from perpetual_pools.twin.pool import Twin
from tests.support.world import USDC

TOKEN = 10**18
LONG = 1_000 * USDC
SHORT = 1_000 * USDC
REENTRANCY = keccak(text="Reentrancy()")[:4]
NO_PERMIT = (0, 27, bytes(32), bytes(32))


def act(twin: Twin, sender: Any, method: str, *arguments: Any) -> Sent:
    """Calls the contract at the world's time. From then on the model is behind: no more verbs of the twin."""
    plain = [int(value) if isinstance(value, CommitType) else value for value in arguments]
    sent: Sent = twin.chain.send(twin.pool, method, plain, sender)
    return sent


def set_time(twin: Twin) -> None:
    """The next transaction is at the world's time; without, at that of the clock on the wall."""
    ape.chain.provider.set_timestamp(twin.world.now)


def approve(twin: Twin, holder: AccountAPI, amount: int) -> None:
    """Gives the pool an allowance of settlement tokens, in the place of the unlimited one."""
    twin.chain.send(twin.world.token, "approve", [twin.pool.address, amount], holder)


@contextmanager
def reverts(twin: Twin, error: str, **arguments: Any) -> Iterator[None]:
    """The block's one transaction, sent at the world's time, reverts with this error; all its arguments have to be given."""
    declared = getattr(twin.pool, error)
    assert set(arguments) == {field.name for field in declared.abi.inputs}, declared.abi.signature
    set_time(twin)
    with ape.reverts(declared, **{name: _plain(value) for name, value in arguments.items()}):
        yield


def require_refuses_ether(twin: Twin, sender: AccountAPI, method: str, *arguments: Any) -> None:
    """The call reverts with 1 wei, and succeeds without."""
    data = getattr(twin.pool, method).encode_input(*arguments)
    set_time(twin)
    with pytest.raises(ContractLogicError):
        sender.transfer(twin.pool.address, 1, data=data)
    assert twin.pool.balance == 0
    act(twin, sender, method, *arguments)


def logs_of(twin: Twin, sender: AccountAPI, method: str, *arguments: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """`act`, and the events of all contracts in order: address, name, arguments."""
    set_time(twin)
    receipt = getattr(twin.pool, method)(*arguments, sender=sender)
    return [(log.contract_address, log.event_name, dict(log.event_arguments)) for log in receipt.decode_logs()]


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


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else address_of(value)


def calldata(signature: str, *values: Any) -> bytes:
    types = signature[signature.index("(") + 1 : -1]
    return keccak(text=signature)[:4] + encode(types.split(",") if types else [], values)
