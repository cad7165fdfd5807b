"""The calls of operations. An account sends them itself, or they are written to a file for a Safe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ape
from eth_utils.conversions import to_hex

from perpetual_pools.chain.sending import send, signed
from perpetual_pools.errors import PerpetualPoolsError

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI
    from ape.contracts import ContractInstance


class OperationError(PerpetualPoolsError):
    """An operation that cannot be done. The message says why and what to do."""


@dataclass(frozen=True)
class Call:
    """One transaction. `name` is the contract's name in the record."""

    name: str
    contract: ContractInstance
    function: str
    arguments: tuple[Any, ...] = ()

    @property
    def data(self) -> str:
        """The ABI-encoded call, in hex."""
        return to_hex(getattr(self.contract, self.function).encode_input(*self.arguments))

    @property
    def method(self) -> str:
        """The name and the function, like `farm.schedule`."""
        return f"{self.name}.{self.function}"

    def __str__(self) -> str:
        return f"{self.method}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True)
class Found:
    """The calls of an operation, in order, without those that are already done as of the block that it read."""

    calls: tuple[Call, ...]


def send_calls(
    account: AccountAPI, calls: Sequence[Call], nonce: int, report: Callable[[str], object] = lambda _: None
) -> Iterator[ReceiptAPI]:
    """Send one call after the other and yield the receipts.

    Args:
        nonce: the account's next nonce as of the block at which the calls were found.

    Raises:
        SendingError: the account cannot send.
        The error of the chain if it refuses a transaction.
    """
    for number, call in enumerate(calls, start=nonce):
        transaction = getattr(call.contract, call.function).as_transaction(*call.arguments, sender=account)
        receipt = send(signed(account, transaction, number))
        report(f"{call.method}: {receipt.txn_hash}")
        yield receipt


def safe_batch(calls: Sequence[Call], safe: str, description: str) -> str:
    """Return the calls as a file for the Transaction Builder of the Safe's app."""
    batch = {
        "version": "1.0",
        "chainId": str(ape.chain.chain_id),
        "createdAt": 1_000 * int(ape.chain.blocks.head.timestamp),
        "meta": {"name": "Perpetual Pools", "description": description, "createdFromSafeAddress": safe},
        "transactions": [{"to": call.contract.address, "value": "0", "data": call.data} for call in calls],
    }
    return json.dumps(batch, indent=2) + "\n"


def transactions(calls: Sequence[Call], receipts: Sequence[ReceiptAPI]) -> list[dict[str, Any]]:
    """Return the calls as data for machines. `receipts` are those of the calls that were sent."""
    hashes = [*(receipt.txn_hash for receipt in receipts), *[None] * (len(calls) - len(receipts))]
    return [
        {"to": call.contract.address, "call": str(call), "data": call.data, "hash": sent}
        for call, sent in zip(calls, hashes, strict=True)
    ]
