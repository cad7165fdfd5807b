"""The compiled contracts that this package deploys or reads: one JSON file each, with the interface and the creation code.

`artifact("PoolKeeper")` reads one of them. Nothing is compiled at run time, so the package also works where neither the
sources nor a compiler are installed.

`./dev python -m tools.artifacts` writes the files from what Ape has compiled, and `./dev lint` fails when they differ from
that. `compiled-from.json` holds the compiler's version and a hash of the sources and settings that the code was compiled
from. `uniswap/` has interfaces only: the code of Uniswap V2 is under the GPL and stays in its npm packages
(`perpetual_pools.chain.amm`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perpetual_pools.errors import PerpetualPoolsError

if TYPE_CHECKING:
    from ethpm_types import ContractType

FOLDER = Path(__file__).parent
ORIGIN = FOLDER / "compiled-from.json"


class ArtifactError(PerpetualPoolsError):
    """A contract that the package does not have, or whose code differs from the sources. The message says what to do."""


@dataclass(frozen=True, eq=False)
class Artifact:
    """A compiled contract."""

    name: str
    source: str
    """The file in a checkout, like `contracts/PoolKeeper.sol`. Empty for a contract of Uniswap."""
    abi: list[dict[str, Any]]
    bytecode: str
    """The creation code, in hex with `0x`. Empty for an interface, and for a contract of Uniswap."""
    runtime_size: int
    """The length of the code on the chain, in bytes. 0 where `bytecode` is empty."""

    @cached_property
    def contract_type(self) -> ContractType:
        """The contract type, as Ape uses it."""
        from ethpm_types import ContractType

        fields: dict[str, Any] = {"contractName": self.name, "abi": self.abi}
        if self.source:
            fields["sourceId"] = self.source
        if self.bytecode:
            fields["deploymentBytecode"] = {"bytecode": self.bytecode}
        return ContractType(**fields)


@dataclass(frozen=True)
class Origin:
    """The compiler and the sources that the artifacts were made from."""

    compiler: str
    """The compiler's long version, like `0.8.37+commit.f401782d`."""
    sources: str
    """The result of `perpetual_pools.chain.compiled.sources_digest` in the checkout."""


@cache
def artifact(contract: str) -> Artifact:
    """Return the compiled contract of that name. Raises ArtifactError if the package has none."""
    path = next((path for path in (FOLDER, FOLDER / "uniswap") if (path / f"{contract}.json").is_file()), None)
    if path is None:
        raise ArtifactError(f"there is no contract {contract} in {FOLDER}: tools/artifacts.py lists those it writes")
    fields = json.loads((path / f"{contract}.json").read_text(encoding="utf-8"))
    return Artifact(
        name=fields["contractName"],
        source=fields.get("sourceId", ""),
        abi=fields["abi"],
        bytecode=fields.get("bytecode", ""),
        runtime_size=fields.get("runtimeSize", 0),
    )


@cache
def origin() -> Origin:
    """Return what the artifacts were made from."""
    return Origin(**json.loads(ORIGIN.read_text(encoding="utf-8")))
