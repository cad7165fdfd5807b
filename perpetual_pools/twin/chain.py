"""What a twin needs of a chain, whichever it is: it deploys, sends and reads at an exact time."""

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
    """All that a twin needs of a chain. Accounts are named by what the chain sends with: see `address_of`.

    Contracts answer to their functions, `contract.function(*arguments, sender=...)`, and have an `address` and a
    `contract_type`.
    """

    now: int
    """Unix seconds: the time of every call until `move_to`."""

    @property
    def id(self) -> int: ...

    def move_to(self, timestamp: int) -> None: ...

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Any:
        """`contract`: the name of one of the project's, or anything that can be deployed."""
        ...

    def at(self, contract: str | ContractType, address: str) -> Any: ...

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: Any, *others: Any) -> Sent:
        """`others`: contracts whose events are wanted too. Raises Reverted with the contract's error."""
        ...

    def read(self, contract: Any, method: str, *arguments: Any) -> Any: ...

    def reverting(self) -> AbstractContextManager[None]:
        """Within, a call of a contract's function is sent at the chain's time and raises Reverted, as `send` does."""
        ...

    def logs(self) -> Logs:
        """Of all contracts that the chain knows, in order: what they emitted in the call that was sent just now."""
        ...

    def storage(self, contract: Any) -> object:
        """Equal when all slots of the contract's storage are."""
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
