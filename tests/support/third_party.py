"""Contracts of others, as they publish them in npm packages."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ethpm_types import ContractType

PROXY_ARTIFACT = "node_modules/@chainlink/contracts/abi/v0.6/EACAggregatorProxy.json"


@cache
def read_proxy_type(root: Path) -> ContractType:
    """Chainlink's own EACAggregatorProxy, from the packages of the project at `root`."""
    output = json.loads((root / PROXY_ARTIFACT).read_text())["compilerOutput"]
    fields: dict[str, Any] = {
        "contractName": "EACAggregatorProxy",
        "abi": output["abi"],
        "deploymentBytecode": {"bytecode": output["evm"]["bytecode"]["object"]},
    }
    return ContractType(**fields)
