"""What random lives did: counted, printed, and required to be enough."""

import json
from collections import Counter
from collections.abc import Iterator

from perpetual_pools.model import CommitType, Event, PoolParams
from tests.property.feeds import ChainlinkFeed, FixedFeed

RULES = (
    *(f"commit {kind.name}" for kind in CommitType),
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
FAULTS = sorted({f"rebalance, {fault}" for feed in (ChainlinkFeed, FixedFeed) for fault in feed.faults})
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
"""All that pool and wrapper refuse with, but for what needs another token, a broken deployment or too little gas."""
FULL = 100_000
"""Steps, to which the numbers below belong."""
EXECUTED, REFUNDED, FAILED, CHECKED, LIVED = 500, 50, 50, 500, 20


class Tally:
    """Counts over all lives of a run. Steps are actions that changed a pool's state."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        """By rule and error."""
        self.executed: Counter[str] = Counter()
        self.refunded: Counter[str] = Counter()
        self.checks: Counter[str] = Counter()
        """Of invariants that are checked in a part of the steps alone."""
        self.lives: Counter[str] = Counter()
        """By what the pool is like."""

    @property
    def steps(self) -> int:
        return self.done.total()

    def begin(self, chainlink: bool, decimals: int, params: PoolParams) -> None:
        fees = params.management_fee + params.mint_fee + params.burn_fee
        self.lives.update(
            [
                "in all",
                "Chainlink's proxy" if chainlink else "fixed oracle",
                f"{decimals} decimals",
                f"leverage {params.leverage}",
                "with fees" if fees else "without fees",
            ]
        )

    def count(self, rule: str, events: list[Event], changed: bool) -> None:
        """An action that succeeded."""
        self.done[rule] += changed
        for event in events:
            if event.name == "BatchExecuted":
                counter = self.executed if event.arguments["amountOut"] else self.refunded
                counter[CommitType(event.arguments["commitType"]).name] += 1

    def refuse(self, rule: str, error: str) -> None:
        self.refused[f"{rule}|{error}"] += 1

    def add(self, other: "Tally") -> None:
        for name, counter in vars(other).items():
            getattr(self, name).update(counter)

    def to_json(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> "Tally":
        tally = cls()
        for name, counts in json.loads(text).items():
            getattr(tally, name).update(counts)
        return tally

    def shortfalls(self) -> Iterator[str]:
        """What happened too rarely for the run to prove anything about it."""
        part = min(1, self.steps / FULL)
        of_kinds = [(counter, minimum) for counter, minimum in ((self.executed, EXECUTED), (self.refunded, REFUNDED))]
        kinds = [kind.name for kind in CommitType]
        for what, counter, names, minimum in (
            ("executed", of_kinds[0][0], kinds, EXECUTED),
            ("refunded", of_kinds[1][0], kinds, REFUNDED),
            ("checked", self.checks, ("P8", "P12"), CHECKED),
            ("lives with", self.lives, self._pools(), LIVED),
        ):
            yield from (f"{what}: {name} {counter[name]} times" for name in names if counter[name] < minimum * part)
        yield from (f"{rule}: {self.done[rule]} times" for rule in RULES if self.done[rule] * 100 < self.steps)
        failed = self._refused_by(0)
        yield from (f"{fault}: {failed[fault]} times" for fault in FAULTS if failed[fault] < FAILED * part)
        errors = self._refused_by(1)
        yield from (f"no {error}" for error in ERRORS if not errors[error])

    @staticmethod
    def _pools() -> list[str]:
        """What pools have to be like."""
        leverages = [f"leverage {leverage}" for leverage in range(1, 11)]
        decimals = [f"{decimals} decimals" for decimals in (6, 8, 18)]
        return [*leverages, *decimals, "Chainlink's proxy", "fixed oracle", "with fees", "without fees"]

    def _refused_by(self, part: int) -> Counter[str]:
        """0: by rule, 1: by error."""
        result: Counter[str] = Counter()
        for name, count in self.refused.items():
            result[name.split("|")[part]] += count
        return result

    def __str__(self) -> str:
        kinds = (f"{kind.name:34}{self.executed[kind.name]:10}{self.refunded[kind.name]:10}" for kind in CommitType)
        rules = sorted({*self.done, *self._refused_by(0)})
        return "\n".join(
            [
                f"{self.steps} steps in {self.lives['in all']} lives of a pool: {_listed(self.lives)}",
                f"{'batches':34}{'executed':>10}{'refunded':>10}",
                *kinds,
                f"{'rules':34}{'succeeded':>10}{'refused':>10}",
                *(f"{rule:34}{self.done[rule]:10}{self._refusals(rule)}" for rule in rules),
                "checked besides: " + _listed(self.checks),
            ]
        )

    def _refusals(self, rule: str) -> str:
        errors = Counter({name.split("|")[1]: n for name, n in self.refused.items() if name.split("|")[0] == rule})
        return f"{errors.total():10}  {_listed(errors)}" if errors else f"{0:10}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
