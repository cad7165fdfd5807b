"""The formulas of the pools in exact integers. Source of each: the specification, sections 3 and 4.

Units: settlement units (the settlement token's smallest), token units (18 decimals), WAD (10**18), Unix seconds.
``//`` rounds down; where a formula rounds up, its name or docstring says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from perpetual_pools.model.constants import (
    DUST,
    MAX_DUST_PRICE,
    MAX_SUPPLY,
    MAX_TOTAL,
    REWARD_CAP_DIVISOR,
    WAD,
    YEAR,
    Q,
)


class CommitType(IntEnum):
    """What a commitment asks for, in the contract's order."""

    LONG_MINT = 0
    LONG_BURN = 1
    SHORT_MINT = 2
    SHORT_BURN = 3
    LONG_BURN_SHORT_MINT = 4
    SHORT_BURN_LONG_MINT = 5

    @property
    def is_mint(self) -> bool:
        """Settlement tokens go in."""
        return self in (CommitType.LONG_MINT, CommitType.SHORT_MINT)

    @property
    def is_burn(self) -> bool:
        """Settlement tokens come out."""
        return self in (CommitType.LONG_BURN, CommitType.SHORT_BURN)

    @property
    def burned_side(self) -> int | None:
        """0 long, 1 short, None for mints."""
        if self.is_mint:
            return None
        return 0 if self in (CommitType.LONG_BURN, CommitType.LONG_BURN_SHORT_MINT) else 1

    @property
    def minted_side(self) -> int | None:
        """0 long, 1 short, None for burns."""
        if self.is_burn:
            return None
        return 0 if self in (CommitType.LONG_MINT, CommitType.SHORT_BURN_LONG_MINT) else 1


# --- schedule ---


def first_grid_time_after(time: int, interval: int) -> int:
    """The first multiple of the interval strictly after ``time``."""
    return (time // interval + 1) * interval


def latest_grid_time(next_rebalance: int, now: int, interval: int) -> int:
    """t*: the latest grid time that has passed; ``now >= next_rebalance``."""
    return next_rebalance + (now - next_rebalance) // interval * interval


def next_after(latest: int, now: int, interval: int, front_running_interval: int) -> int:
    """When the rebalance after one as of ``latest`` opens: one interval on, or two when that is too near."""
    following = latest + interval
    return following + interval if following <= now + front_running_interval else following


# --- charges ---


def management_fee(balance: int, fee: int, elapsed: int) -> int:
    """What a side pays for ``elapsed`` seconds at ``fee`` WAD a year: at most the side, rounded down."""
    return min(balance, balance * fee * elapsed // (YEAR * WAD))


def keeper_reward(long: int, short: int, maximum: int, ramp: int, lateness: int, interval: int) -> tuple[int, int]:
    """What each side pays to the keeper; the reward is their sum.

    It rises to ``maximum`` over ``ramp`` seconds of lateness (ramp 0: at once), and is at most 0.01 % of the pool per
    hour of the interval. Both shares are rounded down.
    """
    total = long + short
    if total == 0:
        return 0, 0
    wanted = maximum if ramp == 0 else min(maximum, maximum * lateness // ramp)
    reward = min(wanted, total * interval // REWARD_CAP_DIVISOR)
    return reward * long // total, reward * short // total


# --- value transfer ---


def retained_fraction(lo: int, hi: int, leverage: int) -> int:
    """(lo / hi)**leverage in 1/Q, rounded down after every step."""
    x = lo * Q // hi
    m = x
    for _ in range(leverage - 1):
        m = m * x // Q
    return m


def value_transfer(long: int, short: int, last_price: int, price: int, leverage: int) -> tuple[int, int]:
    """Both balances after the move; the loser keeps the retained fraction rounded up, at least 1 unit.

    A loser whose balance is 0 (fees of many years) pays nothing.
    """
    if price == last_price:
        return long, short
    up = price > last_price
    loser = short if up else long
    if loser == 0:
        return long, short
    m = retained_fraction(min(price, last_price), max(price, last_price), leverage)
    keep = max(1, -(-loser * m // Q))
    moved = loser - keep
    return (long + moved, keep) if up else (keep, short + moved)


# --- batches ---


@dataclass(frozen=True)
class Execution:
    """What a batch yields. A batch that is refunded yields 0 and moves nothing."""

    out: int
    """Token units, for burns settlement units, for all its commitments together."""
    paid: int = 0
    """Settlement units that the burned side pays."""
    added: int = 0
    """Settlement units that the minted side gets."""
    fee: int = 0
    """Settlement units for the protocol."""


REFUND = Execution(0)


def after_fee(amount: int, fee: int) -> int:
    """``amount`` less ``fee`` WAD of it; the fee is rounded down."""
    return amount - amount * fee // WAD


def gross(amount: int, balance: int, supply: int) -> int:
    """Settlement units that ``amount`` token units are worth, rounded down."""
    return amount * balance // supply


def tokens_for(amount: int, balance: int, supply: int, decimals: int) -> int:
    """Token units for ``amount`` settlement units, rounded down; 0 where the batch must be refunded."""
    scale: int = 10 ** (18 - decimals)
    if balance == 0:
        out = amount * scale
        if supply >= DUST or supply + out < DUST:
            return 0
    elif supply < DUST and balance * scale > supply * MAX_DUST_PRICE:
        return 0
    else:
        out = amount * supply // balance
    return out if supply + out <= MAX_SUPPLY else 0


def price_batch(
    commit_type: CommitType,
    amount: int,
    balances: tuple[int, int],
    supplies: tuple[int, int],
    mint_fee: int,
    burn_fee: int,
    decimals: int,
) -> Execution:
    """Prices a batch at the balances and supplies after the value transfer, long first."""
    minted, burned = commit_type.minted_side, commit_type.burned_side
    if burned is None:
        if sum(balances) + amount > MAX_TOTAL:
            return REFUND
        paid, put_in, worth = 0, amount, amount
    else:
        paid = put_in = gross(amount, balances[burned], supplies[burned])
        worth = after_fee(paid, burn_fee)
    if minted is None:
        out, added, kept = worth, 0, worth
    else:
        added = kept = after_fee(worth, mint_fee)
        out = tokens_for(added, balances[minted], supplies[minted], decimals)
    return Execution(out, paid, added, put_in - kept) if out else REFUND


# --- views ---


def token_price(balance: int, supply: int, decimals: int) -> int:
    """WAD, settlement tokens per whole pool token, rounded down; 1 for an empty side."""
    if balance == 0 and supply < DUST:
        return WAD
    result: int = balance * 10 ** (18 - decimals) * WAD // supply
    return result


def rebalancing_rates(long: int, short: int) -> tuple[int, int]:
    """WAD: counterparty / own - 1, the quotient rounded down; 0 when either side is 0."""
    if long == 0 or short == 0:
        return 0, 0
    return short * WAD // long - WAD, long * WAD // short - WAD
