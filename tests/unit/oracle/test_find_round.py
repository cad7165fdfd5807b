import pytest

from tests.support.oracle import NOW, PHASE_6, PHASE_7
from tests.support.revm import reverts


def test_find_round__feed_reverting__reverts(oracle, feed, push):
    push(1, 30_000, NOW)
    feed.setReverting(True)
    with reverts(oracle.FeedUnavailable, feed=feed.address):
        oracle.findRound(NOW)


def test_find_round__feed_without_rounds__reverts(oracle, feed):
    feed.setAbsentReverts(False)
    with reverts(oracle.NoRoundFound, timestamp=NOW):
        oracle.findRound(NOW)


def test_find_round__before_the_first_round__reverts(oracle, push):
    push(PHASE_6 + 1, 30_000, NOW - 60)
    push(PHASE_7 + 1, 31_000, NOW)
    with reverts(oracle.NoRoundFound, timestamp=NOW - 61):
        oracle.findRound(NOW - 61)


@pytest.mark.finding("O02")
def test_find_round__only_an_incomplete_round__reverts(oracle, push):
    push(PHASE_6, 0, 0)
    push(PHASE_6 + 1, 0, 0)
    with reverts(oracle.NoRoundFound, timestamp=NOW):
        oracle.findRound(NOW)


def test_find_round__timestamp_in_the_future__is_the_latest_round(oracle, push):
    push(PHASE_6 + 1, 30_000, NOW - 60)
    push(PHASE_6 + 2, 31_000, NOW)
    assert oracle.findRound(NOW + 3_600) == PHASE_6 + 2


def test_find_round__says_nothing_of_price_and_age(oracle, push):
    push(1, -5, NOW - 10**6)
    assert oracle.findRound(NOW) == 1


@pytest.mark.finding("O05")
def test_find_round__each_round_from_its_time_until_the_next(oracle, push):
    for number in range(1, 41):
        push(PHASE_6 + number, 30_000 + number, NOW - 4_100 + 100 * number)
    for number in range(1, 41):
        assert oracle.findRound(NOW - 4_100 + 100 * number) == PHASE_6 + number
        assert oracle.findRound(NOW - 4_100 + 100 * number + 99) == PHASE_6 + number


@pytest.mark.finding("O08")
def test_find_round__rounds_of_the_same_time__is_the_last_of_them(oracle, push):
    for number in range(1, 6):
        push(PHASE_6 + number, 30_000 + number, NOW - 60)
    push(PHASE_6 + 6, 31_000, NOW)
    assert oracle.findRound(NOW - 60) == PHASE_6 + 5


@pytest.mark.finding("O02")
@pytest.mark.parametrize("absent_reverts", [True, False])
@pytest.mark.parametrize("gap", [1, 30])
def test_find_round__absent_rounds_in_the_current_phase__are_passed_over(oracle, feed, push, absent_reverts, gap):
    feed.setAbsentReverts(absent_reverts)
    push(PHASE_6 + 1, 30_000, NOW - 180)
    push(PHASE_6 + 2 + gap, 31_000, NOW - 120)
    push(PHASE_6 + 3 + 2 * gap, 32_000, NOW - 60)
    push(PHASE_6 + 4 + 3 * gap, 33_000, NOW)
    assert oracle.findRound(NOW - 121) == PHASE_6 + 1
    assert oracle.findRound(NOW - 61) == PHASE_6 + 2 + gap
    assert oracle.findRound(NOW - 1) == PHASE_6 + 3 + 2 * gap
    assert oracle.findRound(NOW) == PHASE_6 + 4 + 3 * gap


@pytest.mark.finding("O06")
@pytest.mark.parametrize("absent_reverts", [True, False])
@pytest.mark.parametrize("gap", [0, 1, 7])
def test_find_round__older_phases__are_searched_past_absent_rounds(oracle, feed, push, absent_reverts, gap):
    feed.setAbsentReverts(absent_reverts)
    for phase, start in ((PHASE_6, NOW - 2_000), (PHASE_7, NOW - 1_000)):
        for number in range(9):
            push(phase + 1 + number * (gap + 1), 30_000 + number, start + 100 * number)
    push(8 * 2**64 + 1, 33_000, NOW)
    for phase, start in ((PHASE_6, NOW - 2_000), (PHASE_7, NOW - 1_000)):
        for number in range(9):
            found = phase + 1 + number * (gap + 1)
            assert oracle.findRound(start + 100 * number) == found
            assert oracle.findRound(start + 100 * number + 99) == found
            assert oracle.priceAt(start + 100 * number + 99, found) == (30_000 + number) * 10**18
    assert oracle.findRound(NOW - 1_001) == PHASE_6 + 1 + 8 * (gap + 1)
    assert oracle.findRound(NOW) == 8 * 2**64 + 1


@pytest.mark.finding("O06")
def test_find_round__current_phase_without_rounds_yet__is_of_the_older_phase(oracle, feed, push):
    push(PHASE_6 + 1, 30_000, NOW - 300)
    push(PHASE_6 + 2, 31_000, NOW - 200)
    feed.setAbsentReverts(False)
    feed.setLatest(PHASE_7)
    assert oracle.findRound(NOW) == PHASE_6 + 2


@pytest.mark.finding("O06")
def test_find_round__phases_in_between_without_rounds__are_passed_over(oracle, push):
    push(1, 30_000, NOW - 300)
    push(PHASE_6 + 1, 31_000, NOW)
    assert oracle.findRound(NOW - 1) == 1
    assert oracle.priceAt(NOW - 1, 1) == 30_000 * 10**18
