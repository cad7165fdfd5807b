"""What docs/invariants.md says in numbers: how often something is tried."""

import re
from collections.abc import Iterator

from tests.docs import claims
from tests.docs.text import DOCS
from tools.symbolic import TRIES


@claims.of("invariants.md")
def tries() -> Iterator[str]:
    yield f"Before the proof, the command tries each property on {TRIES:,} random inputs."
    source = (DOCS.parent / "tests" / "unit" / "libraries" / "test_value_transfer.py").read_text()
    rounds = [int(number) for number in re.findall(r"for number in range\(([\d_]+)\)", source)]
    yield f"compares {sum(rounds):,} random transfers with exact fractions."
