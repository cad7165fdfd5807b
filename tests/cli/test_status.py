"""`ape run status` as its users see it."""

import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import ape

from tests.support.anvil import anvil, connected, request
from tests.support.commands import APE, MARKETS, ROOT, Done, environment, examples, run
from tests.support.records import record_of
from tests.support.systems import RealNetwork, System

TCR = 10**18
LONG_AGO = 1_700_000_000


def test_status__fresh_markets__no_alarm_and_exit_code_0(system: System) -> None:
    """The first example of the help, but for where the record is, and the farm's weeks that nobody has scheduled yet."""
    done = system.run("status", *examples("status")[0], "--weeks-alarm", 0)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0].startswith("arbitrum:local, block ")
    assert [line.split()[:2] for line in lines if line.startswith(("1-", "3-"))] == [
        [name, price] for name, price in zip(MARKETS, ["30,000.00"] * 2 + ["2,000.00"] * 2, strict=True)
    ]
    assert "3L-ETH/USDC 0.00 USDC 1.0000 +0.00 %" in lines
    assert "LP 3L-ETH/USDC secondary 0.0000 0.000000000 - -" in lines
    assert lines[-1] == "No alarms"


def test_status__json__is_all_there_is_on_standard_output(system: System) -> None:
    done = system.run("status", "--json", "--weeks-alarm", 0)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    head = request(system.url, "eth_getBlockByNumber", "latest", False)
    record = system.record
    assert (report["schema_version"], report["network"]) == (1, "arbitrum:local")
    assert (report["block"], report["timestamp"], report["alarms"]) == (
        *(int(head[key], 16) for key in ("number", "timestamp")),
        [],
    )
    assert (report["farm"]["address"], report["farm"]["week"]) == (record.address("farm"), None)
    assert {staked["name"] for staked in report["farm"]["farms"]} == {
        f"{kind}{name[0]}{side}{name[1:]}" for name in MARKETS for side in "LS" for kind in ("", "LP ")
    }
    assert [(market["name"], market["address"]) for market in report["markets"]] == [
        (name, record.address(name)) for name in MARKETS
    ]
    assert [market["price_wad"] for market in report["markets"]] == [
        str(dollars * 10**18) for dollars in (30_000,) * 2 + (2_000,) * 2
    ]


def test_status__nobody_kept_them_for_two_days__alarms_and_exit_code_1(system: System) -> None:
    request(system.url, "evm_increaseTime", 2 * 86_400)
    request(system.url, "evm_mine")
    done = system.run("status", "--json")
    shown = system.run("status")
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert [(alarm["id"], alarm["where"]) for alarm in report["alarms"]] == [
        *((alarm, name) for name in MARKETS for alarm in ("late", "feed-stale")),
        ("week-without-emission", "farm"),
        ("weeks-running-out", "farm"),
    ]
    # The first rebalance was to be within the hour after the front-running interval.
    assert {market["skipped_grid_times"] for market in report["markets"]} <= {46, 47, 48}
    assert shown.returncode == 1
    assert [line.partition(":")[0] for line in shown.stdout.splitlines() if "ALARM" in line] == [
        f"ALARM {alarm['id']}, {alarm['where']}" for alarm in report["alarms"]
    ]


def test_status__farm_alone_on_a_real_network__prices_weeks_and_an_old_block(tmp_path: Path) -> None:
    """A node that is behind would show that all is well: where time is the world's, the block's is compared with it."""
    with anvil("--chain-id", "42161", "--timestamp", str(LONG_AGO)) as url:
        with connected(url):
            owner = ape.accounts.test_accounts[0]
            token = owner.deploy(ape.project.MockERC20, "Tracer", "TCR", 18)
            start = ape.chain.blocks.head.timestamp + 86_400
            farm = owner.deploy(ape.project.StakingFarm, token, owner, start)
            farm.addFarm(token, 0, 1, sender=owner)
            token.mint(owner, 3_000 * TCR, sender=owner)
            token.approve(farm, 3_000 * TCR, sender=owner)
            farm.stake(token, 10 * TCR, sender=owner)
            farm.schedule([700 * TCR] * 2, sender=owner)
            ape.chain.provider.set_timestamp(start + 3_600)
            ape.chain.mine()
            record = record_of(tmp_path / "record.json", {"farm": farm.address}, chain_id=42161)
        network = RealNetwork(url)
        options = ("--json", "--record", record)
        prices = ("--tcr-price", "0.05", "--lp-price", "TCR=0.1", "--weeks-alarm", "1")
        done = network.run("status", *options, *prices)
        assert done.returncode == 1, done.stderr
        report = json.loads(done.stdout)
        assert report["markets"] == []
        (staked,) = report["farm"]["farms"]
        # 0.4 of 36,500 TCR a year at 5 cents are 730 USD, on 10 TCR at 10 cents.
        assert (staked["value_usd_wad"], staked["apr_wad"]) == (str(TCR), str(730 * TCR))
        assert [alarm["id"] for alarm in report["alarms"]] == ["market-without-weight", "old-block"]
        report = json.loads(network.run("status", *options).stdout)
        assert [alarm["id"] for alarm in report["alarms"]] == [
            *("weeks-running-out", "market-without-weight", "old-block")
        ]


# --- refusals: nothing on standard output ---


def refused(done: Done, code: int, message: str) -> None:
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.endswith(f"Error: {message}\n"), done.stderr


def test_status__record_that_does_not_serve__is_told(empty_chain: str, path: Path) -> None:
    url, nobody = empty_chain, "0x" + "11" * 20
    refused(run(url, "status", "--record", path), 1, f"there is no record {path}: deploy first, or name another")
    with connected(url):
        record_of(path, {}, {"3-BTC/USDC": nobody})
    message = f"3-BTC/USDC at {nobody} does not answer settlementToken(): does the record belong to another chain?"
    refused(run(url, "status", "--record", path), 1, message)
    with connected(url):
        record_of(path, {})
    refused(
        run(url, "status", "--record", path), 1, "the record has neither a pool nor a farm: run `ape run deploy` first"
    )
    with connected(url):
        record_of(path, {"a": nobody, "b": nobody})
    refused(run(url, "status", "--record", path), 1, "the record has 2 farms, a, b; expected one")
    with connected(url):
        record_of(path, {}, genesis="0x" + "00" * 32)
    refused(run(url, "status", "--record", path), 1, f"{path} is the record of another chain: arbitrum:local, id 31337")


def test_status__prices_that_are_none__are_told(system: System) -> None:
    said = "is not a price: expected a number above zero with up to 18 decimals, like 0.05"
    for option, price, wrong in (
        ("--tcr-price", "5c", "5c"),
        ("--lp-price", "UNI-V2=", ""),
        ("--lp-price", "UNI=V2=x", "x"),
    ):
        done = system.run("status", option, price)
        refused(done, 2, f"Invalid value for '{option}': {wrong!r} {said}")


# --- the node's URL, which has a key ---


KEY = "k3yThatNobodyMaySee"


@contextmanager
def refusing(status: int) -> Iterator[str]:
    """The URL of a node that answers everything with that status."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server, ThreadPoolExecutor(1) as pool:
        serving = pool.submit(server.serve_forever)
        try:
            yield f"http://127.0.0.1:{server.server_port}/v2/{KEY}"
        finally:
            server.shutdown()
        serving.result()


def test_status__node_refuses_or_is_not_there__its_key_is_not_printed() -> None:
    with refusing(401) as url:
        host = url.removesuffix(f"/v2/{KEY}")
        refused_ = RealNetwork(url).run("status")
    gone = RealNetwork(url).run("status")
    for done in (refused_, gone):
        assert (done.returncode, done.stdout) == (1, "")
        assert KEY not in done.stderr
    assert refused_.stderr.endswith(f"Error: 401 Client Error: Unauthorized for url: {host}/[hidden]\n")
    assert "Max retries exceeded with url: [hidden] (Caused by" in gone.stderr


# --- watch ---


def test_status__watch__a_line_each_time_and_survives_the_end_of_the_chain(system: System) -> None:
    """On a fork of the system's chain, which can end without it."""
    command = [APE, "run", "status", "--watch", "--every", "1", "--json", "--record", str(system.path)]
    with anvil("--fork-url", system.url) as url:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            request(url, "evm_mine")
            while (later := json.loads(process.stdout.readline()))["block"] == first["block"]:
                pass
        except BaseException:
            process.kill()
            process.wait()
            raise
    try:
        assert process.stderr is not None
        assert later["block"] == first["block"] + 1
        assert [market["name"] for market in later["markets"]] == MARKETS
        assert process.stderr.readline().endswith(": trying again in 1 s\n")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "Traceback" not in said
    finally:
        process.kill()
        process.wait()
