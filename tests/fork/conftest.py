"""Ape on a fork of Arbitrum One: of the real chain if ARBITRUM_RPC_URL is set, else of a local one (see `upstream`)."""

import os
from collections.abc import Iterator
from typing import Any

import ape
import pytest
from ape.api import AccountAPI
from eth_utils import keccak, to_checksum_address

from tests.fork.upstream import CHAIN_ID, local_arbitrum
from tests.scripts.anvil import anvil

ETHER = 10**18


@pytest.fixture(scope="session")
def upstream(proxy_type: Any) -> Iterator[str]:
    """The URL of the chain that is forked."""
    if url := os.environ.get("ARBITRUM_RPC_URL"):
        yield url
        return
    with local_arbitrum(proxy_type) as url:
        yield url


@pytest.fixture
def fork(upstream: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Ape's provider, connected for the test to a fork that is up: for its own, Ape waits 20 seconds and no more."""
    monkeypatch.setenv("WEB3_PROVIDER_URI", upstream)
    network = ape.networks.arbitrum.mainnet_fork
    with (
        anvil("--fork-url", upstream) as url,
        network.use_provider("foundry", {"host": url, "manage_process": False}, disconnect_after=True) as provider,
    ):
        assert int(provider.make_request("eth_chainId"), 16) == CHAIN_ID
        assert provider.make_request("anvil_nodeInfo")["forkConfig"]["forkUrl"] == upstream
        yield provider


@pytest.fixture
def person(fork: Any) -> Any:
    """`person("alice")`: an account that nobody has used on the real chain, unlike those of the test mnemonic."""

    def account(name: str) -> AccountAPI:
        return impersonate(fork, to_checksum_address(keccak(text=f"perpetual pools: {name}")[-20:]))

    return account


def impersonate(fork: Any, address: str) -> AccountAPI:
    """With ether for its transactions."""
    fork.set_balance(address, ETHER)
    return ape.accounts.test_accounts.impersonate_account(address)
