"""`ape run ...` as its users run it."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from eth_account import Account

ROOT = Path(__file__).parents[2]
MARKETS = ["1-BTC/USDC", "3-BTC/USDC", "1-ETH/USDC", "3-ETH/USDC"]
"""Of the parameter files in deploy/ and of the demo."""
DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""The first test account: it sends where no account is named."""
UNDER_WAY = "{} has transactions under way that this run did not send: 1. Wait until they are mined, then run again"
"""The refusal of an account that sent something else meanwhile."""
APE = str(Path(sys.executable).with_name("ape"))


def environment(url: str, **more: str) -> dict[str, str]:
    return {**os.environ, "APE_FOUNDRY_HOST": url, **more}


def ape_run(
    url: str, script: str, *options: object, answer: str = "", timeout: int = 120, **more: str
) -> subprocess.CompletedProcess[str]:
    """With the chain at `url`, in the project's folder. `more`: environment variables."""
    return subprocess.run(
        [APE, "run", script, *map(str, options)],
        cwd=ROOT,
        env=environment(url, **more),
        input=answer,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def make_keystore(folder: Path, key: str) -> Path:
    """Ape's data folder, with the account `ops` of the passphrase `secret`."""
    (folder / "accounts").mkdir(parents=True)
    (folder / "accounts" / "ops.json").write_text(json.dumps(Account.encrypt(key, "secret", iterations=2)))
    return folder


def examples(script: str) -> list[list[str]]:
    """The options of each example in the help of the script."""
    command = [APE, "run", script, "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = [line.strip() for line in shown.splitlines() if line.strip().startswith(f"ape run {script} ")]
    return [shlex.split(line)[3:] for line in lines]
