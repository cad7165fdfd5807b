"""Puts settlement tokens into both sides of a new market."""

import json
from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option

from perpetual_pools.chain.contracts import instance
from perpetual_pools.chain.networks import default_record_path, recorded
from perpetual_pools.cli.command import Command, find_and_send, json_option, prepare, record_option, sender, yes_option
from perpetual_pools.operations.calls import OperationError, transactions
from perpetual_pools.operations.pools import choose_pools
from perpetual_pools.operations.seed import find_seeding
from perpetual_pools.parameters import ValueProblem, parse_amount


@click.command(cls=Command, network_callback=prepare)
@click.option("--market", required=True, help="Like 3-BTC/USDC.")
@click.option("--amount", "text", required=True, help='What each side should have in the end, like "1_000 USDC".')
@record_option
@account_option(prompt=None)
@yes_option
@json_option
def cli(market: str, text: str, record_path: Path | None, account: AccountAPI | None, yes: bool, as_json: bool) -> None:
    """Mint on both sides of a market until each has an amount, with what waits there already.

    A new pool with somebody alone in it can be made unusable for others; with something on both sides it cannot. The
    tokens are the account's, and claimed after the next rebalance but one at the latest: `ape run claim`. Where both sides
    have as much, nothing is sent. Interrupted, run it again: it goes on where it was.

    Examples:

    \b
      ape run seed --market 3-BTC/USDC --amount "1_000 USDC"
      ape run seed --market 3-BTC/USDC --amount "1_000 USDC" --account ALIAS --network arbitrum:mainnet:node
    """
    account = sender(account, "sends")
    record = recorded(record_path or default_record_path())
    (pool,) = choose_pools(record, [market]).values()
    token = instance("MockERC20", instance("LeveragedPool", pool).settlementToken())
    try:
        amount = parse_amount(text, token.symbol(), token.decimals())
    except ValueProblem as problem:
        raise OperationError(f"--amount: {problem}") from problem
    found, receipts = find_and_send(
        account, lambda block: find_seeding(record, block, market, amount, account.address), yes
    )
    if as_json:
        click.echo(json.dumps({"market": market, "transactions": transactions(found.calls, receipts)}, indent=2))
    else:
        click.echo(f"{market}: {f'{len(found.calls)} sent' if found.calls else 'both sides have as much'}")
