"""Systems that are deployed once for all tests, and parameters of small ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ape
import pytest

from perpetual_pools.parameters import Parameters, load
from perpetual_pools.records import Record
from tests.support import explorer, systems
from tests.support.anvil import anvil, connected, undone
from tests.support.explorer import Explorer
from tests.support.quick_ape import quick_ape
from tests.support.systems import LOCAL, HandedOver, RealNetwork, System


@pytest.fixture(scope="session")
def project() -> Any:
    """Ape's own."""
    return ape.project


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.json"


@pytest.fixture(scope="module")
def local() -> Parameters:
    return load(LOCAL)


@pytest.fixture(scope="module")
def small() -> Parameters:
    return systems.load_small()


# Ape need not know of what is not on its own chain: it would make that anew whenever it undoes something.


@ape.fixture(chain_isolation=False, scope="session", autouse=True)
def quick() -> Iterator[None]:
    with quick_ape():
        yield


@ape.fixture(chain_isolation=False, scope="session")
def local_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with systems.local_system(tmp_path_factory.mktemp("local")) as system:
        yield system


@pytest.fixture
def system(local_system: System) -> Iterator[System]:
    """The system of `deploy/local.yaml` on a chain of its own. What the test does to it is undone."""
    with local_system.undone():
        yield local_system


@ape.fixture(chain_isolation=False, scope="session")
def empty_anvil() -> Iterator[str]:
    with anvil() as url:
        yield url


@pytest.fixture
def empty_chain(empty_anvil: str) -> Iterator[str]:
    """The URL of a chain on which there is nothing yet. What the test does to it is undone."""
    with undone(empty_anvil):
        yield empty_anvil


@ape.fixture(chain_isolation=False, scope="session")
def real_network() -> Iterator[RealNetwork]:
    with anvil("--chain-id", "42161") as url:
        yield RealNetwork(url)


@ape.fixture(chain_isolation=False, scope="session")
def small_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with systems.small_system(tmp_path_factory.mktemp("small")) as system:
        yield system


@pytest.fixture
def deployment(small_system: System) -> Iterator[Record]:
    """The record of `small`, with Ape connected to its chain. What the test does to it is undone."""
    with small_system.undone(), connected(small_system.url):
        yield small_system.record


@ape.fixture(chain_isolation=False, scope="session")
def handed_over(small_system: System, tmp_path_factory: pytest.TempPathFactory) -> HandedOver:
    """On the chain of `small_system`. Offered to `bob`."""
    with connected(small_system.url):
        bob = ape.accounts.test_accounts[5]
        return systems.hand_over(bob.address, tmp_path_factory.mktemp("handed-over") / "record.json")


@ape.fixture(chain_isolation=False, scope="session")
def existing(small_system: System) -> Parameters:
    """`small` on tokens, a feed, a sequencer feed and an AMM that are there, on the chain of `small_system`."""
    with connected(small_system.url):
        return systems.deploy_existing()


@ape.fixture(chain_isolation=False, scope="session")
def compiled_once() -> Iterator[None]:
    with explorer.compiled_once():
        yield


@pytest.fixture
def plugin() -> Iterator[type[Explorer]]:
    """Ape has a plugin for a block explorer."""
    with explorer.installed() as it:
        yield it
