"""The checks after every hour: chain and model agree, and the invariants P1 and F2 hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from perpetual_pools.demo.market import Market
from perpetual_pools.demo.mining import Mining
from perpetual_pools.demo.stage import Stage
from perpetual_pools.model.farm import ONE
from perpetual_pools.twin.comparison import Difference


@dataclass
class Checks:
    """The comparison of chain and model, and its results."""

    stage: Stage
    mining: Mining
    compared: int = 0
    """The number of the chain's values that were compared with the model's."""
    differences: list[str] = field(default_factory=list)
    insolvencies: list[str] = field(default_factory=list)
    """The failures of P1."""
    surpluses: dict[str, int] = field(default_factory=dict)
    """The settlement units that each pool holds beyond what it owes, by market."""
    lost_emissions: list[str] = field(default_factory=list)
    """The failures of F2."""
    dust: int | None = None
    """The emitted reward units that rounding has left to nobody, as of the last check."""

    @property
    def failures(self) -> list[str]:
        return [*self.insolvencies, *self.lost_emissions, *self.differences]

    @property
    def p1_holds(self) -> bool:
        """Whether P1 holds in every market, as of the last check."""
        return not self.insolvencies and bool(self.surpluses)

    @property
    def f2_holds(self) -> bool:
        """Whether F2 holds, as of the last check."""
        return not self.lost_emissions and self.dust is not None

    def check(self, markets: Sequence[Market]) -> None:
        """Compare every view and balance with the model, and check P1 and F2 with the chain's values."""
        self.surpluses.clear()
        twins = [market.twin for market in markets], self.mining.pairs.values(), [self.mining.twin]
        try:
            answers = {answer.what: answer for group in twins for twin in group for answer in twin.answers()}
        except Difference as error:
            self.differences.append(str(error))
            return
        self.compared += len(answers)
        self.differences += [str(answer) for answer in answers.values() if answer.differs]
        found = {what: answer.found for what, answer in answers.items()}
        for market in markets:
            self._check_p1(market, found)
        self._check_f2(found)

    def _check_p1(self, market: Market, found: Mapping[str, int]) -> None:
        """Check P1 with the chain's values only.

        Nobody donates in the demo, so only burns leave anything in the pool, and each of them less than a unit.
        """
        held, owed = market.twin.solvency(found)
        self.surpluses[market.name] = held - owed
        if not 0 <= held - owed <= max(0, market.burns - 1):
            self.insolvencies.append(
                f"P1 fails in {market.name}: the pool holds {held} and owes {owed} units of USDC"
                f" after {market.burns} burns"
            )

    def _check_f2(self, found: Mapping[str, int]) -> None:
        """Check F2 with the chain's values, except for the accruals of idle farms, which the chain does not show yet.

        Nobody transfers TCR in the demo, so all claimed TCR is in the wallets.
        """
        mining = self.mining
        emitted, earned, undistributed = mining.twin.emission(found, list(self.stage.addresses.values()))
        idle = mining.model.idle(self.stage.now) // ONE
        self.dust = emitted - earned - undistributed - idle
        # Each rounding, in the farm so far and in this check, may lose one unit.
        allowed = mining.roundings + len(list(mining.positions())) + 2
        if not 0 <= self.dust <= allowed:
            self.lost_emissions.append(
                f"F2 fails: {emitted} TCR wei emitted, {earned} earned, {undistributed} undistributed, {idle} idle: "
                f"{self.dust} are nobody's, of at most {allowed}"
            )
