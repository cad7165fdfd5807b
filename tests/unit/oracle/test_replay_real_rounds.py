"""Months of rounds of a real feed, or where the files are not at hand rounds with the same quirks, at many times."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from perpetual_pools.model import Round
from perpetual_pools.twin.chain import Reverted
from tests.support.oracle import ZERO
from tests.support.revm import Instance, Revm, reverts
from tests.support.rounds import LOOK_BACK, RightRounds, generated_rounds, push_rounds, real_rounds

MAX_AGE = 4_500


@dataclass(frozen=True)
class Replay:
    rounds: Sequence[Round]
    right: RightRounds
    oracle: Instance
    revm: Revm

    @property
    def complete(self) -> list[Round]:
        return [r for r in self.rounds if r.updated_at]


@pytest.fixture(scope="module", params=["btc", "eth"])
def replay(request, project) -> Replay:
    rounds = real_rounds(request.param, project.path) or generated_rounds(request.param)
    revm = Revm(rounds[-1].updated_at + 3_600)
    aggregator = revm.deploy(project.ReplayAggregator, 8, request.param)
    assert all(r.started_at == r.updated_at for r in rounds)
    push_rounds(aggregator, rounds)
    oracle = revm.deploy(project.ChainlinkOracleWrapper, aggregator, ZERO, MAX_AGE, 0)
    return Replay(rounds, RightRounds(rounds), oracle, revm)


def test_rounds__have_the_quirks_that_matter(replay):
    times = [r.updated_at for r in replay.complete]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) > 6_000
    assert any(r.updated_at == 0 for r in replay.rounds)
    assert gaps.count(0) >= 2
    assert 3_600 < max(gaps) <= MAX_AGE


@pytest.mark.finding("O05")
def test_random_times__price_with_find_rounds_hint_is_that_of_plain_search(replay):
    source = random.Random(5)
    first, last = replay.complete[0].updated_at, replay.complete[-1].updated_at
    latest_id = replay.rounds[-1].round_id
    without_hint = 0
    for _ in range(500):
        timestamp = source.randint(first, last + 3_600)
        right = replay.right.at(timestamp)
        hint = replay.oracle.findRound(timestamp)
        assert hint == right.round_id
        assert replay.oracle.priceAt(timestamp, hint) == right.answer * 10**10
        if latest_id - right.round_id <= LOOK_BACK:
            without_hint += 1
            assert replay.oracle.priceAt(timestamp, 0) == right.answer * 10**10
        else:
            with reverts(replay.oracle.CallFindRound, timestamp=timestamp):
                replay.oracle.priceAt(timestamp, 0)
    for timestamp in range(last - 3_600, last + 3_600, 97):
        right = replay.right.at(timestamp)
        assert replay.oracle.priceAt(timestamp, 0) == right.answer * 10**10


@pytest.mark.finding("O05")
def test_random_times__every_hint_nearby_but_the_right_one_is_refused(replay):
    source = random.Random(6)
    first, last = replay.complete[0].updated_at, replay.complete[-1].updated_at
    by_id = {r.round_id: r for r in replay.rounds}
    for _ in range(100):
        timestamp = source.randint(first, last)
        right = replay.right.at(timestamp)
        for hint in range(right.round_id - 10, right.round_id + 11):
            if hint == right.round_id:
                continue
            with pytest.raises(Reverted) as refusal:
                replay.oracle.priceAt(timestamp, hint)
            hinted = by_id.get(hint)
            if hinted is None or not hinted.updated_at:
                assert refusal.value.name == "RoundIncomplete"
            else:
                assert refusal.value.name == ("RoundSuperseded" if hint < right.round_id else "RoundTooLate")


@pytest.mark.finding("O08")
def test_rounds_of_the_same_time__the_later_one_counts(replay):
    pairs = [(earlier, later) for earlier, later in pairwise(replay.complete) if earlier.updated_at == later.updated_at]
    assert pairs
    for earlier, _ in pairs:
        timestamp = earlier.updated_at
        right = replay.right.at(timestamp)
        assert right.round_id > earlier.round_id
        assert replay.oracle.findRound(timestamp) == right.round_id
        assert replay.oracle.priceAt(timestamp, right.round_id) == right.answer * 10**10
        with reverts(
            replay.oracle.RoundSuperseded,
            roundId=earlier.round_id,
            laterRoundId=earlier.round_id + 1,
            laterUpdatedAt=timestamp,
            timestamp=timestamp,
        ):
            replay.oracle.priceAt(timestamp, earlier.round_id)


@pytest.mark.finding("O02")
def test_incomplete_round_0__is_never_a_price(replay):
    incomplete = replay.rounds[0]
    assert incomplete.updated_at == 0
    with reverts(replay.oracle.RoundIncomplete, roundId=incomplete.round_id):
        replay.oracle.priceAt(replay.complete[0].updated_at, incomplete.round_id)
    with reverts(replay.oracle.NoRoundFound, timestamp=replay.complete[0].updated_at - 1):
        replay.oracle.findRound(replay.complete[0].updated_at - 1)


@pytest.mark.finding("O05")
def test_upkeep_0_seconds_10_minutes_and_59_minutes_late__same_price(project, replay):
    """The feed goes on while the keeper is late; the price as of the hour stays."""
    source = random.Random(7)
    hours = range(replay.complete[40].updated_at // 3_600 + 1, replay.complete[-1].updated_at // 3_600)
    times = [r.updated_at for r in replay.complete]
    for hour in source.sample(hours, 25):
        timestamp = hour * 3_600
        position = bisect_right(times, timestamp)
        revm = Revm(timestamp)
        aggregator = revm.deploy(project.ReplayAggregator, 8, "")
        oracle = revm.deploy(project.ChainlinkOracleWrapper, aggregator, ZERO, MAX_AGE, 0)
        pushed = position - 40
        prices = []
        for late in (0, 600, 3_540):
            revm.set_time(timestamp + late)
            while pushed < len(times) and times[pushed] <= timestamp + late:
                r = replay.complete[pushed]
                aggregator.pushRound(r.round_id, r.answer, r.started_at, r.updated_at)
                pushed += 1
            prices.append(oracle.priceAt(timestamp, oracle.findRound(timestamp)))
            if pushed - position <= LOOK_BACK:
                assert oracle.priceAt(timestamp, 0) == prices[0]
        assert prices == [replay.complete[position - 1].answer * 10**10] * 3
