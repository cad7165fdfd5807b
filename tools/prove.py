"""Proves the properties of the libraries, then breaks the code in the way of each finding and requires a test to fail.

tools/symbolic.py proves the properties. It runs beside the mutants and goes first when both need the processor.

A mutant is a copy of the project below `.prove`, broken by `tests/mutants/<finding>.patch`. The command compiles the
contracts that depend on the patch, in the same way as Ape (tools/compiler.py). Then it runs the tests with the finding's
id until one fails: first the tests that need no node, and if none of them fails, the others. It is a failure if a finding
has no patch, if a patch does not apply or compile, and if no test notices the mutant.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from perpetual_pools.chain import compiled
from tests.support.findings import FINDINGS
from tools import artifacts, compiler
from tools.shards import NO_TESTS, SHARDS

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = Path("tests", "mutants")
PLACES = ROOT / ".prove"
ORIGINAL = PLACES / "original"
"""The project as it was when the command began. Every mutant is a copy of it."""
NOTICED = ROOT / ".cache" / "noticed.json"
"""Lists the mutants that the last run noticed, for `--continue`."""
FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)
PROPERTIES = "maths"
"""The argument that stands for the properties, where others are findings."""
ALL_PASSED = 0
TESTS_FAILED = 1
"""pytest's exit codes when all tests passed, and when some failed or had errors in fixtures."""
NICENESS = 10
"""Gives the solvers, whose time is limited, precedence over the mutants."""
GRACE = 10
"""Seconds that an interrupted pytest gets to stop its node."""


@dataclass(frozen=True)
class Verdict:
    """The result for one mutant."""

    finding: str
    noticed: bool
    text: str


class NotProved(Exception):
    """A mutant that no test has noticed. The message gives the reason."""


# --- copies of the project ---


def take_original() -> None:
    """Copy the project's files and build artifacts. Raises NotProved if the artifacts are stale."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (ORIGINAL / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, ORIGINAL / name)
    (ORIGINAL / "node_modules").symlink_to(ROOT / "node_modules")
    shutil.copytree(ROOT / ".build", ORIGINAL / ".build")
    if not compiled.is_current(ORIGINAL):
        raise NotProved("the contracts have changed since they were compiled: run the command again")
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "perpetual_pools", "tests", "tools"], cwd=ORIGINAL, check=True
    )


@contextmanager
def copy_of_original(place: Path) -> Iterator[None]:
    """Keep a copy of the project at `place` during the block."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(ORIGINAL, place, symlinks=True)
    try:
        yield
    finally:
        shutil.rmtree(place, ignore_errors=True)


def files_by_finding(root: Path) -> dict[str, list[str]]:
    """Return the test files with each finding's id. Those below tests/unit come first, because they are fast.

    Raises:
        ValueError: a mark whose id is not a literal.
    """
    result: dict[str, list[str]] = {finding: [] for finding in FINDINGS}
    names = [path.relative_to(root).as_posix() for path in (root / "tests").rglob("test_*.py")]
    for name in sorted(names, key=lambda name: (not name.startswith("tests/unit/"), name)):
        for finding in findings_in((root / name).read_text(encoding="utf-8")):
            result[finding].append(name)
    return result


def findings_in(source: str) -> set[str]:
    """Return the ids in all `pytest.mark.finding("...")` of a test file."""
    if "mark.finding" not in source:
        return set()
    marks = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.finding")
    ]
    return {str(ast.literal_eval(argument)) for mark in marks for argument in mark.args}


# --- mutants ---


class Runner:
    """Runs commands in copies of the project, until it is stopped."""

    def __init__(self) -> None:
        self.stopped = Event()
        self._running: set[subprocess.Popen[str]] = set()

    def run(self, place: Path, *command: str) -> subprocess.CompletedProcess[str]:
        """Raises NotProved when stopped."""
        if self.stopped.is_set():
            raise NotProved("interrupted")
        # git must not take the copy for a part of the repository around it.
        env = {
            **os.environ,
            "APE_DATA_FOLDER": str(place.with_suffix(".ape")),
            "GIT_CEILING_DIRECTORIES": str(place.parent),
        }
        process = subprocess.Popen(
            command, cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._running.add(process)
        try:
            stdout, stderr = process.communicate()
        finally:
            self._running.discard(process)
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    def stop(self) -> None:
        """End the commands that are running and start no others."""
        self.stopped.set()
        running = list(self._running)
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()


def break_and_test(finding: str, files: list[str], place: Path, runner: Runner) -> str:
    """Return the test that noticed, and how long compiling took. Raises NotProved."""
    with copy_of_original(place):
        applied = runner.run(place, "git", "apply", str(ORIGINAL / MUTANTS / f"{finding}.patch"))
        if applied.returncode != 0:
            raise NotProved(f"the patch does not apply:\n{applied.stderr}")
        start = time.monotonic()
        try:
            with compiled.marking(place):
                compiler.write_changed(place, compiler.read_sources(ORIGINAL))
        except compiler.NotCompiled as error:
            raise NotProved(f"does not compile:\n{str(error)[-2_000:]}") from error
        for path, content in artifacts.files(place).items():  # the package deploys from these
            (place / path).write_text(content, encoding="utf-8")
        seconds = time.monotonic() - start
        return f"{failing_test(finding, files, place, runner)}, compiled in {seconds:.0f} s"


def failing_test(finding: str, files: list[str], place: Path, runner: Runner) -> str:
    """Return the name of a test of the finding, in one of the files, that fails at `place`. Raises NotProved."""
    if not files:
        raise NotProved("no test carries its id")
    selected = ["--finding", finding, "-q", "--tb=no", "-rf", *files]
    output = ""
    for shard in SHARDS.values():
        # An error in a fixture also ends the first run, but it does not count as noticing.
        for arguments in (["--exitfirst", *selected], selected):
            tested = runner.run(place, *shard, *arguments)
            output += tested.stdout
            if tested.returncode not in (ALL_PASSED, TESTS_FAILED, NO_TESTS):
                raise NotProved(f"pytest ends with exit code {tested.returncode}:\n{output[-2_000:]}{tested.stderr}")
            if failed := FAILED.search(tested.stdout):
                return failed[1]
            if tested.returncode != TESTS_FAILED:
                break
    raise NotProved(f"no test of it fails:\n{output[-2_000:]}")


def prove(finding: str, files: list[str], places: SimpleQueue[Path], runner: Runner) -> Verdict:
    place = places.get()
    start = time.monotonic()
    try:
        noticed_by = break_and_test(finding, files, place, runner)
    except NotProved as problem:
        return Verdict(finding, False, str(problem))
    finally:
        places.put(place)
    return Verdict(finding, True, f"{noticed_by}, {time.monotonic() - start:.0f} s in all")


# --- notes for a later run ---


class Notes:
    """A file with the mutants that were noticed in one state of the project."""

    def __init__(self, original: Path, file: Path) -> None:
        self._file = file
        self._state = hashlib.sha256()
        for path in sorted(original.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and "node_modules" not in path.parts:
                content = path.read_bytes()
                self._state.update(f"{path.relative_to(original)}\0{len(content)}\0".encode() + content)
        self.noticed: list[str] = []

    def read(self) -> None:
        """Read the file if it is about the same state of the project."""
        if self._file.is_file():
            notes = json.loads(self._file.read_text(encoding="utf-8"))
            if notes["state"] == self._state.hexdigest():
                self.noticed = notes["noticed"]

    def add(self, finding: str) -> None:
        self.noticed.append(finding)
        notes = {"state": self._state.hexdigest(), "noticed": self.noticed}
        unfinished = self._file.with_suffix(".partial")
        unfinished.write_text(json.dumps(notes), encoding="utf-8")
        unfinished.replace(self._file)


# --- the command ---


def prove_all(findings: list[str], jobs: int, notes: Notes) -> list[str]:
    """Print a line for each mutant when it is done, and return the failures."""
    failures = []
    places: SimpleQueue[Path] = SimpleQueue()
    for number in range(jobs):
        places.put(PLACES / str(number))
    files, runner, start = files_by_finding(ORIGINAL), Runner(), time.monotonic()
    workers = ThreadPoolExecutor(jobs)
    try:
        running = [workers.submit(prove, finding, files[finding], places, runner) for finding in findings]
        for count, done in enumerate(as_completed(running), start=1):
            verdict = done.result()
            what = "noticed by" if verdict.noticed else "NOT PROVED:"
            minutes, seconds = divmod(round(time.monotonic() - start), 60)
            told = f"{verdict.finding} ({FINDINGS[verdict.finding]}) {what} {verdict.text}"
            print(f"{count:3}/{len(findings)} {minutes:3}:{seconds:02} {told}", flush=True)
            if verdict.noticed:
                notes.add(verdict.finding)
            else:
                failures.append(f"{verdict.finding}: {verdict.text.splitlines()[0]}")
    except KeyboardInterrupt:
        runner.stop()
        raise
    finally:
        workers.shutdown(cancel_futures=True)
    return failures


@contextmanager
def properties_beside() -> Iterator[subprocess.Popen[bytes]]:
    """Prove the properties in another process during the block, and wait for it to end."""
    process = subprocess.Popen([sys.executable, "-m", "tools.symbolic"], cwd=ROOT)
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait()


def run(findings: list[str], jobs: int, *, with_properties: bool, go_on: bool) -> list[str]:
    """Return the failures."""
    take_original()
    notes = Notes(ORIGINAL, NOTICED)
    if go_on:
        notes.read()
    waiting = [finding for finding in findings if finding not in notes.noticed]
    if len(waiting) < len(findings):
        print(f"{len(findings) - len(waiting)} were noticed before, {len(waiting)} remain", flush=True)
    unbroken = [finding for finding in waiting if not (ORIGINAL / MUTANTS / f"{finding}.patch").is_file()]
    broken = [finding for finding in waiting if finding not in unbroken]
    failures = [f"{finding}: no {MUTANTS}/{finding}.patch" for finding in unbroken]
    if not with_properties:
        return failures + prove_all(broken, jobs, notes)
    with properties_beside() as properties:
        os.nice(NICENESS)
        failures += prove_all(broken, jobs, notes)
    if properties.returncode != 0:
        failures.append("properties that are not proven: see above")
    return failures


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./dev prove", description=__doc__.split("\n\n")[0])
    parser.add_argument("findings", nargs="*", metavar="FINDING", help="like K03; maths: the properties; all without")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: one per core)"
    )
    parser.add_argument(
        "--continue",
        dest="go_on",
        action="store_true",
        help="skip the mutants that the last run noticed, if no file has changed",
    )
    options = parser.parse_args(None if arguments is None else list(arguments))
    named = options.findings or [PROPERTIES, *FINDINGS]
    wanted = [finding for finding in named if finding != PROPERTIES]
    if unknown := [finding for finding in wanted if finding not in FINDINGS]:
        parser.error(f"no such finding, see tests/support/findings.py: {', '.join(unknown)}")
    shutil.rmtree(PLACES, ignore_errors=True)
    try:
        failures = run(wanted, max(options.jobs, 1), with_properties=PROPERTIES in named, go_on=options.go_on)
    except NotProved as problem:
        failures = [str(problem)]
    except KeyboardInterrupt:
        print("\ninterrupted; `./dev prove --continue` skips the mutants noticed so far", file=sys.stderr)
        return 130
    finally:
        # A second Ctrl-C would leave the folder.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        shutil.rmtree(PLACES, ignore_errors=True)
        signal.signal(signal.SIGINT, before)
    if failures or wanted:
        print("\n".join(failures) or f"all {len(wanted)} noticed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
