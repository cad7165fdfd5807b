"""Deploys the system of a file of parameters, or goes on where an earlier run ended."""

import contextlib
import logging
import sys
from pathlib import Path
from typing import Any

import click
from ape import accounts, chain, project
from ape.api import AccountAPI, ProviderAPI
from ape.cli import ConnectedProviderCommand, account_option
from ape.exceptions import ApeException
from ape.logging import ClickHandler, LogLevel
from ape_accounts import KeyfileAccount
from ape_foundry.exceptions import FoundryProviderError
from web3.exceptions import Web3Exception

from perpetual_pools.deployment import DeploymentError, SystemDeployment, default_record_path, deploy_system
from perpetual_pools.parameters import ParametersError, load
from perpetual_pools.records import RecordError

LOCAL_CHAIN = "http://127.0.0.1:8545"


def prepare(_context: click.Context, _option: click.Parameter, provider: ProviderAPI) -> ProviderAPI:
    """Before Ape connects.

    On a local network it would start a chain of its own, and end it with the script. It also would write its progress
    to standard output, where the result belongs.
    """
    if provider.network.is_local:
        provider.provider_settings = {"host": LOCAL_CHAIN, "manage_process": False, **provider.provider_settings}
    for handler in logging.getLogger("ape").handlers:
        if isinstance(handler, ClickHandler):
            handler.echo_kwargs = {level.name.lower(): {"err": True} for level in LogLevel}
    return provider


class Command(ConnectedProviderCommand):
    """Tells what goes wrong in a line or two."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FoundryProviderError as error:
            raise click.ClickException(f"{error} Start one (`anvil`), or name another in APE_FOUNDRY_HOST") from error
        except (ParametersError, RecordError, DeploymentError, ApeException, Web3Exception, OSError) as error:
            raise click.ClickException(str(error)) from error


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
@click.option(
    "--yes",
    is_flag=True,
    help="Ask nothing, neither before sending nor before signing. The passphrase is that of the environment variable "
    "APE_ACCOUNTS_<alias>_PASSPHRASE, where there is one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON, and nothing else, to standard output.")
def cli(parameters_path: Path, account: AccountAPI | None, record_path: Path | None, yes: bool, as_json: bool) -> None:
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
    if account is None:
        if not chain.provider.network.is_dev:
            raise click.UsageError("name the account that deploys: --account ALIAS")
        account = accounts.test_accounts[0]
    path = record_path or default_record_path()
    if not chain.provider.network.is_local:
        project.load_contracts(use_cache=False)  # Ape's cache does not notice when only an import has changed

    def review(deployment: SystemDeployment) -> None:
        say(f"Chain {chain.chain_id} ({chain.provider.network_choice}), account {account.address}, record {path}")
        for line in deployment.describe():
            say(line)
        if deployment.open_steps and not yes:
            click.confirm(f"\nSend {len(deployment.open_steps)} transactions?", abort=True)
        elif deployment.open_steps and isinstance(account, KeyfileAccount):
            account.set_autosign(True)

    with contextlib.redirect_stdout(sys.stderr):  # for what Ape asks, and what is asked above
        record = deploy_system(account, load(parameters_path), path, report=say, review=review)
    say(f"\nRecorded in {path}")
    if as_json:
        click.echo(record.model_dump_json(indent=2))
    else:
        for name, entry in record.deployments.items():
            click.echo(f"{entry.address}  {name}")


def say(line: str) -> None:
    """Progress is for people: standard output keeps the result alone."""
    click.echo(line, err=True)
