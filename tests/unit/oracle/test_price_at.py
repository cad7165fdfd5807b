import pytest
from eth_abi import encode
from eth_utils import keccak

from tests.support.oracle import GRACE, MAX_AGE, NOW, PHASE_6, PHASE_7, SEQUENCER_DOWN, SEQUENCER_UP, ZERO
from tests.support.revm import reverts

WAD = 10**18
LATEST_ROUND_DATA = keccak(text="latestRoundData()")[:4]
DECIMALS = keccak(text="decimals()")[:4]


# --- time ---


def test_price_at__timestamp_in_the_future__reverts(oracle, push):
    push(1, 30_000, NOW)
    with reverts(oracle.TimestampInFuture, timestamp=NOW + 1, now_=NOW):
        oracle.priceAt(NOW + 1, 0)


def test_price_at__greatest_timestamp__reverts(oracle, push):
    push(1, 30_000, NOW)
    with reverts(oracle.TimestampInFuture, timestamp=2**256 - 1, now_=NOW):
        oracle.priceAt(2**256 - 1, 1)


def test_price_at__timestamp_in_the_future_with_sequencer_down__names_the_timestamp_first(oracle, push, sequencer):
    push(1, 30_000, NOW)
    sequencer.pushRound(2, SEQUENCER_DOWN, NOW, NOW)
    with reverts(oracle.TimestampInFuture, timestamp=NOW + 1, now_=NOW):
        oracle.priceAt(NOW + 1, 0)


def test_price_at__timestamp_0__asks_for_a_round_that_cannot_be(deploy_oracle, feed, push):
    oracle = deploy_oracle(feed)
    push(1, 30_000, NOW)
    with reverts(oracle.CallFindRound, timestamp=0):
        oracle.priceAt(0, 0)


# --- sequencer ---


@pytest.mark.finding("O03")
@pytest.mark.parametrize("answer", [SEQUENCER_UP, SEQUENCER_DOWN])
def test_price_at__sequencer_round_without_start__reverts(oracle, push, sequencer, answer):
    push(1, 30_000, NOW)
    sequencer.pushRound(2, answer, 0, NOW)
    with reverts(oracle.SequencerRoundInvalid):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O03")
@pytest.mark.parametrize("answer", [SEQUENCER_DOWN, 2, -1])
def test_price_at__sequencer_down__reverts(oracle, push, sequencer, answer):
    push(1, 30_000, NOW)
    sequencer.pushRound(2, answer, NOW - 10 * GRACE, NOW - 10 * GRACE)
    with reverts(oracle.SequencerDown, answer=answer):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O03")
def test_price_at__sequencer_up_since_10_minutes__reverts(oracle, push, sequencer):
    push(1, 30_000, NOW)
    sequencer.pushRound(2, SEQUENCER_UP, NOW - 600, NOW - 600)
    with reverts(oracle.SequencerGracePeriod, timestamp=NOW, validFrom=NOW - 600 + GRACE):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O03")
def test_price_at__one_second_before_the_grace_period_ends__reverts(oracle, push, sequencer):
    push(1, 30_000, NOW - 10)
    sequencer.pushRound(2, SEQUENCER_UP, NOW - GRACE, NOW - GRACE)
    with reverts(oracle.SequencerGracePeriod, timestamp=NOW - 1, validFrom=NOW):
        oracle.priceAt(NOW - 1, 0)


@pytest.mark.finding("O03")
def test_price_at__at_the_end_of_the_grace_period__gives_the_price(oracle, push, sequencer):
    push(1, 30_000, NOW - 10)
    sequencer.pushRound(2, SEQUENCER_UP, NOW - GRACE, NOW - GRACE)
    assert oracle.priceAt(NOW, 0) == 30_000 * WAD


@pytest.mark.finding("O03")
def test_price_at__time_before_the_outage__reverts(oracle, push, sequencer):
    push(1, 30_000, NOW - 9_000)
    sequencer.pushRound(2, SEQUENCER_DOWN, NOW - 7_200, NOW - 7_200)
    sequencer.pushRound(3, SEQUENCER_UP, NOW - 6_000, NOW - 6_000)
    with reverts(oracle.SequencerGracePeriod, timestamp=NOW - 8_000, validFrom=NOW - 6_000 + GRACE):
        oracle.priceAt(NOW - 8_000, 1)


@pytest.mark.finding("O03")
def test_price_at__sequencer_change_is_its_start_not_its_update(oracle, push, sequencer):
    push(1, 30_000, NOW)
    sequencer.pushRound(2, SEQUENCER_UP, NOW - GRACE, NOW)
    assert oracle.priceAt(NOW, 0) == 30_000 * WAD
    sequencer.pushRound(3, SEQUENCER_UP, NOW, NOW - GRACE)
    with reverts(oracle.SequencerGracePeriod, timestamp=NOW, validFrom=NOW + GRACE):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O03")
def test_price_at__sequencer_round_of_no_update__is_judged_by_its_start(oracle, push, sequencer):
    push(1, 30_000, NOW)
    sequencer.pushRound(2, SEQUENCER_UP, NOW - GRACE, 0)
    assert oracle.priceAt(NOW, 0) == 30_000 * WAD


@pytest.mark.finding("O03")
def test_price_at__sequencer_feed_reverting__reverts(oracle, push, sequencer):
    push(1, 30_000, NOW)
    sequencer.setReverting(True)
    with reverts(oracle.FeedUnavailable, feed=sequencer.address):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O03")
def test_price_at__sequencer_round_empty__reverts(project, revm, deploy_oracle, feed, push):
    push(1, 30_000, NOW)
    empty = revm.deploy(project.ReplayAggregator, 0, "")
    empty.setAbsentReverts(False)
    oracle = deploy_oracle(feed, empty)
    with reverts(oracle.SequencerRoundInvalid):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O03")
def test_price_at__grace_period_beyond_any_time__never_gives_a_price(deploy_oracle, feed, sequencer, push):
    push(1, 30_000, NOW)
    oracle = deploy_oracle(feed, sequencer, grace=2**256 - 1)
    with reverts(oracle.SequencerGracePeriod, timestamp=NOW, validFrom=2**256 - 1):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O03")
def test_price_at__sequencer_down_and_feed_reverting__names_the_sequencer_first(oracle, feed, sequencer):
    feed.setReverting(True)
    sequencer.pushRound(2, SEQUENCER_DOWN, NOW, NOW)
    with reverts(oracle.SequencerDown, answer=SEQUENCER_DOWN):
        oracle.priceAt(NOW, 0)


def test_price_at__chain_without_sequencer_feed__gives_the_price(deploy_oracle, feed, push):
    push(1, 30_000, NOW)
    assert deploy_oracle(feed).priceAt(NOW, 0) == 30_000 * WAD


# --- age ---


@pytest.mark.finding("O01")
def test_price_at__age_of_max_age__gives_the_price(oracle, push):
    push(1, 30_000, NOW - MAX_AGE)
    assert oracle.priceAt(NOW, 0) == 30_000 * WAD


@pytest.mark.finding("O01")
@pytest.mark.parametrize("hint", [0, 1])
def test_price_at__age_of_max_age_and_a_second__reverts(oracle, push, hint):
    push(1, 30_000, NOW - MAX_AGE - 1)
    with reverts(oracle.RoundStale, roundId=1, updatedAt=NOW - MAX_AGE - 1, timestamp=NOW, maxAge=MAX_AGE):
        oracle.priceAt(NOW, hint)


@pytest.mark.finding("O01")
def test_price_at__age_is_that_at_the_timestamp_not_that_of_now(oracle, push):
    push(1, 30_000, NOW - 2 * MAX_AGE)
    assert oracle.priceAt(NOW - MAX_AGE, 0) == 30_000 * WAD


@pytest.mark.finding("O01")
def test_price_at__two_feeds__each_has_its_own_max_age(deploy_oracle, feed, push):
    push(1, 30_000, NOW - 4_501)
    slow, fast = deploy_oracle(feed, max_age=90_000), deploy_oracle(feed, max_age=4_500)
    assert slow.priceAt(NOW, 0) == 30_000 * WAD
    with reverts(fast.RoundStale, roundId=1, updatedAt=NOW - 4_501, timestamp=NOW, maxAge=4_500):
        fast.priceAt(NOW, 0)


@pytest.mark.finding("O01")
def test_price_at__stale_and_negative__names_the_age_first(oracle, push):
    push(1, -1, NOW - MAX_AGE - 1)
    with reverts(oracle.RoundStale, roundId=1, updatedAt=NOW - MAX_AGE - 1, timestamp=NOW, maxAge=MAX_AGE):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O01")
def test_price_at__stale_round_found_by_looking_back__reverts(oracle, push):
    push(1, 30_000, NOW - MAX_AGE - 1)
    push(2, 31_000, NOW + 1)
    with reverts(oracle.RoundStale, roundId=1, updatedAt=NOW - MAX_AGE - 1, timestamp=NOW, maxAge=MAX_AGE):
        oracle.priceAt(NOW, 0)


# --- answer ---


@pytest.mark.parametrize("answer", [0, -1, -(2**175)])
@pytest.mark.parametrize("hint", [0, 1])
def test_price_at__answer_not_positive__reverts(oracle, feed, answer, hint):
    feed.pushRound(1, answer, NOW, NOW)
    with reverts(oracle.AnswerNotPositive, roundId=1, answer=answer):
        oracle.priceAt(NOW, hint)


def test_price_at__latest_answer_not_positive__does_not_fall_back_to_an_older_round(oracle, push):
    push(1, 30_000, NOW - 60)
    push(2, 0, NOW)
    with reverts(oracle.AnswerNotPositive, roundId=2, answer=0):
        oracle.priceAt(NOW, 0)
    with reverts(oracle.RoundSuperseded, roundId=1, laterRoundId=2, laterUpdatedAt=NOW, timestamp=NOW):
        oracle.priceAt(NOW, 1)


@pytest.mark.finding("O04")
@pytest.mark.parametrize(
    ("decimals", "answer", "price"),
    [
        (0, 30_000, 30_000 * WAD),
        (6, 30_000_123_456, 30_000_123_456 * 10**12),
        (8, 3_000_012_345_678, 3_000_012_345_678 * 10**10),
        (18, 30_000 * WAD + 1, 30_000 * WAD + 1),
        (20, 30_000 * 10**20 + 199, 30_000 * WAD + 1),
        (36, 2 * 10**18 - 1, 1),
    ],
)
def test_price_at__feed_of_any_decimals__is_in_wad_rounded_down(project, revm, deploy_oracle, decimals, answer, price):
    feed = revm.deploy(project.ReplayAggregator, decimals, "")
    feed.pushRound(1, answer, NOW, NOW)
    assert deploy_oracle(feed).priceAt(NOW, 0) == price


@pytest.mark.finding("O04")
@pytest.mark.parametrize(
    ("decimals", "greatest"),
    [
        (0, (2**96 - 1) // 10**18),
        (8, (2**96 - 1) // 10**10),
        (17, (2**96 - 1) // 10),
        (18, 2**96 - 1),
        (19, 2**96 * 10 - 1),
        (36, 2**96 * 10**18 - 1),
    ],
)
def test_price_at__greatest_answer_in_range__one_more_reverts(project, revm, deploy_oracle, decimals, greatest):
    feed = revm.deploy(project.ReplayAggregator, decimals, "")
    oracle = deploy_oracle(feed)
    feed.pushRound(1, greatest, NOW, NOW)
    price = oracle.priceAt(NOW, 0)
    assert price == greatest * 10**18 // 10**decimals
    assert price < 2**96
    feed.pushRound(2, greatest + 1, NOW, NOW)
    with reverts(oracle.PriceOutOfRange, roundId=2, answer=greatest + 1):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O04")
@pytest.mark.parametrize(("decimals", "least"), [(18, 1), (19, 10), (20, 100), (36, 10**18)])
def test_price_at__least_answer_in_range__one_less_reverts(project, revm, deploy_oracle, decimals, least):
    feed = revm.deploy(project.ReplayAggregator, decimals, "")
    oracle = deploy_oracle(feed)
    feed.pushRound(1, least, NOW, NOW)
    assert oracle.priceAt(NOW, 0) == 1
    feed.pushRound(2, least - 1, NOW, NOW)
    error = oracle.PriceOutOfRange if least > 1 else oracle.AnswerNotPositive
    with reverts(error, roundId=2, answer=least - 1):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O04")
@pytest.mark.parametrize("decimals", [0, 8, 18, 36])
@pytest.mark.parametrize("answer", [2**156 - 1, 2**156, 2**196, 2**255 - 1])
def test_price_at__huge_answer__reverts_without_overflow(project, revm, deploy_oracle, decimals, answer):
    feed = revm.deploy(project.RawFeed)
    feed.setAnswer(DECIMALS, encode(["uint8"], [decimals]))
    words = encode(["uint80", "int256", "uint256", "uint256", "uint80"], [1, answer, NOW, NOW, 1])
    feed.setAnswer(LATEST_ROUND_DATA, words)
    oracle = deploy_oracle(feed)
    with reverts(oracle.PriceOutOfRange, roundId=1, answer=answer):
        oracle.priceAt(NOW, 0)


# --- feeds that do not answer ---


@pytest.mark.parametrize("hint", [0, 1, 2])
def test_price_at__feed_reverting__reverts(oracle, feed, push, hint):
    push(1, 30_000, NOW - 60)
    push(2, 31_000, NOW)
    feed.setReverting(True)
    with reverts(oracle.FeedUnavailable, feed=feed.address):
        oracle.priceAt(NOW, hint)


@pytest.mark.parametrize(
    "answer",
    [
        encode(["uint256"] * 4, [1, 30_000, NOW, NOW]),
        encode(["uint256"] * 5, [2**80, 30_000, NOW, NOW, 1]),
        encode(["uint256"] * 5, [2**256 - 1, 30_000, NOW, NOW, 1]),
    ],
    ids=["four words", "id of 81 bits", "id of 256 bits"],
)
def test_price_at__malformed_latest_round__reverts(project, revm, deploy_oracle, answer):
    feed = revm.deploy(project.RawFeed)
    feed.setAnswer(DECIMALS, encode(["uint8"], [8]))
    feed.setAnswer(LATEST_ROUND_DATA, answer)
    oracle = deploy_oracle(feed)
    with reverts(oracle.FeedUnavailable, feed=feed.address):
        oracle.priceAt(NOW, 0)


def test_price_at__feed_without_rounds_that_reverts__reverts(oracle, feed):
    with reverts(oracle.FeedUnavailable, feed=feed.address):
        oracle.priceAt(NOW, 0)


def test_price_at__feed_without_rounds_that_answers_zeros__reverts(oracle, feed):
    feed.setAbsentReverts(False)
    with reverts(oracle.CallFindRound, timestamp=NOW):
        oracle.priceAt(NOW, 0)
    with reverts(oracle.RoundIncomplete, roundId=1):
        oracle.priceAt(NOW, 1)


def test_price_at__feed_that_numbers_no_rounds__gives_the_latest_or_reverts(project, revm, deploy_oracle):
    feed = revm.deploy(project.RawFeed)
    feed.setAnswer(DECIMALS, encode(["uint8"], [8]))
    feed.setAnswer(LATEST_ROUND_DATA, encode(["uint256"] * 5, [0, 30_000 * 10**8, NOW - 60, NOW - 60, 0]))
    oracle = deploy_oracle(feed)
    assert oracle.findRound(NOW) == 0
    assert oracle.priceAt(NOW, 0) == 30_000 * WAD
    with reverts(oracle.CallFindRound, timestamp=NOW - 61):
        oracle.priceAt(NOW - 61, 0)
    with reverts(oracle.NoRoundFound, timestamp=NOW - 61):
        oracle.findRound(NOW - 61)


# --- no hint ---


def test_price_at__no_hint__takes_the_latest_round(oracle, push):
    push(1, 30_000, NOW - 60)
    push(2, 31_000, NOW)
    assert oracle.priceAt(NOW, 0) == 31_000 * WAD


@pytest.mark.finding("O05")
def test_price_at__no_hint__takes_the_round_of_the_timestamp_not_the_latest(oracle, push):
    push(1, 30_000, NOW - 120)
    push(2, 31_000, NOW - 60)
    push(3, 32_000, NOW)
    assert oracle.priceAt(NOW - 1, 0) == 31_000 * WAD
    assert oracle.priceAt(NOW - 60, 0) == 31_000 * WAD
    assert oracle.priceAt(NOW - 61, 0) == 30_000 * WAD


def test_price_at__no_hint__looks_back_32_rounds_and_no_further(oracle, push):
    for number in range(40):
        push(PHASE_6 + 1 + number, 30_000 + number, NOW - 40 + number)
    assert oracle.priceAt(NOW - 33, 0) == 30_007 * WAD
    with reverts(oracle.CallFindRound, timestamp=NOW - 34):
        oracle.priceAt(NOW - 34, 0)
    assert oracle.priceAt(NOW - 34, oracle.findRound(NOW - 34)) == 30_006 * WAD


@pytest.mark.parametrize("absent_reverts", [True, False])
def test_price_at__no_hint__passes_over_absent_and_incomplete_rounds(oracle, feed, push, absent_reverts):
    feed.setAbsentReverts(absent_reverts)
    push(1, 30_000, NOW - 60)
    push(3, 31_000, 0, started_at=NOW - 30)
    push(33, 32_000, NOW)
    assert oracle.priceAt(NOW - 1, 0) == 30_000 * WAD


def test_price_at__no_hint__stops_at_aggregator_round_1(oracle, feed, push):
    push(PHASE_6 - 1, 29_000, NOW - 180)
    push(PHASE_6, 30_000, NOW - 120)
    push(PHASE_6 + 1, 31_000, NOW - 60)
    push(PHASE_6 + 2, 32_000, NOW)
    with reverts(oracle.CallFindRound, timestamp=NOW - 61):
        oracle.priceAt(NOW - 61, 0)


@pytest.mark.finding("O02")
def test_price_at__no_hint__incomplete_latest_round_is_passed_over(oracle, push):
    push(1, 30_000, NOW - 60)
    push(2, 99_000, 0, started_at=NOW)
    assert oracle.priceAt(NOW, 0) == 30_000 * WAD


# --- hints ---


def test_price_at__hint_of_the_latest_round__gives_its_price(oracle, push):
    push(1, 30_000, NOW - 60)
    push(2, 31_000, NOW)
    assert oracle.priceAt(NOW, 2) == 31_000 * WAD


def test_price_at__hint_of_the_latest_round_which_is_too_late__reverts(oracle, push):
    push(1, 30_000, NOW - 60)
    push(2, 31_000, NOW)
    with reverts(oracle.RoundTooLate, roundId=2, updatedAt=NOW, timestamp=NOW - 1):
        oracle.priceAt(NOW - 1, 2)


@pytest.mark.finding("O05")
def test_price_at__wrong_hint_on_either_side__reverts(oracle, push):
    for number in range(1, 6):
        push(PHASE_6 + number, 30_000 + number, NOW - 600 + 60 * number)
    timestamp = NOW - 600 + 60 * 3 + 30
    assert oracle.priceAt(timestamp, PHASE_6 + 3) == 30_003 * WAD
    for late in (4, 5):
        with reverts(oracle.RoundTooLate, roundId=PHASE_6 + late, updatedAt=NOW - 600 + 60 * late, timestamp=timestamp):
            oracle.priceAt(timestamp, PHASE_6 + late)
    for early in (1, 2):
        with reverts(
            oracle.RoundSuperseded,
            roundId=PHASE_6 + early,
            laterRoundId=PHASE_6 + early + 1,
            laterUpdatedAt=NOW - 600 + 60 * (early + 1),
            timestamp=timestamp,
        ):
            oracle.priceAt(timestamp, PHASE_6 + early)


@pytest.mark.finding("O05")
def test_price_at__wrong_hint_below_a_latest_round_that_qualifies__names_the_latest(oracle, push):
    for number in range(1, 6):
        push(number, 30_000 + number, NOW - 600 + 60 * number)
    with reverts(oracle.RoundSuperseded, roundId=1, laterRoundId=5, laterUpdatedAt=NOW - 300, timestamp=NOW):
        oracle.priceAt(NOW, 1)


@pytest.mark.parametrize("absent_reverts", [True, False])
def test_price_at__hint_of_a_round_that_does_not_exist__reverts(oracle, feed, push, absent_reverts):
    feed.setAbsentReverts(absent_reverts)
    push(PHASE_6 + 1, 30_000, NOW - 60)
    push(PHASE_6 + 4, 31_000, NOW)
    for hint in (1, 5 * 2**64 + 1, PHASE_6, PHASE_6 + 2, PHASE_6 + 5, PHASE_7 + 1, 2**80 - 1):
        with reverts(oracle.RoundIncomplete, roundId=hint):
            oracle.priceAt(NOW - 1, hint)


def test_price_at__hint_above_the_latest_round__reverts_though_the_feed_answers_for_it(oracle, feed, push):
    push(1, 30_000, NOW - 120)
    push(2, 31_000, NOW - 60)
    feed.setLatest(1)
    with reverts(oracle.RoundIncomplete, roundId=2):
        oracle.priceAt(NOW, 2)
    assert oracle.priceAt(NOW, 1) == 30_000 * WAD


def test_price_at__hint_of_aggregator_round_0__reverts_though_the_feed_answers_for_it(oracle, push):
    push(PHASE_6, 30_000, NOW - 120)
    push(PHASE_6 + 1, 31_000, NOW)
    with reverts(oracle.RoundIncomplete, roundId=PHASE_6):
        oracle.priceAt(NOW - 1, PHASE_6)


@pytest.mark.finding("O02")
def test_price_at__hint_of_an_incomplete_round__reverts(oracle, push):
    push(PHASE_6, 0, 0)
    push(PHASE_6 + 1, 30_000, NOW - 60)
    push(PHASE_6 + 2, 31_000, 0, started_at=NOW - 30)
    push(PHASE_6 + 3, 32_000, NOW)
    for hint in (PHASE_6, PHASE_6 + 2):
        with reverts(oracle.RoundIncomplete, roundId=hint):
            oracle.priceAt(NOW, hint)


@pytest.mark.finding("O02")
def test_price_at__time_of_a_round_is_its_update_not_its_start(oracle, push):
    push(1, 30_000, NOW - 60, started_at=NOW - 600)
    push(2, 31_000, NOW, started_at=NOW - 600)
    assert oracle.priceAt(NOW - 1, 0) == 30_000 * WAD
    assert oracle.priceAt(NOW - 1, 1) == 30_000 * WAD
    push(3, 32_000, NOW, started_at=NOW + 600)
    assert oracle.priceAt(NOW, 0) == 32_000 * WAD


@pytest.mark.finding("O02")
@pytest.mark.parametrize("gap", [1, 7, 20])
def test_price_at__incomplete_rounds_in_the_middle__do_not_hide_the_later_round(oracle, push, gap):
    push(PHASE_6 + 1, 30_000, NOW - 120)
    for number in range(gap):
        push(PHASE_6 + 2 + number, 99_000, 0, started_at=NOW - 90)
    later = PHASE_6 + 2 + gap
    push(later, 31_000, NOW - 60)
    push(later + 1, 32_000, NOW)
    with reverts(
        oracle.RoundSuperseded, roundId=PHASE_6 + 1, laterRoundId=later, laterUpdatedAt=NOW - 60, timestamp=NOW - 1
    ):
        oracle.priceAt(NOW - 1, PHASE_6 + 1)
    assert oracle.priceAt(NOW - 61, PHASE_6 + 1) == 30_000 * WAD
    assert oracle.priceAt(NOW - 1, later) == 31_000 * WAD


@pytest.mark.finding("O08")
def test_price_at__two_rounds_of_the_same_time__the_later_one_counts(oracle, push):
    push(1, 30_000, NOW - 60)
    push(2, 31_000, NOW - 60)
    push(3, 32_000, NOW)
    assert oracle.priceAt(NOW - 60, 0) == 31_000 * WAD
    assert oracle.priceAt(NOW - 60, 2) == 31_000 * WAD
    with reverts(oracle.RoundSuperseded, roundId=1, laterRoundId=2, laterUpdatedAt=NOW - 60, timestamp=NOW - 60):
        oracle.priceAt(NOW - 60, 1)


@pytest.mark.finding("O08")
def test_price_at__two_latest_rounds_of_the_same_time__the_later_one_counts(oracle, push):
    push(1, 30_000, NOW)
    push(2, 31_000, NOW)
    assert oracle.priceAt(NOW, 0) == 31_000 * WAD
    with reverts(oracle.RoundSuperseded, roundId=1, laterRoundId=2, laterUpdatedAt=NOW, timestamp=NOW):
        oracle.priceAt(NOW, 1)


# --- phases ---


@pytest.fixture
def two_phases(push):
    """Phase 6 up to NOW - 300, phase 7 from NOW - 200 on."""
    for number in range(1, 6):
        push(PHASE_6 + number, 30_000 + number, NOW - 800 + 100 * number)
    for number in range(1, 4):
        push(PHASE_7 + number, 40_000 + number, NOW - 300 + 100 * number)


@pytest.mark.finding("O06")
@pytest.mark.parametrize("absent_reverts", [True, False])
def test_price_at__between_two_phases__is_that_of_the_last_round_of_the_older(oracle, feed, two_phases, absent_reverts):
    feed.setAbsentReverts(absent_reverts)
    timestamp = NOW - 201
    assert oracle.priceAt(timestamp, PHASE_6 + 5) == 30_005 * WAD
    with reverts(oracle.RoundTooLate, roundId=PHASE_7 + 1, updatedAt=NOW - 200, timestamp=timestamp):
        oracle.priceAt(timestamp, PHASE_7 + 1)
    with reverts(
        oracle.RoundSuperseded,
        roundId=PHASE_6 + 4,
        laterRoundId=PHASE_6 + 5,
        laterUpdatedAt=NOW - 300,
        timestamp=timestamp,
    ):
        oracle.priceAt(timestamp, PHASE_6 + 4)
    with reverts(oracle.CallFindRound, timestamp=timestamp):
        oracle.priceAt(timestamp, 0)


@pytest.mark.finding("O06")
def test_price_at__from_the_first_round_of_the_newer_phase_on__is_that_of_the_newer(oracle, two_phases):
    timestamp = NOW - 200
    assert oracle.priceAt(timestamp, PHASE_7 + 1) == 40_001 * WAD
    assert oracle.priceAt(timestamp, 0) == 40_001 * WAD
    with reverts(
        oracle.RoundSuperseded,
        roundId=PHASE_6 + 5,
        laterRoundId=PHASE_7 + 1,
        laterUpdatedAt=NOW - 200,
        timestamp=timestamp,
    ):
        oracle.priceAt(timestamp, PHASE_6 + 5)


@pytest.mark.finding("O06")
def test_price_at__older_phase_that_goes_on_beside_the_newer__counts_only_before_it(oracle, push, two_phases):
    push(PHASE_6 + 6, 30_006, NOW - 150)
    with reverts(
        oracle.RoundSuperseded, roundId=PHASE_6 + 6, laterRoundId=PHASE_7 + 3, laterUpdatedAt=NOW, timestamp=NOW
    ):
        oracle.priceAt(NOW, PHASE_6 + 6)
    with reverts(
        oracle.RoundSuperseded,
        roundId=PHASE_6 + 6,
        laterRoundId=PHASE_7 + 1,
        laterUpdatedAt=NOW - 200,
        timestamp=NOW - 150,
    ):
        oracle.priceAt(NOW - 150, PHASE_6 + 6)
    assert oracle.priceAt(NOW - 150, 0) == 40_001 * WAD
    assert oracle.priceAt(NOW - 201, PHASE_6 + 5) == 30_005 * WAD


@pytest.mark.finding("O06")
@pytest.mark.parametrize("missing", [1, 7])
def test_price_at__newer_phase_whose_first_rounds_are_absent__is_seen_all_the_same(oracle, push, missing):
    push(PHASE_6 + 1, 30_000, NOW - 300)
    push(PHASE_7 + 1 + missing, 40_000, NOW - 200)
    push(8 * 2**64 + 1, 50_000, NOW)
    assert oracle.priceAt(NOW - 201, PHASE_6 + 1) == 30_000 * WAD
    with reverts(
        oracle.RoundSuperseded,
        roundId=PHASE_6 + 1,
        laterRoundId=PHASE_7 + 1 + missing,
        laterUpdatedAt=NOW - 200,
        timestamp=NOW - 200,
    ):
        oracle.priceAt(NOW - 200, PHASE_6 + 1)


@pytest.mark.finding("O06")
@pytest.mark.parametrize("missing", [1, 7])
def test_price_at__older_phase_with_absent_rounds__later_round_is_seen_all_the_same(oracle, push, missing):
    push(PHASE_6 + 1, 30_000, NOW - 300)
    push(PHASE_6 + 2 + missing, 31_000, NOW - 200)
    push(PHASE_7 + 1, 40_000, NOW)
    with reverts(
        oracle.RoundSuperseded,
        roundId=PHASE_6 + 1,
        laterRoundId=PHASE_6 + 2 + missing,
        laterUpdatedAt=NOW - 200,
        timestamp=NOW - 1,
    ):
        oracle.priceAt(NOW - 1, PHASE_6 + 1)
    assert oracle.priceAt(NOW - 1, PHASE_6 + 2 + missing) == 31_000 * WAD


@pytest.mark.finding("O06")
def test_price_at__current_phase_without_rounds_yet__a_hint_into_the_older_phase_holds(oracle, feed, push):
    push(PHASE_6 + 1, 30_000, NOW - 300)
    push(PHASE_6 + 2, 31_000, NOW - 200)
    feed.setAbsentReverts(False)
    feed.setLatest(PHASE_7)
    assert oracle.priceAt(NOW, PHASE_6 + 2) == 31_000 * WAD
    with reverts(
        oracle.RoundSuperseded,
        roundId=PHASE_6 + 1,
        laterRoundId=PHASE_6 + 2,
        laterUpdatedAt=NOW - 200,
        timestamp=NOW,
    ):
        oracle.priceAt(NOW, PHASE_6 + 1)
    with reverts(oracle.CallFindRound, timestamp=NOW):
        oracle.priceAt(NOW, 0)


@pytest.mark.finding("O06")
def test_price_at__current_phase_unknown__every_hint_reverts(oracle, feed, push):
    push(PHASE_6 + 1, 30_000, NOW - 300)
    feed.setLatest(PHASE_7)
    for hint in (0, PHASE_6 + 1, PHASE_7):
        with reverts(oracle.FeedUnavailable, feed=feed.address):
            oracle.priceAt(NOW, hint)


@pytest.mark.finding("O06")
def test_price_at__last_id_of_an_older_phase__does_not_spill_into_the_next(oracle, push):
    push(PHASE_7 - 1, 30_000, NOW - 300)
    push(PHASE_7, 35_000, NOW - 250)
    push(PHASE_7 + 1, 40_000, NOW)
    assert oracle.priceAt(NOW - 1, PHASE_7 - 1) == 30_000 * WAD


def test_price_at__greatest_phase_and_round__is_handled(deploy_oracle, feed, push):
    oracle = deploy_oracle(feed, ZERO)
    push(2**80 - 2, 30_000, NOW - 60)
    push(2**80 - 1, 31_000, NOW)
    assert oracle.priceAt(NOW, 2**80 - 1) == 31_000 * WAD
    assert oracle.priceAt(NOW - 1, 2**80 - 2) == 30_000 * WAD
    assert oracle.priceAt(NOW - 1, 0) == 30_000 * WAD
