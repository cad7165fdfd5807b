"""Chainlink's proxy over two aggregators that both run on: what they answered when, which price is right, and the same on
the chain and in the model."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ethpm_types import ContractType

from perpetual_pools.model import ZERO_ADDRESS, ChainlinkOracle, Feed, Round
from tests.support.revm import Instance, RevmChain
from tests.support.rounds import PHASE, RightRounds, Tape, push_rounds

DECIMALS = 8
TO_WAD = 10 ** (18 - DECIMALS)
MAX_AGE = 4_500
OLDER, NEWER = 6, 7
"""Phases."""
LAG = 17
"""Seconds by which the newer aggregator gets a price after the older one."""


@dataclass(frozen=True)
class Phases:
    """The rounds of both aggregators, with the ids that the proxy gives them; and when it turns from one to the other."""

    older: Sequence[Round]
    newer: Sequence[Round]
    switch: int
    """From this second on."""

    @classmethod
    def of(cls, rounds: Sequence[Round], switch: int, ahead: int) -> "Phases":
        """`rounds` go on in their phase. The newer aggregator starts so many seconds before the switch with the price as it
        is, and then hears what the older one does. Its answers are 3 in 10,000 higher, so that each price tells whose it is;
        every hundredth of its rounds is never completed."""
        newer = [Round(NEWER * PHASE, 0, 0, 0)]
        start = replace(RightRounds(rounds).at(switch - ahead), updated_at=switch - ahead)
        for heard in (start, *(r for r in rounds if r.updated_at > start.updated_at)):
            if len(newer) % 100 == 0:
                newer.append(Round(NEWER * PHASE + len(newer), 0, heard.updated_at, 0))
            time = heard.updated_at + LAG
            newer.append(Round(NEWER * PHASE + len(newer), heard.answer * 10_003 // 10_000, time, time))
        return cls(rounds, newer, switch)

    def right(self, timestamp: int, now: int) -> Round:
        """The round that is right for `timestamp`, asked for `now`."""
        return (self._right_since if now >= self.switch else self._right_before).at(timestamp)

    def find(self, round_id: int, now: int) -> Round | None:
        """The round that the proxy has of this id, complete."""
        phase, number = divmod(round_id, PHASE)
        round_ = self._by_id.get(round_id)
        there = number > 0 and round_ is not None and 0 < round_.updated_at <= now
        return round_ if there and (phase == OLDER or now >= self.switch) else None

    def latest(self, phase: int, time: int) -> Round:
        """The aggregator's latest, complete. There is one."""
        rounds = self._complete[phase]
        position = bisect_right(rounds, time, key=lambda r: r.updated_at)
        assert position > 0
        return rounds[position - 1]

    @cached_property
    def first_of_newer(self) -> Round:
        return self._complete[NEWER][0]

    @cached_property
    def _complete(self) -> dict[int, list[Round]]:
        return {
            phase: [r for r in rounds if r.complete] for phase, rounds in ((OLDER, self.older), (NEWER, self.newer))
        }

    @cached_property
    def _by_id(self) -> dict[int, Round]:
        return {r.round_id: r for r in [*self.older, *self.newer]}

    @cached_property
    def _right_before(self) -> RightRounds:
        return RightRounds(self.older)

    @cached_property
    def _right_since(self) -> RightRounds:
        return RightRounds([*self.older, *self.newer])


class PhasedFeed:
    """The proxy in the model, at a time."""

    def __init__(self, phases: Phases) -> None:
        self.phases = phases
        self.model = Feed(DECIMALS)
        self.oracle = ChainlinkOracle(self.model, None, MAX_AGE, 0)
        self.switched = False
        self._tapes = [Tape(phases.older), Tape(phases.newer)]
        self._kept: list[Round] = []
        """Of the newer aggregator before the switch."""

    def move_to(self, time: int) -> None:
        """Both aggregators get what they got until then; the proxy turns to the newer if it is time."""
        older, newer = (tape.until(time) for tape in self._tapes)
        self._receive(older, newer)
        for round_ in older:
            self.model.push(round_)
        self._kept.extend(newer)
        if time >= self.phases.switch:
            if not self.switched:
                self.switched = True
                self._switch()
            for round_ in self._kept:
                self.model.push(round_)
            self._kept.clear()

    def _receive(self, older: Sequence[Round], newer: Sequence[Round]) -> None:
        """On the chain."""

    def _switch(self) -> None:
        """On the chain."""


class PhasedProxy(PhasedFeed):
    """The same with Chainlink's own proxy, and the wrapper over it."""

    def __init__(self, chain: RevmChain, proxy_type: ContractType, phases: Phases) -> None:
        super().__init__(phases)
        self.chain = chain
        empty, *self._aggregators = [chain.deploy("ReplayAggregator", DECIMALS, "") for _ in range(3)]
        self.proxy: Instance = chain.revm.deploy(proxy_type, empty, ZERO_ADDRESS)
        for aggregator in [empty] * (OLDER - 2) + self._aggregators[:1]:
            self._confirm(aggregator)
        assert self.proxy.phaseId() == OLDER
        self.model.address = self.proxy.address
        self.wrapper: Instance = chain.deploy("ChainlinkOracleWrapper", self.proxy, ZERO_ADDRESS, MAX_AGE, 0)

    def _confirm(self, aggregator: Instance) -> None:
        self.proxy.proposeAggregator(aggregator)
        self.proxy.confirmAggregator(aggregator)

    def _receive(self, older: Sequence[Round], newer: Sequence[Round]) -> None:
        for aggregator, rounds in zip(self._aggregators, (older, newer), strict=True):
            push_rounds(aggregator, [replace(r, round_id=r.round_id % PHASE) for r in rounds])

    def _switch(self) -> None:
        self._confirm(self._aggregators[1])
        assert self.proxy.phaseId() == NEWER
