"""`ape run owner`: what only the owner of factory and farm can do, sent by the account or written to a file for a Safe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from ape.cli import account_option

from perpetual_pools.cli.command import Command, json_option, prepare, record_option, recorded, say, yes_option

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

    from perpetual_pools.cli.operation import Result
    from perpetual_pools.operations.owner import Decision

ACTIONS = {
    "accept": "accept factory and farm",
    "pause-mints": "stop new mints, in the markets named or in all",
    "resume-mints": "allow new mints again",
    "set-fee-recipient": "ADDRESS: where protocol fees go",
    "set-weight": "STAKED=WEIGHT ...: weights of farms, named as in the record",
    "set-allocation": 'SHARE: the primary market\'s part of the emission, like "40 %"',
}
"""What the help says about each of `perpetual_pools.operations.owner.ACTIONS`."""
HELP = "\n".join(f"  {name:<18} {text}" for name, text in ACTIONS.items())


@click.command(
    cls=Command,
    network_callback=prepare,
    help=f"""Do what only the owner of factory and farm can do. Calls that would change nothing are left out.

    With --account, which has to be the owner, the calls are sent. Without it they are printed, and --safe writes them to a
    file for the Transaction Builder of the Safe's app: load it there, compare it with what is printed here, and sign.

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
    from perpetual_pools.cli.operation import Result, operate, write_for_safe
    from perpetual_pools.operations.owner import decide, verify_sender

    def find(block: int) -> Decision:
        decision = decide(record, block, action, values)
        if account is not None:
            verify_sender(decision, account.address)
        return decision

    def show(decision: Decision) -> None:
        for call in decision.calls:
            say(f"{call}\n  to {call.contract.address}\n  data {call.data}")
        if safe_path is not None and decision.calls:
            write_for_safe(safe_path, decision.calls, decision.sender, f"{action} {' '.join(values)}".strip())

    def result(decision: Decision, receipts: list[ReceiptAPI]) -> Result:
        line = f"{len(decision.calls)} {'sent' if receipts else f'to be sent by {decision.sender}'}"
        if not decision.calls:
            line = "Nothing to do: everything is set already"
        return Result([line], {"sender": decision.sender})

    if account is not None and safe_path is not None:
        raise click.UsageError("either the account or a Safe sends: leave out --account or --safe")
    record = recorded(record_path)
    operate(find, result, account=account, yes=yes, as_json=as_json, show=show)
