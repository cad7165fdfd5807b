"""Two shards as one run: their closing lines, and that nothing can go missing between them."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.findings import FINDINGS
from tools import shards
from tools.shards import Outcome, Summary, close

ROOT = Path(__file__).parents[2]
GOOD = "def test_good():\n    pass\n"


def summary(passed: int = 1, failures: tuple[str, ...] = (), covered: str = "", findings: str = "") -> Summary:
    return Summary(passed, len(failures), failures, frozenset(covered.split()), frozenset(findings.split()))


# --- the closing lines ---


def test_close__adds_the_shards_up_and_takes_the_union_of_their_findings(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [
        Outcome("in-process", 0, summary(3_000, covered="K01 K02", findings="K01 K02 K03")),
        Outcome("chain", 0, summary(200, covered="K02 K03", findings="K01 K02 K03")),
    ]
    assert close(outcomes, complete=True) == 0
    assert capsys.readouterr().out == "\nfindings without a test: none\n3200 passed, 0 failed\n"


def test_close__a_finding_that_no_shard_covers__is_named_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [
        Outcome("in-process", 0, summary(covered="K01", findings="K01 K02 K03")),
        Outcome("chain", 0, summary(covered="K03", findings="K01 K02 K03")),
    ]
    assert close(outcomes, complete=True) == 1
    assert capsys.readouterr().out == "\nfindings without a test: K02\n2 passed, 0 failed\n"


def test_close__of_a_part_of_the_tests__says_nothing_of_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert close([Outcome("chain", 0, summary(findings="K01"))], complete=False) == 0
    assert capsys.readouterr().out == "\n1 passed, 0 failed\n"


def test_close__a_shard_that_fails__is_told_with_its_tests_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = [Outcome("in-process", 0, summary(2)), Outcome("chain", 1, summary(1, ("a::b", "c::d")))]
    assert close(outcomes, complete=True) == 1
    assert capsys.readouterr().out == (
        "\nFAILED a::b\nFAILED c::d\nfindings without a test: none\n3 passed, 2 failed\n"
    )


@pytest.mark.parametrize(("exit_code", "found"), [(-9, None), (3, summary()), (2, summary()), (0, None)])
def test_close__a_shard_that_died__is_told_and_fails(
    exit_code: int, found: Summary | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert close([Outcome("in-process", 0, summary(5)), Outcome("chain", exit_code, found)], complete=True) == 1
    printed = capsys.readouterr().out
    assert f"The shard chain ended early with exit code {exit_code}; its other tests did not run\n" in printed
    assert "findings" not in printed


def test_close__no_test_of_one_shard_is_chosen__is_well_but_none_of_both_is_not() -> None:
    assert close([Outcome("in-process", 5, summary(0)), Outcome("chain", 0, summary(1))], complete=False) == 0
    assert close([Outcome("in-process", 5, summary(0)), Outcome("chain", 5, summary(0))], complete=False) == 1


def test_main__adds_up_files_and_takes_a_missing_one_for_a_shard_that_died(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = {"passed": 7, "failed": 0, "failures": [], "covered": ["K01"], "findings": ["K01"]}
    (tmp_path / "chain.json").write_text(json.dumps(fields))
    assert shards.main([str(tmp_path / "chain.json")]) == 0
    assert capsys.readouterr().out == "\nfindings without a test: none\n7 passed, 0 failed\n"
    assert shards.main([str(tmp_path / "chain.json"), str(tmp_path / "in-process.json")]) == 1
    assert "The shard in-process ended early" in capsys.readouterr().out


# --- real runs of pytest ---


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`run(one=SOURCE, two=SOURCE)` runs a shard for each of these test modules."""

    def run_shards(**sources: str) -> int:
        for name, source in sources.items():
            (tmp_path / f"test_{name}.py").write_text(source)
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:ape_test",
                str(tmp_path / f"test_{name}.py"),
            ]
            monkeypatch.setitem(shards.SHARDS, name, command)
        return shards.run(ROOT, list(sources), [], os.environ, tmp_path / "kept", complete=False)

    return run_shards


def test_run__counts_passes_failures_and_broken_fixtures_once_each(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = "import pytest\n@pytest.fixture\ndef it():\n    yield\n    assert False\ndef test_it(it):\n    assert it\n"
    assert run(one=GOOD + "def test_bad():\n    assert False\n", two=broken + GOOD) == 1
    one, two = (Summary.read(tmp_path / "kept" / f"{name}.json") for name in ("one", "two"))
    assert (one.passed, one.failed, one.failures) == (1, 1, ("test_one.py::test_bad",))
    assert (two.passed, two.failed, two.failures) == (1, 1, ("test_two.py::test_it",))
    assert one.findings == frozenset(FINDINGS)
    printed = capsys.readouterr().out
    assert printed.endswith("\nFAILED test_one.py::test_bad\nFAILED test_two.py::test_it\n2 passed, 2 failed\n")
    assert printed.index("--- one ---") < printed.index("1 failed, 1 passed") < printed.index("--- two ---")


def test_run__a_shard_that_is_killed__fails_the_run(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    killed = f"import os\ndef test_killed():\n    os.kill(os.getpid(), {int(signal.SIGKILL)})\n"
    assert run(one=GOOD, two=killed) == 1
    assert capsys.readouterr().out.endswith(
        "The shard two ended early with exit code -9; its other tests did not run\n1 passed, 0 failed\n"
    )
