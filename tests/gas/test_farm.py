"""Gas of what stakers do, under the conditions in conftest.py: a live farm, others stake in it, the reward token is held."""

from typing import Any

import pytest

from perpetual_pools.model import Market
from perpetual_pools.twin.anvil import AnvilChain
from perpetual_pools.twin.pool import HOUR
from tests.gas.conftest import NOW, TOKEN

WEEK = 168 * HOUR
WEEKS = 52
PLENTY = 10**9 * TOKEN


class GasFarm:
    """A staking farm with `farms` farms in both markets. Alice and bob staked in the first and claimed; carol has not."""

    def __init__(self, project: Any, chain: Any, people: list[Any], now: int = NOW, farms: int = 2) -> None:
        self.owner, self.alice, self.bob, self.carol = people
        self.chain = AnvilChain(project, chain, self.owner, now)
        self.chain.move_to(now)
        self.reward, *self.tokens = [self.chain.deploy("MockERC20", "Token", "TKN", 18) for _ in range(farms + 1)]
        self.token = self.tokens[0]
        self.farm = self.chain.deploy("StakingFarm", self.reward, self.owner, now + HOUR)
        for token in (self.reward, self.token):
            for user in people:
                self.send(token, "mint", user, PLENTY, sender=self.owner)
                self.send(token, "approve", self.farm, 2**256 - 1, sender=user)
        for number, token in enumerate(self.tokens):
            self.send(self.farm, "addFarm", token, number % 2, 10 + number, sender=self.owner)
        self.send(self.farm, "schedule", [8_000_000 * TOKEN] * WEEKS, sender=self.owner)
        self.later(2 * HOUR)
        for user in (self.alice, self.bob):
            self.stake(user, 100 * TOKEN)
            self.later(HOUR)
            self.claim(user)
        self.later(HOUR)

    def send(self, contract: Any, method: str, *arguments: Any, sender: Any) -> Any:
        self.chain.set_time()
        return getattr(contract, method)(*arguments, sender=sender)

    def later(self, seconds: int) -> None:
        self.chain.move_to(self.chain.now + seconds)

    def stake(self, user: Any, amount: int) -> int:
        return int(self.send(self.farm, "stake", self.token, amount, sender=user).gas_used)

    def claim(self, user: Any) -> int:
        return int(self.send(self.farm, "claim", [self.token], sender=user).gas_used)


@pytest.fixture
def people(owner: Any, alice: Any, bob: Any, carol: Any) -> list[Any]:
    return [owner, alice, bob, carol]


@pytest.fixture
def farm(project: Any, chain: Any, people: Any) -> GasFarm:
    return GasFarm(project, chain, people)


def test_stake__new_user(farm, enter):
    enter("stake, new user", farm.stake(farm.carol, 100 * TOKEN))


def test_stake__again(farm, enter):
    enter("stake again", farm.stake(farm.alice, 100 * TOKEN))


def test_withdraw__a_part(farm, enter):
    receipt = farm.send(farm.farm, "withdraw", farm.token, 40 * TOKEN, sender=farm.alice)
    enter("withdraw a part", int(receipt.gas_used))


def test_exit__everything(farm, enter):
    receipt = farm.send(farm.farm, "exit", farm.token, sender=farm.alice)
    assert receipt.return_value > 0
    enter("exit", int(receipt.gas_used))


@pytest.mark.finding("F14")
def test_claim__after_26_weeks_and_with_200_farms__costs_as_steady(project, chain, people, farm, enter):
    steady = farm.claim(farm.alice)
    enter("claim, steady", steady)
    farm.later(26 * WEEK)
    late = farm.claim(farm.bob)
    enter("claim after 26 weeks untouched", late)
    many = GasFarm(project, chain, people, farm.chain.now, farms=200)
    assert many.farm.totalWeight(Market.PRIMARY) == sum(range(10, 210, 2))
    crowded = many.claim(many.alice)
    enter("claim with 200 farms", crowded)
    assert abs(late - steady) <= steady // 20
    assert abs(crowded - steady) <= steady // 20
