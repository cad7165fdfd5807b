"""docs/operating.md: each of its commands, in its order, on a chain with Arbitrum's id and what is there on it."""

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account

from perpetual_pools import records
from perpetual_pools.chain.contracts import container, instance
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.formatting import as_utc
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.operations.markets import pools_of
from tests.support.anvil import connected
from tests.support.commands import ROOT, ape_run
from tests.support.upstream import TCR, USDC, local_arbitrum

PAGE = ROOT / "docs" / "operating.md"
HOUR, DAY = 3_600, 86_400
UNIT = 10**6
ETHER = 10**18
PASSPHRASE = "secret"
FORK = "arbitrum:mainnet-fork:foundry"


def commands() -> list[list[str]]:
    """Of all blocks of the page, but for what prepares the shell."""
    blocks = PAGE.read_text().split("```sh\n")[1:]
    lines = [line for block in blocks for line in block.split("```")[0].splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("ape run ")]


class Operation:
    """The chain, the operator's files, and the commands that were run."""

    def __init__(self, url: str, folder: Path, operator: Any) -> None:
        self.url = url
        self.folder = folder
        self.operator = operator
        self.record = folder / "arbitrum-mainnet.json"
        self.left = commands()
        keystore = folder / "ape" / "accounts" / "ALIAS.json"
        keystore.parent.mkdir(parents=True)
        keystore.write_text(json.dumps(Account.encrypt(operator.private_key, PASSPHRASE, iterations=2)))
        # Ape's settings of the operator: a chain without anybody else has no block behind a transaction's own.
        (folder / "ape" / "ape-config.yaml").write_text("arbitrum: {mainnet: {required_confirmations: 0}}\n")
        with connected(url) as provider:
            provider.set_balance(operator.address, 10 * ETHER)
            self.safe = operator.deploy(container("MockSafe"), [operator], 1).address
            provider.set_balance(self.safe, ETHER)
            provider.unlock_account(self.safe)
            self.start = provider.get_block("latest").timestamp + 2 * DAY
            instance("MockERC20", TCR).mint(self.safe, 10**9 * ETHER, sender=operator)
            instance("MockERC20", USDC).mint(operator, 8_000 * UNIT, sender=operator)
        text = (ROOT / "deploy" / "arbitrum-mainnet.yaml").read_text()
        text = text.replace("owner: null", f"owner: '{self.safe}'").replace(
            "start: 2027-01-04 00:00 UTC", f"start: {as_utc(self.start)}"
        )
        (folder / "launch.yaml").write_text(text)

    def run(self, verb: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """The next command of the page, which is of that verb; with the operator's files, and nothing asked."""
        _, _, found, *options = self.left.pop(0)
        assert found == verb
        replaced = {"launch.yaml": self.folder / "launch.yaml"}
        replaced |= {name: self.folder / name for name in options if name.endswith(".json")}
        options = [str(replaced.get(option, option)) for option in options]
        if FORK not in options:
            options += ["--farm" if verb == "schedule" else "--record", str(self.record)]
        if "--account" in options:
            options.append("--yes")
        done = ape_run(
            self.url,
            verb,
            *options,
            timeout=600,
            WEB3_PROVIDER_URI=self.url,
            APE_DATA_FOLDER=str(self.folder / "ape"),
            APE_ACCOUNTS_ALIAS_PASSPHRASE=PASSPHRASE,
        )
        assert done.returncode == code, done.stderr + done.stdout
        return done

    def execute_by_safe(self, name: str) -> list[dict[str, str]]:
        """What the Safe's app would do with the file."""
        batch = json.loads((self.folder / name).read_text())
        assert (batch["chainId"], batch["meta"]["createdFromSafeAddress"]) == ("42161", self.safe)
        with connected(self.url) as provider:
            for call in batch["transactions"]:
                sent = {"from": self.safe, "to": call["to"], "data": call["data"], "gas": hex(3_000_000)}
                receipt = provider.web3.eth.wait_for_transaction_receipt(
                    provider.make_request("eth_sendTransaction", [sent])
                )
                assert receipt["status"] == 1
        calls: list[dict[str, str]] = batch["transactions"]
        return calls

    def view(self, read: Callable[[Any, Any], Any]) -> Any:
        """`read(record, instance)` with the chain connected."""
        with connected(self.url):
            return read(records.load(self.record), instance)

    def begin_an_hour(self) -> None:
        """Somebody rebalances all pools: there is an hour until the next time."""
        pools = list(pools_of(self.view(lambda record, _: record)).values())
        self.pass_time(self.view(lambda _, at: at("LeveragedPool", pools[0]).nextRebalance()))

        def upkeep(record: Any, at: Any) -> None:
            keeper = at("PoolKeeper", record.address("keeper"))
            needed, data = keeper.checkUpkeep(encode(["address[]", "address"], [pools, ZERO_ADDRESS]))
            assert needed
            keeper.performUpkeep(data, sender=self.operator)

        self.view(upkeep)

    def pass_time(self, until: int) -> None:
        with connected(self.url) as provider:
            provider.make_request("evm_setNextBlockTimestamp", [until])
            provider.make_request("evm_mine", [])


@pytest.fixture
def operation(accounts: Any, proxy_type: Any, tmp_path: Path) -> Iterator[Operation]:
    with local_arbitrum(proxy_type) as url:
        yield Operation(url, tmp_path, accounts[7])


def test_operating__every_command_of_the_page__does_what_it_says(operation: Operation) -> None:
    it = operation
    rehearsed = it.run("deploy").stdout
    assert not it.record.exists()
    assert it.run("deploy").stdout == rehearsed  # the addresses
    record = records.load(it.record)
    assert record is not None
    assert len(record.deployments) + len(record.calls) == 35

    # the Safe takes over
    assert it.run("owner").stdout == f"2 to be sent by {it.safe}\n"
    assert len(it.execute_by_safe("accept.json")) == 2
    assert it.run("check").stdout.endswith(" facts checked, no differences\n")
    it.run("verify")
    assert (it.folder / "arbitrum-mainnet-verification" / "index.json").exists()

    # week 0 is funded, and all markets have both sides, in the hour that has just begun
    it.begin_an_hour()
    it.run("schedule")
    it.execute_by_safe("schedule.json")
    scheduled = it.view(lambda r, at: [at("StakingFarm", r.address("farm")).weekAmount(week) for week in range(5)])
    assert scheduled == [*weekly_amounts()[:4], 0]
    for market in ("1-BTC/USDC", "3-BTC/USDC", "1-ETH/USDC", "3-ETH/USDC"):
        assert it.run("seed").stdout == f"{market}: 3 sent\n"
    assert it.view(lambda _, at: at("MockERC20", USDC).balanceOf(it.operator)) == 0

    # the markets live
    opens = it.view(lambda r, at: at("LeveragedPool", r.address("3-BTC/USDC")).nextRebalance())
    it.pass_time(opens + 60)
    done = it.run("upkeep").stdout
    assert [line.split(", reward")[0] for line in done.splitlines()] == [
        f"{leverage}-{market} rebalanced at {price}"
        for market, price in (("BTC/USDC:", "30,000.00"), ("ETH/USDC:", "2,000.00"))
        for leverage in (1, 3)
    ]

    # the seeds are claimed, the DAO decides, the operator watches
    assert it.run("claim").stdout == "4 claimed\n"
    token = it.view(lambda r, at: at("PoolToken", r.address("3L-BTC/USDC")).balanceOf(it.operator))
    assert token == 1_000 * ETHER
    seen = it.run("status").stdout
    assert "3-BTC/USDC" in seen
    assert seen.endswith("No alarms\n")
    fees = [line.split(": ") for line in it.run("fees").stdout.splitlines()]
    assert [name for name, _ in fees] == ["1-BTC/USDC", "3-BTC/USDC", "1-ETH/USDC", "3-ETH/USDC"]
    assert it.view(lambda _, at: at("MockERC20", USDC).balanceOf(it.safe)) == sum(
        int(text.removesuffix(" paid out").replace(".", "")) for _, text in fees if text.endswith(" paid out")
    )
    for name in ("weights.json", "allocation.json", "fees.json"):
        it.run("owner")
        it.execute_by_safe(name)

    def farm(record: Any, at: Any) -> Any:
        contract = at("StakingFarm", record.address("farm"))
        staked = (record.address("3L-BTC/USDC"), record.address("3L-BTC/USDC pair"))
        return [contract.farm(token)[1] for token in staked], contract.primaryBps()

    assert it.view(farm) == ([2, 2], 5_000)
    assert it.view(lambda r, at: at("PoolFactory", r.address("factory")).feeRecipient()) == "0x" + "0" * 38 + "A1"

    # the feed is stale, then dead
    for name, paused in (("pause.json", True), ("resume.json", False)):
        it.run("owner")
        assert len(it.execute_by_safe(name)) == 4
        assert it.view(lambda r, at: at("LeveragedPool", r.address("3-BTC/USDC")).mintPaused()) is paused
    missed = it.view(lambda r, at: at("LeveragedPool", r.address("3-BTC/USDC")).nextRebalance())
    it.pass_time(missed + 14 * DAY)
    assert it.run("shutdown").stdout == "3-BTC/USDC: shut down\n"

    # a market is wound down
    it.run("owner")
    it.execute_by_safe("no-mints.json")
    paused = it.view(lambda r, at: [at("LeveragedPool", pool).mintPaused() for pool in pools_of(r).values()])
    assert paused == [False, False, True, False]
    it.run("owner")
    assert len(it.execute_by_safe("no-rewards.json")) == 4
    staked = [f"1{side}-ETH/USDC{pair}" for side in "LS" for pair in ("", " pair")]
    weights = it.view(lambda r, at: [at("StakingFarm", r.address("farm")).farm(r.address(name))[1] for name in staked])
    assert weights == [0, 0, 0, 0]
    assert it.left == []
