"""A refusal of the contracts, by the name and the arguments of the contract's custom error."""

from __future__ import annotations


class Refused(Exception):
    """The call is refused and has changed nothing.

    Args:
        error: the name of the contract's custom error, like ``RebalanceNotDue``.
        arguments: its arguments by name, in the contract's order.
    """

    def __init__(self, error: str, **arguments: object) -> None:
        self.error = error
        self.arguments = arguments
        super().__init__(f"{error}({', '.join(f'{name}={value}' for name, value in arguments.items())})")
