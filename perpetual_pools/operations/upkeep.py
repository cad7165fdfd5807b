"""Upkeep: rebalance all pools of a record that are due in one transaction, and read what happened to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ape
from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak

from perpetual_pools.chain.contracts import at_block, container
from perpetual_pools.deployment.plan import KEEPER
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.model.maths import latest_grid_time
from perpetual_pools.operations.calls import Call, Found
from perpetual_pools.operations.markets import pools_of
from perpetual_pools.records import Record

if TYPE_CHECKING:
    from ape.api import ReceiptAPI


@dataclass(frozen=True)
class Upkeep(Found):
    """One call for all pools that are due and whose oracle has the price; no call if there are no such pools."""

    names: tuple[str, ...]
    """The pools of the call."""
    missing_prices: dict[str, int]
    """Pools that are due but lack a price, and the time of that price in Unix seconds."""

    @property
    def waiting(self) -> tuple[str, ...]:
        """The pools that are due but lack a price."""
        return tuple(self.missing_prices)


@dataclass(frozen=True)
class Outcome:
    """The result of an upkeep for one pool. The price is in WAD, the reward in settlement units; `failure` may be empty."""

    name: str
    price: int = 0
    reward: int = 0
    failure: str = ""


def find_upkeep(record: Record, block: int, recipient: str | None = None) -> Upkeep:
    """Return the upkeep that is due as of the block.

    Args:
        recipient: who gets the rewards. None: nobody gets them, they stay in the pools.

    Raises:
        RecordError: the record has no keeper.
    """
    pools, keeper = pools_of(record), at_block("PoolKeeper", record.address(KEEPER), block)
    addresses = list(pools.values())
    is_due = dict(zip(pools, keeper.due(addresses), strict=True))
    _, performed = keeper.checkUpkeep(encode(["address[]", "address"], [addresses, ZERO_ADDRESS]))
    ready, hints, _ = decode(["address[]", "uint80[]", "address"], bytes(performed))
    names = tuple(_name(pools, pool) for pool in ready)
    arguments = ([pools[name] for name in names], list(hints), recipient or ZERO_ADDRESS)
    calls = (Call(KEEPER, keeper.contract, "upkeep", arguments),) if names else ()
    waiting = {name: pool for name, pool in pools.items() if is_due[name] and name not in names}
    return Upkeep(calls, names, {name: _grid_time(pool, block) for name, pool in waiting.items()})


def outcomes(record: Record, receipts: Sequence[ReceiptAPI]) -> list[Outcome]:
    """Return what the receipts of an upkeep say about each pool that was called."""
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


def _grid_time(pool: str, block: int) -> int:
    """Return the time of the price that the pool rebalances at: with grid times skipped, the latest one."""
    contract, now = at_block("LeveragedPool", pool, block), int(ape.chain.blocks[block].timestamp)
    due = int(contract.nextRebalance())
    return latest_grid_time(due, max(due, now), contract.rebalanceInterval())


def _error(reason: bytes) -> str:
    """Return an error of the pool or its oracle like `RebalanceNotDue(1700000000)`, and any other in hex."""
    for contract in ("LeveragedPool", "ChainlinkOracleWrapper"):
        for error in container(contract).contract_type.errors:
            types = [field.canonical_type for field in error.inputs]
            if keccak(text=f"{error.name}({','.join(types)})")[:4] == reason[:4]:
                return f"{error.name}({', '.join(map(str, decode(types, reason[4:])))})"
    return to_hex(reason)


def _name(pools: dict[str, str], address: str) -> str:
    return next(name for name, pool in pools.items() if pool == to_checksum_address(address))
