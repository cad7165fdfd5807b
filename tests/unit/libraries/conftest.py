"""The pool's libraries through their harness, in an EVM of the test's own process, and numbers to try them with."""

from random import Random
from typing import Any

import pytest

from tests.conftest import NOW
from tests.revm import Instance, Revm


@pytest.fixture(scope="session")
def maths_harness(project: Any) -> Instance:
    """Pure functions: one instance for all tests."""
    return Revm(NOW).deploy(project.MathsHarness)


def any_size(random: Random, lowest: int, highest: int) -> int:
    """From `lowest` to `highest`, each order of magnitude as likely as any other; now and then one of the two ends."""
    if random.random() < 0.02:
        return random.choice((lowest, highest))
    bits = random.randint(lowest.bit_length(), highest.bit_length())
    return min(max(random.getrandbits(bits) | (1 << bits >> 1), lowest), highest)
