"""`ape run fees`: pay the protocol fees of a record's pools out to the fee recipient."""

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
    """Pay the protocol fees of all pools out to the factory's fee recipient. Anybody may do this.

    For a pool without fees, nothing is sent.

    Examples:

    \b
      ape run fees
      ape run fees --account ALIAS --network arbitrum:mainnet:node
    """
    from perpetual_pools.cli.operation import Result, operate
    from perpetual_pools.formatting import decimal
    from perpetual_pools.operations.fees import find_fees
    from perpetual_pools.operations.markets import decimals_of

    signer = sender(account, "sends")
    record = recorded(record_path)
    decimals = decimals_of(record)
    operate(
        lambda block: find_fees(record, block),
        lambda fees, _: Result(
            [f"{name}: {decimal(it, decimals, 6)}{' paid out' if it else ''}" for name, it in fees.amounts.items()],
            {"fees": {name: str(amount) for name, amount in fees.amounts.items()}},
        ),
        account=signer,
        yes=yes,
        as_json=as_json,
    )
