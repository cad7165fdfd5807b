"""Who has which part of which batch, from a pool's events alone: invariants P6 and P7."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from perpetual_pools.model import CommitType, Event

PAID = ("settlementAmount", "longAmount", "shortAmount")


@dataclass
class Batch:
    amount_in: int = 0
    amount_out: int | None = None
    """None until it executes, 0 when it is refunded."""
    parts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What each controller put in and has not claimed."""
    controllers: set[str] = field(default_factory=set)
    last_commit: int = 0
    """Time."""
    claimed: int = 0


class Book:
    """Follows one pool, transaction by transaction."""

    def __init__(self, front_running_interval: int) -> None:
        self._front_running_interval = front_running_interval
        self._batches: defaultdict[tuple[int, CommitType], Batch] = defaultdict(Batch)

    def follow(self, now: int, events: list[Event]) -> None:
        """All events of one transaction."""
        for index, event in enumerate(events):
            values: dict[str, Any] = event.arguments
            if event.name == "Committed":
                self._commit(now, values)
            elif event.name == "BatchExecuted":
                batch = self._batches[values["epoch"], CommitType(values["commitType"])]
                assert (batch.amount_out, batch.amount_in) == (None, values["amountIn"]), "each batch once, and whole"
                batch.amount_out = values["amountOut"]
            elif event.name == "Rebalanced":
                self._require_executed(values["epoch"], values["timestamp"])
            elif event.name == "Claimed":
                before = events[index - 1] if index else None
                self._claim(values, before.arguments if before and before.name == "Committed" else None)
            elif event.name == "Shutdown":
                for batch in self._batches.values():
                    batch.amount_out = batch.amount_out or 0

    def _commit(self, now: int, values: dict[str, Any]) -> None:
        batch = self._batches[values["epoch"], CommitType(values["commitType"])]
        assert batch.amount_out is None, "nothing joins a batch that has executed"
        batch.parts[values["controller"]] += values["amount"]
        batch.controllers.add(values["controller"])
        batch.amount_in += values["amount"]
        batch.last_commit = now

    def _require_executed(self, epoch: int, timestamp: int) -> None:
        for kind in CommitType:
            batch = self._batches.get((epoch, kind))
            if batch is not None:
                assert batch.amount_out is not None, f"{kind.name} of {epoch} did not execute"
                assert timestamp > batch.last_commit + self._front_running_interval, "P6"

    def _claim(self, values: dict[str, Any], committed: dict[str, Any] | None) -> None:
        """`committed`: the commitment that pushed an older one out of its slot; that one alone is paid then."""
        controller, paid = values["controller"], dict.fromkeys(PAID, 0)
        for (epoch, kind), batch in self._batches.items():
            if batch.amount_out is None or controller not in batch.parts:
                continue
            if committed is not None and not _same_slot(committed, epoch, kind):
                continue
            part = batch.parts.pop(controller)
            share = part * batch.amount_out // batch.amount_in if batch.amount_out else part
            side = kind.minted_side if batch.amount_out else kind.burned_side
            paid[PAID[0 if side is None else side + 1]] += share
            batch.claimed += share
            self._require_whole(batch)
        assert {name: values[name] for name in PAID} == paid, "a claim pays its part of every batch"

    def _require_whole(self, batch: Batch) -> None:
        left = (batch.amount_out or batch.amount_in) - batch.claimed
        assert left >= 0, "P7"
        if not batch.parts:
            assert left < (len(batch.controllers) if batch.amount_out else 1), "P7"

    def require_all_claimed(self) -> None:
        """Nobody has an unclaimed part."""
        for (epoch, kind), batch in self._batches.items():
            assert not batch.parts, f"{kind.name} of {epoch} is unclaimed"


def _same_slot(committed: dict[str, Any], epoch: int, kind: CommitType) -> bool:
    return bool(committed["commitType"] == kind and (committed["epoch"] - epoch) % 2 == 0)
