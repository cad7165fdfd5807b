"""`ape run upkeep` and `ape run owner` on the system of `deploy/local.yaml`."""

import json
from typing import Any

import pytest

from perpetual_pools.chain.contracts import instance
from perpetual_pools.formatting import as_utc
from tests.support.anvil import connected
from tests.support.commands import DEPLOYER, MARKETS
from tests.support.systems import System

OTHER = "0x00000000000000000000000000000000000000A1"


def mints_paused(system: System) -> list[bool]:
    with connected(system.url):
        return [instance("LeveragedPool", pool).mintPaused() for pool in system.pools]


@pytest.mark.parametrize(("options", "recipient"), [((), DEPLOYER), (("--recipient", OTHER.lower()), OTHER)])
def test_upkeep__all_are_due__one_transaction_rewards_the_recipient(
    system: System, options: tuple[str, ...], recipient: str
) -> None:
    with connected(system.url):
        due = instance("LeveragedPool", system.pools[0]).nextRebalance()
    system.move_to(due)
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
    assert mints_paused(system) == [False, True, False, False]
    again = system.run(*words)
    assert (again.returncode, again.stdout) == (0, "Nothing to do: everything is set already\n"), again.stderr


def test_owner__with_another_account__is_told_who_has_to_send(system: System) -> None:
    done = system.run("owner", "pause-mints", "1-BTC/USDC", "--account", "TEST::1", "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f" is not the owner: {DEPLOYER} has to send this\n")
    assert mints_paused(system) == [False] * 4


def test_upkeep__no_price_for_two_days__says_for_which_time_and_fails(system: System) -> None:
    """The grid times in between are skipped: the price of the latest is missing."""
    with connected(system.url):
        time = instance("LeveragedPool", system.pools[0]).nextRebalance() + 48 * 3_600
    system.move_to(time)
    done = system.run("upkeep", "--yes")
    assert (done.returncode, done.stdout) == (1, "Nothing is ready\n")
    assert done.stderr.splitlines()[-4:] == [
        f"{market} is due, but its oracle has no price for {as_utc(time)} yet: see `ape run status`"
        for market in MARKETS
    ]
