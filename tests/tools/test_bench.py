"""`./dev bench`: how measurements are judged and shown. What it measures takes a minute, so no test runs it."""

import json
import sys
from pathlib import Path

import pytest

from tools import bench
from tools.bench import EMPTY, HELP_LIMIT, Measurement

ROUNDS = [
    {EMPTY: 1.0, "ape run a --help": 1.4, "ape run b --help": 1.5},
    {EMPTY: 2.0, "ape run a --help": 2.0, "ape run b --help": 2.9},
    {EMPTY: 1.0, "ape run a --help": 1.8, "ape run b --help": 1.1},
]
"""The ratios of a are 1.4, 1.0 and 1.8; those of b are 1.5, 1.45 and 1.1."""


def test_evaluate__three_rounds__gives_the_medians_of_seconds_and_of_ratios() -> None:
    assert bench.evaluate(ROUNDS) == [
        Measurement(EMPTY, 1.0, 1.0, None),
        Measurement("ape run a --help", 1.8, 1.4, HELP_LIMIT),
        Measurement("ape run b --help", 1.5, 1.45, HELP_LIMIT),
    ]


@pytest.mark.parametrize(("rounds", "code"), [(ROUNDS, 1), ([{EMPTY: 1.0, "ape run a --help": 1.4}], 0)])
def test_bench__above_a_limit__fails_and_says_which(
    rounds: list[dict[str, float]], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "measure", lambda _: bench.evaluate(rounds))
    assert bench.main([]) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["what", "CPU", "seconds", "ratio", "limit"]
    assert len(lines) == len(rounds[0]) + 1
    assert [line.split(" --help")[0] for line in lines if line.endswith("too much")] == ["ape run b"] * code


def test_bench__json__has_all_measurements(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench, "measure", lambda rounds: bench.evaluate(ROUNDS[:rounds]))
    assert bench.main(["--json", "--rounds", "1"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "schema_version": 1,
        "rounds": 1,
        "measurements": [
            {"what": EMPTY, "cpu_seconds": 1.0, "ratio": 1.0, "limit": None, "is_within": True},
            {"what": "ape run a --help", "cpu_seconds": 1.4, "ratio": 1.4, "limit": 1.4, "is_within": True},
            {"what": "ape run b --help", "cpu_seconds": 1.5, "ratio": 1.5, "limit": 1.4, "is_within": False},
        ],
    }


def test_cpu_seconds__process_that_computes__is_measured(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    assert 0.3 <= bench.cpu_seconds([sys.executable, "-c", busy], tmp_path) < 2


def test_verbs__are_the_scripts() -> None:
    assert "deploy" in bench.verbs()
    assert len(bench.verbs()) == 11
