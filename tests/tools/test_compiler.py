"""Contracts compiled without Ape are those that Ape compiles, and Ape takes them for its own."""

import json
import shutil
from pathlib import Path

import ape
import pytest

from perpetual_pools.chain.compiled import BUILD
from tools import compiler
from tools.compiler import ROOT

TOKEN, FEED = "contracts/PoolToken.sol", "contracts/mocks/RawFeed.sol"


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return compiler.read_sources(ROOT)


def built(root: Path) -> dict:
    return json.loads((root / BUILD).read_text())


def test_standard_input__is_that_of_ape(sources):
    with ape.Project(ROOT).isolate_in_tempdir() as project:
        paths = [project.path / name for name in compiler.own(sources)]
        (expected,) = ape.compilers.solidity.get_standard_input_json(paths, project=project).values()
    for outputs in expected["settings"]["outputSelection"].values():
        del outputs[""]  # The syntax trees: Ape asks for them and leaves them.
    assert compiler.standard_input(ROOT, sources, sources) == expected


def test_compile_contracts__of_an_unchanged_source__are_those_of_the_set_up(sources):
    types = compiler.compile_contracts(ROOT, sources, {TOKEN})
    assert list(types) == ["PoolToken"]
    assert types["PoolToken"].model_dump(mode="json", by_alias=True) == built(ROOT)["contractTypes"]["PoolToken"]


def test_imports_of__every_source__are_those_that_the_compiler_finds(sources):
    job = compiler.standard_input(ROOT, sources, ())
    job["settings"]["outputSelection"] = {"*": {"": ["ast"]}}
    trees = {name: source["ast"] for name, source in compiler.run_solc(ROOT, job)["sources"].items()}
    assert trees.keys() == sources.keys()
    remappings = compiler.ape_settings(ROOT)["remappings"]
    for name, tree in trees.items():
        expected = [node["absolutePath"] for node in tree["nodes"] if node["nodeType"] == "ImportDirective"]
        assert compiler.imports_of(name, sources[name], remappings) == expected, name


def test_affected__are_those_that_import_it_directly_or_through_others():
    sources = {"a.sol": "", "b.sol": 'import "./a.sol";', "c.sol": 'import {B} from "./b.sol";', "d.sol": ""}
    assert compiler.affected(sources, {"a.sol"}, []) == {"a.sol", "b.sol", "c.sol"}
    assert compiler.affected(sources, {"c.sol", "no-longer-there.sol"}, []) == {"c.sol"}


@pytest.fixture
def changed(tmp_path, sources) -> Path:
    """A copy of the project with one more function in a mock, and with the artifacts of the project as it is."""
    for name in ("contracts", ".build"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "ape-config.yaml", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    text = sources[FEED].rstrip().removesuffix("}") + "function added() external {}\n}\n"
    (tmp_path / FEED).write_text(text)
    return tmp_path


def test_write_changed__replaces_what_depends_on_the_change__and_ape_finds_it_compiled(changed, sources, monkeypatch):
    assert compiler.write_changed(changed, sources) == {FEED}
    before, after = built(ROOT), built(changed)
    assert [
        name for name in before["contractTypes"] if before["contractTypes"][name] != after["contractTypes"][name]
    ] == ["RawFeed"]
    assert [name for name in before["sources"] if before["sources"][name] != after["sources"][name]] == [FEED]

    monkeypatch.setattr(ape.compilers, "compile", lambda *_, **__: pytest.fail("Ape compiles"))
    project = ape.Project(changed)
    assert "added" in {method.name for method in project.RawFeed.contract_type.methods}
    assert project.LeveragedPool.contract_type.deployment_bytecode is not None


def test_write_changed__source_deleted__its_contract_is_gone(changed, sources):
    (changed / FEED).write_text(sources[FEED])
    (changed / "contracts/mocks/BlacklistToken.sol").unlink()
    assert compiler.write_changed(changed, sources) == set()
    assert set(built(ROOT)["contractTypes"]) - set(built(changed)["contractTypes"]) == {"BlacklistToken"}


def test_write_changed__error_in_a_source__is_told_and_leaves_the_artifacts(changed, sources):
    (changed / FEED).write_text("contract Unfinished {")
    with pytest.raises(compiler.NotCompiled, match=r"contracts/mocks/RawFeed\.sol:1:22:"):
        compiler.write_changed(changed, sources)
    assert built(changed) == built(ROOT)
