"""Deploys the system of a file of parameters, or goes on where an earlier run ended."""

import contextlib
import sys
from pathlib import Path

import click
from ape import chain
from ape.api import AccountAPI
from ape.cli import account_option

from perpetual_pools.commands import Command, agree, compile_anew, prepare, say, sender, yes_option
from perpetual_pools.deployment import SystemDeployment, deploy_system
from perpetual_pools.networks import default_record_path
from perpetual_pools.parameters import load
from perpetual_pools.verification import after_deployment


@click.command(cls=Command, network_callback=prepare)
@click.option(
    "--params",
    "parameters_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="What to deploy: a YAML file like those in deploy/.",
)
@account_option(prompt=None)
@click.option(
    "--record",
    "record_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the deployment is recorded.  [default: deployments/<network>.json; of a fork, a temporary file]",
)
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON, and nothing else, to standard output.")
@click.option("--verify", "must_publish", is_flag=True, help="At the end, do as `ape run verify --publish` does.")
def cli(
    parameters_path: Path,
    account: AccountAPI | None,
    record_path: Path | None,
    yes: bool,
    as_json: bool,
    must_publish: bool,
) -> None:
    """Deploy oracle wrappers, factory, keeper and pools as a file of parameters says.

    Prints the plan, asks, sends one transaction after the other and records each. Interrupted, run it again: it goes on
    where it was and sends nothing twice. Run after the end, it sends nothing. What does not go to a local network is
    compiled anew.

    Without --account, the first test account deploys, on development networks only. A local network is the chain at
    http://127.0.0.1:8545, or at APE_FOUNDRY_HOST.

    Example, with a local chain (`anvil`) running in another terminal:

    \b
      ape run deploy --params deploy/local.yaml
    """
    account = sender(account, "deploys")
    path = record_path or default_record_path()
    compile_anew()

    def review(deployment: SystemDeployment) -> None:
        say(f"Chain {chain.chain_id} ({chain.provider.network_choice}), account {account.address}, record {path}")
        for line in deployment.describe():
            say(line)
        if deployment.open_steps:
            agree(account, len(deployment.open_steps), yes)

    with contextlib.redirect_stdout(sys.stderr):  # for what Ape asks, and what is asked above
        record = deploy_system(account, load(parameters_path), path, report=say, review=review)
    say(f"\nRecorded in {path}")
    if as_json:
        click.echo(record.model_dump_json(indent=2))
    else:
        for name, entry in record.deployments.items():
            click.echo(f"{entry.address}  {name}")
    after_deployment(path, must_publish, say)
