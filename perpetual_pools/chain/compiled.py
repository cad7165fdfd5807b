"""Whether what Ape has compiled is of the sources and settings that are there now: of all of them.

Ape compares a contract with its own file alone, and keeps what a changed import or setting has made stale. So what matters
is compiled anew, all of it, and marked with hashes of what it was made of and of what came of it. Standard library only: the
launcher asks before anything is installed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

BUILD = Path(".build", "__local__.json")
"""Ape's own file of everything compiled."""
MARK = Path(".build", "compiled-from")
CONFIGURATION = ("ape-config.yaml", "requirements/run.lock", "package-lock.json", "tools/solc")


def is_current(root: Path) -> bool:
    """Whether in the project at `root` neither a source nor a setting nor what is compiled has changed since `marking`."""
    mark = root / MARK
    return (
        mark.is_file() and (root / BUILD).is_file() and mark.read_text(encoding="utf-8") == _mark(root, _sources(root))
    )


@contextmanager
def marking(root: Path) -> Iterator[None]:
    """Within, all is to be compiled anew. A source that changes meanwhile counts as it was at the beginning."""
    sources = _sources(root)
    yield
    (root / MARK).write_text(_mark(root, sources), encoding="utf-8")


def _mark(root: Path, sources: str) -> str:
    return f"{sources} {_digest(root, [root / BUILD])}\n"


def _sources(root: Path) -> str:
    configuration = [root / name for name in CONFIGURATION]
    return _digest(root, [*sorted((root / "contracts").rglob("*.sol")), *configuration])


def _digest(root: Path, paths: Iterable[Path]) -> str:
    """Of the names and the contents."""
    result = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        result.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return result.hexdigest()
