"""`ape run status`: show the markets and the farm of a record, and raise alarms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perpetual_pools.cli.command import Command, json_option, prepare, record_option, recorded, say
from perpetual_pools.defaults import WEEKS_AHEAD

if TYPE_CHECKING:
    from perpetual_pools.status.alarms import Alarm


def as_price(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """Return the price of an option in WAD."""
    if text is None:
        return None
    from perpetual_pools.status.facts import StatusError
    from perpetual_pools.status.yields import parse_price

    try:
        return parse_price(text)
    except StatusError as error:
        raise click.BadParameter(str(error)) from error


def as_prices(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> dict[str, int]:
    """Return prices in WAD by the names before the last `=`."""
    prices = {}
    for text in texts:
        name, _, price = text.rpartition("=")
        prices[name] = as_price(context, option, price) or 0
    return prices


@click.command(cls=Command, network_callback=prepare)
@record_option
@json_option
@click.option(
    "--watch",
    "again",
    is_flag=True,
    help="Show the status again and again, until Ctrl-C; with --json, one line each time.",
)
@click.option(
    "--every", type=click.IntRange(min=1), default=15, show_default=True, help="With --watch: seconds in between."
)
@click.option(
    "--tcr-price", callback=as_price, help="The price of a TCR in US dollars, like 0.05. Without it no APR is shown."
)
@click.option(
    "--lp-price",
    "lp_prices",
    multiple=True,
    metavar="SYMBOL=PRICE",
    callback=as_prices,
    help="The price of a staked token in US dollars, by the farm's name, the token's symbol or its address. By default an "
    "LP token counts as twice its pair's settlement tokens over its supply, and a pool token as its pool's price.",
)
@click.option(
    "--weeks-alarm",
    type=click.IntRange(min=0),
    default=WEEKS_AHEAD,
    show_default=True,
    help="Raise an alarm if fewer future weeks than this are funded. 0: never.",
)
def cli(
    record_path: Path | None,
    as_json: bool,
    again: bool,
    every: int,
    tcr_price: int | None,
    lp_prices: dict[str, int],
    weeks_alarm: int,
) -> None:
    """Show markets, farm and alarms.

    For each market: price, age of the feed's round, next rebalance and lateness, balances, token prices, rebalancing rates,
    pending commitments and the keeper's reward now. For the farm: week, rate, funded weeks and the APR of each of its farms.
    A settlement token counts as one US dollar. Everything is read from one block, in one request.

    The exit code is 0 if there is no alarm. It is 1 if there is one, or if the status could not be read: then standard
    output stays empty. With --watch, the command tries again instead, and exits with 0 when Ctrl-C ends it.

    Nothing is sent, and no account is needed. A local network is the chain at http://127.0.0.1:8545, or at APE_FOUNDRY_HOST.

    Examples:

    \b
      ape run status --tcr-price 0.05
      ape run status --json --network arbitrum:mainnet:node
      ape run status --watch --every 60 --network arbitrum:mainnet:node
    """
    import json
    import time

    import ape
    from rich.console import Console

    from perpetual_pools.chain.networks import connected_network
    from perpetual_pools.status.alarms import find_alarms
    from perpetual_pools.status.reader import Reader
    from perpetual_pools.status.report import build_report
    from perpetual_pools.status.view import print_status
    from perpetual_pools.status.watch import watch
    from perpetual_pools.status.yields import Prices, find_yields

    reader = Reader(recorded(record_path))
    console = Console(markup=False)

    def refresh() -> list[Alarm]:
        reading = reader.read()
        yields = find_yields(reading, reading.farm, Prices(tcr_price, lp_prices)) if reading.farm else []
        # The time of a development chain is not that of the clock.
        alarms = find_alarms(reading, weeks_alarm, None if ape.chain.provider.network.is_dev else int(time.time()))
        if as_json:
            report = build_report(connected_network(), reading, yields, alarms)
            click.echo(json.dumps(report, indent=None if again else 2))
        else:
            if again:
                click.clear()
            print_status(connected_network(), reading, yields, alarms, console)
        return alarms

    if not again:
        raise click.exceptions.Exit(1 if refresh() else 0)
    watch(refresh, every, say)
