"""The cast of the tests, and the market that most of them begin with.

Most tests run in pytest's own process, in an EVM of their own, on the contracts that `./dev` compiled last. They need
neither Ape nor a node. The tests in `cli`, `fork` and `gas` are about Ape and nodes, and run on an anvil. Those marked
`anvil` run on an anvil as well, and show that both give the same results. With `--chain anvil`, every test that uses `world`
runs on an anvil, and only there.

Tests that need a node get the mark `chain`, which splits the tests in two:

    pytest -p no:ape_test -m "not chain"
    ape test --network arbitrum:local:foundry -m chain

No test sees what another has changed: in the process each has its own EVM, and Ape takes an anvil back to a snapshot.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ethpm_types import ContractType

from perpetual_pools.model import FixedOracle
from perpetual_pools.twin.artifacts import Artifacts
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.pool import PRICE, Twin, World, deploy_contracts, deploy_pool
from tests.support import world as cast
from tests.support.findings import FINDINGS
from tests.support.third_party import read_proxy_type

ROOT = Path(__file__).parent.parent
NODE_FOLDERS = {"cli", "fork", "gas"}
NODE_FIXTURES = {"accounts", "chain", "networks"}
"""Fixtures of Ape itself. A test that uses one needs a node."""
PROCESS, ANVIL = "process", "anvil"
"""The two places of a world."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--finding", metavar="ID", help="only the tests that carry this id, see tests/support/findings.py")
    parser.addoption("--update-gas", action="store_true", help="write snapshots/gas.json anew and print the table")
    parser.addoption(
        "--chain",
        choices=("pyrevm", "anvil"),
        default="pyrevm",
        help="where worlds are: in the tests' own process, or all on an anvil (default: pyrevm)",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Decide where the world of a test is. Tests marked `anvil` run in both places."""
    if "where" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker("anvil")
    if folder_of(metafunc.definition) in NODE_FOLDERS or metafunc.config.option.chain == "anvil":
        places = [ANVIL]
    elif marked is None:
        places = [PROCESS]
    else:
        places = [ANVIL] if marked.kwargs.get("only") else [PROCESS, ANVIL]
    names = [place if len(places) > 1 else pytest.HIDDEN_PARAM for place in places]
    metafunc.parametrize("where", places, ids=names, scope="session", indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if needs_node(item):
            item.add_marker("chain")
    covered = {mark.args[0] for item in items for mark in item.iter_markers("finding")}
    if unknown := covered - set(FINDINGS):
        raise pytest.UsageError(f"unknown findings, see tests/support/findings.py: {', '.join(sorted(unknown))}")
    if wanted := config.option.finding:
        others = [item for item in items if wanted not in {mark.args[0] for mark in item.iter_markers("finding")}]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def folder_of(item: pytest.Item) -> str:
    """Return the folder of a test below tests/."""
    return item.path.relative_to(ROOT / "tests").parts[0]


def needs_node(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    on_anvil = hasattr(item, "callspec") and item.callspec.params.get("where") == ANVIL
    return on_anvil or folder_of(item) in NODE_FOLDERS or bool(NODE_FIXTURES & set(item.fixturenames))


@pytest.fixture(scope="session")
def where(request: pytest.FixtureRequest) -> str:
    """The place of the test's world: PROCESS or ANVIL."""
    place: str = request.param
    return place


@pytest.fixture(scope="session")
def project() -> Any:
    """The contracts that were compiled last. The folders in NODE_FOLDERS use Ape's own project instead."""
    return Artifacts(ROOT)


@pytest.fixture(scope="session")
def proxy_type() -> ContractType:
    return read_proxy_type(ROOT)


# --- the cast: accounts of Ape on an anvil, else of `tests.support.world` ---


@pytest.fixture(scope="session")
def people(where: str, request: pytest.FixtureRequest) -> list[Any]:
    if where == PROCESS:
        return [*cast.PEOPLE]
    accounts = request.getfixturevalue("accounts")
    return [accounts[number] for number in range(len(cast.PEOPLE))]


@pytest.fixture(scope="session")
def owner(people: list[Any]) -> Any:
    """The DAO: owns what has an owner, deploys."""
    return people[0]


@pytest.fixture(scope="session")
def keeper(people: list[Any]) -> Any:
    """Calls upkeeps."""
    return people[1]


@pytest.fixture(scope="session")
def fee_recipient(people: list[Any]) -> Any:
    """Where protocol fees go."""
    return people[2]


@pytest.fixture(scope="session")
def stranger(people: list[Any]) -> Any:
    """Has no role anywhere."""
    return people[3]


@pytest.fixture(scope="session")
def alice(people: list[Any]) -> Any:
    return people[4]


@pytest.fixture(scope="session")
def bob(people: list[Any]) -> Any:
    return people[5]


@pytest.fixture(scope="session")
def carol(people: list[Any]) -> Any:
    return people[6]


@pytest.fixture(scope="session")
def dave(people: list[Any]) -> Any:
    return people[7]


@pytest.fixture(scope="session")
def traders(alice: Any, bob: Any, carol: Any, dave: Any) -> list[Any]:
    return [alice, bob, carol, dave]


# --- a market ---


@pytest.fixture(scope="session")
def on_anvil(where: str, project: Any, request: pytest.FixtureRequest, people: list[Any], traders: Any) -> Any:
    """On the anvil once for all tests: a world whose traders have money, with a pool, its parameters and its oracle."""
    if where == PROCESS:
        return None
    from perpetual_pools.twin.anvil import AnvilChain

    owner, _, fee_recipient, *_ = people
    anvil = AnvilChain(project, request.getfixturevalue("chain"), owner, cast.NOW)
    anvil.move_to(cast.NOW)
    contracts = deploy_contracts(anvil, owner, fee_recipient)
    oracle = anvil.deploy("FixedOracle", PRICE)
    params = World(anvil, contracts, people, owner, fee_recipient).params(oracle)
    pool = deploy_pool(anvil, contracts, params, owner, people)
    for trader in traders:
        anvil.send(contracts.token, "mint", [address_of(trader), cast.STAKE], trader)
    return anvil, contracts, pool, params, oracle


@pytest.fixture
def world(project: Any, on_anvil: Any, people: list[Any], owner: Any, fee_recipient: Any, traders: list[Any]) -> World:
    """The settlement token and the clock, at NOW."""
    if on_anvil is None:
        return cast.new_world(project)
    anvil, contracts, *_ = on_anvil
    anvil.set_back(cast.NOW)
    world = World(anvil, contracts, people, owner, fee_recipient)
    for trader in traders:
        world.ledger.mint(address_of(trader), cast.STAKE)
    return world


@pytest.fixture
def market(world: World, on_anvil: Any) -> Twin:
    """3-BTC/USDC at 100 without fees or rewards, empty, on the chain and in the model."""
    if on_anvil is None:
        return world.deploy_pool()
    _, _, pool, params, oracle = on_anvil
    return world.adopt(pool, params, oracle, FixedOracle(PRICE))


@pytest.fixture
def deploy_market(world: World) -> Callable[..., Twin]:
    """`deploy_market(leverage=1, mint_fee=...)`: another pool, its parameters those of `market` but for the changes."""
    return world.deploy_pool
