"""Seeding a new pool: both sides get an amount, so that no trader is ever alone in the pool."""

from __future__ import annotations

from perpetual_pools.chain.contracts import at_block, instance
from perpetual_pools.model import CommitType
from perpetual_pools.operations.calls import Call, Found, OperationError
from perpetual_pools.operations.markets import choose_pools
from perpetual_pools.parameters import ValueProblem, parse_amount
from perpetual_pools.records import Record

MINTS = (CommitType.LONG_MINT, CommitType.SHORT_MINT)


def seeding_amount(record: Record, market: str, text: str) -> int:
    """Return an amount like "1_000 USDC" in units of the market's settlement token. Raises OperationError."""
    (pool,) = choose_pools(record, [market]).values()
    token = instance("MockERC20", instance("LeveragedPool", pool).settlementToken())  # whichever ERC-20 it is
    try:
        return parse_amount(text, token.symbol(), token.decimals())
    except ValueProblem as problem:
        raise OperationError(f"--amount: {problem}") from problem


def find_seeding(record: Record, block: int, market: str, amount: int, account: str) -> Found:
    """Return an allowance and the mints that bring each side to `amount` settlement units. Pending mints count too.

    If both sides have the amount, there are no calls. Raises OperationError if the account has too little.
    """
    ((name, address),) = choose_pools(record, [market]).items()
    pool = at_block("LeveragedPool", address, block)
    token = at_block("MockERC20", pool.settlementToken(), block)
    epoch, balances = pool.epoch(), pool.balances()
    missing = {}
    for kind, balance in zip(MINTS, balances, strict=True):
        waiting = sum(pool.batch(number, kind)[0] for number in (epoch, epoch + 1))
        if balance + waiting < amount:
            missing[kind] = amount - balance - waiting
    total = sum(missing.values())
    if token.balanceOf(account) < total:
        raise OperationError(f"{account} has {token.balanceOf(account)} units of {token.symbol()} but needs {total}")
    calls = [Call(name, pool.contract, "commit", (kind.value, units, account)) for kind, units in missing.items()]
    if total and token.allowance(account, address) != total:
        calls.insert(0, Call(token.symbol(), token.contract, "approve", (address, total)))
    return Found(tuple(calls))
