"""Readings: the state of markets and farm at one block, and the figures that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from perpetual_pools.chain.multicall import Block
from perpetual_pools.model import CommitType, Round
from perpetual_pools.model import Market as MarketOfFarms
from perpetual_pools.model.farm import WEEK
from perpetual_pools.operations.schedule import Share
from perpetual_pools.status.facts import Farm, Market, Oracle, Staked


@dataclass(frozen=True)
class OracleReading:
    """The answers of an oracle and its feeds. None stands for no answer."""

    facts: Oracle
    price: int | None
    """The current price, in WAD."""
    error: str
    """The oracle's error with its arguments if it has no price, else empty."""
    round: Round | None
    """The latest round of the feed."""
    sequencer: Round | None
    """The latest round of the sequencer feed."""


@dataclass(frozen=True)
class Pending:
    """The commitments pending in an epoch's batches: settlement units for mints, token units for the others."""

    epoch: int
    amounts: dict[CommitType, int]


@dataclass(frozen=True)
class MarketReading:
    """The state of a pool."""

    facts: Market
    now: int
    oracle: OracleReading
    pending: tuple[Pending, ...]
    last_price: int
    next_rebalance: int
    last_rebalance: int
    epoch: int
    balances: tuple[int, int]
    supplies: tuple[int, int]
    token_prices: tuple[int, int]
    rates: tuple[int, int]
    protocol_fees: int
    keeper_reward: int
    mint_paused: bool
    is_shutdown: bool

    @property
    def late(self) -> int:
        """Seconds since the rebalance opened; 0 if it has not opened, or if the pool is closed."""
        return 0 if self.is_shutdown else max(0, self.now - self.next_rebalance)

    @property
    def skipped(self) -> int:
        """The number of grid times that get no rebalance of their own, because a later one has passed."""
        return self.late // self.facts.interval

    @property
    def round_age(self) -> int | None:
        """The age of the feed's latest round in seconds; None if the feed does not answer or the round is incomplete."""
        round_ = self.oracle.round
        return self.now - round_.updated_at if round_ is not None and round_.complete else None


@dataclass(frozen=True)
class StakedReading:
    """The state of the farm of one staked token."""

    facts: Staked
    share: Share
    """Its part of the emission, and how much is staked."""
    reserves: tuple[int, int] | None
    """The reserves of an AMM pair."""
    supply: int
    """The total supply in token units; 0 if the token does not answer."""


@dataclass(frozen=True)
class FarmReading:
    """The state of the staking farm. Amounts are in reward units."""

    facts: Farm
    now: int
    weeks_scheduled: int
    amounts: dict[int, int]
    """The amount of each scheduled week, from the running one (or week 0) on."""
    undistributed: int
    bps: dict[MarketOfFarms, int]
    """Each market's part of the emission, in ten-thousandths."""
    weights: dict[MarketOfFarms, int]
    staked: tuple[StakedReading, ...]

    @property
    def week(self) -> int | None:
        """The number of the running week; None before week 0."""
        return (self.now - self.facts.start) // WEEK if self.now >= self.facts.start else None

    @property
    def week_amount(self) -> int:
        """The amount that the running week emits."""
        return 0 if self.week is None else self.amounts.get(self.week, 0)

    @property
    def next_week(self) -> int:
        """The number of the week that begins next."""
        return 0 if self.week is None else self.week + 1

    @property
    def funded_weeks(self) -> int:
        """The number of weeks in a row, from the next one on, that emit something."""
        coming = (self.amounts.get(week, 0) for week in range(self.next_week, self.weeks_scheduled))
        return sum(1 for _ in takewhile(bool, coming))

    def begin(self, week: int) -> int:
        """Return when the week begins, in Unix seconds."""
        return self.facts.start + week * WEEK


@dataclass(frozen=True)
class Reading:
    """Everything that was read, as of one block."""

    block: Block
    markets: tuple[MarketReading, ...]
    farm: FarmReading | None
