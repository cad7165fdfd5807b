"""What only the owner of factory and farm can do: sent by the account, or written down for a Safe."""

import json
from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import account_option

from perpetual_pools.chain.networks import default_record_path, recorded
from perpetual_pools.chain.sending import latest_block
from perpetual_pools.cli.command import Command, json_option, prepare, record_option, say, send_found, yes_option
from perpetual_pools.operations.calls import safe_batch, transactions
from perpetual_pools.operations.owner import ACTIONS, decide

HELP = "\n".join(f"  {name:<18} {action.help}" for name, action in ACTIONS.items())


@click.command(
    cls=Command,
    network_callback=prepare,
    help=f"""Do what only the owner of factory and farm can do. What is so already is left out.

    With an account, which has to be the owner, the calls are sent. Without one they are printed, and with --safe written
    to a file for the Transaction Builder of the Safe's app: load it there, compare it with what is printed here, sign.

    \b
    Actions and their values:
    {HELP}

    Examples:

    \b
      ape run owner accept --safe accept.json --network arbitrum:mainnet:node
      ape run owner pause-mints 3-BTC/USDC --account ALIAS
      ape run owner set-weight 3L-BTC/USDC=2 "3L-BTC/USDC pair=2"
    """,
)
@click.argument("action", type=click.Choice(list(ACTIONS)))
@click.argument("values", nargs=-1)
@record_option
@account_option(prompt=None)
@click.option(
    "--safe",
    "safe_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write the calls for a Safe.",
)
@yes_option
@json_option
def cli(
    action: str,
    values: tuple[str, ...],
    record_path: Path | None,
    account: AccountAPI | None,
    safe_path: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    if account is not None and safe_path is not None:
        raise click.UsageError("either the account sends, or a Safe does: leave out --account or --safe")
    record = recorded(record_path or default_record_path())
    block = latest_block()
    decision = decide(record, block, action, values)
    if account is not None and account.address != decision.sender:
        raise click.ClickException(f"{account.address} is not the owner: {decision.sender} has to send this")
    for call in decision.calls:
        say(f"{call}\n  to {call.contract.address}\n  data {call.data}")
    receipts = [] if account is None else send_found(account, decision, block, yes)
    if safe_path is not None and decision.calls:
        safe_path.write_text(safe_batch(decision.calls, decision.sender, f"{action} {' '.join(values)}".strip()))
        say(f"For the Safe {decision.sender}: {safe_path}")
    if as_json:
        sent = transactions(decision.calls, receipts)
        click.echo(json.dumps({"sender": decision.sender, "transactions": sent}, indent=2))
    elif not decision.calls:
        click.echo("Nothing to do: all is so already")
    else:
        click.echo(f"{len(decision.calls)} {'sent' if receipts else f'to be sent by {decision.sender}'}")
