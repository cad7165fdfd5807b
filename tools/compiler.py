"""The Solidity compiler without Ape: its front end's output, and contracts compiled exactly as Ape compiles them.

The front end returns syntax trees and storage layouts, without code, in two seconds. `compile_contracts` returns the
same contract types as `ape compile`, byte for byte, but only for the sources that the caller wants. `write_all` and
`write_changed` write them to `.build/`, where Ape and the tests read them.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import solcx
import yaml
from ethpm_types import Compiler, ContractType, PackageManifest, Source

from perpetual_pools.chain.compiled import BUILD

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ("LeveragedPool", "PoolToken", "PoolFactory", "PoolKeeper", "ChainlinkOracleWrapper", "StakingFarm")
"""What is deployed. All else below contracts/ is interfaces, libraries and mocks."""
REMAPPINGS = ["solady/=node_modules/solady/src/", "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"]
OUTPUTS = ["abi", "devdoc", "userdoc", "storageLayout", "transientStorageLayout"]

DEPENDENCIES = "contracts/.cache"
"""Ape unpacks the packages that the contracts import into this folder. The bytecode contains a hash of the paths."""
ARTIFACT_OUTPUTS = [
    *("abi", "bin-runtime", "devdoc", "userdoc"),
    *("evm.bytecode.object", "evm.bytecode.sourceMap", "evm.deployedBytecode.object"),
]
"""What Ape asks the compiler for."""
IMPORT = re.compile(r"""^\s*import\b[^;"']*["']([^"']+)["']""", re.MULTILINE)
POOL = "contracts/interfaces/ILeveragedPool.sol"
"""What depends on it takes about as long to compile as everything else."""


class NotCompiled(RuntimeError):
    """The compiler has rejected a source. The message is the compiler's."""


def ape_config(root: Path) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((root / "ape-config.yaml").read_text())
    return settings


def solidity_settings(root: Path) -> dict[str, Any]:
    settings: dict[str, Any] = ape_config(root)["solidity"]
    return settings


def _executable(root: Path) -> Path:
    return Path(solcx.install.get_executable(solidity_settings(root)["version"]))


def run_solc(root: Path, job: dict[str, Any]) -> dict[str, Any]:
    """Return the compiler's standard output for a standard input. Raises NotCompiled."""
    command = [str(_executable(root)), "--standard-json", "--base-path", str(root)]
    env = {**os.environ, "PERPETUAL_POOLS_ROOT": str(root)}
    done = subprocess.run(
        command, cwd=root, env=env, input=json.dumps(job), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NotCompiled(done.stderr)
    output: dict[str, Any] = json.loads(done.stdout)
    errors = [error["formattedMessage"] for error in output.get("errors", []) if error["severity"] == "error"]
    if errors:
        raise NotCompiled("\n".join(errors))
    return output


def compile_sources(
    root: Path, sources: list[Path], outputs: list[str], settings: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the compiler's standard output for `sources` of `root`, with syntax trees. Raises NotCompiled."""
    job = {
        "language": "Solidity",
        "sources": {str(path.relative_to(root)): {"content": path.read_text()} for path in sorted(sources)},
        "settings": {
            "evmVersion": solidity_settings(root)["evm_version"],
            "remappings": REMAPPINGS,
            "outputSelection": {"*": {"": ["ast"], "*": outputs}},
            **(settings or {}),
        },
    }
    return run_solc(root, job)


def front_end(root: Path) -> dict[str, Any]:
    """Return the compiler's standard output for the contracts below `root`, mocks aside. Raises NotCompiled."""
    sources = [path for path in (root / "contracts").rglob("*.sol") if path.parent.name != "mocks"]
    return compile_sources(root, sources, OUTPUTS)


def artifacts(root: Path) -> dict[str, Any]:
    """Return the artifacts of the deployed contracts by their names."""
    types = json.loads((root / BUILD).read_text())["contractTypes"]
    return {name: types[name] for name in CONTRACTS}


# --- as Ape compiles ---


def ape_settings(root: Path) -> dict[str, Any]:
    """Return the compiler settings that Ape derives from ape-config.yaml, without the outputs to select."""
    config = ape_config(root)
    solidity = config["solidity"]
    remappings = []
    for remapping in solidity["import_remapping"]:
        prefix, _, name = remapping.partition("=")
        (dependency,) = (entry for entry in config["dependencies"] if entry["name"] == name)
        folder = dependency["config_override"]["contracts_folder"]
        remappings.append(f"{prefix}={posixpath.normpath(posixpath.join(_unpacked(dependency), folder))}")
    return {
        "evmVersion": solidity["evm_version"],
        "optimizer": {"enabled": solidity["optimize"], "runs": solidity["optimization_runs"]},
        "remappings": sorted(remappings),
        "viaIR": solidity["via_ir"],
    }


def _unpacked(dependency: Mapping[str, Any]) -> str:
    return f"{DEPENDENCIES}/{dependency['name']}/{dependency['version']}"


def read_sources(root: Path) -> dict[str, str]:
    """Return all sources of the project, and those of packages that they import, by the names that Ape gives them."""
    folders: dict[str, Path] = {
        f"{_unpacked(dependency)}/": root / "node_modules" / dependency["npm"]
        for dependency in ape_config(root)["dependencies"]
    }
    remappings = ape_settings(root)["remappings"]

    def read(name: str) -> str:
        for prefix, folder in folders.items():
            if name.startswith(prefix):
                return (folder / name.removeprefix(prefix)).read_text(encoding="utf-8")
        return (root / name).read_text(encoding="utf-8")

    waiting = [
        path.relative_to(root).as_posix()
        for path in (root / "contracts").rglob("*.sol")
        if not path.is_relative_to(root / DEPENDENCIES)
    ]
    sources: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = read(name)
            waiting += imports_of(name, sources[name], remappings)
    return dict(sorted(sources.items()))


def imports_of(name: str, content: str, remappings: Iterable[str]) -> list[str]:
    """Return the names of the sources that the source `name` imports itself."""
    result = []
    for imported in IMPORT.findall(content):
        if imported.startswith("."):
            result.append(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)))
            continue
        prefixes = [remapping.split("=") for remapping in remappings]
        prefix, target = max((pair for pair in prefixes if imported.startswith(pair[0])), key=lambda pair: len(pair[0]))
        result.append(target + imported.removeprefix(prefix))
    return result


def own(sources: Iterable[str]) -> set[str]:
    """Return those that are the project's, not a package's."""
    return {name for name in sources if not name.startswith(f"{DEPENDENCIES}/")}


def affected(sources: Mapping[str, str], changed: Collection[str], remappings: Collection[str]) -> set[str]:
    """Return `changed` and all sources that import one of them, directly or through others."""
    importers: dict[str, set[str]] = {}
    for name, content in sources.items():
        for imported in imports_of(name, content, remappings):
            importers.setdefault(imported, set()).add(name)
    result, waiting = set(), [name for name in changed if name in sources]
    while waiting:
        if (name := waiting.pop()) not in result:
            result.add(name)
            waiting += importers.get(name, ())
    return result


def standard_input(root: Path, sources: Mapping[str, str], wanted: Collection[str]) -> dict[str, Any]:
    """Return the compiler's input: all sources, with code only for the contracts in the sources `wanted`.

    The compiler reads all sources even for one contract, because the code of a contract may depend on the numbers of its
    syntax tree's nodes, and these depend on all sources.
    """
    return {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
        "settings": {
            **ape_settings(root),
            "outputSelection": {name: {"*": ARTIFACT_OUTPUTS} for name in sorted(wanted)},
        },
    }


def contract_types(output: Mapping[str, Any]) -> dict[str, ContractType]:
    """Return the types of the project's contracts in the compiler's output by their names."""
    return {
        name: contract_type(source, name, entry)
        for source in sorted(own(output.get("contracts", {})))
        for name, entry in output["contracts"][source].items()
    }


def compile_contracts(root: Path, sources: Mapping[str, str], wanted: Collection[str]) -> dict[str, ContractType]:
    """Return the types of the contracts in the sources `wanted` by their names. Raises NotCompiled."""
    return contract_types(run_solc(root, standard_input(root, sources, wanted))) if wanted else {}


def contract_type(source: str, name: str, entry: Mapping[str, Any]) -> ContractType:
    """Return the type that Ape makes of the compiler's output for one contract."""
    evm = entry["evm"]
    fields = {
        "abi": entry["abi"],
        "contractName": name,
        "deploymentBytecode": {"bytecode": f"0x{evm['bytecode']['object']}"},
        "devdoc": entry["devdoc"],
        "runtimeBytecode": {"bytecode": f"0x{evm['deployedBytecode']['object']}"},
        "sourceId": source,
        "sourcemap": evm["bytecode"]["sourceMap"],
        "userdoc": entry["userdoc"],
    }
    return ContractType.model_validate(fields)


def write_manifest(root: Path, manifest: PackageManifest) -> None:
    """Write Ape's file of everything compiled, as Ape writes it."""
    (root / BUILD).parent.mkdir(exist_ok=True)
    unfinished = (root / BUILD).with_suffix(".partial")
    unfinished.write_text(manifest.model_dump_json(mode="json", by_alias=True), encoding="utf-8")
    unfinished.replace(root / BUILD)


def write_all(root: Path) -> None:
    """Compile all contracts, with two processes side by side, and write them. Raises NotCompiled."""
    sources, settings = read_sources(root), ape_settings(root)
    beside = own(affected(sources, {POOL}, settings["remappings"]))
    with ThreadPoolExecutor(2) as workers:
        parts = workers.map(partial(compile_contracts, root, sources), (beside, own(sources) - beside))
    types = {name: compiled for part in parts for name, compiled in part.items()}
    outputs = {name: {"": ["ast"], "*": ARTIFACT_OUTPUTS} for name in sources}
    version = str(solcx.wrapper.get_solc_version(_executable(root), with_commit_hash=True))
    compiler = Compiler(
        name="solidity",
        version=version,
        contractTypes=sorted(types),
        settings={**settings, "outputSelection": outputs},
    )
    write_manifest(root, PackageManifest(compilers=[compiler], contractTypes=types, sources=_as_recorded(sources)))


def write_changed(root: Path, before: Mapping[str, str]) -> set[str]:
    """Compile the sources that differ from `before`, and all that import them, and update `.build/`.

    `.build/` must have been made from `before`. Returns the sources compiled. Raises NotCompiled.
    """
    sources = read_sources(root)
    changed = {name for name in sources.keys() | before.keys() if sources.get(name) != before.get(name)}
    wanted = own(affected(sources, changed, ape_settings(root)["remappings"]))
    manifest = PackageManifest.model_validate_json((root / BUILD).read_text(encoding="utf-8"))
    types = compile_contracts(root, sources, wanted)
    for name, kept in (manifest.contract_types or {}).items():
        if kept.source_id in sources and kept.source_id not in wanted:
            types[name] = kept
    manifest.contract_types, manifest.sources = types, _as_recorded(sources)
    write_manifest(root, manifest)
    return wanted


def _as_recorded(sources: Mapping[str, str]) -> dict[str, Source]:
    return {name: Source.model_validate(sources[name]) for name in sorted(own(sources))}


def main() -> int:
    try:
        write_all(ROOT)
    except NotCompiled as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
