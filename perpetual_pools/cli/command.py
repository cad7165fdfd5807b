"""What all commands of `ape run` share: their base class, their options, and how they speak and choose an account.

Every `ape run` loads this module, so it imports nothing that takes time. Only the redaction comes first: it reads the URL of
the node before Ape can remove it from the environment.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ape.cli import ConnectedProviderCommand
from ape.logging import ClickHandler, LogLevel

from perpetual_pools.chain.redaction import redacted
from perpetual_pools.errors import PerpetualPoolsError

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI

    from perpetual_pools.records import Record

LOCAL_CHAIN = "http://127.0.0.1:8545"


# --- connecting and failing ---


def prepare(_context: click.Context, _option: click.Parameter, provider: ProviderAPI) -> ProviderAPI:
    """Set Ape up for one of our commands before it connects; the network callback of all of them.

    On a local network, Ape would start a chain of its own and end it with the command: it is told to use the one that runs.
    It would also write its progress to standard output, where only the result belongs.
    """
    if provider.network.is_local:
        provider.provider_settings = {"host": LOCAL_CHAIN, "manage_process": False, **provider.provider_settings}
    for handler in logging.getLogger("ape").handlers:
        if isinstance(handler, ClickHandler):
            handler.echo_kwargs = {level.name.lower(): {"err": True} for level in LogLevel}
    return provider


class Command(ConnectedProviderCommand):
    """A command that reports an error in a line or two. With `--preview`, where it has that option, it does not connect."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return self._invoke(ctx) if ctx.params.get("preview") else super().invoke(ctx)
        except expected_errors() as error:
            raise click.ClickException(f"{redacted(error)}{_advice(error)}") from error


def expected_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that tell an operator something: ours, and those of Ape, the node and the operating system."""
    from ape.exceptions import ApeException
    from web3.exceptions import Web3Exception

    return PerpetualPoolsError, ApeException, Web3Exception, OSError


def _advice(error: Exception) -> str:
    from ape_foundry.exceptions import FoundryProviderError

    return (
        " Start one (`anvil`), or name another in APE_FOUNDRY_HOST" if isinstance(error, FoundryProviderError) else ""
    )


# --- options ---

record_option = click.option(
    "--record",
    "record_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The record of the deployment.  [default: deployments/<network>.json]",
)
parameters_option = click.option(
    "--params",
    "parameters_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The parameters of the system: a YAML file like those in deploy/.",
)
yes_option = click.option(
    "--yes",
    is_flag=True,
    help="Send and sign without asking. The passphrase is taken from the environment variable "
    "APE_ACCOUNTS_<alias>_PASSPHRASE if it is set.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to standard output.")


# --- what commands do first and last ---


def say(line: str) -> None:
    """Print progress to standard error: standard output is for the result alone."""
    click.echo(line, err=True)


def recorded(path: Path | None) -> Record:
    """Return the record at the path, or the one of the connected network. Raises RecordError if it is not this chain's."""
    from perpetual_pools.chain import networks

    return networks.recorded(path or networks.default_record_path())


def sender(account: AccountAPI | None, verb: str) -> AccountAPI:
    """Return the account that was named, or on development networks the first test account. `verb` says what it does."""
    import ape

    if account is not None:
        return account
    if not ape.chain.provider.network.is_dev:
        raise click.UsageError(f"name the account that {verb}: --account ALIAS")
    return ape.accounts.test_accounts[0]


def agree(account: AccountAPI, transactions: int, yes: bool) -> None:
    """Ask whether to send, and abort if the answer is no. With `yes`, do not ask, and let the account sign unasked."""
    from ape_accounts import KeyfileAccount

    if not yes:
        click.confirm(f"\nSend {transactions} transactions?", abort=True)
    elif isinstance(account, KeyfileAccount):
        account.set_autosign(True)
