"""`ape run seed`: put settlement tokens into both sides of a new market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from ape.cli import account_option

from perpetual_pools.cli.command import Command, json_option, prepare, record_option, recorded, sender, yes_option

if TYPE_CHECKING:
    from ape.api import AccountAPI


@click.command(cls=Command, network_callback=prepare)
@click.option("--market", required=True, help="The market's name, like 3-BTC/USDC.")
@click.option("--amount", "text", required=True, help='What each side should have in the end, like "1_000 USDC".')
@record_option
@account_option(prompt=None)
@yes_option
@json_option
def cli(market: str, text: str, record_path: Path | None, account: AccountAPI | None, yes: bool, as_json: bool) -> None:
    """Mint on both sides of a market until each has the amount. Mints that are pending count too.

    Whoever is alone in a new pool can make it unusable for others; this cannot happen once both sides hold something. The
    account owns the new tokens. It can claim them after the next rebalance, or at the latest after the one that follows:
    `ape run claim`. If both sides have the amount already, nothing is sent. If the command is interrupted, run it again: it
    continues where it stopped.

    Examples:

    \b
      ape run seed --market 3-BTC/USDC --amount "1_000 USDC"
      ape run seed --market 3-BTC/USDC --amount "1_000 USDC" --account ALIAS --network arbitrum:mainnet:node
    """
    from perpetual_pools.cli.operation import Result, operate
    from perpetual_pools.operations.seed import find_seeding, seeding_amount

    signer = sender(account, "sends")
    record = recorded(record_path)
    amount = seeding_amount(record, market, text)
    operate(
        lambda block: find_seeding(record, block, market, amount, signer.address),
        lambda seeding, _: Result(
            [f"{market}: {f'{len(seeding.calls)} sent' if seeding.calls else 'both sides have the amount already'}"],
            {"market": market},
        ),
        account=signer,
        yes=yes,
        as_json=as_json,
    )
