"""A pool token whose pool is an account of the test, in an EVM at NOW."""

from typing import Any

import pytest

from tests.conftest import NOW
from tests.revm import SENDER, Instance, Revm

POOL = SENDER
ALICE, BOB, STRANGER = ["0x" + f"{number:02x}" * 20 for number in (0xA4, 0xA5, 0xA6)]
ZERO = "0x" + "00" * 20
TOKEN = 10**18


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


def transfer_event(sender: str, receiver: str, amount: int) -> tuple[str, dict[str, Any]]:
    return "Transfer", {"from": sender, "to": receiver, "amount": amount}


def holdings(token: Instance) -> tuple[int, int, int, int]:
    """Of the pool, of alice, of bob, of all."""
    return (*(token.balanceOf(account) for account in (POOL, ALICE, BOB)), token.totalSupply())
