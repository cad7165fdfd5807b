"""Whether build artifacts match the current sources and settings of this checkout, and where the checkout is.

There are two kinds of build artifacts: Ape's own folder `.build/`, and `perpetual_pools/artifacts/`, which is made from it
and committed. Ape compares each contract only with its own file, so it keeps code that a changed import or setting has made
stale. Therefore everything is always compiled together, and `.build/` is marked with a hash of its inputs and of the
result. The committed artifacts hold the same hash of the sources (`sources_digest`).

This module uses only the standard library, because the launcher needs it before anything is installed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

BUILD = Path(".build", "__local__.json")
"""Ape's own file of everything compiled."""
MARK = Path(".build", "compiled-from")
SETTINGS = ("ape-config.yaml", "package-lock.json")
"""The files with the compiler's version and settings and the libraries' versions. The code depends on them too."""
TOOLS = ("requirements/run.lock", "tools/solc")
"""The files that determine how the compiler runs."""
CONFIGURATION = (*SETTINGS, *TOOLS)


def checkout() -> Path | None:
    """Return the root of the checkout that this package is part of, or None when the package was installed from a wheel."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "contracts").is_dir() and (root / SETTINGS[0]).is_file() else None


def sources_digest(root: Path) -> str:
    """Return a hash of the sources and settings at `root`, on which the code of the contracts depends."""
    contracts = root / "contracts"
    # Ape may put the libraries in contracts/.cache while it compiles; their versions are among the settings.
    sources = [path for path in contracts.rglob("*.sol") if path.relative_to(contracts).parts[0] != ".cache"]
    return _digest(root, [*sorted(sources), *(root / name for name in SETTINGS)])


def is_current(root: Path) -> bool:
    """Return whether no source, setting or build artifact at `root` has changed since `marking`."""
    mark = root / MARK
    return (
        mark.is_file()
        and (root / BUILD).is_file()
        and mark.read_text(encoding="utf-8") == _mark(root, _made_from(root))
    )


@contextmanager
def marking(root: Path) -> Iterator[None]:
    """Mark `.build/` as current; the block has to compile everything. A source that changes meanwhile makes it stale."""
    made_from = _made_from(root)
    yield
    (root / MARK).write_text(_mark(root, made_from), encoding="utf-8")


def _made_from(root: Path) -> str:
    return f"{sources_digest(root)} {_digest(root, [root / name for name in TOOLS])}"


def _mark(root: Path, made_from: str) -> str:
    return f"{made_from} {_digest(root, [root / BUILD])}\n"


def _digest(root: Path, paths: Iterable[Path]) -> str:
    """Return a hash of the names and the contents."""
    result = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        result.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return result.hexdigest()
