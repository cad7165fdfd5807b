"""The cast, and the market that most tests begin with. Ape isolates the chain: what a test changes is undone after it."""

from collections.abc import Callable
from typing import Any

import pytest
from ape.api import AccountAPI
from ethpm_types import ContractType

from perpetual_pools.model import FixedOracle, PoolParams
from perpetual_pools.twin.anvil import AnvilChain
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.pool import PRICE, Contracts, Twin, World, deploy_contracts, deploy_pool
from tests.support.findings import FINDINGS
from tests.support.third_party import read_proxy_type
from tests.support.world import NOW, STAKE

UNCOVERED = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--finding", metavar="ID", help="only the tests that carry this id, see tests/support/findings.py")
    parser.addoption("--update-gas", action="store_true", help="write snapshots/gas.json anew and print the table")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    covered = {mark.args[0] for item in items for mark in item.iter_markers("finding")}
    if unknown := covered - set(FINDINGS):
        raise pytest.UsageError(f"unknown findings, see tests/support/findings.py: {', '.join(sorted(unknown))}")
    config.stash[UNCOVERED] = [finding for finding in FINDINGS if finding not in covered]
    if wanted := config.option.finding:
        others = [item for item in items if wanted not in {mark.args[0] for mark in item.iter_markers("finding")}]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Of a run of all tests: which findings have none."""
    if not config.option.file_or_dir and not config.option.keyword:
        uncovered = [f"{finding} ({FINDINGS[finding]})" for finding in config.stash.get(UNCOVERED, [])]
        terminalreporter.write_line(f"findings without a test: {', '.join(uncovered) or 'none'}")


@pytest.fixture(scope="session")
def proxy_type(project: Any) -> ContractType:
    return read_proxy_type(project.path)


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


# --- a market ---


@pytest.fixture(scope="session")
def people(
    owner: AccountAPI,
    keeper: AccountAPI,
    fee_recipient: AccountAPI,
    stranger: AccountAPI,
    alice: AccountAPI,
    bob: AccountAPI,
    carol: AccountAPI,
    dave: AccountAPI,
) -> list[AccountAPI]:
    return [owner, keeper, fee_recipient, stranger, alice, bob, carol, dave]


@pytest.fixture(scope="session")
def traders(alice: AccountAPI, bob: AccountAPI, carol: AccountAPI, dave: AccountAPI) -> list[AccountAPI]:
    return [alice, bob, carol, dave]


@pytest.fixture(scope="session")
def deployed(
    project: Any, chain: Any, owner: AccountAPI, fee_recipient: AccountAPI, people: Any, traders: Any
) -> tuple[Contracts, Any, Any, PoolParams]:
    """On the chain once for all tests: the contracts, an oracle, a pool on it and its parameters; traders have money."""
    anvil = AnvilChain(project, chain, owner, NOW)
    anvil.move_to(NOW)
    contracts = deploy_contracts(anvil, owner, fee_recipient)
    oracle = anvil.deploy("FixedOracle", PRICE)
    params = World(anvil, contracts, people, owner, fee_recipient).params(oracle)
    pool = deploy_pool(anvil, contracts, params, owner, people)
    for trader in traders:
        anvil.send(contracts.token, "mint", [address_of(trader), STAKE], trader)
    return contracts, oracle, pool, params


@pytest.fixture
def world(
    project: Any, chain: Any, owner: AccountAPI, fee_recipient: AccountAPI, people: Any, traders: Any, deployed: Any
) -> World:
    """The settlement token and the clock, at NOW."""
    anvil = AnvilChain(project, chain, owner, NOW)
    contracts, oracle, pool, _ = deployed
    tokens = [anvil.at("PoolToken", address) for address in (pool.longToken(), pool.shortToken())]
    anvil.remember(contracts.token, contracts.factory, contracts.keeper, contracts.lens, oracle, pool, *tokens)
    world = World(anvil, contracts, people, owner, fee_recipient)
    for trader in traders:
        world.ledger.mint(address_of(trader), STAKE)
    return world


@pytest.fixture
def market(world: World, deployed: Any) -> Twin:
    """3-BTC/USDC at 100 without fees or rewards, empty, on the chain and in the model."""
    _, oracle, pool, params = deployed
    return world.adopt(pool, params, oracle, FixedOracle(PRICE))


@pytest.fixture
def deploy_market(world: World) -> Callable[..., Twin]:
    """`deploy_market(leverage=1, mint_fee=...)`: another pool, its parameters those of `market` but for the changes."""
    return world.deploy_pool
