"""Claims what has executed for an account."""

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
from perpetual_pools.operations.seeding import find_claims


@click.command(cls=Command, network_callback=prepare)
@recorded_option
@account_option(prompt=None)
@yes_option
@json_option
def cli(record_path: Path | None, account: AccountAPI | None, yes: bool, as_json: bool) -> None:
    """Claim the pool tokens, settlement tokens and refunds that the pools owe the account.

    Where they owe nothing, nothing is sent.

    Examples:

    \b
      ape run claim
      ape run claim --account ALIAS --network arbitrum:mainnet:node
    """
    account = sender(account, "sends")
    record = recorded(record_path or default_record_path())
    nonce = int(chain.provider.get_nonce(account.address))  # before all that is asked
    calls = find_claims(record, account.address)
    receipts = []
    with contextlib.redirect_stdout(sys.stderr):  # for what Ape asks, and what is asked below
        if calls:
            agree(account, len(calls), yes)
            receipts = list(send_calls(account, calls, nonce, say))
    if as_json:
        click.echo(json.dumps({"transactions": calls_as_json(calls, receipts)}, indent=2))
    else:
        click.echo(f"{len(calls)} claimed" if calls else "Nothing is owed")
