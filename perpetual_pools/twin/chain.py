"""The chain that a twin needs: it deploys, sends and reads at an exact time."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from ethpm_types import ContractType

Events = list[tuple[str, dict[str, Any]]]
"""Names and arguments."""
Logs = list[tuple[str, str, dict[str, Any]]]
"""The same, each with the address of its contract before it."""


class Reverted(Exception):
    """A call that reverted.

    Args:
        name: of the contract's error; `Panic`, or `Error` for a reason string; empty if it is something else.
        arguments: of the error.
    """

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        super().__init__(f"{name}{arguments}")
        self.name = name
        self.arguments = arguments


@dataclass(frozen=True)
class Sent:
    """The outcome of a call that succeeded."""

    value: Any
    events: Events
    """Those of the called contract, then those of the other contracts that the caller named."""


class Chain(Protocol):
    """A chain that twins can use. An account is whatever the chain sends with: see `address_of`.

    Contracts answer to their functions, `contract.function(*arguments, sender=...)`, and have an `address` and a
    `contract_type`.
    """

    now: int
    """The time of every call until `move_to`, in Unix seconds."""

    @property
    def id(self) -> int: ...

    def move_to(self, timestamp: int) -> None: ...

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Any:
        """Deploy a contract: the project's of that name, or one of any type."""
        ...

    def at(self, contract: str | ContractType, address: str) -> Any: ...

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: Any, *others: Any) -> Sent:
        """Call a function in a transaction. `others`: contracts whose events are returned too. Raises Reverted."""
        ...

    def read(self, contract: Any, method: str, *arguments: Any) -> Any: ...

    def reverting(self) -> AbstractContextManager[None]:
        """Let a call of a contract's function have the chain's time and raise Reverted, as with `send`."""
        ...

    def logs(self) -> Logs:
        """Return in order what all known contracts emitted in the last call."""
        ...

    def storage(self, contract: Any) -> object:
        """Return a value that is equal if and only if all slots of the contract's storage are."""
        ...


def address_of(account: Any) -> str:
    """Return the address of an account or a contract of any chain."""
    return account if isinstance(account, str) else str(account.address)


def plain(value: Any) -> Any:
    """Return the value in a form that is the same for all chains: addresses in lower case, structs as lists."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value] or None
    return int(value) if isinstance(value, int) else value
