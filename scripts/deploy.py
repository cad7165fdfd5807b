"""Deploys the system of a file of parameters, or goes on where an earlier run ended."""

from pathlib import Path

import click
from ape import chain
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, account_option
from ape.exceptions import ApeException

from perpetual_pools import deployment, records
from perpetual_pools.deployment import DeploymentError
from perpetual_pools.parameters import Parameters, ParametersError, load
from perpetual_pools.records import Record, RecordError


@click.command(cls=ConnectedProviderCommand)
@click.option(
    "--params",
    "parameters_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="What to deploy: a YAML file like those in deploy/.",
)
@account_option()
@click.option(
    "--record",
    "record_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the deployment is recorded.  [default: deployments/<network>.json]",
)
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON, and nothing else, to standard output.")
def cli(parameters_path: Path, account: AccountAPI, record_path: Path | None, yes: bool, as_json: bool) -> None:
    """Deploy oracle wrappers, factory, keeper and pools as a file of parameters says.

    Prints the plan, asks, sends one transaction after the other and records each. Interrupted, run it again: it goes on
    where it was and sends nothing twice. Run after the end, it sends nothing.

    Example, with `anvil` running in another terminal:

      ape run deploy --params deploy/local.yaml --account TEST::0 --network arbitrum:local:http://127.0.0.1:8545
    """
    try:
        parameters = load(parameters_path)
        deployment.verify_chain(parameters)
        path = record_path or deployment.default_record_path()
        say("\n".join(plan_lines(parameters, account, path)))
        if not yes:
            click.confirm("\nSend the transactions that are not done?", abort=True, err=True)
        record = deployment.deploy_system(account, parameters, path, report=say)
    except (ParametersError, RecordError, DeploymentError, ApeException) as error:
        raise click.ClickException(str(error)) from error
    say(f"\nRecorded in {path}")
    if as_json:
        click.echo(record.model_dump_json(indent=2))
    else:
        for name, entry in record.deployments.items():
            click.echo(f"{entry.address}  {name}")


def say(line: str) -> None:
    """Progress is for people: standard output keeps the result alone."""
    click.echo(line, err=True)


def plan_lines(parameters: Parameters, account: AccountAPI, path: Path) -> list[str]:
    """The plan, headed by where and by whom."""
    record: Record | None = records.load(path)
    steps = deployment.plan(parameters, account.address)
    addresses = deployment.foretell(steps, record, account.address, account.nonce)
    return [
        f"Chain {chain.chain_id} ({chain.provider.network_choice}), account {account.address}, record {path}",
        *deployment.describe(steps, record, addresses),
    ]
