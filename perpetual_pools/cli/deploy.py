"""`ape run deploy`: deploy the system that a file of parameters describes, or continue where an earlier run stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from ape.cli import account_option

from perpetual_pools.cli.command import (
    Command,
    agree,
    parameters_option,
    prepare,
    say,
    sender,
    yes_option,
)

if TYPE_CHECKING:
    from ape.api import AccountAPI

    from perpetual_pools.deployment.system import SystemDeployment
    from perpetual_pools.parameters import Parameters
    from perpetual_pools.records import Record


@click.command(cls=Command, network_callback=prepare)
@parameters_option
@account_option(prompt=None)
@click.option(
    "--record",
    "record_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to record the deployment.  [default: deployments/<network>.json; for a fork, a temporary file]",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Send everything on a fork or a local chain, without the account's key, and undo it at the end.",
)
@yes_option
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON, and nothing else, to standard output.")
@click.option("--verify", "must_publish", is_flag=True, help="At the end, do what `ape run verify --publish` does.")
def cli(
    parameters_path: Path,
    account: AccountAPI | None,
    record_path: Path | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    must_publish: bool,
) -> None:
    """Deploy the whole system of a file of parameters: oracle wrappers, factory, keeper, pools, farm and AMM pairs.

    The command prints the plan, asks, then sends one transaction after the other and records each. If it is interrupted, run
    it again: it continues where it stopped and sends nothing twice. After the end, it sends nothing. The last steps offer
    factory and farm to the owner, who has to accept them.

    The code comes from perpetual_pools/artifacts. In a checkout whose sources have changed since the artifacts were
    written, the command refuses to run.

    A dry run on a fork does the same at the same addresses and leaves nothing behind.

    Without --account, the first test account deploys, but only on development networks. A local network is the chain at
    http://127.0.0.1:8545, or at APE_FOUNDRY_HOST.

    Examples, the first with a local chain (`anvil`) running in another terminal:

    \b
      ape run deploy --params deploy/local.yaml
      ape run deploy --params deploy/arbitrum-mainnet.yaml --account ALIAS --dry-run --network arbitrum:mainnet-fork:foundry
      ape run deploy --params deploy/arbitrum-mainnet.yaml --account ALIAS --network arbitrum:mainnet:node
    """
    import contextlib
    import sys
    import tempfile

    from perpetual_pools.chain.networks import default_record_path
    from perpetual_pools.deployment.explorer import after_deployment
    from perpetual_pools.deployment.rehearsal import rehearsal
    from perpetual_pools.parameters import load

    if dry_run and must_publish:
        raise click.UsageError(
            "a dry run undoes its contracts at the end, so there is nothing to publish: leave out --verify"
        )
    signer = sender(account, "deploys")
    parameters = load(parameters_path)
    path = None if dry_run else record_path or default_record_path()
    with contextlib.redirect_stdout(sys.stderr):  # Ape asks there for the passphrase, and so does `agree`
        if path is None:
            with rehearsal(signer.address) as rehearsing, tempfile.TemporaryDirectory() as folder:
                record = deploy(rehearsing, parameters, Path(folder) / "record.json", yes=True)
            say("\nDry run: everything is undone")
        else:
            record = deploy(signer, parameters, path, yes)
            say(f"\nRecorded in {path}")
    if as_json:
        click.echo(record.model_dump_json(indent=2))
    else:
        for name, address in record.addresses.items():
            click.echo(f"{address}  {name}")
    if path is not None:
        after_deployment(path, must_publish, say)


def deploy(account: AccountAPI, parameters: Parameters, path: Path, yes: bool) -> Record:
    """Show what will be done, ask unless told not to, and deploy."""
    import ape

    from perpetual_pools.deployment.system import deploy_system

    def review(deployment: SystemDeployment) -> None:
        chain = ape.chain
        say(f"Chain {chain.chain_id} ({chain.provider.network_choice}), account {account.address}, record {path}")
        for line in deployment.describe():
            say(line)
        if deployment.open_steps:
            agree(account, len(deployment.open_steps), yes)

    return deploy_system(account, parameters, path, report=say, review=review)
