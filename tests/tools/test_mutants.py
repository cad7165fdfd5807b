"""The patches that `./dev prove` breaks the code with fit the code as it is, and what counts as noticing them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.findings import FINDINGS
from tools import prove
from tools.prove import Notes, NotProved, failing_test, findings_in

ROOT = Path(__file__).parents[2]
MUTANTS = ROOT / "tests" / "mutants"


def test_mutants__are_of_findings():
    assert {patch.stem for patch in MUTANTS.iterdir()} <= set(FINDINGS)


@pytest.mark.parametrize("patch", sorted(MUTANTS.iterdir()), ids=lambda patch: patch.stem)
def test_mutant__applies_to_the_code(patch):
    checked = subprocess.run(
        ["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, f"{checked.stderr}Break the code anew as the finding tells and write the diff here."


# --- which tests run ---

MARKED = """
import pytest
pytestmark = pytest.mark.finding("K01")

@pytest.mark.parametrize("n", [1, pytest.param(2, marks=[pytest.mark.finding("K02")])])
def test_a(n): ...

class TestB:
    @pytest.mark.finding("K03")
    def test_b(self): ...
"""


def test_findings_in__are_those_of_all_marks():
    assert findings_in(MARKED) == {"K01", "K02", "K03"}
    assert findings_in('TEXT = "K04"') == set()


def test_findings_in__an_id_that_does_not_stand_in_the_mark__is_refused():
    with pytest.raises(ValueError, match="malformed"):
        findings_in("import pytest\n@pytest.mark.finding(ID)\ndef test_a(): ...")


def test_files_by_finding__units_come_first(tmp_path):
    for name in ("flows/test_a.py", "unit/test_b.py", "unit/test_c.py"):
        (tmp_path / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / name).write_text(MARKED if "b" not in name else MARKED.replace("K03", "K05"))
    files = prove.files_by_finding(tmp_path)
    assert files["K03"] == ["tests/unit/test_c.py", "tests/flows/test_a.py"]
    assert files["K01"] == ["tests/unit/test_b.py", "tests/unit/test_c.py", "tests/flows/test_a.py"]
    assert files["K05"] == ["tests/unit/test_b.py"]


def test_files_by_finding__every_finding_has_some():
    assert [finding for finding, files in prove.files_by_finding(ROOT).items() if not files] == []


# --- what counts as noticing ---


class Pytest:
    """Answers for pytest: exit code and output by shard and by whether it stops at the first failure."""

    def __init__(self, **answers: tuple[int, str]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def run(self, place: Path, *command: str) -> subprocess.CompletedProcess[str]:
        name = f"{'process' if 'not chain' in command else 'chain'}_{'first' if '--exitfirst' in command else 'all'}"
        self.asked.append(name)
        code, output = self._answers[name]
        return subprocess.CompletedProcess(command, code, output, "")


FAILURE, ERROR = "..F\nFAILED tests/unit/test_a.py::test_b - assert 1 == 2\n", "ERROR tests/unit/test_a.py::test_b\n"


@pytest.fixture
def notice(tmp_path: Path) -> Callable[[Pytest], str]:
    return lambda runner: failing_test("K01", ["tests/unit/test_a.py"], tmp_path, runner)


@pytest.mark.parametrize(
    ("runner", "asked"),
    [
        (Pytest(process_first=(1, FAILURE)), 1),
        (Pytest(process_first=(0, ""), chain_first=(1, FAILURE)), 2),
        (Pytest(process_first=(5, ""), chain_first=(1, FAILURE)), 2),
        (Pytest(process_first=(1, ERROR), process_all=(1, ERROR + FAILURE)), 2),
        (Pytest(process_first=(1, ERROR), process_all=(1, ERROR), chain_first=(1, FAILURE)), 3),
    ],
    ids=["in process", "on a chain alone", "none in process", "after an error", "errors in process, on a chain"],
)
def test_failing_test__is_told_and_ends_the_search(notice, runner, asked):
    assert notice(runner) == "tests/unit/test_a.py::test_b"
    assert len(runner.asked) == asked


@pytest.mark.parametrize(
    ("runner", "message"),
    [
        (Pytest(process_first=(0, ""), chain_first=(0, "")), "no test of it fails"),
        (Pytest(process_first=(5, ""), chain_first=(5, "")), "no test of it fails"),
        (
            Pytest(process_first=(1, ERROR), process_all=(1, ERROR), chain_first=(1, ERROR), chain_all=(1, ERROR)),
            "no test of it fails",
        ),
        (Pytest(process_first=(2, "")), "exit code 2"),
        (Pytest(process_first=(0, ""), chain_first=(4, "")), "exit code 4"),
    ],
    ids=["all pass", "none selected", "errors in fixtures alone", "error while collecting", "wrong use"],
)
def test_failing_test__none_fails__is_not_proved(notice, runner, message):
    with pytest.raises(NotProved, match=message):
        notice(runner)


def test_failing_test__no_test_carries_the_id__is_not_proved(tmp_path):
    with pytest.raises(NotProved, match="no test carries its id"):
        failing_test("K01", [], tmp_path, Pytest())


# --- the command ---


@pytest.fixture
def command(tmp_path, monkeypatch) -> list[str]:
    """The command without compiler and tests: K03 is not noticed. Returns what it breaks."""
    broken: list[str] = []

    def break_and_test(finding: str, files: list[str], place: Path, runner: object) -> str:
        broken.append(finding)
        if finding == "K03":
            raise NotProved("no test of it fails:\nmore")
        return f"test_{finding}"

    def take_original() -> None:
        (tmp_path / "places" / "original" / prove.MUTANTS).mkdir(parents=True)
        for finding in ("K01", "K02", "K03"):
            (tmp_path / "places" / "original" / prove.MUTANTS / f"{finding}.patch").write_text("")

    for name, value in {
        "break_and_test": break_and_test,
        "take_original": take_original,
        "PLACES": tmp_path / "places",
        "ORIGINAL": tmp_path / "places" / "original",
        "NOTICED": tmp_path / "noticed.json",
    }.items():
        monkeypatch.setattr(prove, name, value)
    return broken


def test_main__all_noticed__succeeds_and_leaves_no_folder(command, tmp_path, capsys):
    assert prove.main(["K01", "K02"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert sorted(line[:6] for line in lines) == ["  1/2 ", "  2/2 "]
    assert last == "all 2 noticed"
    assert not (tmp_path / "places").exists()


def test_main__one_not_noticed_and_one_without_a_patch__fails_and_names_both(command, capsys):
    assert prove.main(["K01", "K03", "K04"]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "K04: no tests/mutants/K04.patch",
        "K03: no test of it fails:",
    ]


def test_main__continue__leaves_out_what_was_noticed__unless_the_project_has_changed(command, tmp_path):
    prove.main(["K01", "K03"])
    command.clear()
    assert prove.main(["K01", "K02", "--continue"]) == 0
    assert command == ["K02"]
    command.clear()
    assert prove.main(["K01", "K02"]) == 0
    assert sorted(command) == ["K01", "K02"]


def test_notes__of_another_state__are_none(tmp_path):
    (tmp_path / "original").mkdir()
    (tmp_path / "original" / "a.sol").write_text("a")
    Notes(tmp_path / "original", tmp_path / "notes").add("K01")
    same = Notes(tmp_path / "original", tmp_path / "notes")
    same.read()
    assert same.noticed == ["K01"]
    (tmp_path / "original" / "a.sol").write_text("b")
    other = Notes(tmp_path / "original", tmp_path / "notes")
    other.read()
    assert other.noticed == []
