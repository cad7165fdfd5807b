"""`ape run schedule`: schedule the next weeks of the programme of TCR emissions, or preview all of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from ape.cli import account_option

from perpetual_pools.cli.command import Command, json_option, prepare, say, sender, yes_option
from perpetual_pools.defaults import MARGIN, SAFE_MARGIN

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

    from perpetual_pools.cli.operation import Result
    from perpetual_pools.operations.schedule import Plan


@click.command(cls=Command, network_callback=prepare)
@click.option(
    "--preview", is_flag=True, help="Print and draw the whole programme, and schedule nothing. Needs no chain."
)
@click.option(
    "--chart",
    "chart_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("programme.png"),
    show_default=True,
    help="With --preview: where to write the chart (PNG).",
)
@click.option(
    "--farm",
    help="The farm's address, or the file of a record that has it.  [default: deployments/<network>.json]",
)
@click.option("--weeks", type=int, help="How many weeks to schedule.")
@click.option(
    "--from-week",
    type=int,
    help="The week that you expect to be next, counted from 0. If another one is next, nothing is sent. Required on real "
    "networks.",
)
@click.option(
    "--margin",
    type=click.IntRange(min=0),
    help="Seconds that must be left until the first of the weeks begins, because the transactions have to arrive before.  "
    f"[default: {MARGIN}; with --safe {SAFE_MARGIN}]",
)
@account_option(prompt=None)
@click.option(
    "--dry-run", is_flag=True, help="Print the plan and the calls that the owner would send, and send nothing."
)
@click.option(
    "--safe",
    "safe_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --dry-run: where to write the calls for the Transaction Builder of the Safe's app.",
)
@yes_option
@json_option
def cli(
    preview: bool,
    chart_path: Path,
    farm: str | None,
    weeks: int | None,
    from_week: int | None,
    margin: int | None,
    account: AccountAPI | None,
    dry_run: bool,
    safe_path: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Schedule the next weeks of the programme of TCR emissions on the staking farm.

    The command shows the weeks and what each farm gets per hour, asks, allows the farm to take exactly their sum, and
    schedules them. Each week gets the amount that the programme has for its number, and no week is scheduled twice. A week
    that began unscheduled is lost to the programme, and is shown. If the command is interrupted, run it again: it continues
    where it stopped.

    Without --account, the first test account schedules, but only on development networks. A local network is the chain at
    http://127.0.0.1:8545, or at APE_FOUNDRY_HOST.

    Examples:

    \b
      ape run schedule --preview
      ape run schedule --weeks 4 --from-week 0 --account ALIAS --network arbitrum:mainnet:node
    """
    if preview:
        show_preview(chart_path, as_json)
        return
    import ape
    from rich.console import Console

    from perpetual_pools.cli.operation import Result, operate, write_for_safe
    from perpetual_pools.formatting import as_utc
    from perpetual_pools.operations.schedule import farm_at, read_plan, send_plan, verify_sender
    from perpetual_pools.operations.schedule_report import build_report, notice_to_signers, print_plan

    if weeks is None:
        raise click.UsageError("say how many weeks to schedule with --weeks N, or see the programme with --preview")
    if safe_path is not None and not dry_run:
        raise click.UsageError("either the account or a Safe sends: use --safe with --dry-run")
    signer = None if dry_run else sender(account, "schedules")
    if from_week is None and not ape.chain.provider.network.is_dev:
        raise click.UsageError(
            "name the week that you expect to be next with --from-week N: otherwise running the command twice would "
            "schedule twice as many weeks"
        )
    seconds = margin if margin is not None else MARGIN if safe_path is None else SAFE_MARGIN

    def find(block: int) -> Plan:
        plan = read_plan(contract, weeks, from_week, seconds, block=block)
        if signer is not None:
            verify_sender(plan, signer)
        return plan

    def show(plan: Plan) -> None:
        print_plan(plan, Console(stderr=True))
        if dry_run:
            say(notice_to_signers(plan))
        if safe_path is not None:
            what = f"schedule weeks {plan.first_week} to {plan.last_week}, once, before {as_utc(plan.execute_before)}"
            write_for_safe(safe_path, plan.calls, plan.owner, what)

    def send(account: AccountAPI, plan: Plan, _block: int) -> list[ReceiptAPI]:
        receipts = send_plan(plan, account, seconds, say)
        say(f"\nScheduled: weeks {plan.first_week} to {plan.last_week}")
        return receipts

    def result(plan: Plan, receipts: list[ReceiptAPI]) -> Result:
        hashes = [it.txn_hash for it in receipts] or ["not sent"] * len(plan.calls)
        lines = [f"{sent}  {call.method}" for sent, call in zip(hashes, plan.calls, strict=True)]
        return Result(lines, build_report(plan))

    contract = farm_at(farm)
    operate(find, result, account=signer, yes=yes, as_json=as_json, show=show, send=send)


def show_preview(chart_path: Path, as_json: bool) -> None:
    """Print and draw the whole programme, without a chain."""
    import json

    from rich.console import Console

    from perpetual_pools.emissions.amounts import LAUNCH
    from perpetual_pools.emissions.chart import draw
    from perpetual_pools.emissions.preview import build_preview, print_preview

    print_preview(LAUNCH, Console(stderr=as_json))
    draw(LAUNCH, chart_path)
    click.echo(f"Chart: {chart_path}", err=as_json)
    if as_json:
        click.echo(json.dumps(build_preview(LAUNCH), indent=2))
