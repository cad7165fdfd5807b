"""The connected network: its name, its first block, and the record of its deployment."""

from __future__ import annotations

import tempfile
from pathlib import Path

import ape
from eth_utils.conversions import to_hex

from perpetual_pools import records
from perpetual_pools.chain.compiled import checkout
from perpetual_pools.records import Record, RecordError


def genesis() -> str:
    """Return the hash of block 0."""
    return to_hex(ape.chain.blocks[0].hash)


def connected_network() -> str:
    """Return the network's name, like `arbitrum:mainnet-fork`.

    A fork has the chain id and the blocks of its chain, but another name.
    """
    network = ape.chain.provider.network
    return f"{network.ecosystem.name}:{network.name}"


def records_folder() -> Path:
    """Return the folder of records: `deployments/` in this checkout, or in the working directory without a checkout."""
    return (checkout() or Path.cwd()) / "deployments"


def default_record_path() -> Path:
    """Return the default path of the connected network's record: `<network>.json` in `records_folder`.

    A fork's record is in a temporary folder, because the fork ends with the run that made it.
    """
    network = ape.chain.provider.network
    name = network.name if network.is_local else f"{network.ecosystem.name}-{network.name}"
    folder = Path(tempfile.mkdtemp()) if network.is_fork else records_folder()
    return folder / f"{name}.json"


def recorded(path: Path) -> Record:
    """Return the record at `path`. Raises RecordError unless it is a valid record of the connected chain."""
    record = records.load(path)
    if record is None:
        raise RecordError(f"there is no record {path}: deploy first, or name another")
    if (record.chain_id, record.genesis) != (ape.chain.chain_id, genesis()):
        raise RecordError(f"{path} is the record of another chain: {record.network}, id {record.chain_id}")
    return record
