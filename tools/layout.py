"""Storage layout and code size of every deployed contract: `python -m tools.layout`, a part of `./dev lint`.

It prints both. It fails if a layout differs from snapshots/layout.json, if code is larger than EIP-170 allows, or if
deployment code is larger than EIP-3860 allows. `--update` writes the file after an intended change.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.compiler import CONTRACTS, ROOT, artifacts, front_end

SNAPSHOT = Path("snapshots") / "layout.json"
CODE_LIMIT = 24_576
"""Bytes, EIP-170."""
DEPLOYMENT_LIMIT = 49_152
"""Bytes, EIP-3860."""


def slots(layout: dict[str, Any]) -> dict[str, str]:
    """Return the contents of each slot, from its lowest byte on, like `{"0": "_state PoolState"}`."""
    types, result = layout["types"] or {}, dict[str, str]()
    for variable in layout["storage"]:
        entry = f"{variable['label']} {types[variable['type']]['label']}"
        taken = result.get(variable["slot"])
        result[variable["slot"]] = entry if taken is None else f"{taken}, {entry}"
    return result


def structs(layout: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the structs in storage, with their slots."""
    types = layout["types"] or {}
    found = {kind["label"]: kind["members"] for kind in types.values() if "members" in kind}
    return {label: slots({"types": types, "storage": members}) for label, members in sorted(found.items())}


def size(code: dict[str, str]) -> int:
    """Bytes."""
    return len(code["bytecode"].removeprefix("0x")) // 2


Layouts = dict[str, dict[str, dict[str, str]]]
Sizes = dict[str, tuple[int, int]]


def layouts(root: Path) -> Layouts:
    """Return for each contract its slots, its transient slots and its structs by name."""
    sources = {name: contracts[name] for contracts in front_end(root)["contracts"].values() for name in contracts}
    return {
        name: {
            "slot": slots(sources[name]["storageLayout"]),
            "transient slot": slots(sources[name]["transientStorageLayout"]),
            **structs(sources[name]["storageLayout"]),
        }
        for name in CONTRACTS
    }


def sizes(root: Path) -> Sizes:
    """Return the bytes of code and of deployment code of each contract, as Ape compiled it."""
    return {
        name: (size(contract["runtimeBytecode"]), size(contract["deploymentBytecode"]))
        for name, contract in artifacts(root).items()
    }


def table(found: Layouts, measured: Sizes) -> Iterator[str]:
    for name, (code, deployment) in measured.items():
        yield f"{name}: {code:,} of {CODE_LIMIT:,} bytes, to deploy {deployment:,} of {DEPLOYMENT_LIMIT:,}"
        for place, entries in found[name].items():
            yield from (f"  {place} {number}: {entry}" for number, entry in entries.items())


def faults(found: Layouts, measured: Sizes, recorded: Layouts) -> Iterator[str]:
    for name, (code, deployment) in measured.items():
        for what, bytes_, limit in (("code", code, CODE_LIMIT), ("deployment code", deployment, DEPLOYMENT_LIMIT)):
            if bytes_ > limit:
                yield f"{name}: {bytes_:,} bytes of {what}, the limit is {limit:,}"
    for name in sorted(found.keys() | recorded.keys()):
        if found.get(name) != recorded.get(name):
            yield f"{name}: the layout is {found.get(name)}, {SNAPSHOT} says {recorded.get(name)}"


def main(arguments: list[str], root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.layout", description=__doc__)
    parser.add_argument("--update", action="store_true", help=f"write {SNAPSHOT} anew")
    update = parser.parse_args(arguments).update
    found, measured = layouts(root), sizes(root)
    print("\n".join(table(found, measured)))
    if update:
        (root / SNAPSHOT).write_text(json.dumps(found, indent=2) + "\n")
    wrong = list(faults(found, measured, json.loads((root / SNAPSHOT).read_text())))
    if wrong:
        print(
            "\n".join(wrong),
            "If the change is intended: ./dev python -m tools.layout --update",
            sep="\n",
            file=sys.stderr,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
