"""The cast. Ape isolates the chain: what a test changes is undone after it."""

from typing import Any

import pytest
from ape.api import AccountAPI


@pytest.fixture(scope="session")
def owner(accounts: Any) -> AccountAPI:
    """The DAO: owns what has an owner, deploys."""
    return accounts[0]


@pytest.fixture(scope="session")
def keeper(accounts: Any) -> AccountAPI:
    """Calls upkeeps."""
    return accounts[1]


@pytest.fixture(scope="session")
def fee_recipient(accounts: Any) -> AccountAPI:
    """Where protocol fees go."""
    return accounts[2]


@pytest.fixture(scope="session")
def stranger(accounts: Any) -> AccountAPI:
    """Has no role anywhere."""
    return accounts[3]


@pytest.fixture(scope="session")
def alice(accounts: Any) -> AccountAPI:
    return accounts[4]


@pytest.fixture(scope="session")
def bob(accounts: Any) -> AccountAPI:
    return accounts[5]


@pytest.fixture(scope="session")
def carol(accounts: Any) -> AccountAPI:
    return accounts[6]


@pytest.fixture(scope="session")
def dave(accounts: Any) -> AccountAPI:
    return accounts[7]
