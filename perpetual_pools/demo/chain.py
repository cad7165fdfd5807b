"""The demo's own local chain: an anvil process that ends with the demo, unless the user wants to keep it."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from perpetual_pools.demo.errors import DemoError

CHAIN_ID = 31337
START_SECONDS = 20
HOST = "127.0.0.1"
_LISTENING = re.compile(rf"Listening on {re.escape(HOST)}:(\d+)")


@dataclass(frozen=True)
class LocalChain:
    """A running anvil.

    Args:
        url: its RPC endpoint.
        pid: its process.
    """

    url: str
    pid: int


def require_free(port: int) -> None:
    """Raise DemoError if another program listens on the port."""
    if not 1 <= port <= 65_535:
        raise DemoError(f"--port must be 1 to 65535, not {port}")
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) == 0:
            raise DemoError(f"port {port} is taken: choose another with --port, or leave it out for a free one")


@contextlib.contextmanager
def local_chain(genesis: int, log: Path, port: int | None = None, keep: bool = False) -> Iterator[LocalChain]:
    """Run anvil during the block.

    Args:
        genesis: the time of block 0, in Unix seconds.
        log: the file for anvil's output.
        port: the port to listen on, or None for a free port.
        keep: whether to leave anvil running after the block, unless an exception ends it.

    Raises:
        DemoError: anvil is missing, does not start, or ended too early.
    """
    program = shutil.which("anvil")
    if program is None:
        raise DemoError("anvil is not on the PATH: run ./dev demo, which installs it, or install Foundry")
    command = [program, "--port", str(port or 0), "--chain-id", str(CHAIN_ID), "--timestamp", str(genesis)]
    log.unlink(missing_ok=True)  # a kept chain may still write to it
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        kept = False
        try:
            yield LocalChain(f"http://{HOST}:{_port(process, log)}", process.pid)
            kept = keep
        except Exception as error:
            if isinstance(error, DemoError) or process.poll() is None:
                raise
            raise DemoError(f"the local chain ended with exit code {process.returncode}; see {log}") from error
        finally:
            if not kept:
                process.terminate()
                process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Return the port that the process reports in its log. Another program could answer on a port that was only guessed."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        said = log.read_text(encoding="utf-8")
        if listening := _LISTENING.search(said):
            return int(listening[1])
        if process.poll() is not None:
            last = (said.split("\n\n")[-1].strip() or "no word").replace("\n", " ")
            raise DemoError(f"anvil ended at once with exit code {process.returncode}: {last}")
        time.sleep(0.05)
    raise DemoError(f"anvil did not start within {START_SECONDS} seconds; see {log}")


@contextlib.contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt also when the process is asked to end or the terminal closes, so that all blocks exit."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
    former = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, former, strict=True):
            signal.signal(number, handler)
