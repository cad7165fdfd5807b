"""Records of what tests have deployed themselves."""

from pathlib import Path
from typing import Any

from perpetual_pools import records
from perpetual_pools.chain.networks import connected_network, genesis
from perpetual_pools.records import Deployment, Record


def record_of(path: Path, farms: dict[str, str], pools: dict[str, str] | None = None, **changes: Any) -> Path:
    """Write a record of the connected chain, with what is needed to find farms and pools by name."""

    def entry(contract: str, address: str) -> Deployment:
        return Deployment(
            contract=contract,
            address=address,
            arguments={},
            transaction="0x",
            block=1,
            gas_used=1,
            deployer=address,
            commit=None,
            compiler="0.8.37",
            code_hash="0x",
        )

    facts: dict[str, Any] = {"network": connected_network(), "chain_id": 31337, "genesis": genesis()} | changes
    deployments = {name: entry("LeveragedPool", address) for name, address in (pools or {}).items()}
    deployments |= {name: entry("StakingFarm", address) for name, address in farms.items()}
    records.save(path, Record(deployer="0x", deployments=deployments, **facts))
    return path


def loaded(path: Path) -> Record:
    """Return the record in the file, which has to be there."""
    record = records.load(path)
    assert record is not None
    return record
