"""A staking farm in an EVM of the test's own process. From a day after NOW on it emits 10 TCR a second through four weeks,
4 of them to pool tokens and 6 to LP tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from perpetual_pools.model import Market
from tests.chains import RevmChain, address_of
from tests.conftest import NOW
from tests.farm_twin import DAY, OWNER, PEOPLE, PLENTY, TCR, FarmTwin, farm_twin
from tests.revm import Instance
from tests.unit.model.conftest import refusal, refused

HOUR = 3_600
WEEKLY = 6_048_000 * TCR
"""10 TCR a second. The tests' stakes and times are such that all divisions come out even, where nothing else is said."""
ZERO = "0x" + "00" * 20
NOBODY = "0x" + "00" * 19 + "99"
"""An account without code."""


@pytest.fixture
def unscheduled(project: Any) -> FarmTwin:
    """At NOW, without farms and weeks."""
    return farm_twin(project)


@pytest.fixture
def farm(unscheduled: FarmTwin) -> FarmTwin:
    """The same with four weeks of WEEKLY."""
    unscheduled.schedule(OWNER, *[WEEKLY] * 4)
    return unscheduled


@pytest.fixture
def pool_token(farm: FarmTwin) -> Instance:
    """The only one of the primary market: its stakers get 4 TCR a second from `start` on."""
    token: Instance = farm.new_farm(Market.PRIMARY)
    return token


@pytest.fixture
def lp_token(farm: FarmTwin) -> Instance:
    """The only one of the secondary market: its stakers get 6 TCR a second from `start` on."""
    token: Instance = farm.new_farm(Market.SECONDARY)
    return token


@contextmanager
def refuses(farm: FarmTwin, error: str, **arguments: Any) -> Iterator[None]:
    """The block's one action is refused with exactly this error, on chain and in the model, and changes nothing."""
    with refused(refusal(error, **_plain(arguments))):
        yield
    farm.compare()


@contextmanager
def tells(farm: FarmTwin, *events: tuple[str, dict[str, Any]]) -> Iterator[None]:
    """What the farm emits in the block is this, every field: the twin compares the chain's events with the model's."""
    seen = len(farm.model.events)
    yield
    told = [(event.name, event.arguments) for event in farm.model.events[seen:]]
    assert told == [(name, _plain(arguments)) for name, arguments in events]


def farm_paying(project: Any, reward: str) -> FarmTwin:
    """Four weeks of WEEKLY in another mock than MockERC20."""
    chain = RevmChain(project, NOW)
    farm = FarmTwin(chain, chain.deploy(reward, 18), NOW + DAY, OWNER, PEOPLE)
    farm.introduce(farm.reward)
    farm.schedule(OWNER, *[WEEKLY] * 4)
    return farm


def farm_of(farm: FarmTwin, kind: str, *arguments: Any) -> Instance:
    """A mock of that kind with a farm in the primary market."""
    token: Instance = farm.chain.deploy(kind, *arguments)
    farm.introduce(token)
    farm.add_farm(OWNER, token, Market.PRIMARY, 1)
    return token


def enrich(farm: FarmTwin, account: str, token: Any, amount: int) -> None:
    """Gives token units besides the PLENTY that everybody has."""
    farm.chain.send(token, "mint", [account, amount], account)
    farm.ledgers[address_of(token)].mint(account, amount)


def gained(farm: FarmTwin, account: str) -> int:
    """Reward units that an account has been paid."""
    return int(farm.reward.balanceOf(account)) - PLENTY


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: value.address if isinstance(value, Instance) else value for name, value in arguments.items()}
