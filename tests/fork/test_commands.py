"""`ape run` as operators type it, with an account of their keystore and an RPC URL: Arbitrum One on a fork, and Sepolia."""

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_utils import keccak
from web3 import Web3

from perpetual_pools.chain.networks import records_folder
from perpetual_pools.records import Record
from tests.support.commands import APE, MARKETS, ROOT, make_keystore, using_keystore
from tests.support.commands import run as run_here
from tests.support.direct import Node
from tests.support.fork import ETHER, HOUR, shipped_for
from tests.support.upstream import PRICES, local_sepolia

KEY = keccak(text="perpetual pools: operator of the keystore")
OPERATOR = Account.from_key(KEY).address
TOKENS = [f"{market[0]}{side}{market[1:]}" for market in MARKETS for side in "LS"]
PLANNED = re.compile(r"^ *\d+  (.+): \w+ at (0x[0-9a-fA-F]{40})$", re.MULTILINE)
DEPLOYED = re.compile(r"^(0x[0-9a-fA-F]{40})  (.+)$", re.MULTILINE)
SEPOLIA_STEPS = 1 + 2 + 2 + 4 + 1 + 3 + 1 + 8 + 16
"""USDC, oracles, factory and keeper, pools, TCR, AMM, farm, pairs, farms."""


def run(url: str, *options: object, **more: str) -> subprocess.CompletedProcess[str]:
    """`ape run ...` with that RPC URL, and nobody there to answer questions. `more`: environment variables."""
    environment = {name: value for name, value in os.environ.items() if name != "APE_FOUNDRY_HOST"}
    return subprocess.run(
        [APE, "run", *map(str, options)],
        cwd=ROOT,
        env={**environment, "WEB3_PROVIDER_URI": url, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def keystore(tmp_path: Path) -> str:
    return str(make_keystore(tmp_path / "ape", "0x" + KEY.hex()))


def test_deploy__dry_run_on_a_fork_of_arbitrum_one__needs_no_passphrase_and_leaves_nothing(
    fork: Any, safe: Any, tmp_path: Path, keystore: str
) -> None:
    """Of a fork of its own that the command makes: here of one on which there is a Safe already."""
    upstream = str(fork.uri)
    params, temporary = tmp_path / "mainnet.yaml", tmp_path / "temporary"
    params.write_text(shipped_for(safe.address, (int(time.time()) // HOUR + 3) * HOUR))
    temporary.mkdir()
    recorded = sorted(records_folder().glob("**/*"))
    eth = Web3(Web3.HTTPProvider(upstream)).eth
    nonce = eth.get_transaction_count(OPERATOR)
    options = ("--params", params, "--account", "ops", "--dry-run", "--network", "arbitrum:mainnet-fork:foundry")
    done = run(upstream, "deploy", *options, APE_DATA_FOLDER=keystore, TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr

    # What the plan foretold is where everything came, the tokens of the pools besides.
    foretold = dict(PLANNED.findall(done.stderr))
    addresses = {name: address for address, name in DEPLOYED.findall(done.stdout)}
    assert len(addresses) == len(done.stdout.splitlines())
    created = ["BTC/USD oracle", "ETH/USD oracle", "factory", "keeper", *MARKETS, "farm"]
    assert list(foretold) == [*created, *(f"{token} pair" for token in TOKENS)]
    assert addresses == foretold | {token: addresses[token] for token in TOKENS}
    for token in TOKENS:
        assert f"= {addresses[token]} ({token})\n" in done.stderr

    assert "Dry run: everything is undone\n" in done.stderr
    assert "Stopping 'anvil' process." in done.stderr
    assert eth.get_transaction_count(OPERATOR) == nonce
    assert not any(eth.get_code(Web3.to_checksum_address(address)) for address in addresses.values())
    assert sorted(records_folder().glob("**/*")) == recorded
    assert list(temporary.iterdir()) == []


def test_sepolia__deployed_with_the_shipped_file__has_no_difference_and_one_alarm(
    proxy_type: Any, keystore: str, tmp_path: Path
) -> None:
    path = tmp_path / "record.json"
    params, record = ("--params", "deploy/arbitrum-sepolia.yaml"), ("--record", path)
    network = ("--network", "arbitrum:sepolia:node")
    with local_sepolia(proxy_type) as url:
        Node(url).request("anvil_setBalance", OPERATOR, hex(ETHER))
        sending = ("--account", "ops", *network, "--yes")
        environment = {"WEB3_PROVIDER_URI": url, "APE_ACCOUNTS_ops_PASSPHRASE": "secret"}
        with using_keystore(Path(keystore)):
            deployed = run_here(url, "deploy", *params, *record, *sending, **environment)
        assert deployed.returncode == 0, deployed.stderr
        checked = run_here(url, "check", *params, *record, *network, WEB3_PROVIDER_URI=url)
        shown = run_here(url, "status", *record, *network, "--json", WEB3_PROVIDER_URI=url)

    written = Record.model_validate_json(path.read_text())
    assert (written.network, written.chain_id, written.deployer) == ("arbitrum:sepolia", 421614, OPERATOR)
    assert len(written.deployments) + len(written.calls) == SEPOLIA_STEPS
    assert {name: address for address, name in DEPLOYED.findall(deployed.stdout)} == written.addresses
    assert "secret" not in deployed.stdout + deployed.stderr

    assert checked.returncode == 0, checked.stdout
    # `deploy` or the set-up has compiled everything, and nothing has changed since.
    assert "Compiling" not in checked.stderr
    assert re.fullmatch(r"\d{3,} facts checked, no differences\n", checked.stdout)

    # Nothing is scheduled yet, which is an alarm; all else is well.
    status = json.loads(shown.stdout)
    assert shown.returncode == 1
    assert [(alarm["id"], alarm["where"]) for alarm in status["alarms"]] == [("weeks-running-out", "farm")]
    assert status["network"] == "arbitrum:sepolia"
    prices = {market["name"]: market["price_wad"] for market in status["markets"]}
    assert prices == {name: str(PRICES[f"{name[2:5]} / USD"] * 10**10) for name in MARKETS}
