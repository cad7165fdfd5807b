"""The commands of `ape run`, and the demo: in the test's own process, and as their users type them."""

import importlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

import ape
from ape.logging import logger
from ape_accounts import AccountContainer
from click.testing import CliRunner
from eth_account import Account
from hexbytes import HexBytes

from tests.support.anvil import apart_from_ape

ROOT = Path(__file__).parents[2]
MARKETS = ["1-BTC/USDC", "3-BTC/USDC", "1-ETH/USDC", "3-ETH/USDC"]
"""Of the parameter files in deploy/ and of the demo."""
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""The first test account: it sends where no account is named."""
UNDER_WAY = "{} has transactions under way that this run did not send: 1. Wait until they are mined, then run again"
"""The refusal of an account that sent something else meanwhile."""
APE = str(Path(sys.executable).with_name("ape"))


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run(url: str, verb: str, *options: object, answer: str = "", **more: str) -> Done:
    """Run `ape run VERB` in this process, in the project's folder.

    It takes a tenth of the time of a process of its own. Like that, it has no terminal: tables are 80 columns wide.

    Args:
        url: the chain that stands for the local network.
        answer: what the user types.
        more: environment variables.
    """
    command = importlib.import_module(f"perpetual_pools.cli.{verb}").cli
    environment = {"APE_FOUNDRY_HOST": url, "COLUMNS": "80", **more}
    with chdir(ROOT), apart_from_ape(), logger.at_level("INFO"):
        result = CliRunner(mix_stderr=False).invoke(
            command, list(map(str, options)), input=answer, env=environment, prog_name=f"ape run {verb}"
        )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def run_demo(*arguments: object) -> Done:
    """Run `./dev demo` in this process, for a screen of 80 columns."""
    from perpetual_pools.demo.__main__ import main  # loads matplotlib, which the other commands do not need

    out, err = StringIO(), StringIO()
    with (
        apart_from_ape(),
        logger.at_level(logger.level),
        mock.patch.dict(os.environ, COLUMNS="80"),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = main(list(map(str, arguments)))
    return Done(code, out.getvalue(), err.getvalue())


def environment(url: str, **more: str) -> dict[str, str]:
    return {**os.environ, "APE_FOUNDRY_HOST": url, **more}


def ape_run(url: str, verb: str, *options: object, timeout: int = 120, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `ape run VERB` as users type it, in a process of its own. `more`: environment variables."""
    return subprocess.run(
        [APE, "run", verb, *map(str, options)],
        cwd=ROOT,
        env=environment(url, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def examples(verb: str) -> list[list[str]]:
    """Return the options of each example in the help of the command."""
    shown = run("", verb, "--help").stdout
    lines = [line.strip() for line in shown.splitlines() if line.strip().startswith(f"ape run {verb} ")]
    return [shlex.split(line)[3:] for line in lines]


def make_keystore(folder: Path, key: str) -> Path:
    """Return Ape's data folder, with the account `ops` of the passphrase `secret`."""
    (folder / "accounts").mkdir(parents=True)
    (folder / "accounts" / "ops.json").write_text(json.dumps(Account.encrypt(HexBytes(key), "secret", iterations=2)))
    return folder


@contextmanager
def using_keystore(folder: Path) -> Iterator[None]:
    """Have Ape read accounts from that data folder. It keeps what it has read; the process keeps nothing of it."""
    manager = ape.accounts
    kept = manager.__dict__.pop("containers", None)
    with (
        mock.patch.object(ape.config, "DATA_FOLDER", folder),
        mock.patch.dict(AccountContainer.loaded_accounts, clear=True),
        mock.patch.dict(type(manager)._alias_to_account_cache, clear=True),
    ):
        try:
            yield
        finally:
            manager.__dict__.pop("containers", None)
            if kept is not None:
                manager.__dict__["containers"] = kept
