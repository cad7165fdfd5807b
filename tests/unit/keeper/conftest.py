"""Three markets that have opened and rebalance at the same hour, in an EVM of the test's own process."""

from typing import Any

import pytest

from perpetual_pools.twin.pool import Twin, World
from tests.support.keeper import REWARD, open_together
from tests.support.revm import Instance
from tests.support.world import new_world


@pytest.fixture
def world(project: Any) -> World:
    return new_world(project)


@pytest.fixture
def keeper(world: World) -> Instance:
    return world.contracts.keeper


@pytest.fixture
def markets(world: World) -> list[Twin]:
    """Leverage 3, 1,000 USDC of alice long, 1,000 USDC of bob short, in epoch 2."""
    names = ("BTC/USDC", "ETH/USDC", "TCR/USDC")
    markets = [world.deploy_pool(market=name, keeper_reward_max=REWARD, keeper_reward_ramp=0) for name in names]
    open_together(markets)
    return markets
