"""The connected network: its name, its first block, and where its record is."""

from __future__ import annotations

import tempfile
from pathlib import Path

import ape
from eth_utils.conversions import to_hex


def genesis() -> str:
    """The hash of block 0."""
    return to_hex(ape.chain.blocks[0].hash)


def connected_network() -> str:
    """Like `arbitrum:mainnet-fork`: a fork has the chain id and the blocks of its chain, but not the name."""
    network = ape.chain.provider.network
    return f"{network.ecosystem.name}:{network.name}"


def default_record_path() -> Path:
    """Where the record of the connected network is by default: `deployments/<network>.json` of the project.

    A fork ends with the run that made it, and nothing of it is worth keeping: its record goes to a temporary folder.
    """
    network = ape.chain.provider.network
    name = network.name if network.is_local else f"{network.ecosystem.name}-{network.name}"
    folder = Path(tempfile.mkdtemp()) if network.is_fork else Path(ape.project.path) / "deployments"
    return folder / f"{name}.json"
