"""The formulas of the pools in exact integers. Source: the specification, sections 3 and 4.

Units are settlement units (the settlement token's smallest), token units (18 decimals), WAD (10**18) and Unix seconds.
``//`` rounds down. If a formula rounds up, its name or docstring says so.
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
    """The commit types, in the contract's order."""

    LONG_MINT = 0
    LONG_BURN = 1
    SHORT_MINT = 2
    SHORT_BURN = 3
    LONG_BURN_SHORT_MINT = 4
    SHORT_BURN_LONG_MINT = 5

    @property
    def is_mint(self) -> bool:
        """Whether settlement tokens go in."""
        return self in (CommitType.LONG_MINT, CommitType.SHORT_MINT)

    @property
    def is_burn(self) -> bool:
        """Whether settlement tokens come out."""
        return self in (CommitType.LONG_BURN, CommitType.SHORT_BURN)

    @property
    def burned_side(self) -> int | None:
        """The side whose tokens are burned: 0 for long, 1 for short, None for mints."""
        if self.is_mint:
            return None
        return 0 if self in (CommitType.LONG_BURN, CommitType.LONG_BURN_SHORT_MINT) else 1

    @property
    def minted_side(self) -> int | None:
        """The side whose tokens are minted: 0 for long, 1 for short, None for burns."""
        if self.is_burn:
            return None
        return 0 if self in (CommitType.LONG_MINT, CommitType.SHORT_BURN_LONG_MINT) else 1


# --- schedule ---


def first_grid_time_after(time: int, interval: int) -> int:
    """Return the first multiple of the interval strictly after ``time``."""
    return (time // interval + 1) * interval


def latest_grid_time(next_rebalance: int, now: int, interval: int) -> int:
    """Return t*, the latest grid time that has passed. ``now`` must not be before ``next_rebalance``."""
    return next_rebalance + (now - next_rebalance) // interval * interval


def next_after(latest: int, now: int, interval: int, front_running_interval: int) -> int:
    """Return when the rebalance after the one as of ``latest`` opens.

    It opens one interval later, or two if one interval later is within the front-running interval from now.
    """
    following = latest + interval
    return following + interval if following <= now + front_running_interval else following


# --- charges ---


def management_fee(balance: int, fee: int, elapsed: int) -> int:
    """Return the fee of a side for ``elapsed`` seconds at ``fee`` WAD per year, rounded down, at most its balance."""
    return min(balance, balance * fee * elapsed // (YEAR * WAD))


def keeper_reward(long: int, short: int, maximum: int, ramp: int, lateness: int, interval: int) -> tuple[int, int]:
    """Return each side's part of the keeper's reward, in settlement units. Both parts are rounded down.

    The reward rises to ``maximum`` over ``ramp`` seconds of lateness, or is ``maximum`` at once if ``ramp`` is 0. It is at
    most 0.01 % of the pool per hour of the interval.
    """
    total = long + short
    if total == 0:
        return 0, 0
    wanted = maximum if ramp == 0 else min(maximum, maximum * lateness // ramp)
    reward = min(wanted, total * interval // REWARD_CAP_DIVISOR)
    return reward * long // total, reward * short // total


# --- value transfer ---


def retained_fraction(lo: int, hi: int, leverage: int) -> int:
    """Return (lo / hi)**leverage in units of 1/Q, rounded down after every step."""
    x = lo * Q // hi
    m = x
    for _ in range(leverage - 1):
        m = m * x // Q
    return m


def value_transfer(long: int, short: int, last_price: int, price: int, leverage: int) -> tuple[int, int]:
    """Return both balances after the price move, long first.

    The loser keeps the retained fraction of its balance, rounded up, and at least 1 unit. A loser whose balance is 0, after
    many years of fees, pays nothing.
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
    """The result of executing a batch. A batch that is refunded yields 0 and moves nothing."""

    out: int
    """The proceeds of all its commitments together: settlement units for burns, token units for mints and flips."""
    paid: int = 0
    """The settlement units that the burned side pays."""
    added: int = 0
    """The settlement units that the minted side gets."""
    fee: int = 0
    """The settlement units that the protocol gets."""


REFUND = Execution(0)


def after_fee(amount: int, fee: int) -> int:
    """Return ``amount`` minus a fee of ``fee`` WAD. The fee is rounded down."""
    return amount - amount * fee // WAD


def gross(amount: int, balance: int, supply: int) -> int:
    """Return the value of ``amount`` token units in settlement units, rounded down."""
    return amount * balance // supply


def tokens_for(amount: int, balance: int, supply: int, decimals: int) -> int:
    """Return the token units for ``amount`` settlement units, rounded down, or 0 if the batch must be refunded."""
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
    """Price a batch at the balances and supplies after the value transfer, long first."""
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
    """Return the price of a pool token in settlement tokens, in WAD, rounded down. It is 1 WAD for an empty side."""
    if balance == 0 and supply < DUST:
        return WAD
    result: int = balance * 10 ** (18 - decimals) * WAD // supply
    return result


def rebalancing_rates(long: int, short: int) -> tuple[int, int]:
    """Return both rebalancing rates in WAD, long first.

    A rate is the other balance / the own balance - 1. The quotient is rounded down. Both rates are 0 if a balance is 0.
    """
    if long == 0 or short == 0:
        return 0, 0
    return short * WAD // long - WAD, long * WAD // short - WAD
