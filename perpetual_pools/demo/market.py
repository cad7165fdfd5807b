"""One market of the demo: its pool, on the chain and in the model, and its history."""

from __future__ import annotations

from dataclasses import dataclass, field

from perpetual_pools.model import Pool, maths
from perpetual_pools.twin.pool import Twin


@dataclass
class Point:
    """A market after one rebalance. Prices are in WAD, balances and the reward in settlement units."""

    timestamp: int
    price: int
    long_balance: int
    short_balance: int
    long_price: int
    short_price: int
    reward: int


@dataclass
class Market:
    """One pool on the chain and in the model."""

    underlying: str
    twin: Twin
    points: list[Point] = field(default_factory=list)
    burns: int = 0
    """The number of burns. The payment of each may leave less than one settlement unit in the pool."""

    @property
    def model(self) -> Pool:
        return self.twin.model

    @property
    def name(self) -> str:
        return self.model.name

    def worth(self, long: int, short: int) -> int:
        """Return the value of pool tokens in settlement units, at the price that a burn would get now, before its fee."""
        sides = zip((long, short), self.model.balances(), self.model.supplies(), strict=True)
        return sum(maths.gross(amount, balance, supply) for amount, balance, supply in sides if amount)
