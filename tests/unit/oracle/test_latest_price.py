import pytest

from tests.support.oracle import GRACE, MAX_AGE, NOW, SEQUENCER_DOWN, SEQUENCER_UP
from tests.support.revm import reverts


def test_latest_price__feed_reverting__reverts(oracle, feed, push):
    push(1, 30_000, NOW)
    feed.setReverting(True)
    with reverts(oracle.FeedUnavailable, feed=feed.address):
        oracle.latestPrice()


@pytest.mark.finding("O01")
def test_latest_price__round_older_than_max_age__reverts(oracle, push):
    push(1, 30_000, NOW - MAX_AGE - 1)
    with reverts(oracle.RoundStale, roundId=1, updatedAt=NOW - MAX_AGE - 1, timestamp=NOW, maxAge=MAX_AGE):
        oracle.latestPrice()


@pytest.mark.finding("O03")
def test_latest_price__sequencer_down__reverts(oracle, push, sequencer):
    push(1, 30_000, NOW)
    sequencer.pushRound(2, SEQUENCER_DOWN, NOW - 60, NOW - 60)
    with reverts(oracle.SequencerDown, answer=SEQUENCER_DOWN):
        oracle.latestPrice()


@pytest.mark.finding("O03")
def test_latest_price__inside_grace_period__reverts(oracle, push, sequencer):
    push(1, 30_000, NOW)
    sequencer.pushRound(2, SEQUENCER_UP, NOW - GRACE + 1, NOW)
    with reverts(oracle.SequencerGracePeriod, timestamp=NOW, validFrom=NOW + 1):
        oracle.latestPrice()


def test_latest_price__round_of_the_future__falls_back_to_the_one_before(oracle, push):
    push(1, 30_000, NOW)
    push(2, 31_000, NOW + 1)
    assert oracle.latestPrice() == 30_000 * 10**18


def test_latest_price__is_the_price_as_of_now(oracle, push):
    push(1, 30_000, NOW - 60)
    push(2, 31_000, NOW)
    assert oracle.latestPrice() == oracle.priceAt(NOW, 0) == 31_000 * 10**18
