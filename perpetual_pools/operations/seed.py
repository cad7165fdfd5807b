"""Seeding a new pool: both sides get something in them, so that nobody can be alone in it."""

from __future__ import annotations

from perpetual_pools.chain.contracts import at_block
from perpetual_pools.model import CommitType
from perpetual_pools.operations.calls import Call, Found, OperationError
from perpetual_pools.operations.pools import choose_pools, pools_of
from perpetual_pools.records import Record

MINTS = (CommitType.LONG_MINT, CommitType.SHORT_MINT)


def find_seeding(record: Record, block: int, market: str, amount: int, account: str) -> Found:
    """What brings each side to `amount` settlement units, mints that wait counted: an allowance, and a mint for each side.

    None where both have as much. Raises OperationError when the account has too little.
    """
    ((name, address),) = choose_pools(record, [market]).items()
    pool = at_block("LeveragedPool", address, block)
    token = at_block("MockERC20", pool.settlementToken(), block)  # whichever ERC-20 it is
    epoch, balances = pool.epoch(), pool.balances()
    missing = {}
    for kind, balance in zip(MINTS, balances, strict=True):
        waiting = sum(pool.batch(number, kind)[0] for number in (epoch, epoch + 1))
        if balance + waiting < amount:
            missing[kind] = amount - balance - waiting
    total = sum(missing.values())
    if token.balanceOf(account) < total:
        raise OperationError(f"{account} has {token.balanceOf(account)} units of {token.symbol()}, {total} are needed")
    calls = [Call(name, pool.contract, "commit", (kind.value, units, account)) for kind, units in missing.items()]
    if total and token.allowance(account, address) != total:
        calls.insert(0, Call(token.symbol(), token.contract, "approve", (address, total)))
    return Found(tuple(calls))


def find_claims(record: Record, block: int, account: str) -> Found:
    """The claims of what has executed for the account, one for each pool that owes something."""
    pools = {name: at_block("LeveragedPool", address, block) for name, address in pools_of(record).items()}
    owing = {name: pool for name, pool in pools.items() if any(pool.claimable(account))}
    return Found(tuple(Call(name, pool.contract, "claim", (account, account)) for name, pool in owing.items()))
