"""Schedules the next weeks of the programme of TCR emissions, or previews all of it."""

import contextlib
import json
import sys
from pathlib import Path

import click
from ape import chain
from ape.api import AccountAPI
from ape.cli import account_option
from rich.console import Console

from perpetual_pools.cli.command import Command, agree, compile_anew, json_option, prepare, say, sender, yes_option
from perpetual_pools.emissions.amounts import LAUNCH
from perpetual_pools.emissions.preview import build_preview, print_preview
from perpetual_pools.formatting import as_utc
from perpetual_pools.operations.calls import safe_batch
from perpetual_pools.operations.schedule import MARGIN, SAFE_MARGIN, farm_at, read_plan, send_plan, verify_sender
from perpetual_pools.operations.schedule_report import build_report, of_a_safe, print_plan


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
    help="Of the preview: where the chart goes (PNG).",
)
@click.option(
    "--farm",
    help="The farm's address, or the file of a record that has it.  [default: deployments/<network>.json]",
)
@click.option("--weeks", type=int, help="How many weeks to schedule.")
@click.option(
    "--from-week",
    type=int,
    help="Which week is the next to schedule, from 0. When it is not, nothing is sent. Required on real networks.",
)
@click.option(
    "--margin",
    type=click.IntRange(min=0),
    help="Seconds that have to be left until the first of the weeks begins: the transactions have to arrive before.  "
    f"[default: {MARGIN}; with --safe {SAFE_MARGIN}]",
)
@account_option(prompt=None)
@click.option("--dry-run", is_flag=True, help="Print the plan and what the owner would have to send, and send nothing.")
@click.option(
    "--safe",
    "safe_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --dry-run: where to write the calls for the Transaction Builder of a Safe's app.",
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

    Shows the weeks and what each farm gets of them per hour, asks, allows the farm to take exactly their sum and schedules
    them. A week gets the amount that the programme has for its number, and none is scheduled twice. A week that began
    unscheduled is lost to the programme, and shown. Interrupted, run it again: it goes on where it was.

    Without --account, the first test account schedules, on development networks only. A local network is the chain at
    http://127.0.0.1:8545, or at APE_FOUNDRY_HOST.

    Examples:

    \b
      ape run schedule --preview
      ape run schedule --weeks 4 --from-week 0 --account ALIAS --network arbitrum:mainnet:node
    """
    if preview:
        show_preview(chart_path, as_json)
        return
    if weeks is None:
        raise click.UsageError("say how many weeks to schedule: --weeks N; or --preview to see the programme")
    if safe_path is not None and not dry_run:
        raise click.UsageError("either the account sends, or a Safe does: --safe goes with --dry-run")
    if not dry_run:
        account = sender(account, "schedules")
    if from_week is None and not chain.provider.network.is_dev:
        raise click.UsageError(
            "name the week that you take for the next, --from-week N: whoever runs this again would else schedule the weeks "
            "after those that are scheduled already"
        )
    if margin is None:
        margin = MARGIN if safe_path is None else SAFE_MARGIN
    compile_anew()
    plan = read_plan(farm_at(farm), weeks, from_week, margin)
    receipts = []
    with contextlib.redirect_stdout(sys.stderr):  # for what Ape asks, and what is asked below
        if account is not None and not dry_run:
            verify_sender(plan, account)
        print_plan(plan, Console(stderr=True))
        if dry_run:
            say(of_a_safe(plan))
        if account is not None and not dry_run:
            agree(account, len(plan.calls), yes)
            receipts = send_plan(plan, account, margin, say)
            say(f"\nScheduled: weeks {plan.first_week} to {plan.last_week}")
    if safe_path is not None:
        what = f"schedule weeks {plan.first_week} to {plan.last_week}, once, before {as_utc(plan.execute_before)}"
        safe_path.write_text(safe_batch(plan.calls, plan.owner, what))
        say(f"For the Safe {plan.owner}: {safe_path}")
    report = build_report(plan, receipts)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        for call, sent in zip(plan.calls, report["transactions"], strict=True):
            click.echo(f"{sent['hash'] or 'not sent'}  {call.method}")


def show_preview(chart_path: Path, as_json: bool) -> None:
    """The whole programme, without a chain."""
    from perpetual_pools.emissions.chart import draw  # loads for a second, which nobody else has to wait for

    print_preview(LAUNCH, Console(stderr=as_json))
    draw(LAUNCH, chart_path)
    click.echo(f"Chart: {chart_path}", err=as_json)
    if as_json:
        click.echo(json.dumps(build_preview(LAUNCH), indent=2))
