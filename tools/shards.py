"""The run of all tests as two pytest processes side by side, reported as one: `./dev test`.

The tests of the shard `in-process` use an EVM inside pytest's own process. Those of the shard `chain` need Ape and a node.
Each shard writes a summary (tests/support/summary.py), and the closing lines are computed from both:

    4321 passed, 0 failed
    findings without a test: none

A shard that ends without a summary has died, and the run fails. `python -m tools.shards FILE ...` prints the closing lines
for summaries that were written elsewhere. Standard library only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

NO_TESTS = 5
"""pytest's exit code when its options select no test of a shard."""
LOOK_EVERY = 0.1
"""Seconds between two looks at a shard's output."""
SHARDS: dict[str, list[str]] = {
    "in-process": ["python", "-m", "pytest", "-p", "no:ape_test", "-m", "not chain"],
    "chain": ["ape", "test", "--network", "arbitrum:local:foundry", "-m", "chain"],
}
"""The command of each shard, without pytest's further arguments."""


@dataclass(frozen=True)
class Summary:
    """The results of one shard, or of several together."""

    passed: int
    failed: int
    """The number of failures and of errors in fixtures."""
    failures: tuple[str, ...]
    """The names of those tests."""
    covered: frozenset[str]
    """The findings whose id a selected test carries."""
    findings: frozenset[str]
    """All findings."""

    @classmethod
    def read(cls, path: Path) -> Summary:
        """Read what tests/support/summary.py wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            passed=fields["passed"],
            failed=fields["failed"],
            failures=tuple(fields["failures"]),
            covered=frozenset(fields["covered"]),
            findings=frozenset(fields["findings"]),
        )

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            failures=self.failures + other.failures,
            covered=self.covered | other.covered,
            findings=self.findings | other.findings,
        )

    @property
    def uncovered(self) -> list[str]:
        """Findings without a test."""
        return sorted(self.findings - self.covered)


NOTHING = Summary(0, 0, (), frozenset(), frozenset())


@dataclass(frozen=True)
class Outcome:
    """The end of one shard."""

    name: str
    exit_code: int
    summary: Summary | None
    """None if it wrote none."""

    @property
    def died(self) -> bool:
        """Whether it ended without a summary, or with an exit code other than those of a finished run."""
        return self.summary is None or self.exit_code not in (0, 1, NO_TESTS)


def close(outcomes: Sequence[Outcome], *, complete: bool) -> int:
    """Print the closing lines and return the exit code.

    Args:
        complete: all tests were selected, so every finding needs one.
    """
    total = sum((outcome.summary for outcome in outcomes if outcome.summary), NOTHING)
    died = [outcome for outcome in outcomes if outcome.died]
    print()
    for failure in total.failures:
        print(f"FAILED {failure}")
    for outcome in died:
        print(f"The shard {outcome.name} ended early with exit code {outcome.exit_code}; its other tests did not run")
    uncovered = total.uncovered if complete else []
    if complete and not died:
        print(f"findings without a test: {', '.join(uncovered) or 'none'}")
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed or died or uncovered or not total.passed else 0


def run(
    root: Path, names: Iterable[str], arguments: Sequence[str], env: Mapping[str, str], folder: Path, *, complete: bool
) -> int:
    """Run the shards side by side and return the exit code of the whole.

    The output of the first shard is shown as it comes, and then that of the second from its beginning.

    Args:
        arguments: pytest's further arguments.
        folder: for the summaries and outputs.
        complete: no argument deselects tests.
    """
    folder.mkdir(parents=True, exist_ok=True)
    env = {**env, "PYTHONPATH": str(root)}  # some package that Ape needs also has a module `tests`
    running = []
    try:
        for name in names:
            summary, output = folder / f"{name}.json", folder / f"{name}.log"
            summary.unlink(missing_ok=True)
            command = [*SHARDS[name], "-p", "tests.support.summary", "--summary", str(summary), *arguments]
            with output.open("wb") as log:
                process = subprocess.Popen(command, cwd=root, env=env, stdout=log, stderr=subprocess.STDOUT)
            running.append((name, process, summary, output))
        for name, process, _, output in running:
            print(f"--- {name} ---", flush=True)
            follow(process, output)
    except KeyboardInterrupt:
        for _, process, _, _ in running:
            process.wait()  # the terminal interrupts it too
        raise
    finally:
        for _, process, _, _ in running:
            if process.poll() is None:
                process.terminate()
                process.wait()
    outcomes = [
        Outcome(name, process.returncode, Summary.read(summary) if summary.is_file() else None)
        for name, process, summary, _ in running
    ]
    return close(outcomes, complete=complete)


def follow(process: subprocess.Popen[bytes], output: Path) -> None:
    """Copy the file to standard output until the process that writes it has ended."""
    with output.open("rb") as log:
        while True:
            ended = process.poll() is not None
            while chunk := log.read(2**16):
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
            if ended:
                return
            time.sleep(LOOK_EVERY)


def main(paths: Sequence[str]) -> int:
    """Print the closing lines for summaries that were written elsewhere. A missing file counts as a shard that died."""
    read = {path: Summary.read(Path(path)) if Path(path).is_file() else None for path in paths}
    outcomes = [
        Outcome(Path(path).stem, 1 if summary is None or summary.failed else 0, summary)
        for path, summary in read.items()
    ]
    return close(outcomes, complete=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
