"""The model by itself, on no chain: a pool of two holders, and what it refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import pytest

from perpetual_pools.model import CommitType, FixedOracle, Ledger, Pool, Refused
from tests.twin import DEFAULTS

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


@dataclass(frozen=True)
class Refusal:
    """An error of the contract with its arguments, in the contract's order."""

    error: str
    arguments: dict[str, Any]


def refusal(error: str, **arguments: Any) -> Refusal:
    return Refusal(error, arguments)


@contextmanager
def refused(expected: Refusal) -> Iterator[None]:
    with pytest.raises(Refused) as found:
        yield
    assert (found.value.error, list(found.value.arguments.items())) == (
        expected.error,
        list(expected.arguments.items()),
    )


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
