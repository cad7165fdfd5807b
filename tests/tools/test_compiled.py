"""Whether what is compiled is of what is there: anything that changed is noticed, and then all is compiled anew."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from perpetual_pools.chain import compiled
from perpetual_pools.deployment import explorer

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


@pytest.mark.parametrize(("changed", "times"), [(False, 0), (True, 1)])
def test_compile_anew__for_an_explorers_plugin__compiles_all_once_if_something_has_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch, changed: bool, times: int
) -> None:
    asked: list[bool] = []

    def load_contracts(use_cache: bool) -> None:
        asked.append(use_cache)
        (root / compiled.BUILD).write_text("compiled anew")

    project = SimpleNamespace(path=root, load_contracts=load_contracts)
    monkeypatch.setattr(explorer, "ape", SimpleNamespace(project=project))
    if changed:
        (root / "contracts/libraries/A.sol").write_text("changed")
    explorer.compile_anew()
    explorer.compile_anew()
    assert asked == [False] * times
    assert compiled.is_current(root)


# --- the checkout, and the hash of its sources ---


def test_checkout__of_a_package_in_a_repository__is_its_root(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    assert compiled.checkout() == Path(__file__).resolve().parents[2]
    monkeypatch.setattr(compiled, "__file__", str(root / "perpetual_pools" / "chain" / "compiled.py"))
    assert compiled.checkout() == root
    (root / "ape-config.yaml").unlink()
    assert compiled.checkout() is None


def test_sources_digest__depends_on_sources_and_settings_and_nothing_else(root: Path) -> None:
    digests = {compiled.sources_digest(root)}
    for name in (*SOURCES, *compiled.SETTINGS):
        with (root / name).open("a") as file:
            file.write(" ")
        digests.add(compiled.sources_digest(root))
    assert len(digests) == 1 + len(SOURCES) + len(compiled.SETTINGS)
    for name in (*compiled.TOOLS, "contracts/.cache/solady/0.1.26/src/A.sol", str(compiled.BUILD)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("changed")
    assert compiled.sources_digest(root) in digests
