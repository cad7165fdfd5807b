"""`ape run upkeep` and `ape run owner` as their users type them, on a local chain of their own."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools import records
from perpetual_pools.chain.contracts import instance
from perpetual_pools.formatting import as_utc
from perpetual_pools.records import Record
from tests.scripts.anvil import anvil, connected
from tests.scripts.commands import DEPLOYER, MARKETS, ape_run

OTHER = "0x00000000000000000000000000000000000000A1"


class System:
    def __init__(self, url: str, path: Path, record: Record) -> None:
        self.url = url
        self.path = path
        self.pools = [record.address(market) for market in MARKETS]

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        return ape_run(self.url, *words, "--record", self.path)

    def begin_next_hour(self) -> None:
        with connected(self.url) as provider:
            provider.set_timestamp(instance("LeveragedPool", self.pools[0]).nextRebalance())
            provider.mine()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    path = tmp_path_factory.mktemp("running") / "record.json"
    with anvil() as url:
        done = ape_run(url, "deploy", "--params", "deploy/local.yaml", "--record", path, "--yes")
        assert done.returncode == 0, done.stderr
        record = records.load(path)
        assert record is not None
        yield System(url, path, record)


@pytest.mark.parametrize(("options", "recipient"), [((), DEPLOYER), (("--recipient", OTHER.lower()), OTHER)])
def test_upkeep__all_are_due__one_transaction_rewards_the_recipient(
    system: System, options: tuple[str, ...], recipient: str
) -> None:
    system.begin_next_hour()
    done = system.run("upkeep", *options, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert [(pool["name"], pool["price"]) for pool in report["pools"]] == [
        (market, str(dollars * 10**18)) for market, dollars in zip(MARKETS, [30_000] * 2 + [2_000] * 2, strict=True)
    ]
    assert report["waiting"] == []
    (sent,) = report["transactions"]
    assert sent["call"] == f"keeper.upkeep({system.pools}, [1, 1, 1, 1], {recipient})"
    again = system.run("upkeep", "--yes")
    assert (again.returncode, again.stdout) == (0, "Nothing is due\n")


def test_owner__with_its_account__sends_what_is_not_so_already(system: System) -> None:
    words = ("owner", "pause-mints", "3-BTC/USDC", "--account", "TEST::0", "--yes")
    done = system.run(*words)
    assert (done.returncode, done.stdout) == (0, "1 sent\n"), done.stderr
    with connected(system.url):
        paused = [instance("LeveragedPool", pool).mintPaused() for pool in system.pools]
    assert paused == [False, True, False, False]
    again = system.run(*words)
    assert (again.returncode, again.stdout) == (0, "Nothing to do: everything is set already\n"), again.stderr


def test_owner__with_another_account__is_told_who_has_to_send(system: System) -> None:
    done = system.run("owner", "pause-mints", "1-BTC/USDC", "--account", "TEST::1", "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f" is not the owner: {DEPLOYER} has to send this\n")
    with connected(system.url):
        assert not instance("LeveragedPool", system.pools[0]).mintPaused()


def test_upkeep__no_price_for_two_days__says_for_which_time_and_fails(system: System) -> None:
    """The grid times in between are skipped: the price of the latest is missing."""
    with connected(system.url) as provider:
        time = instance("LeveragedPool", system.pools[0]).nextRebalance() + 48 * 3_600
        provider.set_timestamp(time)
        provider.mine()
    done = system.run("upkeep", "--yes")
    assert (done.returncode, done.stdout) == (1, "Nothing is ready\n")
    assert done.stderr.splitlines()[-4:] == [
        f"{market} is due, but its oracle has no price for {as_utc(time)} yet: see `ape run status`"
        for market in MARKETS
    ]
