"""A factory, a settlement token, an oracle and the parameters of a pool over them, in an EVM of the test's own process."""

from dataclasses import asdict
from typing import Any

import pytest

from perpetual_pools.model import PoolParams
from tests.revm import Instance
from tests.twin import World
from tests.unit.pool.fast import fast_world

STRANGER = "0x" + "99" * 20
ZERO = "0x" + "00" * 20


@pytest.fixture
def world(project: Any) -> World:
    return fast_world(project)


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


def struct(params: PoolParams) -> tuple[Any, ...]:
    """As the contract takes it."""
    return tuple(asdict(params).values())
