"""Proves the properties of the libraries, then breaks the code as each finding tells and requires a test of it to fail.

The properties: tools/symbolic.py. The findings:

`tests/mutants/<finding>.patch` is how the code is broken, against the code as it is. Each is applied to a copy of the
project below `.prove`, which is compiled anew; the tests that carry the finding's id run on it. A finding without a
patch, a patch that does not apply or compile, and one that no test notices are failures.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.support.findings import FINDINGS
from tools import symbolic

ROOT = Path(__file__).resolve().parent.parent
MUTANTS = ROOT / "tests" / "mutants"
PLACES = ROOT / ".prove"
FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)
PROPERTIES = "maths"
"""Named like a finding: the properties."""
TESTS_FAILED = 1
"""pytest's exit code when tests ran and some failed."""


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant."""

    finding: str
    noticed: bool
    text: str


class NotProved(Exception):
    """A mutant that proves nothing, and why."""


def fresh_copy(place: Path) -> None:
    """The project's files as they are now, with what the set-up has installed."""
    shutil.rmtree(place, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    (place / "node_modules").symlink_to(ROOT / "node_modules")


def run(place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # git must not take the copy for a part of the repository around it.
    env = {
        **os.environ,
        "APE_DATA_FOLDER": str(place.with_suffix(".ape")),
        "GIT_CEILING_DIRECTORIES": str(place.parent),
    }
    return subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, check=False)


def break_and_test(finding: str, place: Path) -> str:
    """The names of the tests that noticed. Raises NotProved."""
    patch = MUTANTS / f"{finding}.patch"
    fresh_copy(place)
    applied = run(place, "git", "apply", str(patch))
    if applied.returncode != 0:
        raise NotProved(f"the patch does not apply:\n{applied.stderr}")
    if "+++ b/contracts/" in patch.read_text():
        compiled = run(place, "ape", "compile", "--force")
        if compiled.returncode != 0:
            raise NotProved(f"does not compile:\n{compiled.stdout[-2_000:]}{compiled.stderr[-2_000:]}")
    else:
        shutil.copytree(ROOT / ".build", place / ".build")
    arguments = ["--network", "arbitrum:local:foundry", "--finding", finding, "-q", "--tb=no", "-rf"]
    tested = run(place, "ape", "test", *arguments)
    failed = FAILED.findall(tested.stdout)
    if tested.returncode != TESTS_FAILED or not failed:
        raise NotProved(f"no test of it fails (exit code {tested.returncode}):\n{tested.stdout[-2_000:]}")
    return f"{failed[0]}{f' and {len(failed) - 1} more' if len(failed) > 1 else ''}"


def prove(finding: str, places: SimpleQueue[Path]) -> Verdict:
    place = places.get()
    start = time.monotonic()
    try:
        noticed_by = break_and_test(finding, place)
    except NotProved as problem:
        return Verdict(finding, False, str(problem))
    finally:
        shutil.rmtree(place, ignore_errors=True)
        places.put(place)
    return Verdict(finding, True, f"{noticed_by}, {time.monotonic() - start:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev prove", description=__doc__.split("\n\n")[0])
    parser.add_argument("findings", nargs="*", metavar="FINDING", help="like K03; maths: the properties; all without")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: one per core)"
    )
    arguments = parser.parse_args()
    named = arguments.findings or [PROPERTIES, *FINDINGS]
    wanted = [finding for finding in named if finding != PROPERTIES]
    if unknown := [finding for finding in wanted if finding not in FINDINGS]:
        parser.error(f"no such finding, see tests/support/findings.py: {', '.join(unknown)}")
    unbroken = [finding for finding in wanted if not (MUTANTS / f"{finding}.patch").is_file()]
    broken = [finding for finding in wanted if finding not in unbroken]

    failures = [f"{finding}: no tests/mutants/{finding}.patch" for finding in unbroken]
    if PROPERTIES in named and symbolic.main() != 0:
        failures.append("properties that are not proven: see above")

    places: SimpleQueue[Path] = SimpleQueue()
    for number in range(max(arguments.jobs, 1)):
        places.put(PLACES / str(number))
    with ThreadPoolExecutor(max(arguments.jobs, 1)) as workers:
        running = [workers.submit(prove, finding, places) for finding in broken]
        for count, done in enumerate(as_completed(running), start=1):
            verdict = done.result()
            what = "noticed by" if verdict.noticed else "NOT PROVED:"
            print(
                f"{count:3}/{len(broken)} {verdict.finding} ({FINDINGS[verdict.finding]}) {what} {verdict.text}",
                flush=True,
            )
            if not verdict.noticed:
                failures.append(f"{verdict.finding}: {verdict.text.splitlines()[0]}")
    shutil.rmtree(PLACES, ignore_errors=True)
    if failures or wanted:
        print("\n".join(failures) or f"all {len(broken)} noticed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
