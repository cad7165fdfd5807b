"""A staking farm in an EVM of the test's own process. From a day after NOW on it emits 10 TCR a second through four weeks,
4 of them to pool tokens and 6 to LP tokens."""

from typing import Any

import pytest

from perpetual_pools.model import Market
from perpetual_pools.twin.farm import FarmTwin
from tests.support.farm import OWNER, WEEKLY, farm_twin
from tests.support.revm import Instance


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
