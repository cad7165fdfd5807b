"""What must hold after every hour: the chain says what the model says, P1 and F2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import ape
from eth_abi.abi import decode
from eth_utils.conversions import to_bytes, to_hex

from perpetual_pools.demo.market import Market
from perpetual_pools.demo.mining import Mining
from perpetual_pools.demo.questions import Question, questions
from perpetual_pools.demo.stage import Stage
from perpetual_pools.model import CommitType
from perpetual_pools.model.farm import ONE


class ViewFailed(Exception):
    """The chain does not answer a view."""


@dataclass
class Checks:
    """Asks the chain and keeps what was found."""

    stage: Stage
    mining: Mining
    compared: int = 0
    """Answers of the chain that were held against the model's."""
    differences: list[str] = field(default_factory=list)
    insolvencies: list[str] = field(default_factory=list)
    """Where P1 fails."""
    surpluses: dict[str, int] = field(default_factory=dict)
    """By market, settlement units held beyond what is owed."""
    lost_emissions: list[str] = field(default_factory=list)
    """Where F2 fails."""
    dust: int | None = None
    """Reward units of all that was emitted that are nobody's, as of the last check."""

    @property
    def failures(self) -> list[str]:
        return [*self.insolvencies, *self.lost_emissions, *self.differences]

    @property
    def p1_holds(self) -> bool:
        """In every market, as of the last check."""
        return not self.insolvencies and bool(self.surpluses)

    @property
    def f2_holds(self) -> bool:
        """As of the last check."""
        return not self.lost_emissions and self.dust is not None

    def check(self, markets: Sequence[Market]) -> None:
        """P1 and F2, then every view and balance against the model."""
        try:
            self._check_p1(markets)
            self._check_f2()
            self._compare(list(questions(markets, self.stage, self.mining)))
        except ViewFailed as error:
            self.differences.append(str(error))

    def _compare(self, questions: Sequence[Question]) -> None:
        answers = ask((question.view, *question.arguments) for question in questions)
        for question, answer in zip(questions, answers, strict=True):
            self.compared += 1
            if answer != question.expected:
                self.differences.append(f"{question.what}: the chain says {answer}, the model says {question.expected}")

    def _check_p1(self, markets: Sequence[Market]) -> None:
        """From the chain alone. Nobody donates here, so each burn may leave less than a unit, and nothing else may."""
        self.surpluses.clear()
        epochs = ask((market.contract.epoch,) for market in markets)
        calls = [self._p1_calls(market.contract, epoch) for market, epoch in zip(markets, epochs, strict=True)]
        answers = iter(ask(chain.from_iterable(calls)))
        for market, own in zip(markets, calls, strict=True):
            held, sides, fees, *mints_and_claims = islice(answers, len(own))
            # the first word of a batch is what was put in, that of a claim what is due in settlement tokens
            owed = sum(sides) + fees + sum(answer[0] for answer in mints_and_claims)
            self.surpluses[market.name] = held - owed
            if not 0 <= held - owed <= max(0, market.burns - 1):
                self.insolvencies.append(
                    f"P1 fails in {market.name}: the pool holds {held} and owes {owed} units of USDC"
                    f" after {market.burns} burns"
                )

    def _p1_calls(self, contract: Any, epoch: int) -> list[tuple[Any, ...]]:
        """What the pool holds; both sides, fees, pending mints, unclaimed burns and refunds."""
        mints = CommitType.LONG_MINT, CommitType.SHORT_MINT
        return [
            (self.stage.usdc.balanceOf, contract.address),
            (contract.balances,),
            (contract.protocolFees,),
            *((contract.batch, live, mint) for live in (epoch, epoch + 1) for mint in mints),
            *((contract.claimable, trader) for trader in self.stage.traders),
        ]

    def _check_f2(self) -> None:
        """From the chain, but for what idle farms accrued, which it tells when they are touched. Nobody passes TCR on here:
        what was claimed is in the wallets."""
        mining = self.mining
        farm, positions = mining.contract, list(mining.positions())
        emitted, undistributed, *earned = ask(
            [
                (farm.emitted, self.stage.now),
                (farm.undistributed,),
                *((mining.reward.balanceOf, trader) for trader in self.stage.traders),
                *((farm.earned, self.stage.addresses[miner], staked.address) for miner, staked in positions),
            ]
        )
        idle = mining.model.idle(self.stage.now) // ONE
        self.dust = emitted - sum(earned) - undistributed - idle
        # a unit for each time that something was rounded down: for good, and here
        allowed = mining.roundings + len(positions) + 2
        if not 0 <= self.dust <= allowed:
            self.lost_emissions.append(
                f"F2 fails: {emitted} TCR wei emitted, {sum(earned)} earned, {undistributed} undistributed, {idle} idle: "
                f"{self.dust} are nobody's, of at most {allowed}"
            )


def ask(calls: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The answers of many views, each with its arguments, in one request: a value, or a tuple of several."""
    calls = list(calls)
    requests = [
        ("eth_call", [{"to": str(view.contract.address), "data": to_hex(view.encode_input(*arguments))}, "latest"])
        for view, *arguments in calls
    ]
    responses = ape.chain.provider.web3.provider.make_batch_request(requests)
    return [_decoded(view, response) for (view, *_), response in zip(calls, responses, strict=True)]


def _decoded(view: Any, response: dict[str, Any]) -> Any:
    abi = view.abis[0]
    if "error" in response:
        raise ViewFailed(f"{abi.name} does not answer: {response['error']['message']}")
    answer = decode([output.canonical_type for output in abi.outputs], to_bytes(hexstr=response["result"]))
    return answer[0] if len(answer) == 1 else answer
