"""Whether what is compiled is of what is there: anything that changed is noticed, and then all is compiled anew."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from perpetual_pools.chain import compiled
from perpetual_pools.cli import command as commands

SOURCES = {
    "contracts/Pool.sol": 'import "./libraries/A.sol";',
    "contracts/libraries/A.sol": "a",
    "contracts/B.sol": "b",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that has compiled everything."""
    for name in (*SOURCES, *compiled.CONFIGURATION, str(compiled.BUILD)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(SOURCES.get(name, "{}"))
    with compiled.marking(tmp_path):
        (tmp_path / compiled.BUILD).write_text("compiled")
    return tmp_path


def test_is_current__nothing_has_changed__holds(root: Path) -> None:
    assert compiled.is_current(root)


@pytest.mark.parametrize("name", [*SOURCES, *compiled.CONFIGURATION, str(compiled.BUILD)])
def test_is_current__a_file_has_changed__holds_again_when_it_is_as_before(root: Path, name: str) -> None:
    before = (root / name).read_text()
    (root / name).write_text(before + " ")
    assert not compiled.is_current(root)
    (root / name).write_text(before)
    assert compiled.is_current(root)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "contracts/New.sol").write_text("c"),
        lambda root: (root / "contracts/B.sol").unlink(),
        lambda root: (root / "contracts/B.sol").rename(root / "contracts/libraries/B.sol"),
        lambda root: (root / compiled.BUILD).unlink(),
        lambda root: (root / compiled.MARK).unlink(),
    ],
    ids=["new source", "source gone", "source moved", "nothing compiled", "no mark"],
)
def test_is_current__a_file_came_or_went__does_not_hold(root: Path, change: Callable[[Path], object]) -> None:
    change(root)
    assert not compiled.is_current(root)


def test_marking__source_changes_while_all_is_compiled__is_not_current(root: Path) -> None:
    with compiled.marking(root):
        (root / "contracts/B.sol").write_text("changed after the compiler has read it")
    assert not compiled.is_current(root)


def test_marking__compiler_fails__what_was_there_is_not_current(root: Path) -> None:
    (root / "contracts/B.sol").write_text("wrong")
    with pytest.raises(RuntimeError), compiled.marking(root):
        raise RuntimeError
    assert not compiled.is_current(root)


@pytest.mark.parametrize(("is_local", "changed", "times"), [(False, False, 0), (False, True, 1), (True, True, 0)])
def test_compile_anew__on_a_real_network_where_something_has_changed__compiles_all_once(
    root: Path, monkeypatch: pytest.MonkeyPatch, is_local: bool, changed: bool, times: int
) -> None:
    asked: list[bool] = []

    def load_contracts(use_cache: bool) -> None:
        asked.append(use_cache)
        (root / compiled.BUILD).write_text("compiled anew")

    network = SimpleNamespace(is_local=is_local)
    monkeypatch.setattr(commands, "chain", SimpleNamespace(provider=SimpleNamespace(network=network)))
    monkeypatch.setattr(commands, "project", SimpleNamespace(path=root, load_contracts=load_contracts))
    if changed:
        (root / "contracts/libraries/A.sol").write_text("changed")
    commands.compile_anew()
    commands.compile_anew()
    assert asked == [False] * times
    assert compiled.is_current(root) is not (is_local and changed)
