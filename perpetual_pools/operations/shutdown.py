"""Closing a pool whose oracle is dead. Anyone may do it 14 days after a rebalance that the pool missed."""

from __future__ import annotations

import ape

from perpetual_pools.chain.contracts import at_block
from perpetual_pools.formatting import as_utc
from perpetual_pools.model.constants import SHUTDOWN_DELAY
from perpetual_pools.operations.calls import Call, Found, OperationError
from perpetual_pools.operations.markets import choose_pools
from perpetual_pools.records import Record


def find_shutdown(record: Record, block: int, market: str) -> Found:
    """Return the call that closes the market's pool, or no call if it is closed already.

    The pool tries to rebalance first and stays open if it can. Raises OperationError if it is too early.
    """
    ((name, address),) = choose_pools(record, [market]).items()
    pool = at_block("LeveragedPool", address, block)
    if pool.isShutdown():
        return Found(())
    opens, now = pool.nextRebalance() + SHUTDOWN_DELAY, int(ape.chain.pending_timestamp)
    if now < opens:
        raise OperationError(
            f"{name} cannot be shut down before {as_utc(opens)}, 14 days after the rebalance that it missed; "
            f"it is {as_utc(now)} now"
        )
    return Found((Call(name, pool.contract, "shutdown"),))
