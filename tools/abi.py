"""The interfaces that other software is written against, one file for each deployed contract: `python -m tools.abi` writes
abi/ from what Ape compiled; `--check`, a part of `./dev lint`, fails when a file is not what it would write.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.compiler import ROOT, artifacts


def entries(root: Path) -> dict[str, list[Any]]:
    """The ABI of each contract."""
    return {name: contract["abi"] for name, contract in artifacts(root).items()}


def text(abi: list[Any]) -> str:
    """JSON with a line for each entry, so that a change shows as one."""
    return "[\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in abi) + "\n]\n"


def files(root: Path) -> dict[Path, str]:
    return {root / "abi" / f"{name}.json": text(abi) for name, abi in entries(root).items()}


def main(arguments: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.abi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where files differ")
    check = parser.parse_args(arguments).check
    wanted = files(root)
    if not check:
        (root / "abi").mkdir(exist_ok=True)
        for path, content in wanted.items():
            path.write_text(content)
    standing = {path: path.read_text() for path in (root / "abi").glob("*")}
    stale = sorted(path.name for path in wanted.keys() | standing.keys() if wanted.get(path) != standing.get(path))
    for name in stale:
        print(f"abi/{name} is not what the contracts say: ./dev python -m tools.abi", file=sys.stderr)
    if not stale:
        print(f"abi/: {len(wanted)} interfaces as compiled")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
