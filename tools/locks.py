"""The lock files in requirements/: every package with its hashes, compiled from pyproject.toml.

`python -m tools.locks` writes them; it needs the package index. `--check`, a part of `./dev lint`, needs no internet. It
fails if a lock lacks a version that pyproject.toml names, or if two locks of one environment disagree.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("requirements")
PYTHON = "3.11"
EXTRAS: dict[str, list[str]] = {"run": [], "test": ["test"], "lint": ["test", "lint"]}
"""The locks of the project's own environment: each holds the package's dependencies and these extras."""
GROUPS = ("installer", "node", "prove")
"""The dependency groups, each with its own lock."""
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def normal(name: str) -> str:
    """Return the name by which package indexes compare packages (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    """Return the versions that requirements or a lock name, by package."""
    return {normal(name): version for name, version in PINNED.findall(text)}


def declared(project: dict[str, Any], lock: str) -> dict[str, str]:
    """Return the versions that pyproject.toml names for a lock."""
    if lock in GROUPS:
        return pins("\n".join(project["dependency-groups"][lock]))
    extras = project["project"]["optional-dependencies"]
    names = [*project["project"]["dependencies"], *(name for extra in EXTRAS[lock] for name in extras[extra])]
    return pins("\n".join(names))


def command(lock: str) -> list[str]:
    """Return the uv command that writes the lock, relative to the project's root."""
    source = ["--group", lock] if lock in GROUPS else ["pyproject.toml", *(f"--extra={name}" for name in EXTRAS[lock])]
    output = str(FOLDER / f"{lock}.lock")
    options = ["--universal", "--generate-hashes", "--python-version", PYTHON, "--no-annotate"]
    return ["uv", "pip", "compile", "--quiet", *options, *source, "--output-file", output]


def faults(root: Path) -> Iterator[str]:
    """Yield the faults in the locks of the project at `root`."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    environment: dict[str, tuple[str, str]] = {}
    for lock in (*EXTRAS, *GROUPS):
        path = root / FOLDER / f"{lock}.lock"
        locked = pins(path.read_text())
        for name, version in declared(project, lock).items():
            if locked.get(name) != version:
                yield f"{path.relative_to(root)}: {name} is {locked.get(name)}, pyproject.toml says {version}"
        if lock in EXTRAS:
            for name, version in locked.items():
                first, other = environment.setdefault(name, (version, lock))
                if version != first:
                    yield f"{path.relative_to(root)}: {name} is {version}, {other}.lock says {first}"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the locks, or check them; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.locks", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a lock does not fit")
    if parser.parse_args(arguments).check:
        found = list(faults(root))
        for fault in found:
            print(f"{fault}: ./dev python -m tools.locks", file=sys.stderr)
        if not found:
            print(f"requirements/: {len(EXTRAS) + len(GROUPS)} locks fit pyproject.toml")
        return 1 if found else 0
    for lock in (*EXTRAS, *GROUPS):
        print(f"requirements/{lock}.lock", flush=True)
        subprocess.run(command(lock), cwd=root, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
