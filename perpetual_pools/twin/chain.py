"""The interface of a twin's chain: it deploys, sends and reads at an exact time."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from ethpm_types import ContractType

Events = list[tuple[str, dict[str, Any]]]
"""The names and arguments of events."""
Logs = list[tuple[str, str, dict[str, Any]]]
"""The addresses of contracts, with the names and arguments of their events."""


class Reverted(Exception):
    """A call that reverted.

    `name` is the contract's error, `Panic`, or `Error` for a reason string. It is empty for other data, which is then the
    only one of the `arguments`.
    """

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        super().__init__(f"{name}{arguments}")
        self.name = name
        self.arguments = arguments


@dataclass(frozen=True)
class Sent:
    """The result of a call."""

    value: Any
    events: Events
    """The events of the called contract, then those of the other contracts that the caller named."""


class Caller(Protocol):
    """The part of a chain that deploys, calls and reads contracts.

    Each implementation has its own type of accounts, and `address_of` returns their addresses.

    A contract has an `address` and a `contract_type`, and answers to `contract.function(*arguments, sender=...)`.
    """

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Any:
        """Deploy one of the project's contracts, by name, or another contract type."""
        ...

    def at(self, contract: str | ContractType, address: str) -> Any:
        """Return the contract at the address."""
        ...

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: Any, *others: Any) -> Sent:
        """Call a function, and return its events and those of `others`. Raises Reverted with the contract's error."""
        ...

    def read(self, contract: Any, method: str, *arguments: Any) -> Any:
        """Return the answer of a view."""
        ...


class Chain(Caller, Protocol):
    """A chain with everything that a twin needs."""

    now: int
    """The time of every call until `move_to`, in Unix seconds."""

    @property
    def id(self) -> int:
        """The chain id."""
        ...

    def move_to(self, timestamp: int) -> None:
        """Set the time, in Unix seconds."""
        ...

    def reverting(self) -> AbstractContextManager[None]:
        """Give direct calls of contracts in the block the chain's time, and raise Reverted as `send` does."""
        ...

    def logs(self) -> Logs:
        """Return the events of the last call, in order, of all contracts that the chain knows."""
        ...

    def storage(self, contract: Any) -> object:
        """Return a value that is equal if and only if all storage slots of the contract are equal."""
        ...


def address_of(account: Any) -> str:
    """Return the address of an account or a contract of any chain."""
    return account if isinstance(account, str) else str(account.address)


def plain(value: Any) -> Any:
    """Return the value in a form that is comparable across chains: addresses in lower case, structs as lists."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value] or None
    return int(value) if isinstance(value, int) else value
