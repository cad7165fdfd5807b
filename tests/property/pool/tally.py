"""What random lives of a pool have to contain."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from perpetual_pools.model import CommitType
from tests.property.pool.feeds import ChainlinkFeed, FixedFeed
from tests.property.tally import Tally

COMMIT_TYPES = tuple(kind.name for kind in CommitType)
EXECUTED, REFUNDED = 500, 50
"""Batches of each commit type in a full run."""


class PoolTally(Tally):
    """Counts batches too."""

    RULES = (
        *(f"commit {name}" for name in COMMIT_TYPES),
        "claim",
        "claim by an operator",
        "claim automatically",
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
    FAULTS = tuple(sorted({f"rebalance, {fault}" for feed in (ChainlinkFeed, FixedFeed) for fault in feed.faults}))
    # All that pool and wrapper refuse with, but for what needs another token, a broken deployment or too little gas.
    ERRORS = (
        "AnswerNotPositive",
        "BatchTooLarge",
        "CallFindRound",
        "FeedUnavailable",
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
        "RoundIncomplete",
        "RoundStale",
        "RoundSuperseded",
        "RoundTooLate",
        "SequencerDown",
        "SequencerGracePeriod",
        "SequencerRoundInvalid",
        "ShutdownTooEarly",
        "TransferFromFailed",
        "ZeroAddress",
        "ZeroAmount",
    )
    CHECKS = "P8", "P12"
    KINDS = (
        *(f"leverage {leverage}" for leverage in range(1, 11)),
        *(f"{decimals} decimals" for decimals in (6, 8, 18)),
        "Chainlink's proxy",
        "fixed oracle",
        "with fees",
        "without fees",
    )

    def __init__(self) -> None:
        super().__init__()
        self.executed: Counter[str] = Counter()
        self.refunded: Counter[str] = Counter()

    def count(self, rule: str, events: list[Any], changed: bool) -> None:
        super().count(rule, events, changed)
        for event in events:
            if event.name == "BatchExecuted":
                counter = self.executed if event.arguments["amountOut"] else self.refunded
                counter[CommitType(event.arguments["commitType"]).name] += 1

    def shortfalls(self) -> Iterator[str]:
        yield from super().shortfalls()
        yield from self._rare("executed", self.executed, COMMIT_TYPES, EXECUTED)
        yield from self._rare("refunded", self.refunded, COMMIT_TYPES, REFUNDED)

    def lines(self) -> Iterator[str]:
        yield from super().lines()
        yield f"{'batches':34}{'executed':>10}{'refunded':>10}"
        yield from (f"{name:34}{self.executed[name]:10}{self.refunded[name]:10}" for name in COMMIT_TYPES)
