"""The model's refusals, with the names and the arguments of the contracts' custom errors."""

from __future__ import annotations


class Refused(Exception):
    """A refused call. It has changed nothing.

    Args:
        error: the name of the contract's custom error, like ``RebalanceNotDue``.
        arguments: its arguments by name, in the contract's order.
    """

    def __init__(self, error: str, **arguments: object) -> None:
        self.error = error
        self.arguments = arguments
        super().__init__(f"{error}({', '.join(f'{name}={value}' for name, value in arguments.items())})")
