"""Gas of what stakers do, under the conditions in conftest.py: a live farm, others stake in it, the reward token is held."""

from collections.abc import Iterator
from typing import Any

import pytest

from perpetual_pools.model import Market
from perpetual_pools.twin.pool import HOUR
from tests.support.direct import LocalChain, Receipt
from tests.support.gas import TOKEN, gas_chain

WEEK = 168 * HOUR
WEEKS = 52
PLENTY = 10**9 * TOKEN


class GasFarm:
    """A staking farm with `farms` farms in both markets. Alice and bob staked in the first and claimed; carol has not."""

    def __init__(self, chain: LocalChain, people: list[str], farms: int = 2) -> None:
        self.chain = chain
        self.owner, self.alice, self.bob, self.carol = people
        self.reward, *self.tokens = [chain.deploy("MockERC20", "Token", "TKN", 18) for _ in range(farms + 1)]
        self.token = self.tokens[0]
        self.farm = chain.deploy("StakingFarm", self.reward.address, self.owner, chain.now + HOUR)
        for token in (self.reward, self.token):
            for user in people:
                self.send(token, "mint", user, PLENTY, sender=self.owner)
                self.send(token, "approve", self.farm.address, 2**256 - 1, sender=user)
        for number, token in enumerate(self.tokens):
            self.send(self.farm, "addFarm", token.address, number % 2, 10 + number, sender=self.owner)
        self.send(self.farm, "schedule", [8_000_000 * TOKEN] * WEEKS, sender=self.owner)
        self.later(2 * HOUR)
        for user in (self.alice, self.bob):
            self.stake(user, 100 * TOKEN)
            self.later(HOUR)
            self.claim(user)
        self.later(HOUR)

    def send(self, contract: Any, method: str, *arguments: Any, sender: str) -> Receipt:
        return self.chain.transact(contract, method, *arguments, sender=sender)

    def later(self, seconds: int) -> None:
        self.chain.move_to(self.chain.now + seconds)

    def stake(self, user: str, amount: int) -> int:
        return self.send(self.farm, "stake", self.token.address, amount, sender=user).gas_used

    def claim(self, user: str) -> int:
        return self.send(self.farm, "claim", [self.token.address], sender=user).gas_used


@pytest.fixture(scope="session")
def live_farm(project: Any, owner: Any, alice: Any, bob: Any, carol: Any) -> Iterator[GasFarm]:
    with gas_chain(project, owner.address) as chain:
        yield GasFarm(chain, [account.address for account in (owner, alice, bob, carol)])


@pytest.fixture
def farm(live_farm: GasFarm) -> Iterator[GasFarm]:
    """What the test does on the chain is undone after it."""
    with live_farm.chain.undone():
        yield live_farm


def test_stake__new_user(farm, enter):
    enter("stake, new user", farm.stake(farm.carol, 100 * TOKEN))


def test_stake__again(farm, enter):
    enter("stake again", farm.stake(farm.alice, 100 * TOKEN))


def test_withdraw__a_part(farm, enter):
    receipt = farm.send(farm.farm, "withdraw", farm.token.address, 40 * TOKEN, sender=farm.alice)
    enter("withdraw a part", receipt.gas_used)


def test_exit__everything(farm, enter):
    receipt = farm.send(farm.farm, "exit", farm.token.address, sender=farm.alice)
    assert farm.chain.node.returned(receipt, farm.farm, "exit") > 0
    enter("exit", receipt.gas_used)


@pytest.mark.finding("F14")
def test_claim__after_26_weeks_and_with_200_farms__costs_as_steady(farm, enter):
    steady = farm.claim(farm.alice)
    enter("claim, steady", steady)
    farm.later(26 * WEEK)
    late = farm.claim(farm.bob)
    enter("claim after 26 weeks untouched", late)
    many = GasFarm(farm.chain, [farm.owner, farm.alice, farm.bob, farm.carol], farms=200)
    assert many.farm.totalWeight(Market.PRIMARY) == sum(range(10, 210, 2))
    crowded = many.claim(many.alice)
    enter("claim with 200 farms", crowded)
    assert abs(late - steady) <= steady // 20
    assert abs(crowded - steady) <= steady // 20
