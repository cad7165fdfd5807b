"""A pool's state from its events alone, as an indexer would keep it: knows no formula but the share of a claim."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

from perpetual_pools.model import CommitType
from perpetual_pools.twin.chain import Events


class Rebuilt:
    """Of the pool whose transactions it follows."""

    def __init__(self) -> None:
        self.balances = [0, 0]
        self.supplies = [0, 0]
        self.fees = 0
        self.epoch = 0
        self.price = 0
        self.last_rebalance = 0
        self.next_rebalance = 0
        self.mint_paused = False
        self.is_shutdown = False
        self.batches: defaultdict[tuple[int, CommitType], list[int]] = defaultdict(lambda: [0, 0])
        """By epoch and type: amountIn and amountOut."""
        self.commitments: defaultdict[tuple[str, CommitType, int], int] = defaultdict(int)
        """By controller, type and epoch: what is unclaimed."""
        self.operators: set[tuple[str, str]] = set()
        self.seen: set[str] = set()
        """Names of events."""

    def follow(self, transaction: Events) -> None:
        """All events of one transaction, in order."""
        for before, (name, values) in pairwise([("", {}), *transaction]):
            self.seen.add(name)
            match name:
                case "Opened":
                    self.epoch = 1
                    self._scheduled(values)
                case "Committed":
                    self._committed(**values)
                case "BatchExecuted":
                    self._batch_executed(CommitType(values["commitType"]), values)
                case "Rebalanced":
                    self._rebalanced(values)
                case "Claimed":
                    # A commitment pays out the one whose slot it needs, and that one alone.
                    self._claimed(values, before[1] if before[0] == "Committed" else None)
                case "OperatorSet":
                    change = self.operators.add if values["approved"] else self.operators.discard
                    change((values["controller"], values["operator"]))
                case "MintPausedSet":
                    self.mint_paused = values["paused"]
                case "FeesCollected":
                    self.fees -= values["amount"]
                case "Shutdown":
                    assert values["epoch"] == self.epoch
                    self.is_shutdown = True
                case "Redeemed":
                    self.supplies = [self.supplies[0] - values["longAmount"], self.supplies[1] - values["shortAmount"]]
                    self.balances[0] -= values["longSettlement"]
                    self.balances[1] -= values["shortSettlement"]
                case _:
                    raise AssertionError(f"unknown event {name}")

    def claimable(self, controller: str) -> tuple[int, int, int]:
        return self._owed(self._executed(controller))

    def _committed(self, controller: str, epoch: int, commitType: int, payer: str, amount: int) -> None:
        assert payer == controller or (controller, payer) in self.operators
        self.batches[epoch, CommitType(commitType)][0] += amount
        self.commitments[controller, CommitType(commitType), epoch] += amount

    def _batch_executed(self, kind: CommitType, values: dict[str, Any]) -> None:
        batch, amount_in, amount_out = self.batches[values["epoch"], kind], values["amountIn"], values["amountOut"]
        assert batch == [amount_in, 0]
        batch[1] = amount_out
        if amount_out and kind.burned_side is not None:
            self.supplies[kind.burned_side] -= amount_in
        if amount_out and kind.minted_side is not None:
            self.supplies[kind.minted_side] += amount_out

    def _rebalanced(self, values: dict[str, Any]) -> None:
        assert values["epoch"] == self.epoch
        self.epoch += 1
        self._scheduled(values)
        self.balances = [values["longBalance"], values["shortBalance"]]
        self.fees += values["fees"]

    def _scheduled(self, values: dict[str, Any]) -> None:
        self.price, self.last_rebalance = values["price"], values["timestamp"]
        self.next_rebalance = values["nextRebalance"]

    def _claimed(self, values: dict[str, Any], committed: dict[str, Any] | None) -> None:
        parts = self._executed(values["controller"])
        if committed is not None:
            slot = CommitType(committed["commitType"]), committed["epoch"] % 2
            # Where its place was free, the claim is one of its own and pays everything.
            parts = {part: amount for part, amount in parts.items() if (part[1], part[2] % 2) == slot} or parts
        assert self._owed(parts) == (values["settlementAmount"], values["longAmount"], values["shortAmount"])
        for part in parts:
            del self.commitments[part]

    def _executed(self, controller: str) -> dict[tuple[str, CommitType, int], int]:
        """Of its commitments, those that a claim pays."""
        return {
            part: amount
            for part, amount in self.commitments.items()
            if part[0] == controller and (part[2] < self.epoch or self.is_shutdown)
        }

    def _owed(self, parts: dict[tuple[str, CommitType, int], int]) -> tuple[int, int, int]:
        """Settlement units, L-tokens, S-tokens: the share of each batch, or what was put in."""
        owed = [0, 0, 0]
        for (_, kind, epoch), amount in parts.items():
            amount_in, amount_out = self.batches[epoch, kind]
            side = kind.minted_side if amount_out else kind.burned_side
            owed[0 if side is None else side + 1] += amount * amount_out // amount_in if amount_out else amount
        return owed[0], owed[1], owed[2]


def require_equal(rebuilt: Rebuilt, pool: Any, accounts: list[str]) -> None:
    """Of the contract: all views of its state."""
    assert tuple(pool.balances()) == tuple(rebuilt.balances)
    assert tuple(pool.supplies()) == tuple(rebuilt.supplies)
    assert pool.protocolFees() == rebuilt.fees
    assert pool.epoch() == rebuilt.epoch
    assert pool.lastPrice() == rebuilt.price
    assert pool.lastRebalance() == rebuilt.last_rebalance
    assert pool.nextRebalance() == rebuilt.next_rebalance
    assert (pool.mintPaused(), pool.isShutdown()) == (rebuilt.mint_paused, rebuilt.is_shutdown)
    for epoch in range(max(rebuilt.epoch - 2, 0), rebuilt.epoch + 2):
        for kind in CommitType:
            assert list(pool.batch(epoch, int(kind))) == rebuilt.batches[epoch, kind]
            for account in accounts:
                amount = rebuilt.commitments.get((account, kind, epoch), 0)
                assert pool.commitment(account, int(kind), epoch) == amount
    for account in accounts:
        assert tuple(pool.claimable(account)) == rebuilt.claimable(account)
        for other in accounts:
            assert pool.isOperator(account, other) == ((account, other) in rebuilt.operators)
