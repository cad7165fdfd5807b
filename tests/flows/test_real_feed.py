"""Pools on months of rounds of a real feed, or where the files are not at hand on rounds with the same quirks.

Rounds arrive as they did; keepers come when they like. All runs are through the liveliest two days of the feed.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import pytest

from perpetual_pools.model import ZERO_ADDRESS, ChainlinkOracle, CommitType, Feed, Refused, Round
from perpetual_pools.twin.pool import HOUR
from tests.support.orders import cash, tokens
from tests.support.rounds import Tape, generated_rounds, liveliest, push_rounds, real_rounds, right_round
from tests.support.world import ALICE, BOB, CAROL, KEEPER, USDC, new_world

HOURS = 48
MAX_AGE = 4_500
SIDE = 1_000_000 * USDC
LATENESS = 600, 3_299, 1, 2_400, 59, 3_000
"""Seconds, in turns. At 3,300 the next hour would be passed over: it begins within the front-running interval."""
LEVERAGE = 3


@pytest.fixture(scope="module", params=["btc", "eth"])
def rounds(request, project) -> Sequence[Round]:
    return real_rounds(request.param, project.path) or generated_rounds(request.param)


class Replay:
    """A pool on a feed to which rounds come in their time. Alice is long with a million USDC, bob short."""

    def __init__(self, project: Any, rounds: Sequence[Round], **changes: Any) -> None:
        self.rounds = rounds
        self.start = liveliest(rounds, HOURS)
        self.world = new_world(project)
        self.feed = Feed(8)
        self.aggregator = self.world.chain.deploy("ReplayAggregator", 8, "")
        self._tape = Tape(rounds)
        # Back in time: nothing has been done yet that would know.
        self.move_to((self.start - 1) * HOUR - HOUR // 2)
        wrapper = self.world.chain.deploy("ChainlinkOracleWrapper", self.aggregator, ZERO_ADDRESS, MAX_AGE, 0)
        oracle = ChainlinkOracle(self.feed, None, MAX_AGE, 0)
        self.market = self.world.deploy_pool_on(wrapper, oracle, leverage=LEVERAGE, **changes)
        self.market.commit(ALICE, CommitType.LONG_MINT, SIDE)
        self.market.commit(BOB, CommitType.SHORT_MINT, SIDE)
        self.keep((self.start - 1) * HOUR + 1)
        self.market.claim(ALICE)
        self.market.claim(BOB)
        assert self.market.pool.balances() == (SIDE, SIDE)
        assert self.market.model.next_rebalance == self.start * HOUR

    def move_to(self, time: int) -> None:
        """And gives the feed the rounds that there were until then."""
        self.world.move_to(time)
        come = self._tape.until(time)
        for round_ in come:
            self.feed.push(round_)
        push_rounds(self.aggregator, come)

    def keep(self, time: int, recipient: str = ZERO_ADDRESS) -> int:
        """Rebalances then, with the hint for the hour that has passed last. Returns the reward."""
        self.move_to(time)
        hint = self.market.oracle.findRound(time // HOUR * HOUR)
        return self.market.rebalance(KEEPER, hint, recipient)

    def price_as_of(self, time: int) -> int:
        """WAD, by search over all rounds of the feed, those to come too."""
        round_ = right_round(self.rounds, self.rounds[-1].round_id, time)
        assert round_ is not None
        return round_.answer * 10**10

    @property
    def state(self) -> dict[str, Any]:
        """All that the next rebalance depends on."""
        pool = self.market.pool
        names = ("balances", "supplies", "protocolFees", "lastPrice", "lastRebalance", "nextRebalance", "epoch")
        return {name: getattr(pool, name)() for name in names}


@pytest.mark.finding("O05")
def test_real_feed__two_keepers_through_48_hours__same_prices_and_balances_whenever_they_call(project, rounds):
    prompt, tardy = Replay(project, rounds), Replay(project, rounds)
    long = short = SIDE
    price, refused = prompt.market.model.last_price, {"RoundTooLate": 0, "RoundSuperseded": 0}
    for number in range(HOURS):
        hour = (prompt.start + number) * HOUR
        prompt.keep(hour + 1)

        tardy.move_to(hour + LATENESS[number % len(LATENESS)])
        right = tardy.market.oracle.findRound(hour)
        # The newest price, if there is a newer one, and the one before are refused: no keeper can choose.
        for hint, error in ((tardy.aggregator.latestRoundId(), "RoundTooLate"), (right - 1, "RoundSuperseded")):
            if hint != right:
                with pytest.raises(Refused, match=error):
                    tardy.market.rebalance(KEEPER, hint)
                refused[error] += 1
        tardy.keep(tardy.world.now)

        assert prompt.state == tardy.state, "P12"
        assert prompt.state["lastRebalance"] == hour
        last, price = price, prompt.price_as_of(hour)
        assert prompt.state["lastPrice"] == price
        # P3 with exact fractions. Each step is within a unit, so all are within as many units as there are steps.
        kept = Fraction(min(last, price), max(last, price)) ** LEVERAGE
        if price > last:
            long, short = long + short - ceil(short * kept), ceil(short * kept)
        else:
            long, short = ceil(long * kept), long + short - ceil(long * kept)
        assert abs(prompt.state["balances"][0] - long) <= number + 1, "P3"
        assert sum(prompt.state["balances"]) == 2 * SIDE, "P2"
    assert refused["RoundSuperseded"] == HOURS
    assert refused["RoundTooLate"] > HOURS // 4
    assert abs(long - SIDE) > SIDE // 1_000


@pytest.mark.finding("O05")
def test_real_feed__upkeep_a_second_or_59_minutes_late__differs_by_the_reward_alone(project, rounds):
    # Up to a USDC over 10 minutes.
    terms = {"keeper_reward_max": USDC, "keeper_reward_ramp": 600, "front_running_interval": 30}
    for late, reward in ((1, 1_666), (600, 1_000_000), (3_540, 1_000_000)):
        replay = Replay(project, rounds, **terms)
        hour = replay.start * HOUR
        last, price = replay.market.model.last_price, replay.price_as_of(hour)
        assert replay.keep(hour + late, KEEPER) == reward
        assert cash(replay.market, KEEPER) == reward
        assert replay.state["lastPrice"] == price
        assert replay.state["nextRebalance"] == hour + HOUR
        # Half of it from each side; the rest moves as the price did.
        paid = SIDE - reward // 2
        loser = int(price > last)
        kept = Fraction(min(last, price), max(last, price)) ** LEVERAGE * paid
        balances = replay.state["balances"]
        assert 0 <= balances[loser] - kept <= 1, "P3"
        assert sum(balances) + reward == 2 * SIDE, "P2"


@pytest.mark.finding("K06")
def test_real_feed__nobody_called_for_9_hours__one_call_applies_the_price_as_of_the_last_hour(project, rounds):
    prompt, idle = Replay(project, rounds), Replay(project, rounds)
    for number in range(10):
        prompt.keep((prompt.start + number) * HOUR + 1)
    hour = (idle.start + 9) * HOUR
    idle.keep(hour + 3_299)
    # There is a newer price by then.
    assert idle.aggregator.latestRoundId() > idle.market.oracle.findRound(hour)
    assert (idle.state["lastRebalance"], idle.state["epoch"], prompt.state["epoch"]) == (hour, 3, 12)
    assert idle.state["lastPrice"] == prompt.state["lastPrice"] == idle.price_as_of(hour)
    assert idle.state["nextRebalance"] == prompt.state["nextRebalance"] == hour + HOUR
    # One move over ten hours.
    last = idle.price_as_of((idle.start - 1) * HOUR)
    price, loser = idle.state["lastPrice"], int(idle.state["lastPrice"] > last)
    kept = Fraction(min(last, price), max(last, price)) ** LEVERAGE * SIDE
    assert 0 <= idle.state["balances"][loser] - kept <= 1, "P3"


def test_real_feed__trader_who_comes_and_goes__gets_the_same_from_both_keepers(project, rounds):
    prompt, tardy = Replay(project, rounds), Replay(project, rounds)
    for number in range(HOURS):
        hour = (prompt.start + number) * HOUR
        for replay, late in ((prompt, 1), (tardy, LATENESS[number % len(LATENESS)])):
            market = replay.market
            replay.keep(hour + late)
            market.claim(CAROL)
            # The last second in which the commitment is for the next hour.
            replay.move_to(hour + HOUR - 301)
            held = tokens(market, CAROL)
            kind = CommitType(number % len(CommitType))
            amount = 10_000 * USDC + number if kind.is_mint else held[kind.burned_side] // 2
            if amount:
                market.commit(CAROL, kind, amount)
        assert prompt.state == tardy.state, "P12"
    assert cash(prompt.market, CAROL) == cash(tardy.market, CAROL) != 10**9 * USDC
    assert tokens(prompt.market, CAROL) == tokens(tardy.market, CAROL)
    assert min(tokens(prompt.market, CAROL)) > 0
