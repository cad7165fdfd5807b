"""Pays the protocol fees of a record's pools out to the fee recipient."""

import contextlib
import json
import sys
from pathlib import Path

import click
from ape import chain
from ape.api import AccountAPI
from ape.cli import account_option

from perpetual_pools.commands import Command, agree, json_option, prepare, recorded_option, say, sender, yes_option
from perpetual_pools.networks import default_record_path, recorded
from perpetual_pools.operations.calls import as_json as calls_as_json
from perpetual_pools.operations.calls import send_calls
from perpetual_pools.operations.pools import decimals_of, find_fees
from perpetual_pools.status.text import decimal


@click.command(cls=Command, network_callback=prepare)
@recorded_option
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
    nonce = int(chain.provider.get_nonce(account.address))  # before all that is asked
    fees, calls = find_fees(record)
    receipts = []
    with contextlib.redirect_stdout(sys.stderr):  # for what Ape asks, and what is asked below
        if calls:
            agree(account, len(calls), yes)
            receipts = list(send_calls(account, calls, nonce, say))
    if as_json:
        amounts = {name: str(amount) for name, amount in fees.items()}
        click.echo(json.dumps({"fees": amounts, "transactions": calls_as_json(calls, receipts)}, indent=2))
    else:
        for name, amount in fees.items():
            click.echo(f"{name}: {decimal(amount, decimals_of(record), 6)}{' paid out' if amount else ''}")
