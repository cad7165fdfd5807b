"""Parameters as a factory takes them, and those who have no role in it."""

from dataclasses import asdict
from typing import Any

from perpetual_pools.model import PoolParams

STRANGER = "0x" + "99" * 20
ZERO = "0x" + "00" * 20


def struct(params: PoolParams) -> tuple[Any, ...]:
    """As the contract takes it."""
    return tuple(asdict(params).values())
