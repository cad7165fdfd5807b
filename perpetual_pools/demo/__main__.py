"""Four markets and their liquidity mining on a local chain, on real or built-in prices, compared with the exact model."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import ape
from ape.logging import logger
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from perpetual_pools.demo.chain import CHAIN_ID, LocalChain, local_chain, require_free, signals_as_interrupts
from perpetual_pools.demo.chart import draw
from perpetual_pools.demo.errors import DemoError
from perpetual_pools.demo.mining_chart import draw_mining
from perpetual_pools.demo.prices import BUILT_IN_START, HOUR, PREPARATION, built_in_path, require_usable
from perpetual_pools.demo.report import build_report, print_report
from perpetual_pools.demo.run import BTC, ETH, Demo
from perpetual_pools.formatting import as_utc
from perpetual_pools.model.rounds import RoundHistory, RoundsError, read_rounds

NETWORK = "arbitrum:local:foundry"
FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130
LONGEST = 24 * 60
"""The greatest number of hours, about two months."""
BUILT_IN = {BTC: (29_000 * 10**8, 2023), ETH: (1_850 * 10**8, 8)}
"""The first price in a feed's 8 decimals, and the seed of the path."""


def main(arguments: list[str] | None = None) -> int:
    """Run the demo and return its exit code.

    The code is 0 for success, 1 if chain and model differ or if P1 or F2 fails, 2 if the demo cannot run, and 130 if it is
    interrupted.
    """
    try:
        options = _parse(arguments)
        start = _start(options)
        histories, source = _histories(options, start)
        if options.port is not None:
            require_free(options.port)
        _make_folder(options.out)
        console = Console(stderr=options.json)
        log = options.out / "chain.log"
        genesis = start - PREPARATION - 60
        with signals_as_interrupts(), local_chain(genesis, log, options.port, options.keep) as chain:
            logger.set_level("ERROR")
            network = ape.networks.parse_network_choice(NETWORK, provider_settings={"host": chain.url})
            with network, signals_as_interrupts():  # again, because Ape replaces the SIGINT handler
                report = _run(histories, start, source, options, chain, console)
    except (DemoError, RoundsError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        print("demo: interrupted; the chain has been ended", file=sys.stderr)
        return INTERRUPTED
    if options.json:
        print(json.dumps(report, indent=2))
    return FAILED if report["failures"] else 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise DemoError(f"{message} (see --help)")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="./dev demo",
        description=__doc__,
        epilog="example:\n  ./dev demo --rounds-btc btc.csv --rounds-eth eth.csv --start 2023-08-17",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds-btc", type=Path, metavar="FILE", help="BTC/USD rounds (CSV); built-in prices without")
    parser.add_argument("--rounds-eth", type=Path, metavar="FILE", help="ETH/USD rounds (CSV)")
    parser.add_argument("--start", metavar="DATE", help="first rebalance, UTC: 2023-08-17 or 2023-08-17T21:00")
    parser.add_argument("--hours", type=int, default=48, help="hourly rebalances after the first (default 48)")
    parser.add_argument(
        "--out", type=Path, default=Path("demo-output"), help="folder for chart and report (default %(default)s)"
    )
    parser.add_argument("--port", type=int, help="port of the local chain (default: a free one)")
    parser.add_argument("--keep", action="store_true", help="leave the chain running and say how to attach")
    parser.add_argument("--json", action="store_true", help="print the report as JSON; all else goes to standard error")
    return parser.parse_args(arguments)


def _start(options: argparse.Namespace) -> int:
    """Return the time of the first rebalance, in Unix seconds."""
    if not 1 <= options.hours <= LONGEST:
        raise DemoError(f"--hours must be 1 to {LONGEST}, not {options.hours}")
    if (options.rounds_btc is None) != (options.rounds_eth is None):
        raise DemoError("give both --rounds-btc and --rounds-eth, or neither")
    if options.start is None:
        if options.rounds_btc is not None:
            raise DemoError("--start is needed with files of rounds: the first day to replay, like --start 2023-08-17")
        return int(BUILT_IN_START.timestamp())
    try:
        start = datetime.fromisoformat(options.start)
    except ValueError as error:
        raise DemoError(f"--start {options.start!r} is not a date like 2023-08-17 or 2023-08-17T21:00") from error
    timestamp = int((start if start.tzinfo is not None else start.replace(tzinfo=UTC)).timestamp())
    if start.year <= 1970 or timestamp % HOUR or start.second or start.microsecond:
        raise DemoError(f"--start {options.start!r} must be a full hour, and after 1970")
    return timestamp


def _histories(options: argparse.Namespace, start: int) -> tuple[dict[str, RoundHistory], str]:
    first, last = start - PREPARATION, start + options.hours * HOUR
    if options.rounds_btc is None:
        paths = {
            name: built_in_path(price, seed, start - 2 * HOUR, last + HOUR) for name, (price, seed) in BUILT_IN.items()
        }
        return paths, "a built-in, made-up path (no files of rounds were given)"
    histories = {BTC: read_rounds(options.rounds_btc), ETH: read_rounds(options.rounds_eth)}
    for name, history in histories.items():
        require_usable(name, history, first, last)
    return histories, f"rounds of {options.rounds_btc.name} and {options.rounds_eth.name}"


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"--out {path} cannot be created as a folder: {error.strerror}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise DemoError(f"--out {path} cannot be written to")


def _run(
    histories: dict[str, RoundHistory],
    start: int,
    source: str,
    options: argparse.Namespace,
    chain: LocalChain,
    console: Console,
) -> dict[str, Any]:
    began = time.monotonic()
    console.print(f"Prices: {source}.", highlight=False, soft_wrap=True)
    end = start + options.hours * HOUR
    console.print(f"Time: {as_utc(start)} to {as_utc(end)}, {options.hours + 1} hourly rebalances.", highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("deploying markets and farm", total=options.hours + 1)
        demo = Demo(histories, start, options.hours)
        progress.update(task, description="hourly rebalances")
        for hour in range(options.hours + 1):
            if not demo.run_hour(hour):
                break
            progress.advance(task)
    report = build_report(demo, source, chain if options.keep else None)
    data = options.out / "report.json"
    data.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print_report(report, console)
    written = [f"Report: {data}"]
    if not report["failures"]:
        prices, mining = options.out / "token-prices.png", options.out / "liquidity-mining.png"
        draw(demo, source, prices)
        draw_mining(demo, mining)
        written = [f"Chart: {prices}", f"Chart: {mining}", *written]
    if options.keep:
        written.append(_how_to_attach(chain, report))
    for line in (*written, f"Took {time.monotonic() - began:.0f} s."):
        console.print(line, highlight=False, soft_wrap=True)
    return report


def _how_to_attach(chain: LocalChain, report: dict[str, Any]) -> str:
    lines = [f"The chain is still running: {chain.url}, chain id {CHAIN_ID}. Its pools:"]
    lines += [f"  {market['name']:11} {market['address']}" for market in report["markets"]]
    lines += [
        f"Attach with: APE_FOUNDRY_HOST={chain.url} ./dev ape console --network {NETWORK}",
        f'  and there: project.LeveragedPool.at("{report["markets"][0]["address"]}").tokenPrices()',
        f"End it with: kill {chain.pid}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
