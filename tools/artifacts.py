"""Writes the compiled contracts that are committed: `./dev python -m tools.artifacts`.

From what Ape compiled last, it writes

- `abi/`: the interface of each deployed contract, for other software,
- `perpetual_pools/artifacts/`: interface and creation code of each contract that the package deploys or reads.

`--check`, a part of `./dev lint`, writes nothing and fails when a file is not what would be written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perpetual_pools.chain import compiled
from tools.compiler import CONTRACTS, ROOT

ABI = Path("abi")
ARTIFACTS = Path("perpetual_pools", "artifacts")
UNISWAP = ARTIFACTS / "uniswap"
INTERFACES = ("IAggregatorV3", "IOracle")
"""What the package reads of contracts that others deploy."""
LOCAL = ("MockERC20", "ReplayAggregator", "FixedOracle", "MockSafe", "PoolLens", "FarmLens")
"""What it deploys on local chains. It also reads any ERC-20 as a MockERC20, and any Safe as a MockSafe."""
NPM = Path("node_modules", "@uniswap")
NPM_BUILDS = {
    "UniswapV2Factory": "v2-core",
    "UniswapV2Pair": "v2-core",
    "UniswapV2Router02": "v2-periphery",
    "WETH9": "v2-periphery",
}


def text(fields: Mapping[str, Any]) -> str:
    """JSON with a line for each field, and for each entry of the ABI, so that a change shows as one."""
    lines = []
    for name, value in fields.items():
        written = abi_text(value, "  ") if name == "abi" else json.dumps(value)
        lines.append(f"  {json.dumps(name)}: {written}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def abi_text(abi: list[Any], indent: str = "") -> str:
    """JSON with a line for each entry."""
    return "[\n" + ",\n".join(f"{indent}  {json.dumps(entry)}" for entry in abi) + f"\n{indent}]"


def files(root: Path) -> dict[Path, str]:
    """Return the content of each committed file by its path below `root`."""
    build = json.loads((root / compiled.BUILD).read_text(encoding="utf-8"))
    types = build["contractTypes"]
    (compiler,) = build["compilers"]
    origin = {"compiler": compiler["version"], "sources": compiled.sources_digest(root)}
    return {
        **{ABI / f"{name}.json": abi_text(types[name]["abi"]) + "\n" for name in CONTRACTS},
        **{ARTIFACTS / f"{name}.json": text(fields(types[name])) for name in (*CONTRACTS, *LOCAL, *INTERFACES)},
        **{UNISWAP / f"{name}.json": text(published(root, name)) for name in NPM_BUILDS},
        ARTIFACTS / "compiled-from.json": text(origin),
    }


def fields(contract_type: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an artifact has of one of the project's contracts."""
    result = {name: contract_type[name] for name in ("contractName", "sourceId", "abi")}
    bytecode, runtime = (contract_type[code]["bytecode"] for code in ("deploymentBytecode", "runtimeBytecode"))
    if size := len(runtime.removeprefix("0x")) // 2:
        result |= {"runtimeSize": size, "bytecode": f"0x{bytecode.removeprefix('0x')}"}
    return result


def published(root: Path, name: str) -> dict[str, Any]:
    """Return what an artifact has of one of Uniswap's contracts."""
    path = root / NPM / NPM_BUILDS[name] / "build" / f"{name}.json"
    return {"contractName": name, "abi": json.loads(path.read_text(encoding="utf-8"))["abi"]}


def main(arguments: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.artifacts", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail where files differ")
    check = parser.parse_args(arguments).check
    if not compiled.is_current(root):
        print("the contracts have changed since they were compiled: ./dev python -m tools.artifacts", file=sys.stderr)
        return 1
    wanted = files(root)
    standing = {
        path.relative_to(root): path for folder in (ABI, ARTIFACTS, UNISWAP) for path in (root / folder).glob("*.json")
    }
    if not check:
        for path, content in wanted.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content, encoding="utf-8")
        for unwanted in standing.keys() - wanted.keys():
            (root / unwanted).unlink()
        print(f"{ABI}/ and {ARTIFACTS}/: {len(wanted)} files written")
        return 0
    stale = sorted(
        str(path)
        for path in wanted.keys() | standing.keys()
        if path not in standing or standing[path].read_text(encoding="utf-8") != wanted.get(path)
    )
    for name in stale:
        print(f"{name} is not what the contracts compile to: ./dev python -m tools.artifacts", file=sys.stderr)
    if not stale:
        print(f"{ABI}/ and {ARTIFACTS}/: {len(wanted)} files as compiled")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
