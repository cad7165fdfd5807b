"""The pools of a record."""

from __future__ import annotations

from collections.abc import Sequence

from perpetual_pools.chain.contracts import instance
from perpetual_pools.operations.calls import OperationError
from perpetual_pools.records import Record


def pools_of(record: Record) -> dict[str, str]:
    """Return the addresses of all pools by the names of their markets."""
    return {name: entry.address for name, entry in record.deployments.items() if entry.contract == "LeveragedPool"}


def choose_pools(record: Record, markets: Sequence[str]) -> dict[str, str]:
    """Return the pools of the markets, or all if none is named. Raises OperationError if the record lacks one."""
    pools = pools_of(record)
    for market in markets:
        if market not in pools:
            raise OperationError(f"the record has no market {market!r}. It has: {', '.join(pools)}")
    return {name: pool for name, pool in pools.items() if name in markets or not markets}


def decimals_of(record: Record) -> int:
    """Return the decimals of the settlement token, which all pools of a record share."""
    pool = instance("LeveragedPool", next(iter(pools_of(record).values())))
    return int(instance("MockERC20", pool.settlementToken()).decimals())
