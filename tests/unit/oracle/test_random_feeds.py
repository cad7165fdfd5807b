"""The derivation in ChainlinkOracleWrapper, put to the proof: over small feeds with several phases, absent and incomplete
rounds and equal times, every id as a hint at every time that matters, against plain search and the model."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perpetual_pools.model import ChainlinkOracle, Refused, Round, SequencerFeed
from perpetual_pools.model import Feed as ModelFeed
from perpetual_pools.twin.chain import Reverted
from tests.support.oracle import NOW, ZERO
from tests.support.revm import Instance, Revm
from tests.support.rounds import GAP, LOOK_BACK, PHASE, right_round

START = NOW - 100_000
EXISTING, INCOMPLETE, ABSENT = "existing", "incomplete", "absent"


@dataclass(frozen=True)
class Feed:
    rounds: list[Round]
    latest_id: int
    absent_reverts: bool


@st.composite
def feeds(draw: st.DrawFn) -> Feed:
    numbers = draw(st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True).map(sorted))
    rounds: list[Round] = []
    for number in numbers:
        current = number == numbers[-1]
        # A newer phase may begin before the older one ends.
        time = START + draw(st.integers(0, 40))
        missing = 0
        for position in range(1, draw(st.integers(0, 16)) + 1):
            kind = draw(st.sampled_from([EXISTING, EXISTING, INCOMPLETE, ABSENT, ABSENT, ABSENT]))
            missing = 0 if kind == EXISTING else missing + 1
            if missing == GAP and not current:
                kind, missing = EXISTING, 0
            round_id = number * PHASE + position
            if kind == EXISTING:
                time += draw(st.sampled_from([0, 0, 1, 7]))
                rounds.append(Round(round_id, 10**8 + len(rounds), draw(st.integers(0, NOW)), time))
            elif kind == INCOMPLETE:
                rounds.append(Round(round_id, draw(st.sampled_from([0, 10**8 - 1])), time, 0))
    phase = numbers[-1] * PHASE
    latest_id = max([phase] + [r.round_id for r in rounds if r.round_id > phase])
    # At times the feed is not yet, or no more, at its greatest id.
    latest_id = max(phase, latest_id - draw(st.sampled_from([0, 0, 0, 1, 3])))
    return Feed(rounds, latest_id, draw(st.booleans()))


def hints(feed: Feed) -> list[int]:
    """Every id of a round, its neighbours, aggregator round 0 of each phase, and ids far off."""
    near = {r.round_id + step for r in feed.rounds for step in (-1, 0, 1)}
    phases = {r.round_id // PHASE for r in feed.rounds} | {feed.latest_id // PHASE}
    return sorted(
        {hint for hint in near | {phase * PHASE + step for phase in phases for step in (0, 1, 30)} if hint > 0}
        | {feed.latest_id + 1, 2**80 - 1}
    )


def times(feed: Feed) -> list[int]:
    return sorted({START - 1, NOW} | {r.updated_at + step for r in feed.rounds if r.updated_at for step in (-1, 0, 1)})


def outcome(call: Callable[..., int], *arguments: int) -> Any:
    """What the contract or the model returns, or the name and the arguments of what it refuses with."""
    try:
        return call(*arguments)
    except Reverted as revert:
        return (revert.name, *revert.arguments)
    except Refused as refusal:
        return (refusal.error, *refusal.arguments.values())


@pytest.mark.finding("O02")
@pytest.mark.finding("O05")
@pytest.mark.finding("O06")
@pytest.mark.finding("O08")
def test_any_feed__any_hint_at_any_time__right_price_or_revert(project):
    seen: Counter[str] = Counter()

    @settings(max_examples=200, deadline=None)
    @given(feeds())
    def check(feed: Feed) -> None:
        revm = Revm(NOW)
        aggregator = revm.deploy(project.ReplayAggregator, 18, "")
        oracle = revm.deploy(project.ChainlinkOracleWrapper, aggregator, ZERO, 10**9, 0)
        for r in feed.rounds:
            aggregator.pushRound(r.round_id, r.answer, r.started_at, r.updated_at)
        aggregator.setLatest(feed.latest_id)
        aggregator.setAbsentReverts(feed.absent_reverts)
        by_id = {r.round_id: r for r in feed.rounds if r.round_id <= feed.latest_id}
        # The model's latest round is the greatest it knows.
        model = ChainlinkOracle(ModelFeed(18, list(by_id.values())), None, 10**9, 0)
        modelled = feed.latest_id in by_id

        if feed.latest_id not in by_id and feed.absent_reverts:
            for timestamp in times(feed):
                unavailable = ("FeedUnavailable", aggregator.address)
                assert outcome(oracle.findRound, timestamp) == unavailable
                assert {outcome(oracle.priceAt, timestamp, hint) for hint in (0, *hints(feed))} == {unavailable}
                seen["FeedUnavailable"] += 1
            return

        for timestamp in times(feed):
            right = right_round(feed.rounds, feed.latest_id, timestamp)
            found = ("NoRoundFound", timestamp) if right is None else right.round_id
            assert outcome(oracle.findRound, timestamp) == found

            reach = max(feed.latest_id - LOOK_BACK, feed.latest_id // PHASE * PHASE)
            in_reach = right is not None and right.round_id >= reach
            assert outcome(oracle.priceAt, timestamp, 0) == (right.answer if in_reach else ("CallFindRound", timestamp))
            seen["without hint" if in_reach else "CallFindRound"] += 1
            if modelled:
                assert outcome(model.find_round, timestamp) == found
                assert outcome(model.price_at, timestamp, 0, NOW) == outcome(oracle.priceAt, timestamp, 0)

            for hint in hints(feed):
                hinted = by_id.get(hint)
                result = outcome(oracle.priceAt, timestamp, hint)
                if modelled:
                    assert result == outcome(model.price_at, timestamp, hint, NOW)
                    seen["as the model"] += 1
                if right is not None and hint == right.round_id:
                    assert result == right.answer
                    seen["accepted"] += 1
                    continue
                seen[result[0]] += 1
                if hinted is None or not hinted.complete:
                    assert result == ("RoundIncomplete", hint)
                elif hinted.updated_at > timestamp:
                    assert result == ("RoundTooLate", hint, hinted.updated_at, timestamp)
                else:
                    name, round_id, later_id, later_time, time = result
                    assert (name, round_id, time) == ("RoundSuperseded", hint, timestamp)
                    # The round named is a proof: of greater id, and it qualifies.
                    assert hint < later_id <= feed.latest_id
                    assert by_id[later_id].updated_at == later_time <= timestamp

    check()
    print(f"\n{dict(seen)}")
    kinds = ["accepted", "without hint", "RoundIncomplete", "RoundTooLate", "RoundSuperseded", "CallFindRound"]
    assert all(seen[kind] > 50 for kind in [*kinds, "as the model"]), seen
    assert seen["FeedUnavailable"] > 0


ANSWERS = st.one_of(
    st.integers(-(10**30), 10**52),
    st.integers(0, 174).flatmap(lambda bits: st.integers(2**bits - 2, 2**bits + 1)),
    st.integers(0, 52).flatmap(lambda digits: st.integers(10**digits - 1, 10**digits)),
)


# 0 stands for a status without a start.
STATUS_AGES = st.sampled_from([0, 0, 0, *range(-1, 41)])


@pytest.mark.finding("O01")
@pytest.mark.finding("O03")
@pytest.mark.finding("O04")
def test_any_answer_age_and_sequencer_state__contract_and_model_agree(project):
    seen: Counter[str] = Counter()
    ages = st.integers(-2, 30)

    @settings(max_examples=600, deadline=None)
    @given(
        decimals=st.integers(0, 36),
        rounds=st.lists(st.tuples(ANSWERS, ages), min_size=1, max_size=3),
        max_age=st.integers(1, 30),
        sequencer=st.one_of(st.none(), st.tuples(st.sampled_from([0, 0, 0, 0, 1, -1]), STATUS_AGES)),
        grace=st.integers(0, 30),
        age=st.integers(-1, 15),
        hint=st.integers(0, 4),
    )
    def check(decimals, rounds, max_age, sequencer, grace, age, hint) -> None:
        revm = Revm(NOW)
        aggregator = revm.deploy(project.ReplayAggregator, decimals, "")
        listed = [
            Round(number, answer, NOW, NOW - round_age)
            for number, (answer, round_age) in enumerate(sorted(rounds, key=lambda r: -r[1]), start=1)
        ]
        for r in listed:
            aggregator.pushRound(r.round_id, r.answer, r.started_at, r.updated_at)
        sequencer_feed: Instance | str = ZERO
        if sequencer is not None:
            sequencer = SequencerFeed(sequencer[0], NOW - sequencer[1] if sequencer[1] else 0)
            sequencer_feed = revm.deploy(project.ReplayAggregator, 0, "")
            sequencer_feed.pushRound(1, sequencer.answer, sequencer.started_at, NOW)
        oracle = revm.deploy(project.ChainlinkOracleWrapper, aggregator, sequencer_feed, max_age, grace)
        model = ChainlinkOracle(ModelFeed(decimals, listed), sequencer, max_age, grace)

        result = outcome(oracle.priceAt, NOW - age, hint)
        assert result == outcome(model.price_at, NOW - age, hint, NOW)
        assert outcome(oracle.latestPrice) == outcome(model.latest_price, NOW)
        assert outcome(oracle.latestPrice) == outcome(oracle.priceAt, NOW, 0)
        seen["price" if isinstance(result, int) else result[0]] += 1

    check()
    print(f"\n{dict(seen)}")
    kinds = ["price", "TimestampInFuture", "SequencerRoundInvalid", "SequencerDown", "SequencerGracePeriod"]
    assert all(seen[kind] > 0 for kind in [*kinds, "RoundStale", "AnswerNotPositive", "PriceOutOfRange"]), seen
