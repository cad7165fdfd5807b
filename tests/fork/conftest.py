"""Ape on a fork of Arbitrum One: of the real chain if ARBITRUM_RPC_URL is set, else of a local one (see `upstream`)."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ape
import pytest
from ape.api import AccountAPI
from eth_utils import keccak, to_checksum_address

from perpetual_pools.chain.contracts import container
from perpetual_pools.parameters import Parameters, load
from tests.support.anvil import anvil
from tests.support.direct import Node
from tests.support.fork import HOUR, impersonate, shipped_for
from tests.support.upstream import CHAIN_ID, local_arbitrum


@pytest.fixture(scope="session")
def project() -> Any:
    """Ape's own."""
    return ape.project


@pytest.fixture(scope="session")
def upstream(proxy_type: Any) -> Iterator[str]:
    """The URL of the chain that is forked."""
    if url := os.environ.get("ARBITRUM_RPC_URL"):
        yield url
        return
    with local_arbitrum(proxy_type) as url:
        yield url


@pytest.fixture(scope="session")
def connection(upstream: str) -> Iterator[Any]:
    """Ape's provider, connected to a fork that is up: for its own, Ape waits 20 seconds and no more."""
    with pytest.MonkeyPatch.context() as patch, anvil("--fork-url", upstream) as url:
        patch.setenv("WEB3_PROVIDER_URI", upstream)
        settings = {"host": url, "manage_process": False}
        provider = ape.networks.arbitrum.mainnet_fork.get_provider("foundry", provider_settings=settings)
        provider.connect()
        patch.undo()
        yield provider
        provider.disconnect()


@pytest.fixture
def fork(upstream: str, connection: Any) -> Iterator[Any]:
    """The provider of that fork, which Ape uses during the test. What the test does there is undone after it."""
    node = Node(connection.uri)
    assert int(node.request("eth_chainId"), 16) == CHAIN_ID
    assert node.request("anvil_nodeInfo")["forkConfig"]["forkUrl"] == upstream
    snapshot = node.request("evm_snapshot")
    with ape.networks.arbitrum.mainnet_fork.use_provider(connection):
        yield connection
    assert node.request("evm_revert", snapshot)
    node.request("anvil_removeBlockTimestampInterval")  # an `AnvilChain` may have stopped the clock


@pytest.fixture
def person(fork: Any) -> Any:
    """`person("alice")`: an account that nobody has used on the real chain, unlike those of the test mnemonic."""

    def account(name: str) -> AccountAPI:
        return impersonate(fork, to_checksum_address(keccak(text=f"perpetual pools: {name}")[-20:]))

    return account


# --- the launch ---


@pytest.fixture
def operator(person: Callable[[str], Any]) -> Any:
    return person("operator")


@pytest.fixture
def safe(fork: Any, operator: Any) -> Any:
    """The DAO's."""
    return impersonate(fork, operator.deploy(container("MockSafe"), [operator], 1).address)


@pytest.fixture
def launch(chain: Any, tmp_path: Path, safe: Any) -> Parameters:
    """What is shipped, with the two lines that the DAO has to set; week 0 begins on the third full hour from now."""
    path = tmp_path / "launch.yaml"
    path.write_text(shipped_for(safe.address, (chain.blocks.head.timestamp // HOUR + 3) * HOUR))
    return load(path)
