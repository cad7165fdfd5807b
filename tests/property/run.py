"""Random lives of pools until so many steps have changed a pool's state; prints the counts as JSON.

    python -m tests.property.run --seed 1000000 --steps 50000

The seed decides everything. A failure ends the run with exit code 1; its report is the life that failed, as a program of the
rules of `tests/property/life.py`, and the command that looks for a shorter one.
"""

import argparse
import gc
import os
import sys
import traceback
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.property.artifacts import Artifacts
from tests.property.life import Life
from tests.property.tally import Tally

LIVES_AT_ONCE = 9
"""Then Hypothesis begins anew, with the next seed: from the tenth on it would vary what it has more than draw new ones."""
SETTINGS = settings(
    max_examples=LIVES_AT_ONCE,
    stateful_step_count=50,
    deadline=None,
    # Every run is the same: there is nothing to remember from the last one.
    database=None,
    phases=[Phase.generate],
    # A life is long by intention.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
SHRINKING = settings(SETTINGS, phases=[Phase.generate, Phase.shrink])
"""Takes up to five minutes when something fails."""


def live(first_seed: int, steps: int, run_settings: settings) -> Tally:
    """Raises what failed first."""
    parent = os.getppid()

    class PoolLife(Life):
        artifacts = Artifacts(Path.cwd())
        tally = Tally()

        def __init__(self) -> None:
            if os.getppid() != parent:
                # Whoever wanted the result has gone.
                os._exit(1)
            super().__init__()

    for number in count(first_seed):
        if PoolLife.tally.steps >= steps:
            break
        try:
            run_state_machine_as_test(seed(number)(PoolLife), settings=run_settings)
        except Exception as failure:
            failure.add_note(f"For a shorter life: python -m tests.property.run --steps 1 --shrink --seed {number}")
            raise
    return PoolLife.tally


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--shrink", action="store_true", help="look for the shortest life that fails")
    arguments = parser.parse_args()
    # There are few cycles, and they live as long as a pool; what is there now stays.
    gc.set_threshold(50_000)
    gc.freeze()
    try:
        tally = live(arguments.seed, arguments.steps, SHRINKING if arguments.shrink else SETTINGS)
    except Exception:  # noqa: BLE001 -- whatever fails is the result
        traceback.print_exc()
        return 1
    print(tally.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
