"""Lives in processes of their own, for every machine alike.

Environment: `PROPERTY_STEPS` (default 100,000) is how many steps at least; `PROPERTY_SEED` (default 1) decides all the rest.
The long run is `PROPERTY_STEPS=1000000 ./dev test tests/property`. A failure prints the life that failed, and the command
that looks for a shorter one (after `eval "$(./dev env)"`).
"""

import os
import subprocess
import sys
import time

import pytest

from tests.property.run import machine_of
from tests.property.tally import Tally

STEPS = int(os.environ.get("PROPERTY_STEPS", "100000"))
SEED = int(os.environ.get("PROPERTY_SEED", "1"))
PROCESSES = 2
FAR = 10**6
"""Between the seeds of two processes."""


@pytest.fixture
def require_lives(project, tmp_path, capsys):
    """Runs that many lives of a machine and requires that they were good and saw enough; leaves no process behind."""
    processes, logs = [], []

    def require(machine: str) -> Tally:
        for number in range(PROCESSES):
            command = [sys.executable, "-m", "tests.property.run", machine, f"--steps={STEPS // PROCESSES}"]
            command.append(f"--seed={(SEED * PROCESSES + number) * FAR}")
            logs.append(tmp_path / f"lives-{number}")
            with logs[-1].open("w") as log:
                processes.append(subprocess.Popen(command, cwd=project.path, stdout=log, stderr=subprocess.STDOUT))
        while any(process.poll() is None for process in processes):
            if any(process.poll() for process in processes):
                break
            time.sleep(0.1)
        tally = machine_of(machine).tally_type()
        for process, log in zip(processes, logs, strict=True):
            assert not process.poll(), log.read_text()
        for log in logs:
            tally.add(log.read_text().splitlines()[-1])
        with capsys.disabled():
            print(f"\n{machine}, seed {SEED}: {tally}")
        assert tally.steps >= STEPS
        assert not list(tally.shortfalls())
        return tally

    yield require
    for process in processes:
        process.kill()
        process.wait()
