"""The interface of a chain that a twin needs: it deploys, sends and reads at an exact time."""

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

    `name` and `arguments` are those of the contract's error. The name is `Panic` for a panic, `Error` for a reason string,
    and empty for any other data.
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


class Chain(Protocol):
    """The chain that a twin needs. Each implementation has its own type of accounts; `address_of` gives their addresses.

    Contracts have their functions, `contract.function(*arguments, sender=...)`, an `address` and a `contract_type`.
    """

    now: int
    """The time of every call until `move_to`, in Unix seconds."""

    @property
    def id(self) -> int: ...

    def move_to(self, timestamp: int) -> None: ...

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Any:
        """Deploy a contract, which is the name of one of the project's contracts or the type of any contract."""
        ...

    def at(self, contract: str | ContractType, address: str) -> Any: ...

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: Any, *others: Any) -> Sent:
        """Send a call. `others` are contracts whose events are returned too. Raises Reverted with the contract's error."""
        ...

    def read(self, contract: Any, method: str, *arguments: Any) -> Any: ...

    def reverting(self) -> AbstractContextManager[None]:
        """In the block, send calls of a contract's functions at the chain's time, and raise Reverted as `send` does."""
        ...

    def logs(self) -> Logs:
        """Return the events that the last call emitted, in order, from all contracts that the chain knows."""
        ...

    def storage(self, contract: Any) -> object:
        """Return a value that is equal for two states if all slots of the contract's storage are equal."""
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
