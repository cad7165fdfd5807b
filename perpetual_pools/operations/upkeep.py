"""The upkeep of a record's pools: what is due, in one transaction, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak

from perpetual_pools.chain.contracts import at_block, container
from perpetual_pools.deployment.plan import KEEPER
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.operations.calls import Call, Found
from perpetual_pools.operations.pools import pools_of
from perpetual_pools.records import Record

if TYPE_CHECKING:
    from ape.api import ReceiptAPI


@dataclass(frozen=True)
class Upkeep(Found):
    """One call for all pools whose time has come and whose oracle has a price for it; none without such."""

    names: tuple[str, ...]
    """Of those."""
    waiting: tuple[str, ...]
    """Pools whose time has come, but without a price."""


@dataclass(frozen=True)
class Outcome:
    """Of one pool. WAD and settlement units; `failure` is what it reverted with, empty if it did not."""

    name: str
    price: int = 0
    reward: int = 0
    failure: str = ""


def find_upkeep(record: Record, block: int, recipient: str | None = None) -> Upkeep:
    """What is due. `recipient`: who gets the rewards; None: nobody, they stay in the pools.

    Raises RecordError when the record has no keeper.
    """
    pools, keeper = pools_of(record), at_block("PoolKeeper", record.address(KEEPER), block)
    addresses = list(pools.values())
    is_due = dict(zip(pools, keeper.due(addresses), strict=True))
    _, performed = keeper.checkUpkeep(encode(["address[]", "address"], [addresses, ZERO_ADDRESS]))
    ready, hints, _ = decode(["address[]", "uint80[]", "address"], bytes(performed))
    names = tuple(_name(pools, pool) for pool in ready)
    arguments = ([pools[name] for name in names], list(hints), recipient or ZERO_ADDRESS)
    calls = (Call(KEEPER, keeper.contract, "upkeep", arguments),) if names else ()
    return Upkeep(calls, names, tuple(name for name in pools if is_due[name] and name not in names))


def outcomes(record: Record, receipts: Sequence[ReceiptAPI]) -> list[Outcome]:
    """What the upkeep says of each pool that was called. No receipts: nothing."""
    pools, found = pools_of(record), []
    events = [
        container("LeveragedPool").contract_type.events["Rebalanced"],
        container("PoolKeeper").contract_type.events["UpkeepFailed"],
    ]
    for receipt in receipts:
        for log in receipt.decode_logs(events):
            if log.event_name == "Rebalanced":
                found.append(Outcome(_name(pools, log.contract_address), log.price, log.reward))
            else:
                found.append(Outcome(_name(pools, log.pool), failure=_error(bytes(log.reason))))
    return found


def _error(reason: bytes) -> str:
    """Like `RebalanceNotDue(1700000000)`: an error of the pool or its oracle; in hex if it is neither's."""
    for contract in ("LeveragedPool", "ChainlinkOracleWrapper"):
        for error in container(contract).contract_type.errors:
            types = [field.canonical_type for field in error.inputs]
            if keccak(text=f"{error.name}({','.join(types)})")[:4] == reason[:4]:
                return f"{error.name}({', '.join(map(str, decode(types, reason[4:])))})"
    return to_hex(reason)


def _name(pools: dict[str, str], address: str) -> str:
    return next(name for name, pool in pools.items() if pool == to_checksum_address(address))
