"""The staking farm in exact integers, call by call like the contract `StakingFarm`. Source: the specification, section 6.

`contracts/libraries/Emission.sol` derives the arithmetic. Emission is counted in 604,800ths of a reward unit, accumulators
in reward units * 2**128.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from perpetual_pools.model.errors import Refused
from perpetual_pools.model.events import Event
from perpetual_pools.model.ledger import Ledger

WEEK = 7 * 24 * 3600
BPS = 10_000
TCR = 10**18
"""The reward units in one TCR."""
LAUNCH_PRIMARY_BPS = 4_000
MAX_WEIGHT = 2**64 - 1
MAX_STAKE = 2**128 - 1
"""The greatest stake of one farm, in token units."""
MAX_WEEKS = 7_000
"""The greatest number of weeks, which is 134 years. Later weeks cannot be scheduled."""
MAX_SCHEDULED = 2**96 - 1
"""The greatest sum of all weeks, in reward units."""
ONE = 2**128
"""One reward unit in the accumulators."""
_NUMERATOR, _DENOMINATOR = 2**117, 2_953_125
"""2**128 / (WEEK * BPS) in lowest terms."""


class Market(IntEnum):
    """The two markets of staked tokens."""

    PRIMARY = 0
    SECONDARY = 1


def per_weight(emission: int, share: int, total_weight: int) -> int:
    """Return the reward units * 2**128 that a market with `share` bps gets per unit of weight, rounded down.

    `emission` is in 604,800ths of a reward unit.
    """
    return emission * share * _NUMERATOR // (_DENOMINATOR * total_weight)


@dataclass
class _Rules:
    """The rules by which the emission of one period is split."""

    primary_bps: int = LAUNCH_PRIMARY_BPS
    weights: list[int] = field(default_factory=lambda: [0, 0])
    """The sum of the farms' weights, by market."""

    def split(self, market: int) -> tuple[int, int]:
        """Return the market's share in bps, and the sum of its weights."""
        share = self.primary_bps if market == Market.PRIMARY else BPS - self.primary_bps
        return share, self.weights[market]


@dataclass
class _Period:
    """The time from one change of the rules to the next."""

    rules: _Rules
    emission: int
    """The emission when the period began."""
    indexes: tuple[int, int]
    """The indexes of both markets when the period began."""

    def index(self, market: int, emission: int) -> int:
        """Return the market's index at a later emission in the period."""
        share, weight = self.rules.split(market)
        return self.indexes[market] + (per_weight(emission - self.emission, share, weight) if weight else 0)

    def unweighted(self, emission: int) -> int:
        """Return the emission for markets without weight since the period began, in reward units * 2**128."""
        splits = [self.rules.split(market) for market in Market]
        return sum(per_weight(emission - self.emission, share, 1) for share, weight in splits if not weight)


@dataclass
class _Account:
    staked: int = 0
    rewards: int = 0
    """The settled rewards that are not claimed yet, in reward units."""
    per_unit_paid: int = 0


@dataclass
class _Farm:
    market: int
    weight: int
    emission: int
    """The emission when the farm was last touched."""
    period: int
    total_staked: int = 0
    per_unit: int = 0
    accounts: dict[str, _Account] = field(default_factory=dict)

    def account(self, name: str) -> _Account:
        return self.accounts.get(name) or _Account()

    def earned(self, name: str, per_unit: int) -> int:
        account = self.account(name)
        return account.rewards + (account.staked * (per_unit - account.per_unit_paid)) // ONE


class StakingFarm:
    """The staking farm, with the ledgers of its tokens.

    Args:
        tokens: the ledgers by token address. Addresses without a ledger have no code.
        reward_token: the address of TCR, one of `tokens`.
        owner: the account that schedules and sets weights and allocation.
        start: the time when week 0 begins, in Unix seconds.
        now: the time of deployment, in Unix seconds.
        address: the farm's account in the ledgers.

    Every action can raise Refused. Then it has changed nothing. Rewards are in reward units, stakes in token units.
    """

    def __init__(
        self,
        tokens: Mapping[str, Ledger],
        reward_token: str,
        owner: str,
        start: int,
        now: int,
        address: str = "farm",
    ) -> None:
        self.tokens = tokens
        self.reward_token = reward_token
        self.owner = owner
        self.start = start
        self.address = address
        self._require_contract(reward_token)
        if start < now:
            raise Refused("StartInThePast", start=start, timestamp=now)
        self.events: list[Event] = []
        self.farms: list[str] = []
        """The tokens, in the order in which `add_farm` added them."""
        self._farms: dict[str, _Farm] = {}
        self._weeks: list[int] = []
        self._totals = [0]
        """For each week, the sum of all weeks before it; at the end, the sum of all weeks. In reward units."""
        self._undistributed = 0
        self._rules = _Rules()
        self._periods = [_Period(self._rules, 0, (0, 0))]
        self._emit("AllocationSet", primaryBps=LAUNCH_PRIMARY_BPS)

    # --- stakers ---

    def stake(self, now: int, sender: str, token: str, amount: int) -> None:
        if amount == 0:
            raise Refused("ZeroAmount", token=token)
        farm = self._farm(token)
        if farm.total_staked + amount > MAX_STAKE:
            raise Refused("StakeTooLarge", token=token, totalStaked=farm.total_staked, amount=amount, maximum=MAX_STAKE)
        self._require_funds(sender, token, amount)
        self._settle(now, farm, sender)
        farm.total_staked += amount
        farm.accounts[sender].staked += amount
        self.tokens[token].transfer(sender, self.address, amount)
        self._emit("Staked", account=sender, token=token, amount=amount)

    def withdraw(self, now: int, sender: str, token: str, amount: int) -> None:
        if amount == 0:
            raise Refused("ZeroAmount", token=token)
        farm = self._farm(token)
        staked = farm.account(sender).staked
        if amount > staked:
            raise Refused("InsufficientStake", token=token, staked=staked, amount=amount)
        self._settle(now, farm, sender)
        farm.total_staked -= amount
        farm.accounts[sender].staked -= amount
        self.tokens[token].transfer(self.address, sender, amount)
        self._emit("Withdrawn", account=sender, token=token, amount=amount)

    def claim(self, now: int, sender: str, tokens: Sequence[str]) -> int:
        """Claim the rewards of several farms. Returns reward units."""
        for token in tokens:
            self._farm(token)
        reward = 0
        for token in tokens:
            farm = self._farm(token)
            self._settle(now, farm, sender)
            account = farm.accounts[sender]
            amount, account.rewards = account.rewards, 0
            self._emit("Claimed", account=sender, token=token, amount=amount)
            reward += amount
        self.tokens[self.reward_token].transfer(self.address, sender, reward)
        return reward

    def exit(self, now: int, sender: str, token: str) -> int:
        """Withdraw the whole stake and claim its rewards. Returns reward units."""
        farm = self._farm(token)
        staked = self._require_stake(farm, token, sender)
        self._settle(now, farm, sender)
        reward = farm.accounts.pop(sender).rewards
        farm.total_staked -= staked
        self.tokens[token].transfer(self.address, sender, staked)
        self.tokens[self.reward_token].transfer(self.address, sender, reward)
        self._emit("Withdrawn", account=sender, token=token, amount=staked)
        self._emit("Claimed", account=sender, token=token, amount=reward)
        return reward

    def emergency_withdraw(self, sender: str, token: str) -> int:
        """Withdraw the whole stake without its rewards. Returns token units."""
        farm = self._farm(token)
        staked = self._require_stake(farm, token, sender)
        forfeited = farm.earned(sender, farm.per_unit)
        del farm.accounts[sender]
        farm.total_staked -= staked
        self._undistributed += forfeited * ONE
        self.tokens[token].transfer(self.address, sender, staked)
        self._emit("EmergencyWithdrawn", account=sender, token=token, amount=staked, forfeited=forfeited)
        return staked

    # --- the owner ---

    def add_farm(self, now: int, sender: str, token: str, market: int, weight: int) -> None:
        self._require_owner(sender)
        self._require_contract(token)
        if token in self._farms:
            raise Refused("FarmExists", token=token)
        self._require_market(market)
        self._require_weight(weight)
        farm = _Farm(market, 0, self.emission(now), len(self._periods) - 1)
        self._emit("FarmAdded", token=token, market=market, weight=weight)
        self._set_weight(now, farm, weight)
        self._farms[token] = farm
        self.farms.append(token)

    def set_weight(self, now: int, sender: str, token: str, weight: int) -> None:
        self._require_owner(sender)
        farm = self._farm(token)
        self._require_weight(weight)
        self._touch(now, farm)
        self._set_weight(now, farm, weight)
        self._emit("WeightSet", token=token, weight=weight)

    def set_allocation(self, now: int, sender: str, primary_bps: int) -> None:
        self._require_owner(sender)
        if primary_bps > BPS:
            raise Refused("AllocationTooLarge", primaryBps=primary_bps, maximum=BPS)
        self._begin_period(now, _Rules(primary_bps, self._rules.weights))
        self._emit("AllocationSet", primaryBps=primary_bps)

    def schedule(self, now: int, sender: str, amounts: Sequence[int]) -> int:
        """Schedule amounts for the next weeks. Returns the week that gets the first amount."""
        self._require_owner(sender)
        if not amounts:
            raise Refused("NoWeeks")
        self._require_room(now, len(amounts))
        self._require_schedulable(amounts)
        self._require_funds(sender, self.reward_token, sum(amounts))
        first = self._append(now, amounts)
        self.tokens[self.reward_token].transfer(sender, self.address, sum(amounts))
        self._emit("Scheduled", firstWeek=first, amounts=list(amounts))
        return first

    def schedule_undistributed(self, now: int, sender: str, weeks_count: int) -> int:
        """Schedule the undistributed emission in equal amounts. Returns the first of the weeks."""
        self._require_owner(sender)
        if weeks_count == 0:
            raise Refused("NoWeeks")
        undistributed = self.undistributed(now)
        amount = undistributed // weeks_count
        if amount == 0:
            raise Refused("TooLittleUndistributed", undistributed=undistributed, weeksCount=weeks_count)
        self._require_room(now, weeks_count)
        amounts = [amount] * weeks_count
        self._require_schedulable(amounts)
        self._begin_period(now, self._rules)
        self._undistributed -= amount * weeks_count * ONE
        first = self._append(now, amounts)
        self._emit("UndistributedScheduled", firstWeek=first, weeksCount=weeks_count, amount=amount)
        return first

    # --- views ---

    def earned(self, now: int, account: str, token: str) -> int:
        farm = self._farm(token)
        return farm.earned(account, self._per_unit(now, farm))

    def stake_of(self, account: str, token: str) -> int:
        return self._farms[token].account(account).staked if token in self._farms else 0

    def total_staked(self, token: str) -> int:
        return self._farms[token].total_staked if token in self._farms else 0

    def farm(self, token: str) -> tuple[int, int]:
        """Return the farm's market and weight."""
        farm = self._farm(token)
        return farm.market, farm.weight

    def total_weight(self, market: int) -> int:
        self._require_market(market)
        return self._rules.weights[market]

    def primary_bps(self) -> int:
        return self._rules.primary_bps

    def emission(self, timestamp: int) -> int:
        """Return e(t), the exact emission until `timestamp`, in 604,800ths of a reward unit."""
        elapsed = self._elapsed(timestamp)
        week, seconds = elapsed // WEEK, elapsed % WEEK
        if week >= len(self._weeks):
            return self._totals[-1] * WEEK
        return self._totals[week] * WEEK + self._weeks[week] * seconds

    def emitted(self, timestamp: int) -> int:
        """Return E(t), the emission until `timestamp` in reward units, rounded down."""
        return self.emission(timestamp) // WEEK

    def week_amount(self, week: int) -> int:
        return self._weeks[week] if week < len(self._weeks) else 0

    def weeks_scheduled(self) -> int:
        return len(self._weeks)

    def total_scheduled(self) -> int:
        """Return the reward units of all weeks. Undistributed emission that was scheduled again counts twice."""
        return self._totals[-1]

    def next_week(self, now: int) -> int:
        """Return the first week that is neither scheduled nor begun."""
        return max(len(self._weeks), -(-self._elapsed(now) // WEEK))

    def undistributed(self, now: int) -> int:
        return (self._undistributed + self._periods[-1].unweighted(self.emission(now))) // ONE

    def idle(self, now: int) -> int:
        """Return what idle farms have accrued since they were last touched, in reward units * 2**128.

        `undistributed` does not include it yet.
        """
        return sum(self._accrued(now, farm) for farm in self._farms.values() if not farm.total_staked)

    def _elapsed(self, timestamp: int) -> int:
        """Return the seconds since the start, at most until the end of the last possible week."""
        return min(max(0, timestamp - self.start), MAX_WEEKS * WEEK)

    # --- the accumulators ---

    def _accrued(self, now: int, farm: _Farm) -> int:
        """Return what the farm has accrued since it was last touched, in reward units * 2**128."""
        if not farm.weight:
            return 0
        period, emission = self._periods[-1], self.emission(now)
        if farm.period == len(self._periods) - 1:
            share, weight = period.rules.split(farm.market)
            return farm.weight * per_weight(emission - farm.emission, share, weight)
        before = self._periods[farm.period].index(farm.market, farm.emission)
        return farm.weight * (period.index(farm.market, emission) - before)

    def _per_unit(self, now: int, farm: _Farm) -> int:
        """Return the farm's accumulated rewards per token unit now, in reward units * 2**128."""
        return farm.per_unit + (self._accrued(now, farm) // farm.total_staked if farm.total_staked else 0)

    def _touch(self, now: int, farm: _Farm) -> None:
        if not farm.total_staked:
            self._undistributed += self._accrued(now, farm)
        farm.per_unit = self._per_unit(now, farm)
        farm.emission = self.emission(now)
        farm.period = len(self._periods) - 1

    def _settle(self, now: int, farm: _Farm, name: str) -> None:
        self._touch(now, farm)
        farm.accounts[name] = _Account(farm.account(name).staked, farm.earned(name, farm.per_unit), farm.per_unit)

    def _set_weight(self, now: int, farm: _Farm, weight: int) -> None:
        weights = list(self._rules.weights)
        weights[farm.market] += weight - farm.weight
        self._begin_period(now, _Rules(self._rules.primary_bps, weights))
        farm.weight = weight
        farm.emission = self.emission(now)
        farm.period = len(self._periods) - 1

    def _begin_period(self, now: int, rules: _Rules) -> None:
        ended, emission = self._periods[-1], self.emission(now)
        self._undistributed += ended.unweighted(emission)
        indexes = ended.index(Market.PRIMARY, emission), ended.index(Market.SECONDARY, emission)
        self._periods.append(_Period(rules, emission, indexes))
        self._rules = rules

    def _append(self, now: int, amounts: Sequence[int]) -> int:
        first = self.next_week(now)
        for amount in [0] * (first - len(self._weeks)) + list(amounts):
            self._weeks.append(amount)
            self._totals.append(self._totals[-1] + amount)
        return first

    # --- refusals ---

    def _farm(self, token: str) -> _Farm:
        if token not in self._farms:
            raise Refused("UnknownFarm", token=token)
        return self._farms[token]

    def _require_owner(self, sender: str) -> None:
        if sender != self.owner:
            raise Refused("OwnableUnauthorizedAccount", account=sender)

    def _require_contract(self, token: str) -> None:
        if token not in self.tokens:
            raise Refused("NotAContract", account=token)

    def _require_market(self, market: int) -> None:
        if market not in list(Market):
            raise Refused("InvalidMarket", market=market)

    def _require_weight(self, weight: int) -> None:
        if weight > MAX_WEIGHT:
            raise Refused("WeightTooLarge", weight=weight, maximum=MAX_WEIGHT)

    def _require_stake(self, farm: _Farm, token: str, sender: str) -> int:
        staked = farm.account(sender).staked
        if staked == 0:
            raise Refused("NothingStaked", token=token, account=sender)
        return staked

    def _require_room(self, now: int, weeks_count: int) -> None:
        room = MAX_WEEKS - self.next_week(now)
        if weeks_count > room:
            raise Refused("TooManyWeeks", weeksCount=weeks_count, room=room)

    def _require_schedulable(self, amounts: Sequence[int]) -> None:
        scheduled = self._totals[-1]
        for amount in amounts:
            if scheduled + amount > MAX_SCHEDULED:
                raise Refused("ScheduleTooLarge", scheduled=scheduled, amount=amount, maximum=MAX_SCHEDULED)
            scheduled += amount

    def _require_funds(self, sender: str, token: str, amount: int) -> None:
        if self.tokens[token].balance_of(sender) < amount:
            raise Refused("TransferFromFailed")

    def _emit(self, event: str, **arguments: object) -> None:
        self.events.append(Event(event, arguments))
