"""The farm against the definition of what stakers earn, in exact fractions and without accumulators: from one action to the
next, week by week, what is emitted is split by share, weight and stake. Specification, section 6; invariants F1 to F5."""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

import pytest

from perpetual_pools.model import Market
from perpetual_pools.twin.farm import PLENTY
from tests.support.farm import DAY, OWNER, STAKERS, TCR, farm_twin
from tests.support.numbers import any_size

WEEK = 7 * DAY
STEPS = 120
ACCUMULATORS = Fraction(STEPS * (5 * PLENTY + 2**64), 2**128)
"""Units that all that accumulators round is worth at most: a 2**128th for each staked unit and each unit of weight, at
every step."""


@dataclass
class Farm:
    """One staked token."""

    market: int
    weight: int
    stakes: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    earned: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    """Since the beginning, claimed or not."""
    unsettled: defaultdict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    """Of that, what came since the farm was touched last."""
    rounded: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often the account's rewards were settled in whole units."""
    idle: Fraction = Fraction(0)
    """What came while nobody staked, since the farm was touched last."""

    def give(self, user: str, rewards: Fraction) -> None:
        self.earned[user] += rewards
        self.unsettled[user] += rewards


class Definition:
    """Who has earned what by the words of the specification."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.now = 0
        """Seconds since start."""
        self.weeks: list[int] = []
        self.primary_bps = 4_000
        self.farms: dict[str, Farm] = {}
        self.undistributed = Fraction(0)

    def move_to(self, timestamp: int) -> None:
        """Through stretches within which nothing changes."""
        end = max(timestamp - self.start, 0)
        while self.now < end:
            week = self.now // WEEK
            until = min(end, (week + 1) * WEEK)
            amount = self.weeks[week] if week < len(self.weeks) else 0
            self._emit(Fraction(amount * (until - self.now), WEEK))
            self.now = until

    def _emit(self, emitted: Fraction) -> None:
        primary = emitted * self.primary_bps / 10_000
        for market, part in ((Market.PRIMARY, primary), (Market.SECONDARY, emitted - primary)):
            farms = [farm for farm in self.farms.values() if farm.market == market]
            weights = sum(farm.weight for farm in farms)
            if not weights:
                self.undistributed += part
            for farm in farms if weights else []:
                rewards, staked = part * farm.weight / weights, sum(farm.stakes.values())
                if not staked:
                    farm.idle += rewards
                for user, stake in farm.stakes.items():
                    farm.give(user, rewards * stake / max(staked, 1))

    def touch(self, token: str) -> None:
        farm = self.farms[token]
        self.undistributed, farm.idle = self.undistributed + farm.idle, Fraction(0)
        farm.unsettled.clear()

    def append(self, amounts: list[int]) -> None:
        self.weeks += [0] * (-(-self.now // WEEK) - len(self.weeks)) + amounts


class Life:
    """Five users and the owner do what a seed tells, on the farm and by the definition."""

    def __init__(self, project, seed):
        self.random = Random(seed)
        self.twin = farm_twin(project)
        self.definition = Definition(self.twin.model.start)
        self.tokens = {}
        self.paid = defaultdict(int)
        """Reward units by user and token."""
        self.forfeits = 0
        """What emergency withdrawals rounded, units at most."""
        for market in Market:
            for _ in range(2):
                self.add_farm(market)
        self.schedule()

    # --- what may happen ---

    def add_farm(self, market=None):
        market = self.random.choice(list(Market)) if market is None else market
        weight = self.weight()
        token = self.twin.new_farm(market, weight)
        self.tokens[token.address] = token
        self.definition.farms[token.address] = Farm(market, weight)

    def weight(self):
        return self.random.choice((0, 1, 1, 2, 3, 10, 2**64 - 1))

    def set_weight(self):
        token, weight = self.random.choice(list(self.tokens)), self.weight()
        self.twin.set_weight(OWNER, token, weight)
        self.definition.touch(token)
        self.definition.farms[token].weight = weight

    def set_allocation(self):
        self.definition.primary_bps = self.random.choice((0, 1, 4_000, 6_667, 10_000))
        self.twin.set_allocation(OWNER, self.definition.primary_bps)

    def schedule(self):
        few, many = any_size(self.random, 0, TCR), self.random.randint(10**5 * TCR, 10**6 * TCR)
        amounts = [self.random.choice((few, many, many)) for _ in range(self.random.randint(1, 3))]
        self.twin.schedule(OWNER, *amounts)
        self.definition.append(amounts)

    def schedule_undistributed(self):
        weeks, available = self.random.randint(1, 3), self.twin.undistributed()
        if available >= weeks:
            self.twin.schedule_undistributed(OWNER, weeks)
            self.definition.undistributed -= available // weeks * weeks
            self.definition.append([available // weeks] * weeks)

    def stake(self):
        user, token = self.someone()
        amount = any_size(self.random, 1, PLENTY // STEPS)
        self.twin.stake(user, token, amount)
        self.settled(user, token).stakes[user] += amount

    def withdraw(self):
        user, token = self.someone()
        if staked := self.twin.model.stake_of(user, token):
            amount = self.random.choice((staked, any_size(self.random, 1, staked)))
            self.twin.withdraw(user, token, amount)
            self.settled(user, token).stakes[user] -= amount

    def exit(self):
        user, token = self.someone()
        if self.twin.model.stake_of(user, token):
            self.paid[user, token] += self.twin.exit(user, token)
            self.settled(user, token).stakes[user] = 0

    def claim(self):
        user, _ = self.someone()
        tokens = self.random.choices(list(self.tokens), k=self.random.randint(1, 4))
        before = {token: self.twin.earned(user, token) for token in set(tokens)}
        assert self.twin.claim(user, *tokens) == sum(before.values())
        for token, earned in before.items():
            self.paid[user, token] += earned
            self.settled(user, token)

    def emergency_withdraw(self):
        user, token = self.someone()
        if not self.twin.model.stake_of(user, token):
            return
        farm, definition = self.definition.farms[token], self.definition
        self.twin.emergency_withdraw(user, token)
        farm.stakes[user] = 0
        unsettled, paid, stay = farm.unsettled.pop(user, 0), self.paid[user, token], sum(farm.stakes.values())
        definition.undistributed += farm.earned[user] - unsettled - paid
        self.forfeits += farm.rounded.pop(user, 0) + 1
        farm.earned[user] = Fraction(paid)
        if not stay:
            farm.idle += unsettled
        for other, stake in farm.stakes.items():
            farm.give(other, unsettled * stake / max(stay, 1))

    def someone(self):
        return self.random.choice(STAKERS), self.random.choice(list(self.tokens))

    def settled(self, user, token):
        """The farm of `token`, which `user` has just touched."""
        self.definition.touch(token)
        farm = self.definition.farms[token]
        farm.rounded[user] += 1
        return farm

    USERS = stake, stake, stake, withdraw, claim, claim, exit, emergency_withdraw
    OWNERS = set_weight, set_allocation, schedule, schedule_undistributed, add_farm

    def step(self):
        self.pass_time()
        before = self.earned_in_all()
        owners = self.random.random() < 0.3
        action = self.random.choice(self.OWNERS if owners else self.USERS)
        action(self)
        after = self.earned_in_all()
        for pair, units in before.items() if action is not Life.emergency_withdraw else ():
            assert units - 1 <= after[pair] <= units, (
                f"{'F4' if owners else 'F3'}: {pair} had {units}, has {after[pair]}"
            )
        self.check(after)

    def pass_time(self):
        seconds = self.random.choice((0, 1, any_size(self.random, 1, 2 * WEEK), self.random.randint(1, DAY)))
        if self.random.random() < 0.05:  # to a boundary of weeks
            seconds = -(self.twin.now - self.twin.model.start) % WEEK
        self.twin.advance(seconds)
        self.definition.move_to(self.twin.now)

    # --- what has to hold ---

    def pairs(self):
        return [(user, token) for token in self.tokens for user in STAKERS]

    def earned_in_all(self):
        """Paid or not, by user and token."""
        return {(user, token): self.twin.earned(user, token) + self.paid[user, token] for user, token in self.pairs()}

    def check(self, found):
        """`found`: what `earned_in_all` answers."""
        definition = self.definition
        for (user, token), units in found.items():
            farm = definition.farms[token]
            missing = farm.earned[user] - units
            # A unit for each settlement and one for the view.
            assert 0 <= missing < farm.rounded[user] + 1 + ACCUMULATORS, f"F2: {user} in {token} lacks {float(missing)}"
            assert self.twin.model.stake_of(user, token) == farm.stakes[user]
        undistributed = self.twin.undistributed()
        assert 0 <= definition.undistributed - undistributed < self.forfeits + 1 + ACCUMULATORS, "F2: undistributed"
        idle = sum(farm.idle for farm in definition.farms.values())
        earned = sum(sum(farm.earned.values()) for farm in definition.farms.values())
        emitted = self.twin.farm.emitted(self.twin.now)
        rescheduled = sum(definition.weeks) - self.pulled()
        # What was scheduled again has been emitted or undistributed before.
        assert 0 <= earned + definition.undistributed + idle + rescheduled - emitted < 1, "F2: the definition itself"
        owed = (
            sum(found.values()) - sum(self.paid.values()) + undistributed + int(idle) + sum(definition.weeks) - emitted
        )
        assert self.held() >= owed, f"F1: holds {self.held()}, owes {owed}"

    def held(self):
        return self.twin.reward.balanceOf(self.twin.farm)

    def pulled(self):
        """Reward units that the owner has paid in."""
        return PLENTY - self.twin.reward.balanceOf(OWNER)

    def everybody_leaves(self):
        for user, token in self.pairs():
            if staked := self.twin.model.stake_of(user, token):
                before = self.tokens[token].balanceOf(user)
                self.paid[user, token] += self.twin.exit(user, token)
                self.settled(user, token).stakes[user] = 0
                assert self.tokens[token].balanceOf(user) == before + staked == PLENTY, "F5"
            self.paid[user, token] += self.twin.claim(user, token)
            self.settled(user, token)
        assert [token.balanceOf(self.twin.farm) for token in self.tokens.values()] == [0] * len(self.tokens), "F5"


@pytest.mark.finding("F01")
@pytest.mark.parametrize("seed", range(6))
def test_random_life__everybody__has_earned_what_the_definition_says_but_for_a_unit_a_settlement(project, seed):
    life = Life(project, seed)
    for _ in range(STEPS):
        life.step()
    life.everybody_leaves()
    life.check(life.earned_in_all())
    assert sum(life.paid.values()) > 10**5 * TCR
