"""Claims what has executed for an account."""

import json
from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option

from perpetual_pools.chain.networks import default_record_path, recorded
from perpetual_pools.cli.command import Command, find_and_send, json_option, prepare, record_option, sender, yes_option
from perpetual_pools.operations.calls import transactions
from perpetual_pools.operations.seed import find_claims


@click.command(cls=Command, network_callback=prepare)
@record_option
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
    found, receipts = find_and_send(account, lambda block: find_claims(record, block, account.address), yes)
    if as_json:
        click.echo(json.dumps({"transactions": transactions(found.calls, receipts)}, indent=2))
    else:
        click.echo(f"{len(found.calls)} claimed" if found.calls else "Nothing is owed")
