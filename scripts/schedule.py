"""Previews the programme of TCR emissions."""

import json
from pathlib import Path

import click
from rich.console import Console

from perpetual_pools.commands import Command, prepare
from perpetual_pools.programme import LAUNCH
from perpetual_pools.programme.preview import build_preview, print_preview

CHART = Path("programme.png")


@click.command(cls=Command, network_callback=prepare)
@click.option("--preview", is_flag=True, required=True, help="Print and draw the whole programme. Needs no chain.")
@click.option(
    "--chart",
    "chart_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=CHART,
    show_default=True,
    help="Of the preview: where the chart goes (PNG).",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to standard output.")
def cli(preview: bool, chart_path: Path, as_json: bool) -> None:
    """Preview the programme of TCR emissions.

    Example:

    \b
      ape run schedule --preview
    """
    from perpetual_pools.programme.chart import draw  # takes a second to load, which no other command should wait for

    print_preview(LAUNCH, Console(stderr=as_json))
    draw(LAUNCH, chart_path)
    click.echo(f"Chart: {chart_path}", err=as_json)
    if as_json:
        click.echo(json.dumps(build_preview(LAUNCH), indent=2))
