"""Closes a pool whose oracle has been dead for 14 days."""

import json
from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option

from perpetual_pools.chain.contracts import instance
from perpetual_pools.chain.networks import default_record_path, recorded
from perpetual_pools.cli.command import Command, find_and_send, json_option, prepare, record_option, sender, yes_option
from perpetual_pools.operations.calls import transactions
from perpetual_pools.operations.pools import find_shutdown


@click.command(cls=Command, network_callback=prepare)
@click.option("--market", required=True, help="Like 3-BTC/USDC.")
@record_option
@account_option(prompt=None)
@yes_option
@json_option
def cli(market: str, record_path: Path | None, account: AccountAPI | None, yes: bool, as_json: bool) -> None:
    """Close the pool of a market for good, 14 days after a rebalance that it missed. Anybody may.

    The pool tries to rebalance first, and stays open when it can. Closed, it refunds what waits, and holders redeem.
    Where the pool is closed already, nothing is sent.

    Examples:

    \b
      ape run shutdown --market 3-BTC/USDC
      ape run shutdown --market 3-BTC/USDC --account ALIAS --network arbitrum:mainnet:node
    """
    account = sender(account, "sends")
    record = recorded(record_path or default_record_path())
    found, receipts = find_and_send(account, lambda block: find_shutdown(record, block, market), yes)
    is_shutdown = bool(instance("LeveragedPool", record.address(market)).isShutdown())
    if as_json:
        sent = transactions(found.calls, receipts)
        click.echo(json.dumps({"market": market, "is_shutdown": is_shutdown, "transactions": sent}, indent=2))
    else:
        click.echo(f"{market}: {'shut down' if is_shutdown else 'open: it has rebalanced'}")
