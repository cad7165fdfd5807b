"""A local chain of one's own, on a free port, that ends with its context; and Ape connected to it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ape

_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")


@contextmanager
def anvil(*options: str) -> Iterator[str]:
    """Runs anvil with `options` and gives its URL."""
    command = ["anvil", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield f"http://127.0.0.1:{_port(process)}"
        finally:
            process.kill()


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """Ape's provider for the chain at `url`."""
    settings = {"host": url, "manage_process": False}
    with ape.networks.arbitrum.local.use_provider("foundry", settings, disconnect_after=True) as provider:
        yield provider


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if listening := _LISTENING.search(line):
            return int(listening[1])
    raise RuntimeError(f"anvil ended with exit code {process.wait()}: {''.join(said)}")
