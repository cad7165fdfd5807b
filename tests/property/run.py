"""Random lives until so many steps have changed the state of what lives; prints the counts as JSON.

    python -m tests.property.run pool --seed 1000000 --steps 50000

The seed decides everything, together with the numbers in the project's sources, which Hypothesis likes to try. A failure
ends the run with exit code 1; its report is the life that failed, as a program of the rules of
`tests/property/pool/life.py`, and the command that looks for a shorter one. A package beside `pool` that has such a
`life.py` with a `Life` runs by its name.
"""

import argparse
import gc
import os
import sys
import traceback
from importlib import import_module
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from perpetual_pools.twin.artifacts import Artifacts
from tests.property.machine import Machine
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


def machine_of(name: str) -> type[Machine]:
    machine: type[Machine] = import_module(f"tests.property.{name}.life").Life
    return machine


def live(name: str, first_seed: int, steps: int, run_settings: settings) -> Tally:
    """Raises what failed first."""
    parent, machine = os.getppid(), machine_of(name)

    class Lived(machine):  # type: ignore[misc, valid-type]
        artifacts = Artifacts(Path.cwd())
        tally = machine.tally_type()

        def __init__(self) -> None:
            if os.getppid() != parent:
                # Whoever wanted the result has gone.
                os._exit(1)
            super().__init__()

    for number in count(first_seed):
        if Lived.tally.steps >= steps:
            break
        try:
            run_state_machine_as_test(seed(number)(Lived), settings=run_settings)
        except Exception as failure:
            command = f"python -m tests.property.run {name} --steps 1 --shrink --seed {number}"
            failure.add_note(f"For a shorter life: {command}")
            raise
    return Lived.tally


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("machine", help="whose lives: a package beside this file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--shrink", action="store_true", help="look for the shortest life that fails")
    arguments = parser.parse_args()
    # There are few cycles, and they live as long as a life; what is there now stays.
    gc.set_threshold(50_000)
    gc.freeze()
    try:
        tally = live(arguments.machine, arguments.seed, arguments.steps, SHRINKING if arguments.shrink else SETTINGS)
    except Exception:  # noqa: BLE001 -- whatever fails is the result
        traceback.print_exc()
        return 1
    print(tally.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
