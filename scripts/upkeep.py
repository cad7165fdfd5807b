"""Rebalances the pools of a record that are due."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option

from perpetual_pools.chain.networks import default_record_path, recorded
from perpetual_pools.cli.command import (
    Command,
    find_and_send,
    json_option,
    prepare,
    record_option,
    say,
    sender,
    yes_option,
)
from perpetual_pools.formatting import decimal
from perpetual_pools.operations.calls import transactions
from perpetual_pools.operations.pools import decimals_of
from perpetual_pools.operations.upkeep import Upkeep, find_upkeep, outcomes
from perpetual_pools.parameters import ValueProblem, parse_address


def as_address(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    """With its checksum."""
    try:
        return None if text is None else parse_address(text)
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

    A pool is due from its next rebalance on, and ready when its oracle has a price for that time. Run it as often as you
    like: where nothing is due, nothing is sent. The reward grows with lateness; whoever comes first gets it.

    Exit code 0; 1 when a pool is due that has no price, or that reverted.

    Examples:

    \b
      ape run upkeep
      ape run upkeep --account ALIAS --yes --network arbitrum:mainnet:node
    """
    account = sender(account, "sends")
    record = recorded(record_path or default_record_path())

    def find(block: int) -> Upkeep:
        upkeep = find_upkeep(record, block, recipient or account.address)
        for name in upkeep.waiting:
            say(f"{name}: due, and its oracle has no price for that time: see `ape run status`")
        return upkeep

    upkeep, receipts = find_and_send(account, find, yes)
    found = outcomes(record, receipts)
    decimals = decimals_of(record)
    if as_json:
        pools = [{**asdict(it), "price": str(it.price), "reward": str(it.reward)} for it in found]
        sent = transactions(upkeep.calls, receipts)
        click.echo(json.dumps({"pools": pools, "waiting": upkeep.waiting, "transactions": sent}, indent=2))
    else:
        for it in found:
            done = f"rebalanced at {decimal(it.price, 18)}, reward {decimal(it.reward, decimals)}"
            click.echo(f"{it.name}: {f'reverted with {it.failure}' if it.failure else done}")
        if not upkeep.calls:
            click.echo("Nothing is ready" if upkeep.waiting else "Nothing is due")
    if upkeep.waiting or any(it.failure for it in found):
        raise SystemExit(1)
