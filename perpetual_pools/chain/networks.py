"""The connected network: its name, its first block, and where the record of its deployment is."""

from __future__ import annotations

import tempfile
from pathlib import Path

import ape
from eth_utils.conversions import to_hex

from perpetual_pools import records
from perpetual_pools.chain.compiled import checkout
from perpetual_pools.records import Record, RecordError


def genesis() -> str:
    """The hash of block 0."""
    return to_hex(ape.chain.blocks[0].hash)


def connected_network() -> str:
    """Like `arbitrum:mainnet-fork`: a fork has the chain id and the blocks of its chain, but not the name."""
    network = ape.chain.provider.network
    return f"{network.ecosystem.name}:{network.name}"


def records_folder() -> Path:
    """Return where records are kept: `deployments/` of this checkout; of the working directory without a checkout."""
    return (checkout() or Path.cwd()) / "deployments"


def default_record_path() -> Path:
    """Where the record of the connected network is by default: `<network>.json` in `records_folder`.

    A fork ends with the run that made it, and nothing of it is worth keeping: its record goes to a temporary folder.
    """
    network = ape.chain.provider.network
    name = network.name if network.is_local else f"{network.ecosystem.name}-{network.name}"
    folder = Path(tempfile.mkdtemp()) if network.is_fork else records_folder()
    return folder / f"{name}.json"


def recorded(path: Path) -> Record:
    """The record at `path`, which has to be the connected network's. Raises RecordError when it is not, or is no record."""
    record = records.load(path)
    if record is None:
        raise RecordError(f"there is no record {path}: deploy first, or name another")
    if (record.chain_id, record.genesis) != (ape.chain.chain_id, genesis()):
        raise RecordError(f"{path} is the record of another chain: {record.network}, id {record.chain_id}")
    return record
