"""Records of deployments on disk: whole or not at all, strict when read, one run at a time."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools import records
from perpetual_pools.records import Call, Deployment, Intent, Record, RecordError

DEPLOYER, FACTORY = "0x00000000000000000000000000000000000000A1", "0x00000000000000000000000000000000000000A2"
HASH = "0x" + "ab" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deployments" / "local.json"


@pytest.fixture
def record() -> Record:
    return Record(
        network="arbitrum:local",
        chain_id=31337,
        genesis=HASH,
        deployer=DEPLOYER,
        deployments={
            "factory": Deployment(
                contract="PoolFactory",
                address=FACTORY,
                arguments={"owner_": DEPLOYER, "feeRecipient_": DEPLOYER},
                transaction=HASH,
                block=2**40,
                gas_used=2**33,
                deployer=DEPLOYER,
                commit=None,
                compiler="0.8.37",
                code_hash=HASH,
            )
        },
        calls={
            "first round": Call(
                target="factory",
                function="pushRound",
                arguments={"answer": str(2**255)},
                transaction=HASH,
                block=1,
                gas_used=50_000,
                sender=DEPLOYER,
            )
        },
        intent=Intent(
            step="keeper", nonce=3, transaction=HASH, arguments={}, commit="ab" * 20 + "-dirty", compiler="0.8.37"
        ),
    )


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 1}', "\ufeff{}"])
def test_load__no_record__error_names_the_file(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(RecordError) as raised:
        records.load(path)
    assert str(raised.value).startswith(f"{path}: ")


def changed(record: Record, place: tuple[str, ...], value: Any) -> str:
    """The text of the record with one value set."""
    data = record.model_dump()
    *way, last = place
    section = data
    for key in way:
        section = section[key]
    section[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("note",), "x", "note: Extra inputs are not permitted"),
        (("deployments", "factory", "note"), "x", "deployments.factory.note: Extra inputs are not permitted"),
        (("calls", "first round", "note"), "x", "calls.first round.note: Extra inputs are not permitted"),
        (("intent", "note"), "x", "intent.note: Extra inputs are not permitted"),
        (("version",), 2, "version: Input should be 1"),
        (("chain_id",), "31337", "chain_id: Input should be a valid integer"),
        (("deployments", "factory", "block"), 1.5, "deployments.factory.block: Input should be a valid integer"),
        (("deployments", "factory", "address"), None, "deployments.factory.address: Input should be a valid string"),
        (
            ("calls", "first round", "arguments"),
            {"id": 1},
            "calls.first round.arguments.id: Input should be a valid string",
        ),
        (("intent", "nonce"), "3", "intent.nonce: Input should be a valid integer"),
    ],
)
def test_load__wrong_or_unknown_key__is_named(
    path: Path, record: Record, place: tuple[str, ...], value: Any, message: str
) -> None:
    path.parent.mkdir()
    path.write_text(changed(record, place, value))
    with pytest.raises(RecordError) as raised:
        records.load(path)
    assert str(raised.value) == f"{path}: {message}"


def test_load__no_file__is_none(path: Path) -> None:
    assert records.load(path) is None


def test_load__folder__is_told(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        records.load(path)


def test_address__unknown_name__error_lists_what_there_is(record: Record) -> None:
    assert record.address("factory") == FACTORY
    with pytest.raises(RecordError, match=r"^the record has no 'keeper'\. It has: factory$"):
        record.address("keeper")
    with pytest.raises(RecordError, match=r"^the record has no 'keeper'\. It has: nothing yet$"):
        record.model_copy(update={"deployments": {}}).address("keeper")


def test_save__then_load__is_the_same_and_readable_by_all(path: Path, record: Record) -> None:
    records.save(path, record)
    assert records.load(path) == record
    assert json.loads(path.read_text())["calls"]["first round"]["arguments"]["answer"] == str(2**255)
    assert path.read_text().endswith("}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == [path.name]


def test_save__crash_while_writing__leaves_the_old_record(
    path: Path, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.save(path, record)
    before = path.read_bytes()

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    for owner, function in ((os, "fsync"), (Path, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, function, crash)
            with pytest.raises(KeyboardInterrupt):
                records.save(path, record.model_copy(update={"intent": None}))
        assert path.read_bytes() == before
        assert os.listdir(path.parent) == [path.name]


def test_save__is_on_disk_before_it_has_its_name(path: Path, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contents, then name, then the folder: a loss of power at any moment leaves the old file or the new one."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def traced_fsync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "contents")
        fsync(descriptor)

    def traced_replace(self: Path, target: Path) -> Path:
        done.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", traced_fsync)
    monkeypatch.setattr(Path, "replace", traced_replace)
    records.save(path, record)
    assert done == ["contents", "name", "folder"]


def test_exclusive__second_run__is_refused_until_the_first_ends(path: Path) -> None:
    with records.exclusive(path):
        with pytest.raises(RecordError) as raised, records.exclusive(path):
            pass
        assert str(raised.value) == f"{path}: another run is working in this folder: wait until it ends, then run again"
    with pytest.raises(ZeroDivisionError), records.exclusive(path):
        _ = 1 // 0
    with records.exclusive(path):
        assert os.listdir(path.parent) == []
