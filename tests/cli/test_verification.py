"""The files for block explorers: from them alone, the compiler makes the deployed code again, byte for byte."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ape.api import NetworkAPI
from ape.exceptions import ApeException
from eth_utils import keccak, to_checksum_address
from solcx.install import get_executable

from perpetual_pools import records
from perpetual_pools.chain.contracts import instance
from perpetual_pools.deployment import explorer as verification
from perpetual_pools.deployment.explorer import (
    Contract,
    Verification,
    VerificationError,
    after_deployment,
    publish,
    write,
)
from perpetual_pools.records import Deployment, Record, RecordError
from tests.support.anvil import connected
from tests.support.systems import System

pytestmark = pytest.mark.usefixtures("compiled_once")
ROOT = Path(__file__).parents[2]
POOL = "3-BTC/USDC"
TOKENS = ["3L-BTC/USDC", "3S-BTC/USDC"]
OWN = [
    *("settlement token", "BTC/USD feed", "BTC/USD oracle", "factory", "keeper", POOL, *TOKENS),
    *("reward token", "farm"),
]
COMPILER = "v0.8.37+commit.f401782d"
TRAILER = 53
"""Bytes at the end of a contract's code: the metadata's hash and the compiler's version in CBOR, and its length."""


# --- what is deployed, and its files ---


@pytest.fixture(autouse=True)
def deployed(deployment: Record) -> Record:
    """The system with one market; its AMM's contracts are not the project's."""
    return deployment


@pytest.fixture(scope="module")
def written(small_system: System, compiled_once: None, tmp_path_factory: pytest.TempPathFactory) -> Verification:
    path = tmp_path_factory.mktemp("written") / "net.json"
    records.save(path, small_system.record)
    with connected(small_system.url):
        return write(path)


@pytest.fixture
def path(deployed: Record, tmp_path: Path) -> Path:
    path = tmp_path / "net.json"
    records.save(path, deployed)
    return path


@dataclass(frozen=True)
class Code:
    creation: bytes
    runtime: bytes
    immutables: dict[str, list[tuple[int, int]]]
    """By variable, where in the runtime code its value stands: from, to."""


def recompiled(job: dict[str, Any], target: str, folder: Path) -> Code:
    """What the compiler makes of `job` in an empty folder, where it can read nothing else."""
    assert list(folder.iterdir()) == []
    source, name = target.split(":")
    job["settings"]["outputSelection"]["*"] = {"": ["ast"]}  # where immutables get their names
    command = [str(get_executable(COMPILER[1:7])), "--standard-json"]
    done = subprocess.run(command, cwd=folder, input=json.dumps(job), capture_output=True, text=True, check=True)
    output = json.loads(done.stdout)
    evm = output["contracts"][source][name]["evm"]
    names = dict(immutables(output["sources"]))
    return Code(
        bytes.fromhex(evm["bytecode"]["object"]),
        bytes.fromhex(evm["deployedBytecode"]["object"]),
        {
            names[int(identifier)]: [(place["start"], place["start"] + place["length"]) for place in places]
            for identifier, places in evm["deployedBytecode"].get("immutableReferences", {}).items()
        },
    )


def immutables(node: Any) -> Iterator[tuple[int, str]]:
    """The identifiers and names of all immutable variables in a syntax tree."""
    if isinstance(node, dict):
        if node.get("mutability") == "immutable":
            yield node["id"], node["name"]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from immutables(part)


def read(folder: Path, file: str) -> Any:
    return json.loads((folder / file).read_text())


@pytest.fixture(scope="module")
def codes(written: Verification, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Code]:
    """By name in the record: the code that comes from the files alone, each of which is compiled once."""
    targets = {entry["input"]: entry["contract"] for entry in read(written.folder, "index.json")}

    def compile_file(file: str) -> Code:
        return recompiled(read(written.folder, file), targets[file], tmp_path_factory.mktemp("empty"))

    with ThreadPoolExecutor(2) as pool:
        made = dict(zip(targets, pool.map(compile_file, targets), strict=True))
    return {contract.name: made[contract.input] for contract in written.contracts}


@pytest.fixture(scope="module")
def contracts(written: Verification) -> dict[str, Contract]:
    return {contract.name: contract for contract in written.contracts}


# --- the code ---


@pytest.mark.parametrize("name", [name for name in OWN if name not in (POOL, *TOKENS)])
def test_input__contract_that_a_transaction_created__is_the_input_of_that_byte_for_byte(
    chain: Any, deployed: Record, contracts: Any, codes: Any, name: str
) -> None:
    transaction = chain.provider.web3.eth.get_transaction(deployed.deployments[name].transaction)
    assert transaction["to"] is None
    assert bytes(transaction["input"]) == codes[name].creation + bytes.fromhex(contracts[name].constructor_arguments)


def word(value: int | str) -> bytes:
    return (int(value, 16) if isinstance(value, str) else value).to_bytes(32, "big")


def test_input__pool__address_follows_from_code_and_arguments(deployed: Record, contracts: Any, codes: Any) -> None:
    """CREATE2: the salt is the hash of parameters and deployer, encoded like the constructor's argument and one more."""
    pool = deployed.deployments[POOL]
    arguments = bytes.fromhex(contracts[POOL].constructor_arguments)
    assert arguments[:32] == word(32)  # where the struct begins, which comes after two words in the salt
    salt = keccak(word(64) + word(pool.deployer) + arguments[32:])
    factory = bytes.fromhex(deployed.address("factory")[2:])
    digest = keccak(b"\xff" + factory + salt + keccak(codes[POOL].creation + arguments))
    assert to_checksum_address(digest[12:]) == pool.address


@pytest.mark.parametrize(("name", "nonce"), [(TOKENS[0], 1), (TOKENS[1], 2)])
def test_input__token_of_a_pool__its_code_is_in_the_pools_and_its_arguments_are_of_its_name(
    deployed: Record, contracts: Any, codes: Any, name: str, nonce: int
) -> None:
    """The pool is the only one who creates it, as its first and second contract, from the code in the pool's own."""
    token = contracts[name]
    pool = bytes.fromhex(deployed.address(POOL)[2:])
    assert to_checksum_address(keccak(b"\xd6\x94" + pool + bytes([nonce]))[12:]) == token.address
    assert codes[name].creation in codes[POOL].creation
    shown = {TOKENS[0]: b"3L-BTC/USDC", TOKENS[1]: b"3S-BTC/USDC"}[name]
    assert bytes.fromhex(token.constructor_arguments) == word(32) + word(len(shown)) + shown.ljust(32, b"\0")


def packed(name: str) -> bytes:
    """As Solady packs a short string into a word: its length, then itself."""
    return (bytes([len(name)]) + name.encode()).ljust(32, b"\0")


HIDDEN = {
    "settlement token": {"_decimals": word(6)},
    "reward token": {"_decimals": word(18)},
    "BTC/USD oracle": {"_scaleUp": word(10**10), "_scaleDown": word(1)},
    POOL: {"tokenUnitsPerSettlementUnit": word(10**12), "packedName": packed(POOL)},
    TOKENS[0]: {"packedName": packed(TOKENS[0])},
    TOKENS[1]: {"packedName": packed(TOKENS[1])},
}
"""Immutables without a getter. USDC has 6 decimals, the feed 8."""
IMMUTABLES = {
    "settlement token": 1,
    "reward token": 1,
    "BTC/USD feed": 1,
    "BTC/USD oracle": 7,
    "factory": 0,
    "keeper": 0,
    POOL: 16,
    TOKENS[0]: 2,
    TOKENS[1]: 2,
    "farm": 2,
}
"""How many each declares."""


@pytest.mark.parametrize("name", OWN)
def test_input__every_contract__is_the_code_on_the_chain_byte_for_byte_with_its_immutables(
    chain: Any, contracts: Any, codes: Any, name: str
) -> None:
    contract, code = contracts[name], codes[name]
    deployed = instance(contract.contract.split(":")[1], contract.address)
    expected = bytearray(code.runtime)
    for variable, places in code.immutables.items():
        hidden = HIDDEN.get(name, {})
        value = hidden[variable] if variable in hidden else word(getattr(deployed, variable)())
        for start, end in places:
            assert expected[start:end] == bytes(32)
            expected[start:end] = value
    assert bytes(chain.provider.get_code(contract.address)) == bytes(expected)
    assert len(code.immutables) == IMMUTABLES[name]


# --- the files ---


def test_write__index__says_of_each_address_what_an_explorer_asks(deployed: Record, owner: Any, written: Any) -> None:
    """All but Uniswap's contracts, in the order of the record, a pool's tokens after it."""
    index = read(written.folder, "index.json")
    pool = instance("LeveragedPool", deployed.address(POOL))
    tokens = {TOKENS[0]: pool.longToken(), TOKENS[1]: pool.shortToken()}
    assert [(entry["name"], entry["address"], entry["contract"], entry["input"]) for entry in index] == [
        (name, tokens.get(name) or deployed.address(name), f"contracts/{source}.sol:{contract}", f"{contract}.json")
        for name, source, contract in (
            ("settlement token", "mocks/MockERC20", "MockERC20"),
            ("BTC/USD feed", "mocks/ReplayAggregator", "ReplayAggregator"),
            ("BTC/USD oracle", "oracles/ChainlinkOracleWrapper", "ChainlinkOracleWrapper"),
            ("factory", "PoolFactory", "PoolFactory"),
            ("keeper", "PoolKeeper", "PoolKeeper"),
            (POOL, "LeveragedPool", "LeveragedPool"),
            (TOKENS[0], "PoolToken", "PoolToken"),
            (TOKENS[1], "PoolToken", "PoolToken"),
            ("reward token", "mocks/MockERC20", "MockERC20"),
            ("farm", "StakingFarm", "StakingFarm"),
        )
    ]
    assert {entry["compiler"] for entry in index} == {COMPILER}
    arguments = {entry["name"]: entry["constructor_arguments"] for entry in index}
    assert arguments["keeper"] == ""
    assert arguments["factory"] == 2 * (24 * "0" + owner.address[2:].lower())
    assert [Contract(**entry) for entry in index] == written.contracts
    assert {file.name for file in written.folder.iterdir()} == {"index.json", *(entry["input"] for entry in index)}


def test_write__input__has_the_sources_it_needs_and_the_settings_of_ape(written: Verification) -> None:
    token = read(written.folder, "PoolToken.json")
    libraries = "contracts/.cache/solady/0.1.26/src"
    assert list(token["sources"]) == [
        f"{libraries}/tokens/ERC20.sol",
        f"{libraries}/utils/LibBytes.sol",
        f"{libraries}/utils/LibString.sol",
        "contracts/PoolToken.sol",
        "contracts/interfaces/IPoolToken.sol",
    ]
    assert token["sources"]["contracts/PoolToken.sol"] == {"content": (ROOT / "contracts/PoolToken.sol").read_text()}
    assert token["language"] == "Solidity"
    settings = {key: token["settings"][key] for key in ("evmVersion", "optimizer", "viaIR")}
    assert settings == {"evmVersion": "cancun", "optimizer": {"enabled": True, "runs": 200}, "viaIR": True}


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_write__again__replaces_the_folder_by_the_same(path: Path, written: Verification) -> None:
    folder = path.parent / "net-verification"
    folder.mkdir()
    (folder / "Renamed.json").write_text("of an earlier version")
    assert write(path).folder == folder
    assert contents(folder) == contents(written.folder)
    assert {entry.name for entry in path.parent.iterdir()} == {"net.json", "net-verification"}


def test_write__no_record_or_one_of_another_chain__says_so(path: Path, deployed: Record) -> None:
    none = path.with_name("none.json")
    with pytest.raises(RecordError) as raised:
        write(none)
    assert str(raised.value) == f"there is no record {none}: deploy first, or name another"
    records.save(path, deployed.model_copy(update={"genesis": "0x" + 64 * "0"}))
    with pytest.raises(RecordError) as raised:
        write(path)
    assert str(raised.value) == f"{path} is the record of another chain: arbitrum:local, id 31337"
    assert [file.name for file in path.parent.iterdir()] == ["net.json"]


# --- code of other sources ---


def change_comment(job: dict[str, Any]) -> None:
    source = job["sources"]["contracts/PoolKeeper.sol"]
    assert "/// @title" in source["content"]
    source["content"] = source["content"].replace("/// @title", "/// @title ", 1)


def change_setting(job: dict[str, Any]) -> None:
    job["settings"]["optimizer"]["runs"] = 201


def refusal(name: str, entry: Deployment) -> str:
    return (
        f"{name}: the code at {entry.address} comes from other sources or settings than those of {entry.contract} in "
        f"this checkout. Check out the commit that deployed it ({entry.commit}), then run again"
    )


@pytest.fixture(scope="module", params=[change_comment, change_setting])
def other_code(request: pytest.FixtureRequest, written: Verification, tmp_path_factory: Any) -> bytes:
    """The keeper's, but for a space in a comment; or optimized for 201 runs."""
    job = read(written.folder, "PoolKeeper.json")
    request.param(job)
    return recompiled(job, "contracts/PoolKeeper.sol:PoolKeeper", tmp_path_factory.mktemp("empty")).creation


def test_write__code_differs_in_no_more_than_the_hash_of_a_comment_or_a_setting__is_noticed(
    owner: Any, path: Path, deployed: Record, codes: Any, other_code: bytes
) -> None:
    """Nothing is written: the files of before stay as they are."""
    assert other_code[:-TRAILER] == codes["keeper"].creation[:-TRAILER]
    assert other_code[-TRAILER:] != codes["keeper"].creation[-TRAILER:]
    before = contents(write(path).folder)
    entry = deployed.deployments["keeper"].model_copy(update={"address": create(owner, other_code)})
    others = {**deployed.deployments, "keeper": entry}
    records.save(path, deployed.model_copy(update={"deployments": others}))
    with pytest.raises(VerificationError) as raised:
        write(path)
    assert str(raised.value) == refusal("keeper", entry)
    assert contents(path.parent / "net-verification") == before


def create(owner: Any, code: bytes) -> str:
    """The address of the new contract."""
    web3 = owner.provider.web3
    sent = web3.eth.send_transaction({"from": owner.address, "data": code})
    return str(web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["contractAddress"])


@pytest.mark.parametrize(
    "change",
    [
        {"address": "0x00000000000000000000000000000000000000A1"},
        {"contract": "PoolFactory"},
        {"contract": "PoolWarden"},
    ],
    ids=["no code there", "code of another contract", "no contract of that name"],
)
def test_write__code_of_something_else__is_noticed(path: Path, deployed: Record, change: dict[str, str]) -> None:
    entry = deployed.deployments["keeper"].model_copy(update=change)
    records.save(path, deployed.model_copy(update={"deployments": {**deployed.deployments, "keeper": entry}}))
    with pytest.raises(VerificationError) as raised:
        write(path)
    assert str(raised.value) == refusal("keeper", entry)
    assert [file.name for file in path.parent.iterdir()] == ["net.json"]


# --- publishing ---


def everything(written: Verification) -> list[tuple[str, str]]:
    """Each address with the name of its contract, in order."""
    return [(contract.address, contract.contract.split(":")[1]) for contract in written.contracts]


def test_publish__all_goes_well__each_contract_once_and_where_to_see_it(plugin: Any, written: Verification) -> None:
    said: list[str] = []
    publish(written, said.append)
    assert plugin.asked == everything(written)
    assert said == [
        f"{name}: published, https://explorer.example/address/{contract.address}"
        for name, contract in zip(OWN, written.contracts, strict=True)
    ]
    assert not (ROOT / "contracts" / ".cache").exists()


def test_publish__some_fail__the_others_are_published_and_all_failures_are_told(
    plugin: Any, written: Verification, deployed: Record
) -> None:
    """Whatever the plugin raises, also without a word."""
    factory, pool = deployed.address("factory"), deployed.address(POOL)
    plugin.failures.update({factory: ApeException("no receipt"), pool: KeyError()})
    said: list[str] = []
    with pytest.raises(VerificationError) as raised:
        publish(written, said.append)
    assert str(raised.value) == (
        "2 of 10 contracts were not published. Run again, or upload their files by hand, as "
        f"{written.folder}/index.json says:\nfactory ({factory}): no receipt\n{POOL} ({pool}): KeyError()"
    )
    assert plugin.asked == everything(written)
    assert [line.split(": ")[1].split(",")[0] for line in said] == [
        "not published" if name in ("factory", POOL) else "published" for name in OWN
    ]


def test_publish__no_plugin__says_what_to_install_and_what_to_upload(
    written: Verification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NetworkAPI, "explorer", None)
    said: list[str] = []
    with pytest.raises(VerificationError) as raised:
        publish(written, said.append)
    assert str(raised.value) == (
        "Ape has no plugin for a block explorer of arbitrum:local: `pip install ape-etherscan`, then "
        f"`ape run verify --publish`. Or upload the files by hand, as {written.folder}/index.json says"
    )
    assert said == []


def test_publish__fork__asks_nobody(plugin: Any, written: Verification, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin would take a fork for its chain."""
    monkeypatch.setattr(NetworkAPI, "is_fork", property(lambda _: True))
    with pytest.raises(VerificationError) as raised:
        publish(written, print)
    assert str(raised.value) == "arbitrum:local is a fork: no block explorer knows what was deployed to it"
    assert plugin.asked == []


# --- at the end of a deployment ---


@pytest.fixture
def kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record, in the folder of those that the project keeps."""
    monkeypatch.setattr(verification, "records_folder", lambda: path.parent)
    return path


def test_after_deployment__record_that_is_kept__gets_its_files(kept: Path, written: Verification) -> None:
    said: list[str] = []
    after_deployment(kept, False, said.append)
    assert said == [f"For block explorers: {kept.parent / 'net-verification'}"]
    assert contents(kept.parent / "net-verification") == contents(written.folder)


def test_after_deployment__record_elsewhere__gets_files_only_to_publish_them(
    path: Path, plugin: Any, written: Verification
) -> None:
    said: list[str] = []
    after_deployment(path, False, said.append)
    assert (said, [file.name for file in path.parent.iterdir()]) == ([], ["net.json"])
    after_deployment(path, True, said.append)
    assert said[:2] == [
        f"For block explorers: {path.parent / 'net-verification'}",
        f"settlement token: published, https://explorer.example/address/{written.contracts[0].address}",
    ]
    assert plugin.asked == everything(written)


def test_after_deployment__code_of_other_sources__is_an_error_only_to_who_publishes(
    kept: Path, plugin: Any, deployed: Record
) -> None:
    """The deployment itself is finished and fine."""
    entry = deployed.deployments["keeper"].model_copy(update={"contract": "PoolFactory"})
    records.save(kept, deployed.model_copy(update={"deployments": {**deployed.deployments, "keeper": entry}}))
    said: list[str] = []
    after_deployment(kept, False, said.append)
    assert said == [f"No files for block explorers: {refusal('keeper', entry)}"]
    with pytest.raises(VerificationError) as raised:
        after_deployment(kept, True, said.append)
    assert str(raised.value) == refusal("keeper", entry)
    assert (plugin.asked, len(said)) == ([], 1)
