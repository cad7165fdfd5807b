"""Protocol fees: anyone may send the calls that pay them to the fee recipient."""

from __future__ import annotations

from dataclasses import dataclass

from perpetual_pools.chain.contracts import at_block
from perpetual_pools.operations.calls import Call, Found
from perpetual_pools.operations.markets import pools_of
from perpetual_pools.records import Record


@dataclass(frozen=True)
class Fees(Found):
    """The calls that pay the fees out, one for each pool that has fees."""

    amounts: dict[str, int]
    """The protocol fees of each pool, in settlement units."""


def find_fees(record: Record, block: int) -> Fees:
    """Return the protocol fees as of the block, and the calls that pay them out."""
    pools = {name: at_block("LeveragedPool", pool, block) for name, pool in pools_of(record).items()}
    amounts = {name: int(pool.protocolFees()) for name, pool in pools.items()}
    calls = tuple(Call(name, pools[name].contract, "collectFees") for name, amount in amounts.items() if amount)
    return Fees(calls, amounts)
