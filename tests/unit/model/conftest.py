"""The model by itself, on no chain: a pool of two holders, and what it refuses."""

import pytest

from perpetual_pools.model import CommitType, FixedOracle, Ledger, Pool
from tests.support.model import NOW, OPENS, PARAMS, PRICE, USDC


@pytest.fixture
def usdc() -> Ledger:
    ledger = Ledger("TransferFromFailed")
    for trader in ("alice", "bob"):
        ledger.mint(trader, 2_000 * USDC)
    return ledger


@pytest.fixture
def pool(usdc: Ledger) -> Pool:
    """3-BTC/USDC at 100 in epoch 2: alice has 1,000 L-tokens, bob 1,000 S-tokens, each also 1,000 USDC."""
    pool = Pool(PARAMS, settlement=usdc, settlement_decimals=6, oracle=FixedOracle(PRICE), now=NOW)
    pool.commit(NOW, "alice", CommitType.LONG_MINT, 1_000 * USDC, "alice")
    pool.commit(NOW, "bob", CommitType.SHORT_MINT, 1_000 * USDC, "bob")
    pool.rebalance(OPENS)
    pool.claim("alice", "alice", "alice")
    pool.claim("bob", "bob", "bob")
    return pool
