"""A factory, a settlement token, an oracle and the parameters of a pool over them, in an EVM of the test's own process."""

from typing import Any

import pytest

from perpetual_pools.model import PoolParams
from perpetual_pools.twin.pool import World
from tests.support.revm import Instance
from tests.support.world import new_world


@pytest.fixture
def world(project: Any) -> World:
    return new_world(project)


@pytest.fixture
def factory(world: World) -> Instance:
    """Owned by OWNER, fees to TREASURY, without pools."""
    return world.contracts.factory


@pytest.fixture
def params(world: World) -> PoolParams:
    """3-BTC/USDC, every field another than 0."""
    oracle = world.chain.deploy("FixedOracle", 100 * 10**18)
    fees = {"management_fee": 10**16, "mint_fee": 2 * 10**15, "burn_fee": 10**15}
    return world.params(oracle, keeper_reward_max=5 * 10**6, min_liquidity=2 * 10**6, **fees)
