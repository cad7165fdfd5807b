"""Compiled contracts, read from where they lie: an Ape project does the same, but takes seconds."""

from dataclasses import dataclass
from pathlib import Path

from ethpm_types import ContractType, PackageManifest


@dataclass(frozen=True)
class Compiled:
    contract_type: ContractType


class Artifacts:
    """Of the project at `root`, as it was compiled last."""

    def __init__(self, root: Path) -> None:
        self.path = root
        manifest = PackageManifest.model_validate_json((root / ".build" / "__local__.json").read_text())
        self._types = manifest.contract_types or {}

    def get_contract(self, name: str) -> Compiled:
        return Compiled(self._types[name])
