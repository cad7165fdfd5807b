"""`ape run verify`: write what block explorers need to show the sources of a deployment, or have them published."""

from __future__ import annotations

from pathlib import Path

import click

from perpetual_pools.cli.command import Command, json_option, prepare, record_option, say


@click.command(cls=Command, network_callback=prepare)
@record_option
@click.option(
    "--publish", "must_publish", is_flag=True, help="Have Ape's plugin for the explorer publish each contract."
)
@json_option
def cli(record_path: Path | None, must_publish: bool, as_json: bool) -> None:
    """Write the compiler's input for each contract of a deployment, ready for a block explorer.

    The folder `<record>-verification` beside the record gets one file for each kind of contract, in the format that
    explorers call "Solidity (Standard-Json-Input)", and index.json, which lists for each address the contract, the
    compiler's version, the constructor's arguments and the file. The files reproduce the code on the chain byte for byte.
    If the sources here differ, nothing is written, and the message names the commit that has the right ones.

    --publish needs a plugin, `pip install ape-etherscan`, and its key in ETHERSCAN_API_KEY. If one contract fails, the
    others are still published, and the exit code is 1. The plugin spends up to a minute looking for a contract's arguments
    in the contract's first transaction. Pools and their tokens have none, because other contracts created them, so upload
    their files by hand.

    Examples:

    \b
      ape run verify
      ape run verify --publish --network arbitrum:mainnet:node
    """
    from perpetual_pools.chain.networks import default_record_path
    from perpetual_pools.deployment.explorer import INDEX, publish, write

    verification = write(record_path or default_record_path())
    say(f"Written: {verification.folder}")
    index = verification.folder / INDEX
    if as_json:
        click.echo(index.read_text(encoding="utf-8"), nl=False)
    else:
        for contract in verification.contracts:
            click.echo(f"{contract.address}  {contract.name}  {contract.contract}  {contract.input}")
    if must_publish:
        publish(verification, say)
