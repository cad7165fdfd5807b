"""A pool token whose pool is an account of the test, in an EVM at NOW."""

from typing import Any

import pytest

from tests.support.revm import Instance, Revm
from tests.support.token import ALICE, POOL, TOKEN
from tests.support.world import NOW


@pytest.fixture
def revm() -> Revm:
    return Revm(NOW)


@pytest.fixture
def token(revm: Revm, project: Any) -> Instance:
    """`3L-BTC/USDC`, of which nobody holds any."""
    return revm.deploy(project.PoolToken, "3L-BTC/USDC")


@pytest.fixture
def held(token: Instance) -> Instance:
    """`token` of which alice holds 100 and the pool 50."""
    token.mint(150 * TOKEN)
    token.transfer(ALICE, 100 * TOKEN, sender=POOL)
    return token
