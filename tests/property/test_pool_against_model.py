"""Random lives of pools, on a chain and in the model, until 100,000 steps have changed a pool's state: about two minutes.

Environment: `PROPERTY_STEPS` (default 100,000) is how many steps at least; `PROPERTY_SEED` (default 1) decides all the rest.
The long run is `PROPERTY_STEPS=1000000 ./dev test tests/property`. A failure prints the life that failed, and the command
that looks for a shorter one (after `eval "$(./dev env)"`).
"""

import os
import subprocess
import sys
import time

import pytest

from tests.property.tally import Tally

STEPS = int(os.environ.get("PROPERTY_STEPS", "100000"))
SEED = int(os.environ.get("PROPERTY_SEED", "1"))
PROCESSES = 2
FAR = 10**6
"""Between the seeds of two processes."""


@pytest.fixture
def run_lives(project, tmp_path):
    """Runs lives in processes of their own, none of which is left behind; returns their counts together."""
    processes, logs = [], []

    def run(steps: int) -> Tally:
        for number in range(PROCESSES):
            command = [sys.executable, "-m", "tests.property.run", f"--steps={steps // PROCESSES}"]
            command.append(f"--seed={(SEED * PROCESSES + number) * FAR}")
            logs.append(tmp_path / f"lives-{number}")
            with logs[-1].open("w") as log:
                processes.append(subprocess.Popen(command, cwd=project.path, stdout=log, stderr=subprocess.STDOUT))
        while any(process.poll() is None for process in processes):
            if any(process.poll() for process in processes):
                break
            time.sleep(0.1)
        tally = Tally()
        for process, log in zip(processes, logs, strict=True):
            assert not process.poll(), log.read_text()
        for log in logs:
            tally.add(Tally.from_json(log.read_text().splitlines()[-1]))
        return tally

    yield run
    for process in processes:
        process.kill()
        process.wait()


def test_pool__random_lives__equals_the_model_after_every_step_and_keeps_its_invariants(run_lives, capsys):
    tally = run_lives(STEPS)
    with capsys.disabled():
        print(f"\nseed {SEED}: {tally}")
    assert tally.steps >= STEPS
    assert not list(tally.shortfalls())
