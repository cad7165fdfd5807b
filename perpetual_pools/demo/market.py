"""One market of the demo: its pool, on chain and in the model, and its history."""

from __future__ import annotations

from dataclasses import dataclass, field

from perpetual_pools.model import Pool, maths
from perpetual_pools.twin.pool import Twin


@dataclass
class Point:
    """A market after one rebalance."""

    timestamp: int
    price: int
    """WAD."""
    long_balance: int
    short_balance: int
    long_price: int
    """WAD."""
    short_price: int
    """WAD."""
    reward: int
    """Settlement units."""


@dataclass
class Market:
    """One pool on the chain and in the model."""

    underlying: str
    twin: Twin
    points: list[Point] = field(default_factory=list)
    burns: int = 0
    """How many commitments are paid out in settlement tokens: each may leave less than one unit behind."""

    @property
    def model(self) -> Pool:
        return self.twin.model

    @property
    def name(self) -> str:
        return self.model.name

    def worth(self, long: int, short: int) -> int:
        """Settlement units: so many pool tokens at the price that a burn now would get, before its fee."""
        sides = zip((long, short), self.model.balances(), self.model.supplies(), strict=True)
        return sum(maths.gross(amount, balance, supply) for amount, balance, supply in sides if amount)
