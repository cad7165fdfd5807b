"""The lock files beside pyproject.toml."""

import shutil
from pathlib import Path

import pytest

from tools import locks

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_check__of_this_project__finds_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert locks.main(["--check"], project) == 0
    assert capsys.readouterr().out == "requirements/: 6 locks fit pyproject.toml\n"


def test_check__a_version_that_the_locks_do_not_have__is_told_for_each(project: Path) -> None:
    replace(project / "pyproject.toml", "pyrevm==0.3.7", "pyrevm==0.3.8")
    assert list(locks.faults(project)) == [
        f"requirements/{lock}.lock: pyrevm is 0.3.7, pyproject.toml says 0.3.8" for lock in ("test", "lint")
    ]


def test_check__locks_of_one_environment_that_disagree__are_told(project: Path) -> None:
    version = locks.pins((project / "requirements" / "run.lock").read_text())["aiohttp"]
    replace(project / "requirements" / "lint.lock", f"aiohttp=={version}", "aiohttp==1.2.3")
    assert list(locks.faults(project)) == [f"requirements/lint.lock: aiohttp is 1.2.3, run.lock says {version}"]


def test_check__a_package_that_is_not_locked__is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(project / "pyproject.toml", "uv==", "uvx==")
    assert locks.main(["--check"], project) == 1
    assert "requirements/installer.lock: uvx is None, pyproject.toml says" in capsys.readouterr().err


def test_declared__names_are_compared_as_package_indexes_do() -> None:
    assert locks.pins("Py_YAML.x==1.0 ; python_version > '3'\nflask[async]>=2\n") == {"py-yaml-x": "1.0"}


def test_command__builds_each_lock_from_what_it_is_for() -> None:
    assert locks.command("lint")[-5:] == [
        "pyproject.toml", "--extra=test", "--extra=lint", "--output-file", "requirements/lint.lock",
    ]  # fmt: skip
    assert locks.command("node")[-4:] == ["--group", "node", "--output-file", "requirements/node.lock"]
