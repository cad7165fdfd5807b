"""What a contract emits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One event of the contract: its name and its arguments by the contract's names."""

    name: str
    arguments: dict[str, object]
