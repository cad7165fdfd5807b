"""A staking farm without accumulators: every stretch of time is shared out among all farms and all stakers.

Amounts are reward units * 2**512, rounded down: what is lost by that is far below what the contract rounds.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from perpetual_pools.model import Market
from perpetual_pools.model.farm import BPS, LAUNCH_PRIMARY_BPS, WEEK

ONE = 2**512
NOTHING = 2**256
"""More than all that is lost here by rounding down."""


@dataclass
class Shares:
    """One farm."""

    market: int
    weight: int = 0
    pot: int = 0
    """Accrued since the farm was touched."""
    stakes: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    earned: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Until the farm was touched, and not claimed."""

    @property
    def total(self) -> int:
        return sum(self.stakes.values())


class ExactFarm:
    """Told of everything that happens, each time with e(t), the emission until then in 604,800ths of a unit."""

    def __init__(self) -> None:
        self.farms: dict[str, Shares] = {}
        self.primary_bps = LAUNCH_PRIMARY_BPS
        self.undistributed = 0
        self._emission = 0

    def advance(self, emission: int) -> None:
        """Shares out what was emitted since."""
        emitted, self._emission = (emission - self._emission) * ONE, emission
        for market in Market:
            share = self.primary_bps if market == Market.PRIMARY else BPS - self.primary_bps
            farms = [farm for farm in self.farms.values() if farm.market == market]
            weights = sum(farm.weight for farm in farms)
            if not weights:
                self.undistributed += emitted * share // (BPS * WEEK)
            for farm in farms:
                if farm.weight:
                    farm.pot += emitted * share * farm.weight // (BPS * WEEK * weights)

    def touch(self, token: str) -> None:
        """Shares out what a farm has accrued."""
        farm = self.farms[token]
        pot, farm.pot = farm.pot, 0
        if not farm.total:
            self.undistributed += pot
        else:
            for account, staked in farm.stakes.items():
                farm.earned[account] += pot * staked // farm.total

    def earned(self, account: str, token: str) -> int:
        """Reward units * 2**512."""
        farm = self.farms[token]
        pot = farm.pot * farm.stakes[account] // farm.total if farm.total else 0
        return farm.earned[account] + pot
