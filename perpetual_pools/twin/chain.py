"""The interface of a twin's chain: it deploys, sends and reads at an exact time."""

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

    `name` is the contract's error, `Panic`, or `Error` for a reason string. It is empty for other data, which is then the
    only one of the `arguments`.
    """

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


class Caller(Protocol):
    """Deploys, calls and reads contracts. Accounts are named by what the chain sends with: see `address_of`.

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
    """Everything that a twin needs of a chain."""

    now: int
    """Unix seconds: the time of every call until `move_to`."""

    @property
    def id(self) -> int:
        """The chain id."""
        ...

    def move_to(self, timestamp: int) -> None:
        """Set the time, in Unix seconds."""
        ...

    def reverting(self) -> AbstractContextManager[None]:
        """Within the block, a direct call of a contract's function has the chain's time and raises Reverted, like `send`."""
        ...

    def logs(self) -> Logs:
        """Return the events of the last call, in order, of all contracts that the chain knows."""
        ...

    def storage(self, contract: Any) -> object:
        """Return a value that is equal if and only if all storage slots of the contract are equal."""
        ...


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
