"""One market of the demo: its contract, its model and its history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from perpetual_pools.model import Pool, maths


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
    pool: Pool
    contract: Any
    long_token: Any
    short_token: Any
    points: list[Point] = field(default_factory=list)
    burns: int = 0
    """How many commitments are paid out in settlement tokens: each may leave less than one unit behind."""

    @property
    def name(self) -> str:
        return self.pool.name

    def worth(self, long: int, short: int) -> int:
        """Settlement units: so many pool tokens at the price that a burn now would get, before its fee."""
        sides = zip((long, short), self.pool.balances(), self.pool.supplies(), strict=True)
        return sum(maths.gross(amount, balance, supply) for amount, balance, supply in sides if amount)
