"""Calls that are to be sent: by the account itself, or by a Safe."""

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
    """What was asked for cannot be done; says why and what to do."""


@dataclass(frozen=True)
class Call:
    """One transaction. `name` says in the record's terms what is called."""

    name: str
    contract: ContractInstance
    function: str
    arguments: tuple[Any, ...] = ()

    @property
    def data(self) -> str:
        """ABI-encoded."""
        return to_hex(getattr(self.contract, self.function).encode_input(*self.arguments))

    @property
    def method(self) -> str:
        """Like `farm.schedule`."""
        return f"{self.name}.{self.function}"

    def __str__(self) -> str:
        return f"{self.method}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True)
class Found:
    """What an operation has to send, in order; what is so already as of the block it looked at is left out."""

    calls: tuple[Call, ...]


def send_calls(
    account: AccountAPI, calls: Sequence[Call], nonce: int, report: Callable[[str], object] = lambda _: None
) -> Iterator[ReceiptAPI]:
    """Sends one after the other, from `nonce` on, which is of the block that the calls rest on.

    Raises:
        SendingError: the account cannot send.
        What the chain answers when it refuses a transaction.
    """
    for number, call in enumerate(calls, start=nonce):
        transaction = getattr(call.contract, call.function).as_transaction(*call.arguments, sender=account)
        receipt = send(signed(account, transaction, number))
        report(f"{call.method}: {receipt.txn_hash}")
        yield receipt


def safe_batch(calls: Sequence[Call], safe: str, description: str) -> str:
    """The calls as a file for a Safe's app Transaction Builder."""
    batch = {
        "version": "1.0",
        "chainId": str(ape.chain.chain_id),
        "createdAt": 1_000 * int(ape.chain.blocks.head.timestamp),
        "meta": {"name": "Perpetual Pools", "description": description, "createdFromSafeAddress": safe},
        "transactions": [{"to": call.contract.address, "value": "0", "data": call.data} for call in calls],
    }
    return json.dumps(batch, indent=2) + "\n"


def transactions(calls: Sequence[Call], receipts: Sequence[ReceiptAPI]) -> list[dict[str, Any]]:
    """For machines. `receipts`: of those that were sent."""
    hashes = [*(receipt.txn_hash for receipt in receipts), *[None] * (len(calls) - len(receipts))]
    return [
        {"to": call.contract.address, "call": str(call), "data": call.data, "hash": sent}
        for call, sent in zip(calls, hashes, strict=True)
    ]
