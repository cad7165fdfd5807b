"""`ape run deploy` as its users see it: what it sends, prints and records, what it refuses, how it goes on."""

import json
import signal
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools.chain.contracts import instance
from perpetual_pools.parameters import Parameters
from tests.support.anvil import anvil, connected, request
from tests.support.commands import (
    APE,
    DEPLOYER,
    MARKETS,
    ROOT,
    Done,
    ape_run,
    environment,
    make_keystore,
    run,
    using_keystore,
)
from tests.support.systems import PARAMS, RealNetwork, System

LOCAL = "deploy/local.yaml"
STEPS = 42
"""A token; two feeds, each with its first round and its oracle; factory and keeper; four pools; TCR; an AMM of three; the
farm; eight pairs, and sixteen farms."""


def nonce_of_deployer(url: str) -> int:
    return int(request(url, "eth_getTransactionCount", DEPLOYER, "latest"), 16)


def entries(record: dict[str, Any]) -> dict[str, Any]:
    """What a record says of contracts, but for when they were made; a farm has that in its start, and so in its code."""
    when = ("transaction", "block", "gas_used")
    made = {
        name: {key: value for key, value in entry.items() if key not in when}
        for name, entry in record["deployments"].items()
    }
    del made["farm"]["arguments"]["start_"], made["farm"]["code_hash"]
    return made


# --- refusals: exit code 1, one line that says why, nothing sent, nothing recorded ---


def refused(done: Done, path: Path, message: str) -> None:
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"Error: {message}\n")
    assert not path.exists()


def test_deploy__no_chain_there__says_where_and_starts_none(path: Path) -> None:
    with anvil() as url:
        pass  # whose port nobody has now
    done = run(url, "deploy", *PARAMS, "--record", path, "--yes")
    refused(
        done,
        path,
        f"Failed to connect to remote Anvil node at '{url}'. Start one (`anvil`), or name another in APE_FOUNDRY_HOST",
    )


def test_deploy__chain_of_another_id__sends_nothing(path: Path) -> None:
    with anvil("--chain-id", "31338") as url:
        done = run(url, "deploy", *PARAMS, "--record", path, "--yes")
        assert nonce_of_deployer(url) == 0
    refused(done, path, f"{LOCAL}:4: expected the chain id of the connected network, 31338, got 31337")


def test_deploy__answer_no__sends_nothing(path: Path, empty_chain: str) -> None:
    done = run(empty_chain, "deploy", *PARAMS, "--record", path, answer="n\n")
    assert nonce_of_deployer(empty_chain) == 0
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"Send {STEPS} transactions? [y/N]" in done.stderr
    assert done.stderr.endswith("Aborted!\n")
    assert not path.exists()


def test_deploy__network_of_real_money_without_account__is_refused(path: Path, real_network: RealNetwork) -> None:
    """What Ape says while it connects stays off standard output there too."""
    done = real_network.run("deploy", *PARAMS, "--record", path, "--yes")
    assert nonce_of_deployer(real_network.url) == 0
    assert (done.returncode, done.stdout) == (2, "")
    assert "INFO:     Connecting to a 'anvil' node." in done.stderr
    assert done.stderr.endswith("Error: name the account that deploys: --account ALIAS\n")
    assert not path.exists()


# --- effects ---


def test_deploy__json__is_the_record_and_all_there_is_on_standard_output(system: System) -> None:
    done = system.deployed
    assert done.returncode == 0, done.stderr
    assert done.stdout == system.path.read_text()
    assert "3-ETH/USDC: LeveragedPool at 0x" in done.stderr
    record = json.loads(done.stdout)
    assert (record["network"], record["chain_id"], record["deployer"]) == ("arbitrum:local", 31337, DEPLOYER)
    assert list(record["deployments"])[7:11] == MARKETS
    assert len(record["deployments"]) + len(record["calls"]) == STEPS
    assert record["intent"] is None


def test_deploy__pools__are_those_of_the_parameters(system: System, local: Parameters) -> None:
    address = system.record.addresses
    parameters = local
    with connected(system.url) as provider:
        assert provider.get_nonce(DEPLOYER) == STEPS
        factory = instance("PoolFactory", address["factory"])
        assert (factory.owner(), factory.feeRecipient()) == (DEPLOYER, DEPLOYER)
        assert [factory.pools(i) for i in range(factory.poolCount())] == [address[name] for name in MARKETS]
        assert provider.get_code(address["keeper"])
        for market in parameters.markets:
            token, oracle = address["settlement token"], address[f"{market.feed} oracle"]
            params = asdict(parameters.pool_params(market, token, oracle))
            assert factory.isPool(address[market.name])
            assert factory.poolAddress(tuple(params.values()), DEPLOYER) == address[market.name]
            pool = instance("LeveragedPool", address[market.name])
            assert pool.name() == market.name
            assert pool.factory() == factory.address
            views = {
                "settlement_token": pool.settlementToken(),
                "oracle": pool.oracle(),
                "leverage": pool.leverage(),
                "rebalance_interval": pool.rebalanceInterval(),
                "front_running_interval": pool.frontRunningInterval(),
                "management_fee": pool.managementFee(),
                "mint_fee": pool.mintFee(),
                "burn_fee": pool.burnFee(),
                "keeper_reward_max": pool.keeperRewardMax(),
                "keeper_reward_ramp": pool.keeperRewardRamp(),
                "min_liquidity": pool.minLiquidity(),
            }
            assert views == {name: params[name] for name in views}
            price = {"BTC/USD": 30_000, "ETH/USD": 2_000}[market.feed] * 10**18
            assert (instance("ChainlinkOracleWrapper", oracle).latestPrice(), pool.lastPrice()) == (price, price)


def test_deploy__second_run__sends_nothing_and_keeps_the_record(system: System) -> None:
    before = system.path.read_bytes()
    done = system.run("deploy", *PARAMS, "--json")  # without --yes: there is nothing to ask
    assert (done.returncode, done.stdout) == (0, system.deployed.stdout)
    assert system.path.read_bytes() == before
    assert nonce_of_deployer(system.url) == STEPS


@pytest.fixture
def keystore(accounts: Any, tmp_path: Path) -> Path:
    """Ape's data folder with the account `ops` of the passphrase `secret`, which is the first test account."""
    return make_keystore(tmp_path / "ape", accounts[0].private_key)


def test_deploy__account_of_the_keystore__asks_for_each_signature(path: Path, keystore: Path, empty_chain: str) -> None:
    options = (*PARAMS, "--record", path, "--json", "--account", "ops")
    with using_keystore(keystore):
        done = run(empty_chain, "deploy", *options, answer="y\nn\n")
        assert nonce_of_deployer(empty_chain) == 0
        refused(done, path, f"{DEPLOYER} did not sign the transaction: nothing was sent")
        assert "Sign:  [y/N]" in done.stderr

        done = run(empty_chain, "deploy", *options, "--yes", APE_ACCOUNTS_ops_PASSPHRASE="secret")
    assert done.returncode == 0, done.stderr
    assert "Sign:  [y/N]" not in done.stderr
    assert "INFO:     Using passphrase for account 'ops' from environment variable" in done.stderr
    assert done.stdout == path.read_text()
    assert nonce_of_deployer(empty_chain) == STEPS


def test_deploy__killed_three_times__goes_on_and_ends_like_an_uninterrupted_run(path: Path, system: System) -> None:
    """On a chain with blocks of its own pace, where a transaction is under way for a while."""
    arguments = [*PARAMS, "--record", path, "--yes"]
    kills = [
        "ETH/USD feed: ReplayAggregator at",
        "3-BTC/USDC: LeveragedPool at",
        "1S-BTC/USDC farm: farm.addFarm called",
    ]
    with anvil("--block-time", "0.3") as url:
        command = [APE, "run", "deploy", *map(str, arguments)]
        for last_words in kills:
            with subprocess.Popen(
                command, cwd=ROOT, env=environment(url), stderr=subprocess.PIPE, text=True
            ) as process:
                assert process.stderr is not None
                assert any(line.startswith(last_words) for line in process.stderr)
                process.kill()
            assert process.returncode == -signal.SIGKILL
            record = json.loads(path.read_text())
            assert last_words.split(":")[0] in {**record["deployments"], **record["calls"]}
            assert len(record["deployments"]) + len(record["calls"]) < STEPS

        done = ape_run(url, "deploy", *arguments)
        assert done.returncode == 0, done.stderr
        assert "1S-BTC/USDC farm: done already\n" in done.stderr
        assert nonce_of_deployer(url) == STEPS
    assert entries(json.loads(path.read_text())) == entries(json.loads(system.path.read_text()))


def test_deploy__dry_run__prints_the_addresses_of_the_real_run_and_leaves_nothing(
    path: Path, system: System, empty_chain: str
) -> None:
    done = run(empty_chain, "deploy", *PARAMS, "--record", path, "--dry-run", "--json")
    assert nonce_of_deployer(empty_chain) == 0
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("\nDry run: everything is undone\n")
    assert entries(json.loads(done.stdout)) == entries(json.loads(system.path.read_text()))
    assert not path.exists()


def test_deploy__dry_run_where_all_is_real__is_refused(keystore: Path, real_network: RealNetwork) -> None:
    with using_keystore(keystore):
        done = real_network.run("deploy", *PARAMS, "--dry-run", "--account", "ops")
    assert nonce_of_deployer(real_network.url) == 0
    assert (done.returncode, done.stdout) == (1, "")
    wanted = "--network arbitrum:mainnet-fork:foundry"
    assert done.stderr.endswith(f"Error: a dry run sends everything, so it needs a fork: {wanted}\n")
