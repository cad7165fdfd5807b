"""`ape run verify` and `ape run deploy --verify` as their users see them."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.anvil import anvil
from tests.support.commands import ROOT, ape_run

LOCAL = "deploy/local.yaml"
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
        if address == os.environ.get("EXPLORER_REFUSES"):
            raise ValueError("the explorer is busy")
        with open(os.environ["EXPLORER_LOG"], "a") as log:
            print(address, self.chain_manager.contracts.instance_at(address).contract_type.name, file=log)


@plugins.register(plugins.ExplorerPlugin)
def explorers():
    yield "arbitrum", "local", Explorer
"""


@dataclass(frozen=True)
class Deployed:
    url: str
    record: Path

    @property
    def folder(self) -> Path:
        return self.record.with_name(f"{self.record.stem}-verification")

    def run(self, script: str, *options: object, **more: str) -> subprocess.CompletedProcess[str]:
        return ape_run(self.url, script, *options, "--record", self.record, **more)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The local system on a chain of its own."""
    with anvil() as url:
        system = Deployed(url, tmp_path_factory.mktemp("deployed") / "net.json")
        done = system.run("deploy", "--params", LOCAL, "--yes")
        assert done.returncode == 0, done.stderr
        assert not system.folder.exists()  # the record is not in deployments/
        yield system


@pytest.fixture
def plugin(tmp_path: Path) -> dict[str, str]:
    """The environment in which Ape has a plugin for a block explorer, installed like any other package."""
    package, metadata = tmp_path / "ape_explorer", tmp_path / "ape_explorer-1.0.dist-info"
    package.mkdir()
    (package / "__init__.py").write_text(PLUGIN)
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: ape-explorer\nVersion: 1.0\n")
    (metadata / "top_level.txt").write_text("ape_explorer\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {"PYTHONPATH": path, "EXPLORER_LOG": str(tmp_path / "log")}


def addresses(deployed: Deployed) -> dict[str, str]:
    return {name: entry["address"] for name, entry in json.loads(deployed.record.read_text())["deployments"].items()}


def log_of(plugin: dict[str, str]) -> list[list[str]]:
    return [line.split() for line in Path(plugin["EXPLORER_LOG"]).read_text().splitlines()]


def index_of(deployed: Deployed) -> list[dict[str, str]]:
    index: list[dict[str, str]] = json.loads((deployed.folder / "index.json").read_text())
    return index


def test_verify__prints_each_contract_and_writes_its_file(deployed: Deployed) -> None:
    """Four pools have eight tokens."""
    done = deployed.run("verify")
    assert (done.returncode, done.stderr) == (0, f"Written: {deployed.folder}\n")
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    index = index_of(deployed)
    assert lines == [[entry[key] for key in ("address", "name", "contract", "input")] for entry in index]
    entries = json.loads(deployed.record.read_text())["deployments"]
    own = {name: entry["address"] for name, entry in entries.items() if entry["contract"] not in OF_OTHERS}
    tokens = {name: address for entry in entries.values() for name, address in entry["tokens"].items()}
    assert len(tokens) == 8
    assert {entry["name"]: entry["address"] for entry in index} == own | tokens
    assert lines[0][1:] == ["settlement token", "contracts/mocks/MockERC20.sol:MockERC20", "MockERC20.json"]


def test_verify__json__is_the_index_and_all_there_is_on_standard_output(deployed: Deployed) -> None:
    done = deployed.run("verify", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (deployed.folder / "index.json").read_text()


def test_verify__no_record__says_so(tmp_path: Path, deployed: Deployed) -> None:
    other = Deployed(deployed.url, tmp_path / "net.json")
    done = other.run("verify")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Error: there is no record {other.record}: deploy first, or name another\n"


def test_verify__publish_with_a_plugin__hands_it_each_contract(deployed: Deployed, plugin: dict[str, str]) -> None:
    done = deployed.run("verify", "--publish", **plugin)
    assert done.returncode == 0, done.stderr
    index = index_of(deployed)
    assert log_of(plugin) == [[entry["address"], entry["contract"].split(":")[1]] for entry in index]
    assert done.stderr.splitlines()[-len(index) :] == [
        f"{entry['name']}: published, https://explorer.example/address/{entry['address']}" for entry in index
    ]


def test_deploy__verify__does_so_on_a_finished_deployment(deployed: Deployed, plugin: dict[str, str]) -> None:
    """One contract fails: the others are published, and the record is printed as ever."""
    factory = addresses(deployed)["factory"]
    done = deployed.run("deploy", "--params", LOCAL, "--json", "--verify", EXPLORER_REFUSES=factory, **plugin)
    assert (done.returncode, done.stdout) == (1, deployed.record.read_text())
    index = index_of(deployed)
    assert [address for address, _ in log_of(plugin)] == [
        entry["address"] for entry in index if entry["address"] != factory
    ]
    assert "factory: not published\n" in done.stderr
    assert done.stderr.endswith(
        f"Error: 1 of {len(index)} contracts were not published. Run again, or upload their files by hand, as "
        f"{deployed.folder}/index.json says:\nfactory ({factory}): the explorer is busy\n"
    )


def test_deploy__verify_without_a_plugin__writes_the_files_and_says_what_to_install(deployed: Deployed) -> None:
    done = deployed.run("deploy", "--params", LOCAL, "--verify")
    assert done.returncode == 1
    assert done.stderr.endswith(
        f"For block explorers: {deployed.folder}\n"
        "Error: Ape has no plugin for a block explorer of arbitrum:local: `pip install ape-etherscan`, then "
        f"`ape run verify --publish`. Or upload the files by hand, as {deployed.folder}/index.json says\n"
    )
    assert (deployed.folder / "LeveragedPool.json").is_file()


def test_deploy__record_in_deployments__gets_its_files_beside_it() -> None:
    """Under a name that no network has, and which Git ignores."""
    with anvil() as url:
        kept = Deployed(url, ROOT / "deployments" / f"local-{os.getpid()}.json")
        try:
            done = kept.run("deploy", "--params", LOCAL, "--yes")
            assert done.returncode == 0, done.stderr
            assert done.stderr.endswith(f"For block explorers: {kept.folder}\n")
            files = {file.name for file in kept.folder.iterdir()}
            assert files == {"index.json", *(f"{name}.json" for name in DEPLOYED)}
        finally:
            kept.record.unlink(missing_ok=True)
            shutil.rmtree(kept.folder, ignore_errors=True)
