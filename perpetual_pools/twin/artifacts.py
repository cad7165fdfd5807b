"""Compiled contracts, read from Ape's folder `.build/`. Ape's own project does the same, but takes seconds and needs Ape."""

from dataclasses import dataclass
from pathlib import Path

from ethpm_types import ContractType, PackageManifest

from perpetual_pools.chain.compiled import BUILD


@dataclass(frozen=True)
class Compiled:
    contract_type: ContractType


class Artifacts:
    """The contracts of the project at `path`, as last compiled: `artifacts.PoolFactory` or `get_contract("PoolFactory")`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        manifest = PackageManifest.model_validate_json((path / BUILD).read_text(encoding="utf-8"))
        self.contracts = manifest.contract_types or {}

    def get_contract(self, name: str) -> Compiled:
        return Compiled(self.contracts[name])

    def __getattr__(self, name: str) -> Compiled:
        if name.startswith("_") or name not in self.contracts:
            raise AttributeError(f"there is no contract {name}")
        return self.get_contract(name)
