"""The committed interfaces and code of the contracts: how they are written, read, and kept equal to the sources."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak

from perpetual_pools.artifacts import ArtifactError, artifact, origin
from perpetual_pools.chain import amm, compiled, contracts
from perpetual_pools.chain.contracts import ContractError
from tools import artifacts
from tools.compiler import ROOT

OWN = (*artifacts.CONTRACTS, *artifacts.LOCAL)


# --- writing ---


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A checkout that has been compiled: its contracts have no function but `f`."""
    entry = {"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "view"}
    types = {
        name: {
            "contractName": name,
            "sourceId": f"contracts/{name}.sol",
            "abi": [entry, entry],
            "deploymentBytecode": {"bytecode": "0x" if name in artifacts.INTERFACES else "60016002"},
            "runtimeBytecode": {"bytecode": "0x" if name in artifacts.INTERFACES else "6002"},
        }
        for name in (*OWN, *artifacts.INTERFACES)
    }
    (tmp_path / ".build").mkdir()
    for name in compiled.CONFIGURATION:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    for name, package in artifacts.NPM_BUILDS.items():
        folder = tmp_path / artifacts.NPM / package / "build"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps({"abi": [entry], "bytecode": "6003"}))
    with compiled.marking(tmp_path):
        build = {"contractTypes": types, "compilers": [{"version": "0.8.37+commit.f401782d"}]}
        (tmp_path / compiled.BUILD).write_text(json.dumps(build))
    return tmp_path


def test_write__compiled_checkout__gives_interfaces_code_and_origin(built: Path) -> None:
    (built / "abi").mkdir()
    (built / "abi" / "Gone.json").write_text("[]\n")
    assert artifacts.main([], built) == 0
    assert {path.stem for path in (built / "abi").iterdir()} == set(artifacts.CONTRACTS)
    entry = '{"type": "function", "name": "f", "inputs": [], "outputs": [], "stateMutability": "view"}'
    assert (built / "abi" / "PoolKeeper.json").read_text() == f"[\n  {entry},\n  {entry}\n]\n"
    folder = built / artifacts.ARTIFACTS
    assert (folder / "PoolKeeper.json").read_text() == (
        '{\n  "contractName": "PoolKeeper",\n  "sourceId": "contracts/PoolKeeper.sol",\n'
        f'  "abi": [\n    {entry},\n    {entry}\n  ],\n  "runtimeSize": 2,\n  "bytecode": "0x60016002"\n}}\n'
    )
    assert json.loads((folder / "IOracle.json").read_text()).keys() == {"contractName", "sourceId", "abi"}
    assert json.loads((folder / "uniswap" / "WETH9.json").read_text()).keys() == {"contractName", "abi"}
    assert json.loads((folder / "compiled-from.json").read_text()) == {
        "compiler": "0.8.37+commit.f401782d",
        "sources": compiled.sources_digest(built),
    }


@pytest.mark.parametrize("folder", [artifacts.ABI, artifacts.ARTIFACTS])
@pytest.mark.parametrize("change", ["missing", "changed", "too many"])
def test_check__file_missing_changed_or_too_many__fails_and_is_left(
    built: Path, capsys: pytest.CaptureFixture[str], folder: Path, change: str
) -> None:
    artifacts.main([], built)
    assert artifacts.main(["--check"], built) == 0
    path = built / folder / ("PoolKeeper.json" if change != "too many" else "Gone.json")
    if change == "missing":
        path.unlink()
    else:
        path.write_text("[]\n")
    assert artifacts.main(["--check"], built) == 1
    assert f"{folder / path.name} is not what the contracts compile to" in capsys.readouterr().err
    assert path.exists() is (change != "missing")


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_main__sources_changed_since_they_were_compiled__fails_and_writes_nothing(
    built: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (built / "ape-config.yaml").write_text("{} ")
    assert artifacts.main(arguments, built) == 1
    assert "have changed since they were compiled" in capsys.readouterr().err
    assert not (built / "abi").exists()


def test_check__committed_files__are_as_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert artifacts.main(["--check"]) == 0
    assert capsys.readouterr().out == "abi/ and perpetual_pools/artifacts/: 25 files as compiled\n"


# --- reading ---


@pytest.mark.parametrize("name", OWN)
def test_artifact__of_each_contract__is_the_compiled_one(project: Any, name: str) -> None:
    expected = project.get_contract(name).contract_type
    found = artifact(name).contract_type
    assert (found.name, found.abi, found.source_id) == (name, expected.abi, expected.source_id)
    assert found.get_deployment_bytecode() == expected.get_deployment_bytecode()
    assert artifact(name).runtime_size == len(expected.get_runtime_bytecode())


@pytest.mark.parametrize("name", artifacts.NPM_BUILDS)
def test_artifact__of_uniswap__is_the_published_interface_without_code(name: str) -> None:
    published = amm.container(amm.ARTIFACTS[name]).contract_type
    assert (artifact(name).contract_type.abi, artifact(name).bytecode) == (published.abi, "")


def test_artifact__unknown_name__says_where_it_looked() -> None:
    with pytest.raises(ArtifactError, match="there is no contract PoolWarden in "):
        artifact("PoolWarden")


def test_artifact__read_for_its_code__does_not_import_ape() -> None:
    program = (
        "import sys; from perpetual_pools.artifacts import artifact; assert artifact('PoolKeeper').bytecode; "
        "print([name for name in ('ape', 'ethpm_types', 'web3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_pair_code_hash__is_of_the_code_that_uniswap_publishes() -> None:
    code = amm.container(amm.PAIR).contract_type.get_deployment_bytecode()
    assert f"0x{keccak(code).hex()}" == amm.PAIR_CODE_HASH


# --- code that is not that of the sources ---


@pytest.fixture
def move_checkout(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path | None], None]]:
    """Has the package take another folder for the checkout that it is part of, or None."""

    def move(root: Path | None) -> None:
        contracts.verify_artifacts.cache_clear()
        monkeypatch.setattr(compiled, "checkout", lambda: root)

    yield move
    contracts.verify_artifacts.cache_clear()


def test_deployable__sources_as_compiled__has_the_code() -> None:
    assert compiled.sources_digest(ROOT) == origin().sources
    assert contracts.deployable("PoolKeeper").contract_type.get_deployment_bytecode()


def test_deployable__sources_changed__is_refused_and_reading_is_not(
    built: Path, move_checkout: Callable[[Path | None], None]
) -> None:
    move_checkout(built)
    for use in (contracts.deployable, contracts.creation_code):
        with pytest.raises(ContractError, match=r"run `\./dev python -m tools\.artifacts`"):
            use("PoolKeeper")
    assert contracts.container("PoolKeeper").contract_type.name == "PoolKeeper"


def test_deployable__installed_from_a_wheel__has_the_code(move_checkout: Callable[[Path | None], None]) -> None:
    move_checkout(None)
    assert contracts.creation_code("PoolKeeper").hex() == artifact("PoolKeeper").bytecode.removeprefix("0x")


def test_amm_container__installed_from_a_wheel__says_where_the_code_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amm, "checkout", lambda: None)
    with pytest.raises(amm.AmmError, match="the code of UniswapV2Factory is in the npm packages of a checkout"):
        amm.container(amm.FACTORY)
