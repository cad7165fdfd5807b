"""What a twin needs of a chain, whichever it is: it deploys, sends and reads at an exact time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Events = list[tuple[str, dict[str, Any]]]


class Reverted(Exception):
    """A call that reverted. `name` is that of the contract's error (`Panic`, or `Error` for a reason string; empty when
    it is none of these), `arguments` its arguments."""

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        super().__init__(f"{name}{arguments}")
        self.name = name
        self.arguments = arguments


@dataclass(frozen=True)
class Sent:
    """What a call did."""

    value: Any
    events: Events
    """Of the called contract; then of others that were asked for."""


class Chain(Protocol):
    """All that a twin needs of a chain. Accounts are named by what the chain sends with: see `address_of`."""

    now: int
    """Unix seconds: the time of every call until `move_to`."""

    def move_to(self, timestamp: int) -> None: ...

    def deploy(self, contract: str, *arguments: Any) -> Any: ...

    def at(self, contract: str, address: str) -> Any: ...

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: Any, *others: Any) -> Sent:
        """`others`: contracts whose events are wanted too. Raises Reverted with the contract's error."""
        ...

    def read(self, contract: Any, method: str, *arguments: Any) -> Any: ...


def address_of(account: Any) -> str:
    """Of an account or a contract of either chain."""
    return account if isinstance(account, str) else str(account.address)


def plain(value: Any) -> Any:
    """Comparable across chains: addresses in lower case, structs as tuples."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value] or None
    return int(value) if isinstance(value, int) else value
