"""What anybody may call of a record's pools: paying out protocol fees, and closing a pool whose oracle died."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ape

from perpetual_pools.chain.contracts import at_block, instance
from perpetual_pools.model.constants import SHUTDOWN_DELAY
from perpetual_pools.operations.calls import Call, Found, OperationError
from perpetual_pools.records import Record


@dataclass(frozen=True)
class Fees(Found):
    """The calls pay out what there is."""

    amounts: dict[str, int]
    """The protocol fees of each pool, in settlement units."""


def pools_of(record: Record) -> dict[str, str]:
    """Addresses by name."""
    return {name: entry.address for name, entry in record.deployments.items() if entry.contract == "LeveragedPool"}


def choose_pools(record: Record, markets: Sequence[str]) -> dict[str, str]:
    """Those of the markets; all, if none is named. Raises OperationError for one that the record does not have."""
    pools = pools_of(record)
    for market in markets:
        if market not in pools:
            raise OperationError(f"the record has no market {market!r}, only {', '.join(pools)}")
    return {name: pool for name, pool in pools.items() if name in markets or not markets}


def decimals_of(record: Record) -> int:
    """The settlement token's. All pools of a record have the same."""
    pool = instance("LeveragedPool", next(iter(pools_of(record).values())))
    return int(instance("MockERC20", pool.settlementToken()).decimals())


def find_fees(record: Record, block: int) -> Fees:
    """The protocol fees as of the block, and the calls that pay them out."""
    pools = {name: at_block("LeveragedPool", pool, block) for name, pool in pools_of(record).items()}
    amounts = {name: int(pool.protocolFees()) for name, pool in pools.items()}
    calls = tuple(Call(name, pools[name].contract, "collectFees") for name, amount in amounts.items() if amount)
    return Fees(calls, amounts)


def find_shutdown(record: Record, block: int, market: str) -> Found:
    """The call that closes the market's pool; none if it is closed.

    The pool tries to rebalance first, and stays open when it can. Raises OperationError when it is too early.
    """
    ((name, address),) = choose_pools(record, [market]).items()
    pool = at_block("LeveragedPool", address, block)
    if pool.isShutdown():
        return Found(())
    opens, now = pool.nextRebalance() + SHUTDOWN_DELAY, int(ape.chain.pending_timestamp)
    if now < opens:
        raise OperationError(
            f"{name} can be shut down from {opens} on, 14 days after the rebalance that it misses; it is {now} now"
        )
    return Found((Call(name, pool.contract, "shutdown"),))
