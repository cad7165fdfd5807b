"""What the model refuses: errors of the contracts, with their arguments."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from perpetual_pools.model import Refused


@dataclass(frozen=True)
class Refusal:
    """An error of the contract with its arguments, in the contract's order."""

    error: str
    arguments: dict[str, Any]


def refusal(error: str, **arguments: Any) -> Refusal:
    return Refusal(error, arguments)


@contextmanager
def refused(expected: Refusal) -> Iterator[None]:
    with pytest.raises(Refused) as found:
        yield
    assert (found.value.error, list(found.value.arguments.items())) == (
        expected.error,
        list(expected.arguments.items()),
    )
