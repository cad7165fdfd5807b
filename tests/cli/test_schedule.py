"""`ape run schedule` as its users see it."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ape
import matplotlib.image
import pytest

from perpetual_pools.chain.contracts import instance
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.formatting import as_utc
from perpetual_pools.model.farm import TCR
from tests.support.anvil import anvil, connected, request, undone
from tests.support.commands import APE, ROOT, UNDER_WAY, Done, environment, examples, run
from tests.support.records import record_of
from tests.support.systems import RealNetwork

AMOUNTS = weekly_amounts()
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
STRANGER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
FIRST_FOUR = 28_500_000 * TCR
NOWHERE = "http://127.0.0.1:1"
"""Nobody can listen there."""


def schedule(*options: object, url: str = NOWHERE, answer: str = "") -> Done:
    return run(url, "schedule", *options, answer=answer)


# --- preview ---


def test_schedule__preview__prints_phases_and_milestones_and_draws_without_a_chain(tmp_path: Path) -> None:
    chart = tmp_path / "chart.png"
    example, _ = examples("schedule")
    done = schedule(*example, "--chart", chart)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert [line for line in lines if line[:1].isdigit()] == [
        "0 to 3 8,000,000 6,250,000 28,500,000 28,500,000",
        "4 to 25 4,552,790 303,681 21,500,000 50,000,000",
        "26 to 259 302,552 155,526 50,000,000 100,000,000",
        "353,000,000 TCR (35.30 %) are left for distribution; then 253,000,000 remain.",
    ]
    assert [line for line in lines if line.startswith("in ")] == [
        "in 4 weeks 28,500,000 2.85 %",
        "in 26 weeks 50,000,000 5.00 %",
        "in 5 years 100,000,000 10.00 %",
    ]
    assert "All 260 weeks emit 100,000,000 TCR, 10.00 % of 1,000,000,000." in lines
    assert lines[-1] == f"Chart: {chart}"
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 80
    height, width, _ = matplotlib.image.imread(chart).shape
    assert (width, height) == (1_430, 1_092)


def test_schedule__preview_as_json__is_the_programme_and_all_there_is_on_standard_output(tmp_path: Path) -> None:
    done = schedule("--preview", "--json", "--chart", tmp_path / "chart.png")
    assert done.returncode == 0, done.stderr
    assert "Milestones" in done.stderr
    preview = json.loads(done.stdout)
    assert preview.pop("weekly_amounts_tcr_wei") == [str(amount) for amount in weekly_amounts()]
    assert preview == {
        "schema_version": 1,
        "supply_tcr_wei": str(10**9 * TCR),
        "left_for_distribution_tcr_wei": str(353 * 10**6 * TCR),
        "total_tcr_wei": str(10**8 * TCR),
        "phases": [
            {
                "first_week": first,
                "last_week": last,
                "first_amount_tcr_wei": str(amount * TCR),
                "last_amount_tcr_wei": str(last_amount * TCR),
                "total_tcr_wei": str(total * TCR),
            }
            for first, last, amount, last_amount, total in (
                (0, 3, 8_000_000, 6_250_000, 28_500_000),
                (4, 25, 4_552_790, 303_681, 21_500_000),
                (26, 259, 302_552, 155_526, 50_000_000),
            )
        ],
        "milestones": [
            {"weeks": weeks, "emitted_tcr_wei": str(emitted * TCR), "bps_of_supply": bps}
            for weeks, emitted, bps in ((4, 28_500_000, 285), (26, 50_000_000, 500), (260, 100_000_000, 1_000))
        ],
    }


def test_schedule__chart_cannot_be_written__says_so(tmp_path: Path) -> None:
    chart = tmp_path / "nowhere" / "chart.png"
    done = schedule("--preview", "--chart", chart)
    assert done.returncode == 1
    assert done.stderr == f"Error: [Errno 2] No such file or directory: '{chart}'\n"


# --- scheduling ---


@dataclass(frozen=True)
class Farms:
    """A chain with two farms; week 0 begins half a minute before a day is over. Their owners have all TCR each."""

    url: str
    own: str
    """Of the account that sends where none is named."""
    of_stranger: str


@pytest.fixture(scope="module")
def all_farms() -> Iterator[Farms]:
    with anvil() as url:
        with connected(url):
            account = ape.accounts.test_accounts[0]
            token = account.deploy(ape.project.MockERC20, "Tracer", "TCR", 18)
            for person in (OWNER, STRANGER):
                token.mint(person, sum(AMOUNTS), sender=account)
            start = ape.chain.blocks.head.timestamp + 86_400 - 30
            own, of_stranger = (account.deploy(ape.project.StakingFarm, token, it, start) for it in (OWNER, STRANGER))
            own.addFarm(token, 0, 1, sender=account)
        yield Farms(url, own.address, of_stranger.address)


@pytest.fixture
def farms(all_farms: Farms) -> Iterator[Farms]:
    """What the test does to them is undone."""
    with undone(all_farms.url):
        yield all_farms


def state(url: str, farm: str) -> tuple[int, list[int], int, int]:
    """The owner's nonce, the amounts of the weeks, what the farm has, and what it may take."""
    with connected(url) as provider:
        contract = instance("StakingFarm", farm)
        token = instance("MockERC20", contract.rewardToken())
        weeks = [contract.weekAmount(week) for week in range(contract.weeksScheduled())]
        return provider.get_nonce(OWNER), weeks, token.balanceOf(farm), token.allowance(OWNER, farm)


def test_schedule__four_weeks__are_shown_sent_and_reported_and_never_sent_again(farms: Farms, path: Path) -> None:
    """Like the example of the help, but for what keeps the test to itself."""
    _, example = examples("schedule")
    assert example == [
        *["--weeks", "4", "--from-week", "0", "--account", "ALIAS", "--network", "arbitrum:mainnet:node"]
    ]
    url, farm = farms.url, farms.own
    with connected(url):
        record = record_of(path, {"staking farm": farm})
    nonce, *_ = state(url, farm)
    options = ("--farm", record, *example[:4], "--json")
    dry = schedule(*options, "--dry-run", url=url)
    assert dry.returncode == 0, dry.stderr
    assert state(url, farm) == (nonce, [], 0, 0)

    done = schedule(*options, "--yes", url=url)
    assert done.returncode == 0, done.stderr
    assert state(url, farm) == (nonce + 2, list(AMOUNTS[:4]), FIRST_FOUR, 0)
    again = schedule(*options, "--yes", url=url)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.endswith("Error: week 0 is scheduled already: the next is week 4. Nothing was scheduled\n")
    assert state(url, farm)[0] == nonce + 2
    shown = [" ".join(line.split()) for line in done.stderr.splitlines()]
    assert "all 28,500,000" in shown
    assert "TCR * primary 40.00 % 19,047.6190 14,880.9523" in shown
    assert "nobody secondary 60.00 % 28,571.4285 22,321.4285" in shown
    assert shown[-1] == "Scheduled: weeks 0 to 3"
    planned, sent = json.loads(dry.stdout), json.loads(done.stdout)
    assert (sent["first_week"], sent["last_week"], sent["total_tcr_wei"]) == (0, 3, str(FIRST_FOUR))
    assert [transaction.pop("hash") for transaction in planned["transactions"]] == [None, None]
    hashes = [transaction.pop("hash") for transaction in sent["transactions"]]
    said = [f"{method}: {hash}" for method, hash in zip(("TCR.approve", "farm.schedule"), hashes, strict=True)]
    assert [line for line in shown if line in said] == said
    assert planned == sent


def test_schedule__answer_no__sends_nothing(farms: Farms) -> None:
    before = state(farms.url, farms.own)
    done = schedule("--farm", farms.own, "--weeks", 2, url=farms.url, answer="n\n")
    assert state(farms.url, farms.own) == before
    assert (done.returncode, done.stdout) == (1, "")
    assert "Send 2 transactions? [y/N]" in done.stderr
    assert done.stderr.endswith("Aborted!\n")


def test_schedule__answer_yes__prints_a_line_for_each_transaction(farms: Farms) -> None:
    done = schedule("--farm", farms.own, "--weeks", 2, url=farms.url, answer="y\n")
    assert state(farms.url, farms.own)[1] == list(AMOUNTS[:2])
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["TCR.approve", "farm.schedule"]
    assert [len(line.split()[0]) for line in done.stdout.splitlines()] == [66, 66]


def test_schedule__account_is_not_the_owner__sends_nothing_but_can_print_what_the_owner_has_to(farms: Farms) -> None:
    url, farm = farms.url, farms.of_stranger
    before = state(url, farm)
    done = schedule("--farm", farm, "--weeks", 2, "--yes", url=url)
    dry = schedule("--farm", farm, "--weeks", 2, "--dry-run", url=url)
    assert state(url, farm) == before
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(
        f"Error: {OWNER} is not the owner of the farm: only {STRANGER} can schedule. "
        "--dry-run prints what the owner has to send\n"
    )
    assert dry.returncode == 0, dry.stderr
    assert dry.stdout == "not sent  TCR.approve\nnot sent  farm.schedule\n"


def test_schedule__for_a_safe__a_day_is_left_to_it_and_its_signers_are_told_until_when_and_how_often(
    farms: Farms, tmp_path: Path
) -> None:
    batch = tmp_path / "batch.json"
    url, farm = farms.url, farms.of_stranger
    options = ("--farm", farm, "--weeks", 2, "--dry-run", "--safe", batch)
    late = schedule(*options, url=url)
    assert not batch.exists()
    done = schedule(*options, "--margin", 600, "--json", url=url)
    with connected(url):
        start = instance("StakingFarm", farm).start()
    assert (late.returncode, late.stdout) == (1, "")
    assert re.search(r"Error: week 0 begins in 863\d\d seconds: a transaction that takes longer would", late.stderr)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["execute_before"] == start
    assert done.stderr.endswith(
        f"\nExecute the calls before {as_utc(start)}, when week 0 begins: after that, their amounts go to later weeks. "
        "Execute them only once: a second time, they schedule more weeks with the same amounts\n"
        f"For the Safe {STRANGER}: {batch}\n"
    )
    assert json.loads(batch.read_text())["meta"] == {
        "name": "Perpetual Pools",
        "description": f"schedule weeks 0 to 1, once, before {as_utc(start)}",
        "createdFromSafeAddress": STRANGER,
    }


def test_schedule__killed_after_the_approval_was_sent__goes_on_with_the_schedule(farms: Farms) -> None:
    url, farm = farms.url, farms.own
    nonce, *_ = state(url, farm)
    options = ["--farm", farm, "--weeks", "4", "--from-week", "0", "--yes"]
    request(url, "evm_setAutomine", False)
    try:
        with subprocess.Popen(
            [APE, "run", "schedule", *options], cwd=ROOT, env=environment(url), stderr=subprocess.DEVNULL
        ) as process:
            deadline = time.monotonic() + 60
            while int(request(url, "eth_getTransactionCount", OWNER, "pending"), 16) == nonce:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            process.kill()
        assert process.returncode == -signal.SIGKILL
        early = schedule(*options, url=url)
        assert early.returncode == 1
        assert early.stderr.endswith(f"Error: {UNDER_WAY.format(OWNER)}\n")
    finally:
        request(url, "evm_setAutomine", True)
    request(url, "evm_mine")
    assert state(url, farm) == (nonce + 1, [], 0, FIRST_FOUR)

    done = schedule(*options, url=url)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["farm.schedule"]
    assert state(url, farm) == (nonce + 2, list(AMOUNTS[:4]), FIRST_FOUR, 0)


def test_schedule__network_of_real_money_without_account__is_refused(real_network: RealNetwork) -> None:
    done = real_network.run("schedule", "--weeks", 1, "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Error: name the account that schedules: --account ALIAS\n")


def test_schedule__network_of_real_money_without_the_first_week__is_refused(real_network: RealNetwork) -> None:
    done = real_network.run("schedule", "--weeks", 1, "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(
        "Error: name the week that you expect to be next with --from-week N: otherwise running the command twice would "
        "schedule twice as many weeks\n"
    )


def test_schedule__neither_weeks_nor_preview__says_what_to_do(empty_chain: str) -> None:
    done = schedule(url=empty_chain)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(
        "Error: say how many weeks to schedule with --weeks N, or see the programme with --preview\n"
    )
