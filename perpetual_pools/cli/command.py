"""What the commands of `ape run` have in common: how they connect, speak, sign and fail."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from ape import accounts, chain, project
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ApeException
from ape.logging import ClickHandler, LogLevel
from ape_accounts import KeyfileAccount
from ape_foundry.exceptions import FoundryProviderError
from web3.exceptions import Web3Exception

from perpetual_pools.chain import compiled
from perpetual_pools.chain.contracts import ContractError
from perpetual_pools.chain.multicall import NoAnswerError
from perpetual_pools.chain.redaction import redacted
from perpetual_pools.chain.sending import SendingError, latest_block, nonce_at
from perpetual_pools.deployment.explorer import VerificationError
from perpetual_pools.deployment.rehearsal import RehearsalError
from perpetual_pools.deployment.resume import DeploymentError
from perpetual_pools.operations.calls import Found, OperationError, send_calls
from perpetual_pools.operations.schedule import SchedulingError
from perpetual_pools.parameters import ParametersError
from perpetual_pools.records import RecordError
from perpetual_pools.status.facts import StatusError

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI, ReceiptAPI

F = TypeVar("F", bound=Found)
LOCAL_CHAIN = "http://127.0.0.1:8545"
OWN_ERRORS = (
    ParametersError,
    RecordError,
    ContractError,
    DeploymentError,
    OperationError,
    RehearsalError,
    SchedulingError,
    SendingError,
    StatusError,
    VerificationError,
    NoAnswerError,
)


def prepare(_context: click.Context, _option: click.Parameter, provider: ProviderAPI) -> ProviderAPI:
    """The network callback of every command: what it needs before Ape connects.

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
    """Tells what goes wrong in a line or two. With `--preview`, where a command has that, it connects to nothing."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return self._invoke(ctx) if ctx.params.get("preview") else super().invoke(ctx)
        except FoundryProviderError as error:
            message = f"{redacted(error)} Start one (`anvil`), or name another in APE_FOUNDRY_HOST"
            raise click.ClickException(message) from error
        except (*OWN_ERRORS, ApeException, Web3Exception, OSError) as error:
            raise click.ClickException(redacted(error)) from error


yes_option = click.option(
    "--yes",
    is_flag=True,
    help="Ask nothing, neither before sending nor before signing. The passphrase is that of the environment variable "
    "APE_ACCOUNTS_<alias>_PASSPHRASE, where there is one.",
)


def sender(account: AccountAPI | None, verb: str) -> AccountAPI:
    """The account that was named; else the first test account, on development networks only. `verb`: what it does."""
    if account is not None:
        return account
    if not chain.provider.network.is_dev:
        raise click.UsageError(f"name the account that {verb}: --account ALIAS")
    return accounts.test_accounts[0]


def compile_anew() -> None:
    """Unless it is for a local network, or nothing has changed since all was compiled (`perpetual_pools.chain.compiled`)."""
    root = Path(project.path)
    if not chain.provider.network.is_local and not compiled.is_current(root):
        with compiled.marking(root):
            project.load_contracts(use_cache=False)


def agree(account: AccountAPI, transactions: int, yes: bool) -> None:
    """Asks whether to send, and ends the command if not; told to ask nothing, has the account sign without asking too."""
    if not yes:
        click.confirm(f"\nSend {transactions} transactions?", abort=True)
    elif isinstance(account, KeyfileAccount):
        account.set_autosign(True)


def say(line: str) -> None:
    """Progress is for people: standard output keeps the result alone."""
    click.echo(line, err=True)


record_option = click.option(
    "--record",
    "record_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The record of the deployment.  [default: deployments/<network>.json]",
)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to standard output.")

parameters_option = click.option(
    "--params",
    "parameters_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="What to deploy, or what should be: a YAML file like those in deploy/.",
)


def find_and_send(account: AccountAPI, find: Callable[[int], F], yes: bool) -> tuple[F, list[ReceiptAPI]]:
    """Finds what is to be sent as of the latest block, shows it, asks and sends it; nothing if there is nothing."""
    block = latest_block()
    found = find(block)
    for call in found.calls:
        say(str(call))
    return found, send_found(account, found, block, yes)


def send_found(account: AccountAPI, found: Found, block: int, yes: bool) -> list[ReceiptAPI]:
    """Asks, and sends what was found as of the block; nothing if there is nothing.

    The account's nonce is of that block too: what arrives of it later shuts this out (`perpetual_pools.chain.sending`).
    """
    if not found.calls:
        return []
    with contextlib.redirect_stdout(sys.stderr):  # for what Ape asks, and what is asked here
        agree(account, len(found.calls), yes)
        return list(send_calls(account, found.calls, nonce_at(account.address, block), say))
