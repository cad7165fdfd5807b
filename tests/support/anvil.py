"""A local chain of one's own, on a free port, that ends with its context; and Ape connected to it."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any

import ape

_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)\n")


@contextmanager
def anvil(*options: str) -> Iterator[str]:
    """Runs anvil with `options` and gives its URL."""
    command = ["anvil", "--port", "0", *options]
    # It tells every request. What nobody reads goes to a file: a pipe would be full one day, and anvil would wait.
    with TemporaryFile() as said, subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process:
        try:
            yield f"http://127.0.0.1:{_port(process, said.fileno())}"
        finally:
            process.kill()


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """Ape's provider for the chain at `url`."""
    settings = {"host": url, "manage_process": False}
    with ape.networks.arbitrum.local.use_provider("foundry", settings, disconnect_after=True) as provider:
        yield provider


def _port(process: subprocess.Popen[bytes], said: int) -> int:
    while True:
        ended = process.poll() is not None
        text = os.pread(said, 2**16, 0).decode()  # leaves anvil's place in the file alone
        if listening := _LISTENING.search(text):
            return int(listening[1])
        if ended:
            raise RuntimeError(f"anvil ended with exit code {process.returncode}: {text}")
        time.sleep(0.01)
