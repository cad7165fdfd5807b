"""The events that the model emits, in order to compare them with the contracts' events."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One event of a contract, with the contract's names for the event and its arguments."""

    name: str
    arguments: dict[str, object]
