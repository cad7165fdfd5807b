"""`ape run shutdown`: close a pool that has missed its rebalance for 14 days."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from ape.cli import account_option

from perpetual_pools.cli.command import Command, json_option, prepare, record_option, recorded, sender, yes_option

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

    from perpetual_pools.cli.operation import Result
    from perpetual_pools.operations.calls import Found


@click.command(cls=Command, network_callback=prepare)
@click.option("--market", required=True, help="The market's name, like 3-BTC/USDC.")
@record_option
@account_option(prompt=None)
@yes_option
@json_option
def cli(market: str, record_path: Path | None, account: AccountAPI | None, yes: bool, as_json: bool) -> None:
    """Close the pool of a market for good, 14 days after a rebalance that it missed. Anybody may do this.

    The pool tries to rebalance first and stays open if it can. Once it is closed, claims refund the commitments that have
    not executed, and holders redeem their tokens. If the pool is closed already, nothing is sent.

    Examples:

    \b
      ape run shutdown --market 3-BTC/USDC
      ape run shutdown --market 3-BTC/USDC --account ALIAS --network arbitrum:mainnet:node
    """
    from perpetual_pools.chain.contracts import instance
    from perpetual_pools.cli.operation import Result, operate
    from perpetual_pools.operations.shutdown import find_shutdown

    def result(_found: Found, _receipts: list[ReceiptAPI]) -> Result:
        is_shutdown = bool(instance("LeveragedPool", record.address(market)).isShutdown())
        line = f"{market}: {'shut down' if is_shutdown else 'still open, because it could rebalance'}"
        return Result([line], {"market": market, "is_shutdown": is_shutdown})

    signer = sender(account, "sends")
    record = recorded(record_path)
    operate(lambda block: find_shutdown(record, block, market), result, account=signer, yes=yes, as_json=as_json)
