"""`ape run claim`: claim for an account what the pools owe it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from ape.cli import account_option

from perpetual_pools.cli.command import Command, json_option, prepare, record_option, recorded, sender, yes_option

if TYPE_CHECKING:
    from ape.api import AccountAPI


@click.command(cls=Command, network_callback=prepare)
@record_option
@account_option(prompt=None)
@yes_option
@json_option
def cli(record_path: Path | None, account: AccountAPI | None, yes: bool, as_json: bool) -> None:
    """Claim the pool tokens, settlement tokens and refunds that the pools owe the account.

    If they owe nothing, nothing is sent.

    Examples:

    \b
      ape run claim
      ape run claim --account ALIAS --network arbitrum:mainnet:node
    """
    from perpetual_pools.cli.operation import Result, operate
    from perpetual_pools.operations.claim import find_claims

    signer = sender(account, "sends")
    record = recorded(record_path)
    operate(
        lambda block: find_claims(record, block, signer.address),
        lambda claims, _: Result([f"{len(claims.calls)} claimed" if claims.calls else "Nothing is owed"]),
        account=signer,
        yes=yes,
        as_json=as_json,
    )
