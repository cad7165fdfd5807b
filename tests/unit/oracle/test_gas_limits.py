"""A caller who chooses the gas can make the read of one round fail for want of it. At any gas: the right price, or a
revert."""

from collections import Counter
from collections.abc import Callable

import pytest

from perpetual_pools.twin.chain import Reverted
from tests.support.oracle import NOW, PHASE_6, PHASE_7
from tests.support.revm import OutOfGas

WAD = 10**18
COST = 1_000_000
GAS_LIMITS = range(22_000, 3_000_000, 5_000)


@pytest.fixture
def feed(revm, project):
    return revm.deploy(project.CostlyAggregator, 8)


@pytest.fixture
def behind(revm, project) -> Callable:
    """`behind(feed, phase, depth)`: the feed behind so many proxies, which answer zeros when what they call fails."""

    def wrap(feed, phase: int, depth: int):
        for _ in range(depth):
            feed = revm.deploy(project.CatchingProxy, feed, phase)
        return feed

    return wrap


def outcomes(call: Callable, *arguments: int) -> Counter:
    """What the call gives, or how it reverts, over all gas limits."""
    seen: Counter = Counter()
    for gas in GAS_LIMITS:
        try:
            seen[call(*arguments, gas=gas)] += 1
        except Reverted as revert:
            seen[revert.name] += 1
        except OutOfGas:
            seen["out of gas"] += 1
    print(f"\n{dict(seen)}")
    return seen


depths = pytest.mark.parametrize("depth", [0, 1, 5])


@depths
def test_superseded_hint__the_later_round_is_costly__never_passes(deploy_oracle, feed, push, behind, depth):
    for number in range(1, 5):
        push(PHASE_6 + number, 30_000 + number, NOW - 500 + 100 * number)
    oracle = deploy_oracle(behind(feed, 6, depth))
    feed.setCost(PHASE_6 + 2, COST)
    timestamp = NOW - 150
    seen = outcomes(oracle.priceAt, timestamp, PHASE_6 + 1)
    assert set(seen) <= {"RoundSuperseded", "FeedRanOutOfGas", "FeedUnavailable", "RoundIncomplete", "out of gas"}
    assert seen["RoundSuperseded"] > 50
    assert seen["FeedRanOutOfGas"] > 50


@depths
def test_superseded_hint_into_the_older_phase__first_round_of_the_newer_is_costly__never_passes(
    deploy_oracle, feed, push, behind, depth
):
    push(PHASE_6 + 1, 30_001, NOW - 500)
    push(PHASE_7 + 1, 40_001, NOW - 200)
    push(PHASE_7 + 2, 40_002, NOW)
    oracle = deploy_oracle(behind(feed, 7, depth))
    feed.setCost(PHASE_7 + 1, COST)
    seen = outcomes(oracle.priceAt, NOW - 1, PHASE_6 + 1)
    assert set(seen) <= {"RoundSuperseded", "FeedRanOutOfGas", "FeedUnavailable", "RoundIncomplete", "out of gas"}
    assert seen["RoundSuperseded"] > 50
    assert seen["FeedRanOutOfGas"] > 50


@depths
def test_no_hint__the_right_round_is_costly__never_an_older_price(deploy_oracle, feed, push, behind, depth):
    for number in range(1, 5):
        push(number, 30_000 + number, NOW - 500 + 100 * number)
    push(5, 30_005, NOW)
    oracle = deploy_oracle(behind(feed, 0, depth))
    feed.setCost(4, COST)
    seen = outcomes(oracle.priceAt, NOW - 1, 0)
    assert set(seen) <= {30_004 * WAD, "FeedRanOutOfGas", "FeedUnavailable", "CallFindRound", "out of gas"}
    assert seen[30_004 * WAD] > 50
    assert seen["FeedRanOutOfGas"] > 50


@pytest.mark.parametrize("depth", [1, 5])
def test_latest_round_is_costly__proxy_answers_zeros_for_it__never_an_older_price(
    deploy_oracle, feed, push, behind, depth
):
    push(PHASE_6 + 1, 30_001, NOW - 500)
    push(PHASE_7 + 1, 40_001, NOW - 200)
    oracle = deploy_oracle(behind(feed, 7, depth))
    feed.setLatestCost(COST)
    seen = outcomes(oracle.priceAt, NOW, PHASE_6 + 1)
    assert set(seen) <= {"RoundSuperseded", "FeedRanOutOfGas", "FeedUnavailable", "RoundIncomplete", "out of gas"}
    assert seen["RoundSuperseded"] > 50
    assert seen["FeedRanOutOfGas"] > 50


@depths
def test_find_round__rounds_are_costly__never_another_round(deploy_oracle, feed, push, behind, depth):
    for number in range(1, 9):
        push(PHASE_6 + number, 30_000 + number, NOW - 1_000 + 100 * number)
    for number in range(1, 4):
        push(PHASE_7 + number, 40_000 + number, NOW - 3 + number)
    oracle = deploy_oracle(behind(feed, 7, depth))
    for number in (4, 6):
        feed.setCost(PHASE_6 + number, COST // 2)
    timestamp = NOW - 350
    seen = outcomes(oracle.findRound, timestamp)
    assert set(seen) <= {PHASE_6 + 6, "FeedRanOutOfGas", "FeedUnavailable", "NoRoundFound", "out of gas"}
    assert seen[PHASE_6 + 6] > 50
    assert seen["FeedRanOutOfGas"] > 50


@depths
def test_plain_feed__any_gas__right_price_or_revert(deploy_oracle, feed, push, behind, depth):
    for number in range(1, 8):
        push(PHASE_6 + number, 30_000 + number, NOW - 800 + 100 * number)
    oracle = deploy_oracle(behind(feed, 6, depth))
    timestamp = NOW - 350
    right = {}
    for hint in range(8):
        hint = hint and PHASE_6 + hint
        for gas in range(21_500, 120_000, 250):
            try:
                price = oracle.priceAt(timestamp, hint, gas=gas)
            except (Reverted, OutOfGas):
                continue
            assert price == 30_004 * WAD
            right[hint] = min(gas, right.get(hint, gas))
    assert set(right) == {0, PHASE_6 + 4}
