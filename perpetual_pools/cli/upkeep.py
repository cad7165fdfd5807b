"""`ape run upkeep`: rebalance the pools of a record that are due."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from ape.cli import account_option

from perpetual_pools.cli.command import Command, json_option, prepare, record_option, recorded, say, sender, yes_option

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

    from perpetual_pools.cli.operation import Result
    from perpetual_pools.operations.upkeep import Upkeep


def as_address(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """Return the address with its checksum."""
    if text is None:
        return None
    from perpetual_pools.parameters import ValueProblem, parse_address

    try:
        return parse_address(text)
    except ValueProblem as problem:
        raise click.BadParameter(str(problem)) from problem


@click.command(cls=Command, network_callback=prepare)
@record_option
@account_option(prompt=None)
@click.option("--recipient", callback=as_address, help="Who gets the keeper's rewards.  [default: the account]")
@yes_option
@json_option
def cli(record_path: Path | None, account: AccountAPI | None, recipient: str | None, yes: bool, as_json: bool) -> None:
    """Rebalance all pools that are due, in one transaction.

    A pool is due from the time of its next rebalance on, and ready once its oracle has a price for that time. Run this as
    often as you like: if nothing is due, nothing is sent. The reward grows while a rebalance is late, and the first to send
    gets it.

    The exit code is 0, or 1 if a pool is due but has no price, or if it reverted.

    Examples:

    \b
      ape run upkeep
      ape run upkeep --account ALIAS --yes --network arbitrum:mainnet:node
    """
    from dataclasses import asdict

    from perpetual_pools.cli.operation import Result, operate, show_calls
    from perpetual_pools.formatting import as_utc, decimal
    from perpetual_pools.operations.markets import decimals_of
    from perpetual_pools.operations.upkeep import find_upkeep, outcomes

    def show(upkeep: Upkeep) -> None:
        for name, time in upkeep.missing_prices.items():
            say(f"{name} is due, but its oracle has no price for {as_utc(time)} yet: see `ape run status`")
        show_calls(upkeep)

    def result(upkeep: Upkeep, receipts: list[ReceiptAPI]) -> Result:
        found, decimals = outcomes(record, receipts), decimals_of(record)
        lines = [
            f"{it.name}: reverted with {it.failure}"
            if it.failure
            else f"{it.name}: rebalanced at {decimal(it.price, 18)}, reward {decimal(it.reward, decimals)}"
            for it in found
        ]
        if not upkeep.calls:
            lines = ["Nothing is ready" if upkeep.waiting else "Nothing is due"]
        pools = [{**asdict(it), "price": str(it.price), "reward": str(it.reward)} for it in found]
        failed = bool(upkeep.waiting) or any(it.failure for it in found)
        return Result(lines, {"pools": pools, "waiting": upkeep.waiting}, failed)

    signer = sender(account, "sends")
    record = recorded(record_path)
    operate(
        lambda block: find_upkeep(record, block, recipient or signer.address),
        result,
        account=signer,
        yes=yes,
        as_json=as_json,
        show=show,
    )
