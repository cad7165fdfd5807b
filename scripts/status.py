"""Shows what goes on in the markets and the farm of a record, and what somebody should look after."""

import json
import time
from pathlib import Path

import click
from ape import chain
from rich.console import Console

from perpetual_pools.chain.networks import connected_network, default_record_path, recorded
from perpetual_pools.cli.command import Command, json_option, prepare, record_option, say
from perpetual_pools.status.alarms import WEEKS, Alarm, find_alarms
from perpetual_pools.status.facts import StatusError
from perpetual_pools.status.reader import Reader
from perpetual_pools.status.report import build_report
from perpetual_pools.status.view import print_status
from perpetual_pools.status.watch import watch
from perpetual_pools.status.yields import Prices, find_yields, parse_price


def as_price(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """WAD."""
    try:
        return None if text is None else parse_price(text)
    except StatusError as error:
        raise click.BadParameter(str(error)) from error


def as_prices(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> dict[str, int]:
    """WAD, by what stands before the last `=`."""
    prices = {}
    for text in texts:
        name, _, price = text.rpartition("=")
        prices[name] = as_price(context, option, price) or 0
    return prices


@click.command(cls=Command, network_callback=prepare)
@record_option
@json_option
@click.option(
    "--watch", "again", is_flag=True, help="Show it again and again, until Ctrl-C; as JSON, a line each time."
)
@click.option(
    "--every", type=click.IntRange(min=1), default=15, show_default=True, help="Of --watch: seconds in between."
)
@click.option("--tcr-price", callback=as_price, help="US dollars of a TCR, like 0.05. Without it no APR is shown.")
@click.option(
    "--lp-price",
    "lp_prices",
    multiple=True,
    metavar="SYMBOL=PRICE",
    callback=as_prices,
    help="US dollars of a staked token, by the farm's name, its token's symbol or address. Without it an LP token of a pair "
    "counts as twice the pair's settlement tokens over its supply, a pool token as what its pool says.",
)
@click.option(
    "--weeks-alarm",
    type=click.IntRange(min=0),
    default=WEEKS,
    show_default=True,
    help="Alarm when fewer weeks that have not begun are funded. 0: never.",
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

    Of each market: price, age of the feed's round, next rebalance and lateness, balances, token prices, rebalancing rates,
    pending commitments and the keeper's reward now. Of the farm: week, rate, funded weeks and the APR of each of its farms.
    A settlement token counts as one US dollar. All is of one block, and takes one request.

    The exit code is 0 when there is no alarm. It is 1 when there is one, or when the status could not be read: then nothing
    stands on standard output. --watch tries again instead, and exits with 0 when it is ended by Ctrl-C.

    Sends nothing and needs no account. A local network is the chain at http://127.0.0.1:8545, or at APE_FOUNDRY_HOST.

    Examples:

    \b
      ape run status --tcr-price 0.05
      ape run status --json --network arbitrum:mainnet:node
      ape run status --watch --every 60 --network arbitrum:mainnet:node
    """
    reader = Reader(recorded(record_path or default_record_path()))
    console = Console(markup=False)

    def refresh() -> list[Alarm]:
        reading = reader.read()
        yields = find_yields(reading, reading.farm, Prices(tcr_price, lp_prices)) if reading.farm else []
        # A chain for development has a time of its own.
        alarms = find_alarms(reading, weeks_alarm, None if chain.provider.network.is_dev else int(time.time()))
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
