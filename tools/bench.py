"""The cost of commands in CPU seconds, beside limits: `./dev bench` prints the table.

The help of a command of `ape run` may cost little more than an empty script, which shows the cost of Ape itself. Each round
runs every command once, and a ratio is the median of the rounds' ratios, because a busy machine slows both sides.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
APE = str(Path(sys.executable).with_name("ape"))
EMPTY = "ape run empty"
EMPTY_SCRIPT = "import click\n\n\n@click.command()\ndef cli():\n    pass\n"
HELP_LIMIT = 1.4
"""The CPU seconds of a command's help over those of an empty script."""
ROUNDS = 5
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Measurement:
    """The cost of one command: medians over all rounds."""

    what: str
    cpu_seconds: float
    ratio: float
    """The CPU seconds over those of the empty script of the same round."""
    limit: float | None
    """The highest ratio allowed. None: the command is measured for comparison."""

    @property
    def is_within(self) -> bool:
        """Whether the ratio is at most the limit."""
        return self.limit is None or self.ratio <= self.limit


def cpu_seconds(command: Sequence[str], folder: Path) -> float:
    """Run the command in the folder and return its CPU seconds, user and system. Raises CalledProcessError if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def verbs() -> list[str]:
    """Return the names of all commands of `ape run`."""
    return sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


def measure(rounds: int) -> list[Measurement]:
    """Measure the help of every command of `ape run` beside an empty script."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "scripts", "empty.py")
        script.parent.mkdir()
        script.write_text(EMPTY_SCRIPT)
        folders = {EMPTY: Path(folder), **{f"ape run {verb} --help": ROOT for verb in verbs()}}
        return evaluate(
            [
                {what: cpu_seconds([APE, *what.split()[1:]], where) for what, where in folders.items()}
                for _ in range(rounds)
            ]
        )


def evaluate(rounds: Sequence[Mapping[str, float]]) -> list[Measurement]:
    """Compare what each round measured, in CPU seconds by command, with the empty script of that round."""
    return [
        Measurement(
            what,
            cpu_seconds=round(median(seconds[what] for seconds in rounds), 3),
            ratio=round(median(seconds[what] / seconds[EMPTY] for seconds in rounds), 2),
            limit=None if what == EMPTY else HELP_LIMIT,
        )
        for what in rounds[0]
    ]


def table(measurements: Sequence[Measurement]) -> str:
    """Return the measurements for people: a line each."""
    width = max(len(it.what) for it in measurements)
    lines = [f"{'what':{width}}  CPU seconds  ratio  limit"]
    for it in measurements:
        limit = "" if it.limit is None else f"{it.limit:.2f}"
        verdict = "" if it.is_within else "  too much"
        lines.append(f"{it.what:{width}}  {it.cpu_seconds:11.2f}  {it.ratio:5.2f}  {limit:>5}{verdict}".rstrip())
    return "\n".join(lines)


def report(measurements: Sequence[Measurement], rounds: int) -> str:
    """Return the measurements as JSON."""
    entries = [{**asdict(it), "is_within": it.is_within} for it in measurements]
    return json.dumps({"schema_version": SCHEMA_VERSION, "rounds": rounds, "measurements": entries}, indent=2)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measure what commands cost in CPU seconds.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each command runs [default: {ROUNDS}]")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds has to be at least 1")
    measurements = measure(options.rounds)
    print(report(measurements, options.rounds) if options.json else table(measurements))
    return 0 if all(it.is_within for it in measurements) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
