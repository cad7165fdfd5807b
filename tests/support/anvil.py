"""A local chain of the test's own, on a free port, that ends with its context; and Ape connected to it."""

import json
import os
import re
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any
from unittest import mock
from urllib.request import Request, urlopen

import ape
from ape.api.networks import ProviderContextManager
from ape.managers._contractscache import ContractCache
from ape.managers.chain import ChainIdCache, ChainManager

_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)\n")


@contextmanager
def anvil(*options: str) -> Iterator[str]:
    """Run anvil with `options` and give its URL."""
    command = ["anvil", "--port", "0", *options]
    # anvil logs every request. The log goes to a file: a pipe that nobody reads fills up, and then anvil waits.
    with TemporaryFile() as said, subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process:
        try:
            yield f"http://127.0.0.1:{_port(process, said.fileno())}"
        finally:
            process.kill()


def request(url: str, method: str, *parameters: Any) -> Any:
    """Return the result of an RPC request to the node at `url`, without Ape."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=30) as response:
        answer = json.load(response)
    assert "error" not in answer, answer
    return answer["result"]


@contextmanager
def undone(url: str) -> Iterator[None]:
    """Undo on the way out what happens within to the chain at `url`."""
    snapshot = request(url, "evm_snapshot")
    try:
        yield
    finally:
        assert request(url, "evm_revert", snapshot) is True


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """Connect Ape to the chain at `url` and give the provider."""
    settings = {"host": url, "manage_process": False}
    with apart_from_ape(), ape.networks.arbitrum.local.use_provider("foundry", settings) as provider:
        yield provider


@contextmanager
def apart_from_ape() -> Iterator[None]:
    """Keep what Ape remembers of the chains within apart from what it remembers of that of `ape test`.

    It remembers by chain id, network or contract address, which several anvils share, and connections by URL, whose port
    another anvil may get.
    """
    connections = ProviderContextManager.connected_providers
    before = set(connections)
    fresh: dict[str, Any] = {
        "_snapshots": defaultdict(list),
        "_chain_id_cache": ChainIdCache(),
        "_transaction_history_map": {},
        "contracts": ContractCache(),
    }
    try:
        with mock.patch.multiple(ChainManager, **fresh):
            yield
    finally:
        for connection in set(connections) - before:
            connections.pop(connection).disconnect()  # type: ignore[no-untyped-call]


def _port(process: subprocess.Popen[bytes], said: int) -> int:
    while True:
        ended = process.poll() is not None
        text = os.pread(said, 2**16, 0).decode()  # leaves anvil's place in the file alone
        if listening := _LISTENING.search(text):
            return int(listening[1])
        if ended:
            raise RuntimeError(f"anvil ended with exit code {process.returncode}: {text}")
        time.sleep(0.01)
