"""Whether what Ape has compiled is of the sources and settings that are there now: of all of them.

Ape compares a contract with its own file alone, and keeps what a changed import or setting has made stale. So what matters
is compiled anew, all of it, and marked with a hash of what it was made of and of what came of it. Standard library only: the
launcher asks before anything is installed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

BUILD = Path(".build", "__local__.json")
"""Ape's own file of everything compiled."""
MARK = Path(".build", "compiled-from")
CONFIGURATION = ("ape-config.yaml", "requirements/main.lock", "package-lock.json", "tools/solc")


def is_current(root: Path) -> bool:
    """Whether nothing has changed in the project at `root` since `mark`, neither what is compiled nor what came of it."""
    mark_file = root / MARK
    return mark_file.is_file() and (root / BUILD).is_file() and mark_file.read_text(encoding="utf-8") == _digest(root)


def mark(root: Path) -> None:
    """To be called when all was compiled anew."""
    (root / MARK).write_text(_digest(root), encoding="utf-8")


def _digest(root: Path) -> str:
    """Of the names and the contents."""
    result = hashlib.sha256()
    sources = sorted((root / "contracts").rglob("*.sol"))
    for path in (*sources, *(root / name for name in CONFIGURATION), root / BUILD):
        content = path.read_bytes()
        result.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return result.hexdigest()
