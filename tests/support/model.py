"""The parameters and times of a pool that is on no chain, and all that can be seen of it."""

from dataclasses import asdict, replace
from typing import Any

from perpetual_pools.model import CommitType, Pool
from perpetual_pools.twin.pool import DEFAULTS

NOW = 1_999_998_600
"""Ten minutes after a full hour."""
OPENS = 2_000_001_600
"""When a pool of NOW rebalances first."""
HOUR = 3_600
DELAY = 14 * 86_400
WAD = 10**18
TOKEN = 10**18
USDC = 10**6
PRICE = 100 * WAD
PARAMS = replace(DEFAULTS, settlement_token="USDC", oracle="oracle")


def state(pool: Pool) -> dict[str, Any]:
    """All that can be seen of it."""
    ledgers = pool.settlement, pool.long_token, pool.short_token
    accounts = "alice", "bob", "pool", "fee recipient"
    epochs = range(pool.epoch - 1, pool.epoch + 2)
    return {
        "plain": (pool.last_price, pool.last_rebalance, pool.next_rebalance, pool.epoch, pool.protocol_fees),
        "flags": (pool.mint_paused, pool.is_shutdown),
        "sides": (pool.balances(), pool.supplies()),
        "held": [(ledger.total_supply, *map(ledger.balance_of, accounts)) for ledger in ledgers],
        "batches": [pool.batch(epoch, kind) for epoch in epochs for kind in CommitType],
        "commitments": [pool.commitment(a, kind, epoch) for a in accounts for epoch in epochs for kind in CommitType],
        "claimable": [pool.claimable(account) for account in accounts],
        "operators": [pool.is_operator(a, b) for a in accounts for b in accounts],
        "events": [asdict(event) for event in pool.events],
    }
