"""What random lives did: counted, printed, and required to be enough."""

from collections import Counter
from collections.abc import Iterator

from perpetual_pools.model import CommitType, Event

ACTIONS = (
    *(f"commit {kind.name}" for kind in CommitType),
    "claim",
    "claim by an operator",
    "rebalance on time",
    "rebalance late",
    "rebalance after missed intervals",
    "collectFees",
    "setMintPaused",
    "setOperator",
    "donate",
    "shutdown",
    "redeem",
)
ERRORS = (
    "BatchTooLarge",
    "InsufficientBalance",
    "InvalidCommitType",
    "MintIsPaused",
    "NotControllerOrOperator",
    "NotOwner",
    "OracleReverting",
    "PoolIsOpen",
    "PoolIsShutdown",
    "PriceOutOfRange",
    "RebalanceNotDue",
    "ShutdownTooEarly",
    "TransferFromFailed",
    "ZeroAddress",
    "ZeroAmount",
)
"""All that the pool refuses with, but for what needs another token or too little gas."""


class Tally:
    """Counts over all lives of a run."""

    def __init__(self) -> None:
        self.lives = 0
        self.done: Counter[str] = Counter()
        """Actions that changed the pool's state."""
        self.refused: Counter[str] = Counter()
        """By error."""
        self.executed: Counter[CommitType] = Counter()
        self.refunded: Counter[CommitType] = Counter()

    @property
    def steps(self) -> int:
        return self.done.total()

    def count(self, action: str, events: list[Event], changed: bool) -> None:
        """An action that succeeded."""
        self.done[action] += changed
        for event in events:
            if event.name == "BatchExecuted":
                counter = self.executed if event.arguments["amountOut"] else self.refunded
                counter[CommitType(event.arguments["commitType"])] += 1

    def shortfalls(self) -> Iterator[str]:
        """What happened too rarely for the run to prove anything about it."""
        yield from (
            f"{kind.name} executed in {self.executed[kind]} batches" for kind in CommitType if self.executed[kind] < 100
        )
        yield from (
            f"{kind.name} refunded in {self.refunded[kind]} batches" for kind in CommitType if self.refunded[kind] < 10
        )
        yield from (
            f"{action}: {self.done[action]} times" for action in ACTIONS if self.done[action] * 100 < self.steps
        )
        yield from (f"no {error}" for error in ERRORS if not self.refused[error])

    def __str__(self) -> str:
        kinds = (f"{kind.name:22}{self.executed[kind]:10}{self.refunded[kind]:10}" for kind in CommitType)
        return "\n".join(
            [
                f"{self.steps} steps in {self.lives} lives of a pool",
                f"{'batches':22}{'executed':>10}{'refunded':>10}",
                *kinds,
                "done:    " + _listed(self.done),
                "refused: " + _listed(self.refused),
            ]
        )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
