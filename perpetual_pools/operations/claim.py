"""Claims: an account collects the proceeds of its executed commitments."""

from __future__ import annotations

from perpetual_pools.chain.contracts import at_block
from perpetual_pools.operations.calls import Call, Found
from perpetual_pools.operations.markets import pools_of
from perpetual_pools.records import Record


def find_claims(record: Record, block: int, account: str) -> Found:
    """Return one claim for each pool that owes the account something."""
    pools = {name: at_block("LeveragedPool", address, block) for name, address in pools_of(record).items()}
    owing = {name: pool for name, pool in pools.items() if any(pool.claimable(account))}
    return Found(tuple(Call(name, pool.contract, "claim", (account, account)) for name, pool in owing.items()))
