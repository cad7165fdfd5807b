"""`ape run verify` and `ape run deploy --verify` as their users see them."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import ROOT, ape_run, run
from tests.support.systems import PARAMS, System

pytestmark = pytest.mark.usefixtures("compiled_once")
DEPLOYED = [
    "MockERC20",
    "ReplayAggregator",
    "ChainlinkOracleWrapper",
    "PoolFactory",
    "PoolKeeper",
    "LeveragedPool",
    "PoolToken",
    "StakingFarm",
]
OF_OTHERS = ["UniswapV2Factory", "UniswapV2Router02", "UniswapV2Pair", "WETH9"]
PLUGIN = """
import os
from ape import plugins
from ape.api import ExplorerAPI


class Explorer(ExplorerAPI):
    def get_address_url(self, address):
        return f"https://explorer.example/address/{address}"

    def get_transaction_url(self, transaction_hash):
        return f"https://explorer.example/tx/{transaction_hash}"

    def get_contract_type(self, address):
        return None

    def publish_contract(self, address):
        with open(os.environ["EXPLORER_LOG"], "a") as log:
            print(address, self.chain_manager.contracts.instance_at(address).contract_type.name, file=log)


@plugins.register(plugins.ExplorerPlugin)
def explorers():
    yield "arbitrum", "local", Explorer
"""


def folder_of(record: Path) -> Path:
    return record.with_name(f"{record.stem}-verification")


@pytest.fixture
def folder(system: System) -> Iterator[Path]:
    """Where the files of the system go. The record is not in deployments/, so nobody has written them yet."""
    folder = folder_of(system.path)
    assert not folder.exists()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def package(tmp_path: Path) -> dict[str, str]:
    """The environment in which Ape has a plugin for a block explorer, installed like any other package."""
    package, metadata = tmp_path / "ape_explorer", tmp_path / "ape_explorer-1.0.dist-info"
    package.mkdir()
    (package / "__init__.py").write_text(PLUGIN)
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: ape-explorer\nVersion: 1.0\n")
    (metadata / "top_level.txt").write_text("ape_explorer\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, "EXPLORER_LOG": str(tmp_path / "log")}


def log_of(package: dict[str, str]) -> list[list[str]]:
    return [line.split() for line in Path(package["EXPLORER_LOG"]).read_text().splitlines()]


def index_of(folder: Path) -> list[dict[str, str]]:
    index: list[dict[str, str]] = json.loads((folder / "index.json").read_text())
    return index


def test_verify__prints_each_contract_and_writes_its_file(system: System, folder: Path) -> None:
    """Four pools have eight tokens."""
    done = system.run("verify")
    assert (done.returncode, done.stderr) == (0, f"Written: {folder}\n")
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    index = index_of(folder)
    assert lines == [[entry[key] for key in ("address", "name", "contract", "input")] for entry in index]
    entries = json.loads(system.path.read_text())["deployments"]
    own = {name: entry["address"] for name, entry in entries.items() if entry["contract"] not in OF_OTHERS}
    tokens = {name: address for entry in entries.values() for name, address in entry["tokens"].items()}
    assert len(tokens) == 8
    assert {entry["name"]: entry["address"] for entry in index} == own | tokens
    assert lines[0][1:] == ["settlement token", "contracts/mocks/MockERC20.sol:MockERC20", "MockERC20.json"]


def test_verify__json__is_the_index_and_all_there_is_on_standard_output(system: System, folder: Path) -> None:
    done = system.run("verify", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (folder / "index.json").read_text()


def test_verify__no_record__says_so(empty_chain: str, path: Path) -> None:
    done = run(empty_chain, "verify", "--record", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: there is no record {path}: deploy first, or name another\n"


def test_verify__publish_with_a_plugin__hands_it_each_contract(
    system: System, folder: Path, package: dict[str, str]
) -> None:
    done = ape_run(system.url, "verify", "--publish", "--record", system.path, **package)
    assert done.returncode == 0, done.stderr
    index = index_of(folder)
    assert log_of(package) == [[entry["address"], entry["contract"].split(":")[1]] for entry in index]
    assert done.stderr.splitlines()[-len(index) :] == [
        f"{entry['name']}: published, https://explorer.example/address/{entry['address']}" for entry in index
    ]


def test_deploy__verify__does_so_on_a_finished_deployment(system: System, folder: Path, plugin: Any) -> None:
    """One contract fails: the others are published, and the record is printed as ever."""
    factory = system.record.address("factory")
    plugin.failures[factory] = ValueError("the explorer is busy")
    done = system.run("deploy", *PARAMS, "--json", "--verify")
    assert (done.returncode, done.stdout) == (1, system.path.read_text())
    index = index_of(folder)
    assert [address for address, _ in plugin.asked] == [entry["address"] for entry in index]
    assert [line.split(":")[0] for line in done.stderr.splitlines() if ": published" in line] == [
        entry["name"] for entry in index if entry["address"] != factory
    ]
    assert "factory: not published\n" in done.stderr
    assert done.stderr.endswith(
        f"Error: 1 of {len(index)} contracts were not published. Run again, or upload their files by hand, as "
        f"{folder}/index.json says:\nfactory ({factory}): the explorer is busy\n"
    )


def test_deploy__verify_without_a_plugin__writes_the_files_and_says_what_to_install(
    system: System, folder: Path
) -> None:
    done = system.run("deploy", *PARAMS, "--verify")
    assert done.returncode == 1
    assert done.stderr.endswith(
        f"For block explorers: {folder}\n"
        "Error: Ape has no plugin for a block explorer of arbitrum:local: `pip install ape-etherscan`, then "
        f"`ape run verify --publish`. Or upload the files by hand, as {folder}/index.json says\n"
    )
    assert (folder / "LeveragedPool.json").is_file()


def test_deploy__record_in_deployments__gets_its_files_beside_it(system: System) -> None:
    """Under a name that no network has, and which Git ignores."""
    record = ROOT / "deployments" / f"local-{os.getpid()}.json"
    folder = folder_of(record)
    try:
        shutil.copy(system.path, record)
        done = run(system.url, "deploy", *PARAMS, "--record", record, "--yes")
        assert done.returncode == 0, done.stderr
        assert done.stderr.endswith(f"For block explorers: {folder}\n")
        files = {file.name for file in folder.iterdir()}
        assert files == {"index.json", *(f"{name}.json" for name in DEPLOYED)}
    finally:
        record.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
