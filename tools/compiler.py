"""The contracts as the compiler's front end sees them: syntax trees and storage layouts, without code, in two seconds."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import solcx
import yaml

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ("LeveragedPool", "PoolToken", "PoolFactory", "PoolKeeper", "ChainlinkOracleWrapper", "StakingFarm")
"""What is deployed. All else below contracts/ is interfaces, libraries and mocks."""
REMAPPINGS = ["solady/=node_modules/solady/src/", "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"]
OUTPUTS = ["abi", "devdoc", "userdoc", "storageLayout", "transientStorageLayout"]


def solidity_settings(root: Path) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((root / "ape-config.yaml").read_text())["solidity"]
    return settings


def compile_sources(
    root: Path, sources: list[Path], outputs: list[str], settings: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The compiler's standard output for `sources` of `root`, with syntax trees. Raises RuntimeError on an error."""
    version, evm_version = (solidity_settings(root)[name] for name in ("version", "evm_version"))
    job = {
        "language": "Solidity",
        "sources": {str(path.relative_to(root)): {"content": path.read_text()} for path in sorted(sources)},
        "settings": {
            "evmVersion": evm_version,
            "remappings": REMAPPINGS,
            "outputSelection": {"*": {"": ["ast"], "*": outputs}},
            **(settings or {}),
        },
    }
    command = [str(solcx.install.get_executable(version)), "--standard-json", "--base-path", str(root)]
    env = {**os.environ, "PERPETUAL_POOLS_ROOT": str(root)}
    done = subprocess.run(
        command, cwd=root, env=env, input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    output: dict[str, Any] = json.loads(done.stdout)
    errors = [error["formattedMessage"] for error in output.get("errors", []) if error["severity"] == "error"]
    if errors:
        raise RuntimeError("\n".join(errors))
    return output


def front_end(root: Path) -> dict[str, Any]:
    """The compiler's standard output for the contracts below `root`, mocks aside. Raises RuntimeError on an error."""
    sources = [path for path in (root / "contracts").rglob("*.sol") if path.parent.name != "mocks"]
    return compile_sources(root, sources, OUTPUTS)


def artifacts(root: Path) -> dict[str, Any]:
    """What Ape compiled, by the names of the contracts that are deployed."""
    types = json.loads((root / ".build" / "__local__.json").read_text())["contractTypes"]
    return {name: types[name] for name in CONTRACTS}
