"""The files that a block explorer needs to show the sources of a deployment, and their publication through Ape's plugin.

`write` makes the files, `publish` uploads them, and `after_deployment` does both at the end of `ape run deploy`. Unlike
the rest of this package, this module runs the compiler, so it works only in a checkout with the sources and libraries.

The compiler appends the hash of the *metadata* to every contract's code. The metadata lists the compiler's version, the
settings and the hash of each source. `write` derives the files from the metadata, and only if the metadata's hash is the
one in the code on the chain. So the files match the deployed code byte for byte, and compiling up to the metadata is enough.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ape
import solcx

from perpetual_pools import records
from perpetual_pools.chain import compiled
from perpetual_pools.chain.contracts import container, encoded_arguments, is_own
from perpetual_pools.chain.networks import connected_network, recorded, records_folder
from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.records import Deployment, Record

if TYPE_CHECKING:
    from ape.api import ExplorerAPI

INDEX = "index.json"
DEPENDENCIES = "contracts/.cache/"
"""The folder among the project's sources into which Ape copies the libraries' sources when it compiles."""
OUTPUTS = ["abi", "metadata", "evm.bytecode", "evm.deployedBytecode"]


class VerificationError(PerpetualPoolsError):
    """Contracts that cannot be verified or were not published. The message says which, why and what to do."""


@dataclass(frozen=True)
class Contract:
    """The data that an explorer asks for to verify one address."""

    name: str
    """The contract's name in the record."""
    address: str
    contract: str
    """The source file and the contract's name in it, like `contracts/PoolFactory.sol:PoolFactory`."""
    compiler: str
    """The compiler's long version, like `v0.8.37+commit.f401782d`."""
    constructor_arguments: str
    """The ABI-encoded arguments, in hex without `0x`, as explorers accept them."""
    input: str
    """The name of the file with the compiler's standard JSON input, in the folder of the index."""


@dataclass(frozen=True)
class Verification:
    """The folder that was written, and the contracts in it."""

    folder: Path
    contracts: list[Contract]


# --- writing ---


def folder_of(record_path: Path) -> Path:
    """Return the folder of a record's files, like `deployments/<network>-verification` for `deployments/<network>.json`."""
    return record_path.with_name(f"{record_path.stem}-verification")


def write(record_path: Path) -> Verification:
    """Write the standard JSON inputs and their index for the record's contracts and the tokens of its pools.

    Raises:
        RecordError: there is no record, it is of another chain, or another run is working in its folder.
        VerificationError: this is not a checkout, or the code at an address was compiled from other sources. Nothing is
            written.
    """
    with records.exclusive(record_path):
        created = dict(_created(recorded(record_path)))
        sources = _compile({entry.contract for entry in created.values()})
        contracts = []
        files: dict[str, Any] = {}
        for name, entry in created.items():
            source = sources.get(entry.contract)
            if source is None or source.metadata_hash not in _trailer(entry.address):
                raise VerificationError(
                    f"{name}: the code at {entry.address} comes from other sources or settings than those of "
                    f"{entry.contract} in this checkout. Check out the commit that deployed it "
                    f"({entry.commit or 'not recorded'}), then run again"
                )
            arguments = encoded_arguments(entry.contract, entry.arguments).hex()
            file = f"{entry.contract}.json"
            contracts.append(Contract(name, entry.address, source.contract, source.compiler, arguments, file))
            files[file] = source.standard_input
        files[INDEX] = [asdict(contract) for contract in contracts]
        _replace(folder_of(record_path), files)
    return Verification(folder_of(record_path), contracts)


def _created(record: Record) -> Iterator[tuple[str, Deployment]]:
    """Yield the project's own contracts in the record by name. Each pool's tokens follow it, in entries like the pool's."""
    for name, entry in record.deployments.items():
        if is_own(entry.contract):
            yield name, entry
        for token, address in entry.tokens.items():
            made = {"contract": "PoolToken", "address": address, "arguments": {"name_": token}}
            yield token, entry.model_copy(update=made)


def _replace(folder: Path, files: Mapping[str, Any]) -> None:
    """Replace the folder. Readers find all old files or all new files, or for a moment no folder, but never a mixture."""
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        new = temporary / "new"
        new.mkdir()
        for name, content in files.items():
            (new / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rename(temporary / "old")
        new.rename(folder)
    finally:
        shutil.rmtree(temporary)


# --- the compiler's metadata ---


@dataclass(frozen=True)
class _Source:
    contract: str
    compiler: str
    metadata_hash: bytes
    standard_input: dict[str, Any]


def _compile(names: set[str]) -> dict[str, _Source]:
    """Return the project's contracts of these names. Compiles all sources as Ape does, but only up to the metadata."""
    if not (Path(ape.project.path) / "contracts").is_dir():
        raise VerificationError(
            f"block explorers need the contracts' sources, and {ape.project.path} has none: run this in a checkout of the "
            "commit that deployed the contracts"
        )
    ape_compiler = ape.compilers.registered_compilers[".sol"]
    with ape.project.isolate_in_tempdir() as project:  # Ape compiles there too, and the metadata has the sources' paths
        paths = [project.path / source for source in ape.project.sources]
        ((version, job),) = ape_compiler.get_standard_input_json(paths, project=project).items()
    settings = {**job["settings"], "outputSelection": {"*": {"*": ["metadata"]}}}
    output = solcx.compile_standard(
        {**job, "settings": settings}, solc_binary=solcx.install.get_executable(version.base_version)
    )
    return {
        name: _source(path, name, contract["metadata"], job["sources"])
        for path, contracts in output["contracts"].items()
        for name, contract in contracts.items()
        if name in names and not path.startswith(DEPENDENCIES)
    }


def _source(path: str, name: str, metadata: str, contents: Mapping[str, Any]) -> _Source:
    """Return the input for the contract `name` in the source at `path`, with only the sources that its metadata names."""
    described = json.loads(metadata)
    settings = {**described["settings"], "outputSelection": {path: {name: OUTPUTS}}}
    del settings["compilationTarget"]
    return _Source(
        contract=f"{path}:{name}",
        compiler=f"v{described['compiler']['version']}",
        metadata_hash=ipfs_hash(metadata.encode()),
        standard_input={
            "language": described["language"],
            "sources": {source: contents[source] for source in described["sources"]},
            "settings": settings,
        },
    )


def ipfs_hash(content: bytes) -> bytes:
    """Return the SHA-256 hash by which IPFS addresses a file that fits into one block, up to 256 KiB."""
    assert len(content) <= 256 * 1024, "a contract within the code size limit has far smaller metadata"
    length = _varint(len(content))
    file = b"\x08\x02\x12" + length + content + b"\x18" + length  # type "file", its content, its length
    return hashlib.sha256(b"\x0a" + _varint(len(file)) + file).digest()


def _varint(number: int) -> bytes:
    """Encode a number with seven bits per byte, the lowest bits first. All bytes but the last have their top bit set."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _trailer(address: str) -> bytes:
    """Return the bytes after the instructions of the code at `address`. The code's last two bytes give their length."""
    code = bytes(ape.chain.provider.get_code(address))
    return code[-2 - int.from_bytes(code[-2:], "big") :]


# --- publishing ---


def publish(verification: Verification, report: Callable[[str], object]) -> None:
    """Publish each contract through the plugin for the connected network's block explorer, one after the other.

    Raises VerificationError if there is no such plugin. If some contracts are not published, it raises after the last one.
    """
    explorer = _explorer(verification.folder)
    compile_anew()
    failures = []
    with _no_leftovers():
        for contract in verification.contracts:
            name = contract.contract.partition(":")[2]
            ape.chain.contracts[contract.address] = container(name).contract_type  # the plugin reads it
            try:
                explorer.publish_contract(contract.address)
            except Exception as error:  # noqa: BLE001 -- plugins can raise anything, and the others can be published
                failures.append(f"{contract.name} ({contract.address}): {str(error) or repr(error)}")
                report(f"{contract.name}: not published")
            else:
                report(f"{contract.name}: published, {explorer.get_address_url(contract.address)}")
    if failures:
        raise VerificationError(
            f"{len(failures)} of {len(verification.contracts)} contracts were not published. Run again, or upload their "
            f"files by hand, as {verification.folder / INDEX} says:\n" + "\n".join(failures)
        )


def compile_anew() -> None:
    """Compile the contracts if they have changed since the last time, because the plugin asks Ape about them."""
    root = Path(ape.project.path)
    if not compiled.is_current(root):
        with compiled.marking(root):
            ape.project.load_contracts(use_cache=False)


@contextmanager
def _no_leftovers() -> Iterator[None]:
    """Remove the dependencies at the end of the block, unless they were there before.

    A plugin that asks for imports makes Ape copy the dependencies among the contracts, where they break later compiling.
    """
    dependencies = Path(ape.project.path) / DEPENDENCIES
    found = dependencies.exists()
    try:
        yield
    finally:
        if not found:
            shutil.rmtree(dependencies, ignore_errors=True)


def _explorer(folder: Path) -> ExplorerAPI:
    network = ape.chain.provider.network
    if network.is_fork:
        raise VerificationError(f"{connected_network()} is a fork: no block explorer knows what was deployed to it")
    explorer = network.explorer
    if explorer is None:
        raise VerificationError(
            f"Ape has no plugin for a block explorer of {connected_network()}: `pip install ape-etherscan`, then "
            f"`ape run verify --publish`. Or upload the files by hand, as {folder / INDEX} says"
        )
    return explorer


# --- with a deployment ---


def after_deployment(record_path: Path, must_publish: bool, report: Callable[[str], object]) -> None:
    """Write the files for block explorers after a deployment, and publish them if `must_publish` is set.

    Without `must_publish`, it writes the files only for records in `deployments/`, and only reports a VerificationError,
    because the deployment itself has succeeded. With it, the errors of `write` and `publish` are raised.
    """
    if not must_publish and record_path.resolve().parent != records_folder().resolve():
        return
    try:
        verification = write(record_path)
    except VerificationError as error:
        if must_publish:
            raise
        report(f"No files for block explorers: {error}")
        return
    report(f"For block explorers: {verification.folder}")
    if must_publish:
        publish(verification, report)
