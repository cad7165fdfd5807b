"""Writes what block explorers need to show the sources of a recorded deployment, or has them published."""

from pathlib import Path

import click

from perpetual_pools.chain.networks import default_record_path
from perpetual_pools.cli.command import Command, compile_anew, json_option, prepare, record_option, say
from perpetual_pools.deployment.explorer import INDEX, publish, write


@click.command(cls=Command, network_callback=prepare)
@record_option
@click.option(
    "--publish", "must_publish", is_flag=True, help="Have the explorer's plugin of Ape publish each contract."
)
@json_option
def cli(record_path: Path | None, must_publish: bool, as_json: bool) -> None:
    """Write the compiler's input for each contract of a deployment, ready for a block explorer.

    The folder `<record>-verification` beside the record gets one file for each kind of contract, of the type that explorers
    call "Solidity (Standard-Json-Input)", and index.json, which tells of each address the contract, the compiler's version,
    the constructor's arguments and the file. The files are those of the code on the chain, byte for byte: when the sources
    here are others, nothing is written and the commit is named that has them.

    --publish needs a plugin, `pip install ape-etherscan`, and its key in ETHERSCAN_API_KEY. One contract that fails stops
    no other; the exit code is 1 then. That plugin looks for a contract's arguments in its first transaction, for a minute:
    pools and their tokens, which other contracts have made, have none, so their files are uploaded by hand.

    Examples:

    \b
      ape run verify
      ape run verify --publish --network arbitrum:mainnet:node
    """
    compile_anew()
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
