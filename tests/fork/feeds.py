"""Chainlink feeds that are there, made to answer rounds of the test's own, beside their models."""

from typing import Any

from ape.contracts import ContractContainer
from ethpm_types import ContractType

from perpetual_pools.model import Feed, Round
from perpetual_pools.twin.anvil import AnvilChain
from tests.support.fork import impersonate

PHASE = 2**64


class ReplayedFeed:
    """A proxy whose owner moves it to another aggregator, as Chainlink does now and then; its model knows the rounds from
    the latest one on.

    Args:
        publisher: deploys the aggregator, and sends it its rounds.
    """

    def __init__(self, chain: AnvilChain, proxy_type: ContractType, address: str, publisher: Any) -> None:
        self.chain, self.publisher = chain, publisher
        self.proxy = ContractContainer(proxy_type).at(address, fetch_from_explorer=False, detect_proxy=False)
        self.model = Feed(self.proxy.decimals(), [Round(*self.proxy.latestRoundData()[:4])])
        self.aggregator: Any = None

    @property
    def latest(self) -> Round:
        latest = self.model.get(self.model.latest_id)
        assert latest is not None
        return latest

    def move(self, fork: Any, answer: int) -> Round:
        """To a new aggregator, whose first round of now is the first of the next phase."""
        phase = self.proxy.phaseId() + 1
        admin = impersonate(fork, self.proxy.owner())
        self.aggregator = self.chain.deploy("ReplayAggregator", self.proxy.decimals(), self.proxy.description())
        self._send(Round(1, answer, self.chain.now, self.chain.now))
        self.chain.send(self.proxy, "proposeAggregator", [self.aggregator.address], admin)
        self.chain.send(self.proxy, "confirmAggregator", [self.aggregator.address], admin)
        return self._follow(phase * PHASE + 1, answer)

    def push(self, answer: int) -> Round:
        """The next round of the phase, of now."""
        round_id = self.latest.round_id + 1
        self._send(Round(round_id % PHASE, answer, self.chain.now, self.chain.now))
        return self._follow(round_id, answer)

    def _send(self, own: Round) -> None:
        arguments = [own.round_id, own.answer, own.started_at, own.updated_at]
        self.chain.send(self.aggregator, "pushRound", arguments, self.publisher)

    def _follow(self, round_id: int, answer: int) -> Round:
        self.model.push(Round(round_id, answer, self.chain.now, self.chain.now))
        assert tuple(self.proxy.latestRoundData()) == (round_id, answer, self.chain.now, self.chain.now, round_id)
        return self.latest
