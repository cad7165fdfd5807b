"""The scenario of the demo: its traders, and their commitments in each hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from perpetual_pools.model import CommitType, Pool

DECIMALS = 6
USDC = 10**DECIMALS


class Trader(Enum):
    """The traders, named by their strategies. Each begins with ``STAKE`` settlement units."""

    LONG_HOLDER = "long holder"
    SHORT_HOLDER = "short holder"
    RATE_TRADER = "rebalancing-rate trader"
    STRADDLER = "straddler"
    FLIPPER = "flipper"
    PROVIDER = "liquidity provider"
    SMALL_PROVIDER = "small provider"


STAKE = 2_500_000 * USDC
AUTO_CLAIMER = Trader.FLIPPER
"""The trader who made the keeper contract an operator, so that the keeper claims for this trader."""
PROVIDERS = Trader.PROVIDER, Trader.SMALL_PROVIDER
"""The traders who add their L-tokens and USDC to the pairs of the AMM, and stake the LP tokens."""
MINERS = Trader.LONG_HOLDER, Trader.SHORT_HOLDER, Trader.STRADDLER, *PROVIDERS
"""The traders who claim pool tokens every hour and stake them. The others claim every third hour and do not stake."""


def claims_rewards(hour: int) -> bool:
    """Return whether stakers claim TCR in the hour before rebalance number ``hour``."""
    return hour % 6 == 3


@dataclass(frozen=True)
class Intent:
    """A commitment that a trader is going to make."""

    trader: Trader
    commit_type: CommitType
    amount: int
    """The amount, in settlement units for mints, otherwise in token units."""
    last_minute: bool = False
    """Whether it is made within the front-running interval, so that it executes an hour later."""


def intents(hour: int, hours: int, pool: Pool, held: Callable[[Trader], tuple[int, int]]) -> Iterator[Intent]:
    """Yield the traders' commitments to one market in the hour before rebalance number ``hour``, from 0.

    `held` returns a trader's L-tokens and S-tokens, staked or not.
    """
    leveraged = pool.params.leverage > 1
    if hour == 0:
        yield Intent(Trader.LONG_HOLDER, CommitType.LONG_MINT, 400_000 * USDC)
        yield Intent(Trader.PROVIDER, CommitType.LONG_MINT, 95_000 * USDC)
        yield Intent(Trader.SMALL_PROVIDER, CommitType.LONG_MINT, 5_000 * USDC)
        yield Intent(Trader.SHORT_HOLDER, CommitType.SHORT_MINT, 480_000 * USDC)
        yield Intent(Trader.FLIPPER, CommitType.LONG_MINT, 60_000 * USDC)
    if hour == 1 and leveraged:
        yield Intent(Trader.STRADDLER, CommitType.LONG_MINT, 150_000 * USDC)
        yield Intent(Trader.STRADDLER, CommitType.SHORT_MINT, 150_000 * USDC)
    if hour % 6 == 2:
        # For the same price move, the smaller side gains a larger percentage than it can lose.
        long, short = pool.balances()
        smaller = CommitType.LONG_MINT if long < short else CommitType.SHORT_MINT
        yield Intent(Trader.RATE_TRADER, smaller, 40_000 * USDC, last_minute=hour % 12 == 2)
    if hour % 12 == 11:
        for commit_type, amount in zip(
            (CommitType.LONG_BURN, CommitType.SHORT_BURN), held(Trader.RATE_TRADER), strict=True
        ):
            if amount > 1:
                yield Intent(Trader.RATE_TRADER, commit_type, amount // 2)
    if hour % 5 == 4:
        flips = (CommitType.LONG_BURN_SHORT_MINT, CommitType.SHORT_BURN_LONG_MINT)
        for commit_type, amount in zip(flips, held(Trader.FLIPPER), strict=True):
            if amount:
                yield Intent(Trader.FLIPPER, commit_type, amount)
    if hour % 24 == 12 and held(Trader.LONG_HOLDER)[0]:
        yield Intent(Trader.LONG_HOLDER, CommitType.LONG_BURN, held(Trader.LONG_HOLDER)[0] // 10)
    if hour == hours - 1:
        for commit_type, amount in zip(
            (CommitType.LONG_BURN, CommitType.SHORT_BURN), held(Trader.STRADDLER), strict=True
        ):
            if amount:
                yield Intent(Trader.STRADDLER, commit_type, amount)
