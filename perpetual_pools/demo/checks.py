"""What must hold after every hour: the chain says what the model says, and P1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, product
from typing import Any

import ape
from eth_abi.abi import decode
from eth_utils.conversions import to_bytes, to_hex

from perpetual_pools.model import CommitType, Ledger

from .market import Market


class ViewFailed(Exception):
    """The chain does not answer a view."""


@dataclass(frozen=True)
class Question:
    """A view of a contract, and what the model says to it."""

    what: str
    view: Any
    arguments: tuple[Any, ...]
    expected: int | bool | tuple[int, ...]


@dataclass
class Checks:
    """Asks the chain and keeps what was found.

    Args:
        usdc: the settlement token.
        ledger: its model.
        traders: the addresses that commit.
        others: further addresses that may hold tokens.
    """

    usdc: Any
    ledger: Ledger
    traders: Sequence[str]
    others: Sequence[str]
    compared: int = 0
    """Answers of the chain that were held against the model's."""
    differences: list[str] = field(default_factory=list)
    insolvencies: list[str] = field(default_factory=list)
    """Where P1 fails."""
    surpluses: dict[str, int] = field(default_factory=dict)
    """By market, settlement units held beyond what is owed."""

    @property
    def failures(self) -> list[str]:
        return [*self.insolvencies, *self.differences]

    @property
    def p1_holds(self) -> bool:
        """In every market, as of the last check."""
        return not self.insolvencies and bool(self.surpluses)

    def check(self, markets: Sequence[Market]) -> None:
        """P1, then every view and balance against the model."""
        try:
            self._check_p1(markets)
            self._compare(list(self._questions(markets)))
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
            (self.usdc.balanceOf, contract.address),
            (contract.balances,),
            (contract.protocolFees,),
            *((contract.batch, live, mint) for live in (epoch, epoch + 1) for mint in mints),
            *((contract.claimable, trader) for trader in self.traders),
        ]

    def _questions(self, markets: Sequence[Market]) -> Iterator[Question]:
        holders = [*self.traders, *self.others]
        for holder in [*holders, *(market.pool.address for market in markets)]:
            yield Question(f"USDC of {holder}", self.usdc.balanceOf, (holder,), self.ledger.balance_of(holder))
        for market in markets:
            yield from _views(market)
            yield from _commitments(market, self.traders)
            yield from _tokens(market, holders)


def _views(market: Market) -> Iterator[Question]:
    pool, contract = market.pool, market.contract
    for view, expected in (
        (contract.balances, pool.balances()),
        (contract.supplies, pool.supplies()),
        (contract.tokenPrices, pool.token_prices()),
        (contract.rebalancingRates, pool.rebalancing_rates()),
        (contract.protocolFees, pool.protocol_fees),
        (contract.lastPrice, pool.last_price),
        (contract.lastRebalance, pool.last_rebalance),
        (contract.nextRebalance, pool.next_rebalance),
        (contract.epoch, pool.epoch),
        (contract.mintPaused, pool.mint_paused),
        (contract.isShutdown, pool.is_shutdown),
    ):
        yield Question(f"{market.name} {view.abis[0].name}", view, (), expected)


def _commitments(market: Market, traders: Iterable[str]) -> Iterator[Question]:
    """What waits in the two live epochs, and each trader's part of it: as the parts sum to the whole, others have none."""
    pool, contract = market.pool, market.contract
    for trader in traders:
        yield Question(f"{market.name} claimable of {trader}", contract.claimable, (trader,), pool.claimable(trader))
    for epoch, commit_type in product((pool.epoch, pool.epoch + 1), CommitType):
        what = f"{market.name} {commit_type.name} of epoch {epoch}"
        yield Question(what, contract.batch, (epoch, commit_type), pool.batch(epoch, commit_type))
        for trader in traders:
            if part := pool.commitment(trader, commit_type, epoch):
                yield Question(f"{what}, part of {trader}", contract.commitment, (trader, commit_type, epoch), part)


def _tokens(market: Market, holders: Iterable[str]) -> Iterator[Question]:
    pool = market.pool
    for side, token, ledger in (("L", market.long_token, pool.long_token), ("S", market.short_token, pool.short_token)):
        name = f"{side}-token of {market.name}"
        yield Question(f"supply of the {name}", token.totalSupply, (), ledger.total_supply)
        for holder in (*holders, pool.address):
            yield Question(f"{name} held by {holder}", token.balanceOf, (holder,), ledger.balance_of(holder))


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
