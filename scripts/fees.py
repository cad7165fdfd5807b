"""Pays the protocol fees of a record's pools out to the fee recipient."""

import json
from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option

from perpetual_pools.chain.networks import default_record_path, recorded
from perpetual_pools.cli.command import Command, find_and_send, json_option, prepare, record_option, sender, yes_option
from perpetual_pools.formatting import decimal
from perpetual_pools.operations.calls import transactions
from perpetual_pools.operations.pools import decimals_of, find_fees


@click.command(cls=Command, network_callback=prepare)
@record_option
@account_option(prompt=None)
@yes_option
@json_option
def cli(record_path: Path | None, account: AccountAPI | None, yes: bool, as_json: bool) -> None:
    """Pay out the protocol fees of all pools to the factory's fee recipient. Anybody may.

    Where a pool has none, nothing is sent.

    Examples:

    \b
      ape run fees
      ape run fees --account ALIAS --network arbitrum:mainnet:node
    """
    account = sender(account, "sends")
    record = recorded(record_path or default_record_path())
    found, receipts = find_and_send(account, lambda block: find_fees(record, block), yes)
    if as_json:
        amounts = {name: str(amount) for name, amount in found.amounts.items()}
        click.echo(json.dumps({"fees": amounts, "transactions": transactions(found.calls, receipts)}, indent=2))
    else:
        decimals = decimals_of(record)
        for name, amount in found.amounts.items():
            click.echo(f"{name}: {decimal(amount, decimals, 6)}{' paid out' if amount else ''}")
