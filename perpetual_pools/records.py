"""Records of deployments: the contracts and transactions of one chain, in `deployments/<network>.json`.

Records are written atomically, so a reader, such as a resumed deployment, never sees half of one. The models of the JSON
come first (`Record` is the whole file), then `load`, `save` and the lock that keeps other runs out (`exclusive`).
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from perpetual_pools.errors import PerpetualPoolsError

Argument = str | int


class RecordError(PerpetualPoolsError):
    """A record that cannot be read or is in use."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Deployment(_Entry):
    """One deployed contract.

    `arguments` holds the arguments of the constructor (for a pool, the fields of its parameters) by name, in the ABI's
    order. Integers are in the units of the contract and written as decimal strings, which every JSON reader keeps exact.

    `commit` is the repository's commit, with `-dirty` if files were changed, or null without a repository. A pool has the
    commit of its factory, because the factory holds the code of pools. `commit` and `compiler` are null for code that is
    not the project's. `transaction`, `block`, `gas_used` and `deployer` are null for a pair that existed before.
    """

    contract: str
    address: str
    arguments: dict[str, str]
    transaction: str | None
    block: int | None
    gas_used: int | None
    deployer: str | None
    commit: str | None
    compiler: str | None
    code_hash: str
    """The Keccak-256 hash of the code at the address."""
    tokens: dict[str, str] = {}
    """The addresses of a pool's two tokens, by their names. Empty for other contracts."""


class Call(_Entry):
    """One transaction that calls a deployed contract."""

    target: str
    """The name of the called contract in `deployments`."""
    function: str
    arguments: dict[str, str]
    transaction: str
    block: int
    gas_used: int
    sender: str


class Intent(_Entry):
    """A transaction that is about to be sent, or that was sent but is not recorded yet."""

    step: str
    nonce: int
    transaction: str
    arguments: dict[str, str]
    commit: str | None
    compiler: str | None


class Record(BaseModel):
    """Everything that one account deployed to one chain from one parameters file.

    `genesis` is the hash of block 0. It distinguishes local chains, which share a chain id.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[1] = 1
    network: str
    chain_id: int
    genesis: str
    deployer: str
    deployments: dict[str, Deployment] = {}
    calls: dict[str, Call] = {}
    intent: Intent | None = None

    @property
    def addresses(self) -> dict[str, str]:
        """The addresses of all deployed contracts and pool tokens, by name."""
        entries = self.deployments.items()
        tokens = {name: address for _, entry in entries for name, address in entry.tokens.items()}
        return {name: entry.address for name, entry in entries} | tokens

    def address(self, name: str) -> str:
        """Return the address of a deployed contract or pool token. Raises RecordError if the record has no such name."""
        addresses = self.addresses
        if name not in addresses:
            raise RecordError(f"the record has no {name!r}. It has: {', '.join(addresses) or 'nothing yet'}")
        return addresses[name]


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Lock the record's folder during the block, because two runs at once could both send the same step.

    The operating system releases the lock when the process ends, even after a crash. Raises RecordError if another run
    holds the lock.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordError(
                f"{path}: another run is working in this folder: wait until it ends, then run again"
            ) from None
        yield
    finally:
        os.close(directory)


def load(path: Path) -> Record | None:
    """Return the record, or None if the file does not exist. Raises RecordError if the file is not a valid record."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise RecordError(f"{path}: {where + ': ' if where else ''}{first['msg']}") from error


def save(path: Path, record: Record) -> None:
    """Replace the record at `path`. After a crash at any moment, the file is complete: either the old one or the new one."""
    path = path.resolve()  # if the path is a link, replace the file that it points to
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(record.model_dump(), file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # records are public, but mkstemp makes files private
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # The file's new name is on disk only after the directory is synced.
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
