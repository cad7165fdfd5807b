"""The pool's libraries through their harness, in an EVM of the test's own process, and numbers to try them with."""

from typing import Any

import pytest

from tests.support.revm import Instance, Revm
from tests.support.world import NOW


@pytest.fixture(scope="session")
def maths_harness(project: Any) -> Instance:
    """Pure functions: one instance for all tests."""
    return Revm(NOW).deploy(project.MathsHarness)
