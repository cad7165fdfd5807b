"""Records of deployments: what was sent to which chain, in `deployments/<network>.json`.

A record is written whole or not at all, so whoever reads it, a resumed deployment above all, never sees half of one.
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
    """A record that cannot be read, or is in use."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Deployment(_Entry):
    """One contract.

    `arguments` are the constructor's (of a pool: the fields of its parameters), by name in the ABI's order; integers in the
    units of the contract, written as decimal strings, which every reader of JSON keeps exact.
    `commit` is the repository's, with `-dirty` when files were changed; null where there is none. A pool's is its factory's,
    which holds the code of pools. Where the code is not the project's, `commit` and `compiler` are null. Of a pair that was
    there already nobody knows `transaction`, `block`, `gas_used` and `deployer`.
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
    """Keccak-256 of the code at the address."""
    tokens: dict[str, str] = {}
    """Of a pool: the addresses of its two tokens by their names."""


class Call(_Entry):
    """One transaction that is no deployment."""

    target: str
    """The entry of `deployments` that was called."""
    function: str
    arguments: dict[str, str]
    transaction: str
    block: int
    gas_used: int
    sender: str


class Intent(_Entry):
    """A transaction that is about to be sent, or was sent and is not recorded yet."""

    step: str
    nonce: int
    transaction: str
    arguments: dict[str, str]
    commit: str | None
    compiler: str | None


class Record(BaseModel):
    """All that was deployed to one chain from one file of parameters by one account.

    `genesis` is the hash of block 0: local chains share a chain id and differ in it.
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
        """Of all that was deployed and of the pools' tokens, by name."""
        entries = self.deployments.items()
        tokens = {name: address for _, entry in entries for name, address in entry.tokens.items()}
        return {name: entry.address for name, entry in entries} | tokens

    def address(self, name: str) -> str:
        """Raises RecordError when nothing of that name was deployed."""
        addresses = self.addresses
        if name not in addresses:
            raise RecordError(f"the record has no {name!r}, only {', '.join(addresses) or 'nothing yet'}")
        return addresses[name]


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keeps other runs from the records of the folder meanwhile: two at once could both send a step.

    The lock is the process's own and ends with it, however that ends. Raises RecordError when another run has it.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordError(f"{path}: another run works in this folder: wait for its end, then run again") from None
        yield
    finally:
        os.close(directory)


def load(path: Path) -> Record | None:
    """The record, None when there is no such file. Raises RecordError when the file is no record."""
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
    """Replaces the record at `path`: after a crash at any moment the file is the old one or the new one, whole."""
    path = path.resolve()  # of a link, what it points to is replaced
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(record.model_dump(), file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # a record is public; mkstemp keeps what it makes to its user
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # The new name of the file is on disk when its directory is.
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
