"""The oracle of the model: rounds, phases, hints, and each refusal with the contract's error. Whether it answers like the
contract is proven on random feeds in tests/unit/oracle."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, ChainlinkOracle, Feed, FixedOracle, Refused, Round, SequencerFeed
from tests.support.model import WAD
from tests.support.refusals import refusal, refused

T = 1_000_000
MAX_AGE = 3_600
PHASE = 2**64


def round_at(round_id, updated_at, dollars=100):
    return Round(round_id, dollars * 10**8, updated_at, updated_at)


def oracle_of(*rounds, sequencer=None, decimals=8, grace_period=0):
    return ChainlinkOracle(Feed(decimals, list(rounds)), sequencer, MAX_AGE, grace_period)


def answering(answer, decimals=8):
    return oracle_of(Round(1, answer, T, T), decimals=decimals)


def under(answer, started_at, grace_period=600):
    """Round 1 of T, below a sequencer."""
    return oracle_of(round_at(1, T), sequencer=SequencerFeed(answer, started_at), grace_period=grace_period)


THREE = oracle_of(round_at(1, T - 20), round_at(2, T - 10), round_at(3, T + 10))
TWO_PHASES = oracle_of(round_at(6 * PHASE + 9, T - 10), round_at(7 * PHASE + 1, T - 5), round_at(7 * PHASE + 2, T + 9))
REFUSED = [
    (answering(1), (T + 1, 0, T), refusal("TimestampInFuture", timestamp=T + 1, now_=T)),
    (oracle_of(), (T, 0, T), refusal("FeedUnavailable", feed=ZERO_ADDRESS)),
    (
        oracle_of(round_at(1, T - MAX_AGE - 1)),
        (T, 0, T),
        refusal("RoundStale", roundId=1, updatedAt=T - MAX_AGE - 1, timestamp=T, maxAge=MAX_AGE),
    ),
    (answering(0), (T, 0, T), refusal("AnswerNotPositive", roundId=1, answer=0)),
    (answering(-1), (T, 1, T), refusal("AnswerNotPositive", roundId=1, answer=-1)),
    (answering(99, decimals=20), (T, 0, T), refusal("PriceOutOfRange", roundId=1, answer=99)),
    (answering(2**96, decimals=18), (T, 0, T), refusal("PriceOutOfRange", roundId=1, answer=2**96)),
    (THREE, (T, 4, T), refusal("RoundIncomplete", roundId=4)),
    (oracle_of(Round(1, 1, T, 0), round_at(2, T + 1)), (T, 1, T), refusal("RoundIncomplete", roundId=1)),
    (THREE, (T, 3, T), refusal("RoundTooLate", roundId=3, updatedAt=T + 10, timestamp=T)),
    (
        THREE,
        (T, 1, T),
        refusal("RoundSuperseded", roundId=1, laterRoundId=2, laterUpdatedAt=T - 10, timestamp=T),
    ),
    (
        # two rounds of one second: the later one counts
        oracle_of(round_at(1, T), round_at(2, T)),
        (T, 1, T),
        refusal("RoundSuperseded", roundId=1, laterRoundId=2, laterUpdatedAt=T, timestamp=T),
    ),
    (
        TWO_PHASES,
        (T, 6 * PHASE + 9, T),
        refusal(
            "RoundSuperseded",
            roundId=6 * PHASE + 9,
            laterRoundId=7 * PHASE + 1,
            laterUpdatedAt=T - 5,
            timestamp=T,
        ),
    ),
    # without a hint the older phase is not looked at
    (TWO_PHASES, (T - 6, 0, T), refusal("CallFindRound", timestamp=T - 6)),
    (under(0, 0), (T, 0, T), refusal("SequencerRoundInvalid")),
    (under(1, T - 9_999), (T, 0, T), refusal("SequencerDown", answer=1)),
    (under(0, T - 599), (T, 0, T), refusal("SequencerGracePeriod", timestamp=T, validFrom=T + 1)),
    # before the outage, too
    (under(0, T + 50), (T, 0, T + 60), refusal("SequencerGracePeriod", timestamp=T, validFrom=T + 650)),
]


@pytest.mark.parametrize(("oracle", "asked", "expected"), REFUSED, ids=[row[-1].error for row in REFUSED])
def test_price_at__what_it_refuses__has_the_contracts_error(oracle, asked, expected):
    with refused(expected):
        oracle.price_at(*asked)


def test_find_round__feed_without_a_round__is_refused_with_its_address():
    with refused(refusal("FeedUnavailable", feed="0xFeed")):
        ChainlinkOracle(Feed(8, address="0xFeed"), None, MAX_AGE, 0).find_round(T)


NO_ROUND = refusal("NoRoundFound", timestamp=T - 1)


def test_find_round__before_the_first_round__is_refused():
    with refused(NO_ROUND):
        answering(1).find_round(T - 1)


@pytest.mark.parametrize(
    ("answer", "decimals", "price"),
    [
        (10**8, 8, WAD),
        (10**6, 6, WAD),
        (123, 18, 123),
        (199, 20, 1),
        (100, 20, 1),
        (2**96 - 1, 18, 2**96 - 1),
    ],
)
def test_price_at__decimals_of_the_feed__are_scaled_to_wad_rounded_down(answer, decimals, price):
    oracle = answering(answer, decimals)
    assert oracle.price_at(T, 0, T) == oracle.price_at(T, 1, T) == oracle.latest_price(T) == price


@pytest.mark.parametrize("age", [0, MAX_AGE])
def test_price_at__age_up_to_the_maximum__is_fresh(age):
    assert oracle_of(round_at(1, T - age)).price_at(T, 0, T) == 100 * WAD


def test_price_at__end_of_the_grace_period__is_valid():
    assert under(0, T - 600).price_at(T, 0, T) == 100 * WAD


@pytest.mark.parametrize(("later", "found"), [(0, True), (32, True), (33, False)])
def test_price_at__without_a_hint__looks_back_32_rounds(later, found):
    rounds = [round_at(1, T), *(round_at(2 + number, T + 1 + number, 999) for number in range(later))]
    oracle = oracle_of(*rounds)
    assert oracle.find_round(T) == 1
    assert oracle.price_at(T, 1, T + 999) == 100 * WAD
    if found:
        assert oracle.price_at(T, 0, T + 999) == 100 * WAD
    else:
        with refused(refusal("CallFindRound", timestamp=T)):
            oracle.price_at(T, 0, T + 999)


@pytest.mark.parametrize(
    ("at", "round_id"),
    [
        (T - 10, 6 * PHASE + 9),
        (T - 6, 6 * PHASE + 9),
        (T - 5, 7 * PHASE + 1),
        (T + 8, 7 * PHASE + 1),
        (T + 9, 7 * PHASE + 2),
    ],
)
def test_price_at__two_phases__is_that_of_the_greatest_id_and_every_other_hint_is_refused(at, round_id):
    assert TWO_PHASES.find_round(at) == round_id
    for hint in (6 * PHASE + 9, 7 * PHASE + 1, 7 * PHASE + 2):
        if hint == round_id:
            assert TWO_PHASES.price_at(at, hint, T + 9) == 100 * WAD
        else:
            with pytest.raises(Refused, match="RoundSuperseded" if hint < round_id else "RoundTooLate"):
                TWO_PHASES.price_at(at, hint, T + 9)


def test_find_round__a_newer_phase_that_began_earlier__wins():
    oracle = oracle_of(round_at(6 * PHASE + 1, T), round_at(7 * PHASE + 1, T - 50, 90))
    assert oracle.find_round(T) == 7 * PHASE + 1
    assert oracle.price_at(T, 0, T) == 90 * WAD


def test_find_round__incomplete_rounds__are_passed_over():
    oracle = oracle_of(round_at(1, T - 1), Round(2, 1, T, 0), Round(3, 1, T, 0))
    assert oracle.find_round(T) == 1
    assert oracle.price_at(T, 1, T) == oracle.price_at(T, 0, T) == 100 * WAD


def test_feed__rounds_pushed_in_any_order__are_kept_by_id_and_replaced():
    feed = Feed(8, [round_at(3, T), round_at(1, T - 2)])
    assert feed.latest_id == 3
    feed.push(round_at(2, T - 1))
    assert feed.at(T - 1) == round_at(2, T - 1)
    feed.push(round_at(3, T + 5))
    assert feed.at(T) == round_at(2, T - 1)
    assert feed.latest_id == 3
    feed.push(Round(3, 1, T, 0))
    assert feed.get(3) is None
    assert feed.get(4) is None


def test_fixed_oracle__price_and_failure__are_those_it_was_given():
    oracle = FixedOracle(5)
    assert (oracle.price_at(T, 9, T), oracle.latest_price(T), oracle.find_round(T)) == (5, 5, 0)
    oracle.failure = Refused("OracleReverting")
    for ask in (lambda: oracle.price_at(T, 0, T), lambda: oracle.latest_price(T), lambda: oracle.find_round(T)):
        with refused(refusal("OracleReverting")):
            ask()
