"""`ape run check`: compare the chain, the record of a deployment and its parameters."""

from __future__ import annotations

from pathlib import Path

import click

from perpetual_pools.cli.command import (
    Command,
    json_option,
    parameters_option,
    prepare,
    record_option,
    recorded,
)

SCHEMA_VERSION = 1


@click.command(cls=Command, network_callback=prepare)
@parameters_option
@record_option
@json_option
def cli(parameters_path: Path, record_path: Path | None, as_json: bool) -> None:
    """Check that the chain, the record of a deployment and its parameters agree.

    The command compares each transaction and code hash of the record with the chain, and the code with the contracts in
    perpetual_pools/artifacts. With the parameters it compares everything that was sent, every value that a contract is
    bound to, owners, fee recipient, weights, allocation, and the weeks of the farm, which must follow the programme of
    emissions. Until the owner in the parameters has accepted factory and farm, that is a difference too. Nothing is sent.

    In a checkout whose sources have changed since the artifacts were written, the command refuses to run.

    The exit code is 0 if all agree, or 1 with a table of the differences.

    Examples:

    \b
      ape run check --params deploy/local.yaml
      ape run check --params deploy/arbitrum-mainnet.yaml --network arbitrum:mainnet:node --json
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from perpetual_pools.chain.networks import connected_network, default_record_path
    from perpetual_pools.deployment.check import check
    from perpetual_pools.formatting import new_table, print_whole
    from perpetual_pools.parameters import load

    parameters = load(parameters_path)
    path = record_path or default_record_path()
    record = recorded(path)
    facts = check(parameters, record)
    differences = [fact for fact in facts if fact.differs]
    if as_json:
        report = {
            "schema_version": SCHEMA_VERSION,
            "network": connected_network(),
            "record": str(path),
            "parameters": str(parameters_path),
            "facts": len(facts),
            "differences": [asdict(fact) for fact in differences],
        }
        click.echo(json.dumps(report, indent=2))
    else:
        if differences:
            table = new_table("Differences", "Name", "What", "Expected", "Found", "Where")
            for it in differences:
                table.add_row(it.name, it.what, it.expected, it.found, it.where)
            print_whole(Console(markup=False, highlight=False), table)
        click.echo(f"{len(facts)} facts checked, {len(differences) or 'no'} difference{'s' * (len(differences) != 1)}")
    if differences:
        raise SystemExit(1)
