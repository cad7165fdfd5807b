"""Systems that are deployed once for all tests, and parameters of small ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ape
import pytest

from perpetual_pools.chain import amm, contracts
from perpetual_pools.parameters import Amm, Parameters, Sequencer, load
from perpetual_pools.records import Record
from tests.support import explorer, systems
from tests.support.anvil import anvil, connected, undone
from tests.support.explorer import Explorer
from tests.support.quick_ape import quick_ape
from tests.support.systems import LOCAL, RealNetwork, System

HOUR = 3_600


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
def compiled_once() -> Iterator[None]:
    with explorer.compiled_once():
        yield


@pytest.fixture
def plugin() -> Iterator[type[Explorer]]:
    """Ape has a plugin for a block explorer."""
    with explorer.installed() as it:
        yield it


@pytest.fixture
def existing(owner: Any, chain: Any, small: Parameters) -> Parameters:
    """`small` on tokens, a feed, a sequencer feed and an AMM that are there."""
    now = chain.blocks.head.timestamp
    token = contracts.deploy_settlement_token(owner, "USD Coin", "USDC", 6)
    feed = contracts.deploy_feed(owner, 8, "BTC / USD")
    feed.pushRound(1, 30_000 * 10**8, now, now, sender=owner)
    sequencer = contracts.deploy_feed(owner, 0, "L2 Sequencer Uptime Status Feed")
    sequencer.pushRound(1, 0, now - 2 * HOUR, now - 2 * HOUR, sender=owner)
    tcr = contracts.deploy_settlement_token(owner, "Tracer", "TCR", 18)
    exchange = amm.deploy(owner)
    changed = {"address": feed.address, "first_price": None}
    reward_token = small.farm.reward_token.model_copy(update={"address": tcr.address})
    return small.model_copy(
        update={
            "settlement_token": small.settlement_token.model_copy(update={"address": token.address}),
            "feeds": {"BTC/USD": small.feeds["BTC/USD"].model_copy(update=changed)},
            "farm": small.farm.model_copy(update={"reward_token": reward_token}),
            "amm": Amm(factory=exchange.factory.address, router=exchange.router.address),
            "sequencer": Sequencer(feed=sequencer.address, grace_period="1 hour"),
        }
    )
