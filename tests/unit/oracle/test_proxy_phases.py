"""Chainlink's own proxy bytecode in front of the aggregators, through a change of phase."""

import pytest

from perpetual_pools.twin.chain import Reverted
from tests.support.oracle import NOW, PHASE_6, PHASE_7
from tests.support.revm import reverts

WAD = 10**18


@pytest.fixture
def aggregators(revm, project):
    """The aggregators of phases 6 and 7; ids are those of the aggregator, without the phase."""
    return [revm.deploy(project.ReplayAggregator, 8, "BTC / USD") for _ in range(2)]


@pytest.fixture
def proxy(revm, project, proxy_type, aggregators):
    """In phase 6, which has rounds from NOW - 1000 to NOW - 500; phases 1 to 5 have none."""
    empty = revm.deploy(project.ReplayAggregator, 8, "")
    proxy = revm.deploy(proxy_type, empty, "0x" + "00" * 20)
    for _ in range(4):
        proxy.proposeAggregator(empty)
        proxy.confirmAggregator(empty)
    proxy.proposeAggregator(aggregators[0])
    proxy.confirmAggregator(aggregators[0])
    assert proxy.phaseId() == 6
    for number in range(1, 7):
        time = NOW - 1_100 + 100 * number
        aggregators[0].pushRound(number, (30_000 + number) * 10**8, time, time)
    return proxy


@pytest.fixture
def oracle(deploy_oracle, proxy):
    return deploy_oracle(proxy)


def change_phase(proxy, aggregators):
    proxy.proposeAggregator(aggregators[1])
    proxy.confirmAggregator(aggregators[1])
    assert proxy.phaseId() == 7


@pytest.mark.finding("O06")
@pytest.mark.parametrize("absent_reverts", [True, False])
def test_real_proxy__before_the_phase_change__hints_into_the_current_phase(oracle, aggregators, absent_reverts):
    aggregators[0].setAbsentReverts(absent_reverts)
    assert oracle.priceAt(NOW, 0) == oracle.priceAt(NOW, PHASE_6 + 6) == 30_006 * WAD
    assert oracle.priceAt(NOW - 650, PHASE_6 + 4) == 30_004 * WAD
    assert oracle.findRound(NOW - 650) == PHASE_6 + 4
    with reverts(oracle.RoundIncomplete, roundId=PHASE_7 + 1):
        oracle.priceAt(NOW, PHASE_7 + 1)


@pytest.mark.finding("O06")
@pytest.mark.parametrize("absent_reverts", [True, False])
def test_real_proxy__after_the_phase_change__hints_on_either_side(oracle, proxy, aggregators, absent_reverts):
    for aggregator in aggregators:
        aggregator.setAbsentReverts(absent_reverts)
    change_phase(proxy, aggregators)
    aggregators[1].pushRound(1, 40_001 * 10**8, NOW - 400, NOW - 400)
    aggregators[1].pushRound(2, 40_002 * 10**8, NOW - 300, NOW - 300)

    last_of_6, first_of_7 = PHASE_6 + 6, PHASE_7 + 1
    before, after = NOW - 401, NOW - 400
    assert oracle.priceAt(before, last_of_6) == 30_006 * WAD
    assert oracle.priceAt(after, first_of_7) == 40_001 * WAD
    with reverts(oracle.RoundTooLate, roundId=first_of_7, updatedAt=NOW - 400, timestamp=before):
        oracle.priceAt(before, first_of_7)
    with reverts(
        oracle.RoundSuperseded, roundId=last_of_6, laterRoundId=first_of_7, laterUpdatedAt=NOW - 400, timestamp=after
    ):
        oracle.priceAt(after, last_of_6)
    with reverts(oracle.CallFindRound, timestamp=before):
        oracle.priceAt(before, 0)
    assert oracle.priceAt(after, 0) == 40_001 * WAD
    assert oracle.findRound(before) == last_of_6
    assert oracle.findRound(after) == first_of_7
    assert oracle.findRound(NOW - 901) == PHASE_6 + 1
    with reverts(oracle.NoRoundFound, timestamp=NOW - 1_001):
        oracle.findRound(NOW - 1_001)


@pytest.mark.finding("O06")
def test_real_proxy__newer_aggregator_ran_before_the_change__its_rounds_count_from_the_first(
    oracle, proxy, aggregators
):
    aggregators[1].pushRound(1, 40_001 * 10**8, NOW - 750, NOW - 750)
    aggregators[1].pushRound(2, 40_002 * 10**8, NOW - 550, NOW - 550)
    assert oracle.priceAt(NOW - 700, PHASE_6 + 4) == 30_004 * WAD
    change_phase(proxy, aggregators)
    assert oracle.findRound(NOW - 700) == PHASE_7 + 1
    assert oracle.priceAt(NOW - 700, PHASE_7 + 1) == 40_001 * WAD
    with reverts(
        oracle.RoundSuperseded,
        roundId=PHASE_6 + 4,
        laterRoundId=PHASE_7 + 1,
        laterUpdatedAt=NOW - 750,
        timestamp=NOW - 700,
    ):
        oracle.priceAt(NOW - 700, PHASE_6 + 4)
    assert oracle.priceAt(NOW - 751, PHASE_6 + 3) == 30_003 * WAD


@pytest.mark.finding("O06")
def test_real_proxy__newer_aggregator_without_rounds__no_price_or_that_of_the_older(oracle, proxy, aggregators):
    change_phase(proxy, aggregators)
    # Its latest round reverts: the proxy does not tell its phase.
    for hint in (0, PHASE_6 + 6, PHASE_7 + 1):
        with reverts(oracle.FeedUnavailable, feed=proxy.address):
            oracle.priceAt(NOW, hint)
    with reverts(oracle.FeedUnavailable, feed=proxy.address):
        oracle.findRound(NOW)
    # It answers zeros: the proxy adds the phase.
    aggregators[1].setAbsentReverts(False)
    assert oracle.findRound(NOW) == PHASE_6 + 6
    assert oracle.priceAt(NOW, PHASE_6 + 6) == 30_006 * WAD
    with reverts(oracle.CallFindRound, timestamp=NOW):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O06")
def test_real_proxy__every_hint_of_both_phases_at_many_times__right_price_or_revert(oracle, proxy, aggregators):
    change_phase(proxy, aggregators)
    for number in range(1, 7):
        time = NOW - 800 + 100 * number
        aggregators[1].pushRound(number, (40_000 + number) * 10**8, time, time)
    rounds = [(PHASE_6 + n, 30_000 + n, NOW - 1_100 + 100 * n) for n in range(1, 7)]
    rounds += [(PHASE_7 + n, 40_000 + n, NOW - 800 + 100 * n) for n in range(1, 7)]
    accepted = 0
    for timestamp in range(NOW - 1_050, NOW, 25):
        right = max((r for r in rounds if r[2] <= timestamp), default=None)
        for hint in [phase + n for phase in (PHASE_6, PHASE_7) for n in range(10)]:
            if right is not None and hint == right[0]:
                assert oracle.priceAt(timestamp, hint) == right[1] * WAD
                accepted += 1
            else:
                with pytest.raises(Reverted, match=r"Round(Incomplete|TooLate|Superseded)"):
                    oracle.priceAt(timestamp, hint)
    assert accepted == 40
