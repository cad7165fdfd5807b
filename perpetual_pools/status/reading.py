"""Markets and farm at a time: what was read, and what follows from it."""

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
    """What an oracle and its feeds answer; None: no answer."""

    facts: Oracle
    price: int | None
    """WAD, of now."""
    error: str
    """Why there is no price: the oracle's error with its arguments."""
    round: Round | None
    sequencer: Round | None


@dataclass(frozen=True)
class Pending:
    """What waits in an epoch's batches: settlement units for mints, token units else."""

    epoch: int
    amounts: dict[CommitType, int]


@dataclass(frozen=True)
class MarketReading:
    """A pool at a time."""

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
        """Seconds since the rebalance opened; 0 while it has not, and for a pool that has closed."""
        return 0 if self.is_shutdown else max(0, self.now - self.next_rebalance)

    @property
    def skipped(self) -> int:
        """How many grid times will get no rebalance of their own, for a later one has come."""
        return self.late // self.facts.interval

    @property
    def round_age(self) -> int | None:
        """Seconds; None when the feed does not answer, or its latest round is incomplete."""
        round_ = self.oracle.round
        return self.now - round_.updated_at if round_ is not None and round_.complete else None


@dataclass(frozen=True)
class StakedReading:
    """A farm at a time."""

    facts: Staked
    share: Share
    """Also tells what is staked."""
    reserves: tuple[int, int] | None
    """Of a pair."""
    supply: int
    """Token units in existence; 0 when the token does not tell."""


@dataclass(frozen=True)
class FarmReading:
    """The staking farm at a time. Reward units."""

    facts: Farm
    now: int
    weeks_scheduled: int
    amounts: dict[int, int]
    """Of weeks, from the running one (or week 0) on."""
    undistributed: int
    bps: dict[MarketOfFarms, int]
    """The markets' parts of the emission."""
    weights: dict[MarketOfFarms, int]
    staked: tuple[StakedReading, ...]

    @property
    def week(self) -> int | None:
        """The running one; None before week 0."""
        return (self.now - self.facts.start) // WEEK if self.now >= self.facts.start else None

    @property
    def week_amount(self) -> int:
        """What the running week emits in all."""
        return 0 if self.week is None else self.amounts.get(self.week, 0)

    @property
    def next_week(self) -> int:
        """The next to begin."""
        return 0 if self.week is None else self.week + 1

    @property
    def funded_weeks(self) -> int:
        """How many weeks in a row, from the next on, emit something."""
        coming = (self.amounts.get(week, 0) for week in range(self.next_week, self.weeks_scheduled))
        return sum(1 for _ in takewhile(bool, coming))

    def begin(self, week: int) -> int:
        """When the week begins, Unix seconds."""
        return self.facts.start + week * WEEK


@dataclass(frozen=True)
class Reading:
    """All of one block."""

    block: Block
    markets: tuple[MarketReading, ...]
    farm: FarmReading | None
