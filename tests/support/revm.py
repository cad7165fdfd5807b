"""An EVM in the test's own process: contracts from Ape's artifacts, exact time and gas, some 20,000 calls a second."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from ethpm_types import ContractType
from ethpm_types.abi import ErrorABI, EventABI
from pyrevm import EVM, BlockEnv

from perpetual_pools.twin.artifacts import Artifacts, Compiled
from perpetual_pools.twin.chain import Events, Logs, Reverted, Sent

SENDER = "0x" + "51" * 20
CODE_PADDING = 33
WORD = 32
# Of a call that is not given less; what would run forever ends here.
GAS = 100_000_000
_OUTPUT = re.compile(r"output: (0x[0-9a-f]*)")
_SLOT = re.compile(r"(\d+): StorageSlot {[^}]*present_value: (\d+) }")
_PANIC = bytes.fromhex("4e487b71")
_REASON = bytes.fromhex("08c379a0")


class OutOfGas(Exception):
    """A call that ran out of the gas it was given, or met an invalid opcode."""


@dataclass(frozen=True)
class Error:
    """An error that a contract declares."""

    name: str
    inputs: tuple[str, ...]


@contextmanager
def reverts(error: Error, **arguments: Any) -> Iterator[None]:
    """The block reverts with exactly this error; all its arguments have to be given."""
    assert set(arguments) == set(error.inputs), f"{error.name} has the arguments {error.inputs}"
    expected = tuple(arguments[name] for name in error.inputs)
    with pytest.raises(Reverted) as revert:
        yield
    assert (revert.value.name, revert.value.arguments) == (error.name, expected)


class Revm:
    """A chain whose time is `timestamp` until `set_time`."""

    def __init__(self, timestamp: int) -> None:
        self.evm = EVM(spec_id="CANCUN")
        self.evm.set_balance(SENDER, 10**24)
        self.errors: dict[bytes, _Error] = {}
        self.interfaces: dict[str, _Interface] = {}
        """Of the contracts that are known, by their addresses."""
        self._number = 0
        self.set_time(timestamp)

    def set_time(self, timestamp: int) -> None:
        self._number += 1
        self.evm.set_block_env(BlockEnv(number=self._number, timestamp=timestamp))

    def deploy(self, contract: Compiled | ContractType, *arguments: Any) -> "Instance":
        """Raises Reverted with the constructor's error."""
        contract_type = contract if isinstance(contract, ContractType) else contract.contract_type
        code = contract_type.deployment_bytecode
        assert code is not None and code.bytecode is not None, contract_type.name
        types = [parameter.canonical_type for parameter in contract_type.constructor.inputs]
        values = [value.address if isinstance(value, Instance) else value for value in arguments]
        try:
            address = self.evm.deploy(SENDER, bytes.fromhex(code.bytecode.removeprefix("0x")) + encode(types, values))
        except RuntimeError as failure:
            raise _reverted(failure, {**self.errors, **_error_table(contract_type)}) from None
        return Instance(self, address.lower(), contract_type)

    def events(self, instance: "Instance") -> Events:
        """What `instance` emitted in the last call, in order: names and arguments."""
        assert self.evm.result is not None
        interface = self.interfaces[instance.address]
        return [interface.decode(*log.data) for log in self.evm.result.logs if log.address.lower() == instance.address]

    def logs(self) -> Logs:
        """The same of all contracts that are known."""
        assert self.evm.result is not None
        emitted = [(log.address.lower(), log.data) for log in self.evm.result.logs]
        return [
            (address, *self.interfaces[address].decode(*data))
            for address, data in emitted
            if address in self.interfaces
        ]

    def storage(self, instance: "Instance") -> dict[int, int]:
        """All slots that have ever been read or written: nothing is committed, so the journal has them."""
        journal = re.search(rf"{instance.address}: Account .*? storage: {{(.*?)}}, status", self.evm.journal_str, re.I)
        assert journal is not None
        return {int(slot): int(value) for slot, value in _SLOT.findall(journal[1])}

    def code(self, instance: "Instance") -> bytes:
        """The runtime bytecode, without the zeros that the EVM pads it with."""
        code = self.evm.basic(instance.address).code
        assert code is not None
        return bytes(code)[:-CODE_PADDING]


class Instance:
    """A deployed contract. `instance.method(*arguments, gas=...)` calls it and keeps what it changed;
    `instance.SomeError` is for `reverts`."""

    def __init__(self, chain: Revm, address: str, contract_type: ContractType) -> None:
        self.address = address
        self.contract_type = contract_type
        self._chain = chain
        self._interface = _interface(contract_type)
        chain.interfaces[address] = self._interface
        # What this contract calls may be the one that reverts.
        chain.errors.update(self._interface.errors)

    def __getattr__(self, name: str) -> Any:
        for error in self._interface.errors.values():
            if error.name == name:
                return Error(name, error.fields)
        if name not in self._interface.methods:
            raise AttributeError(f"{self._interface.contract_type.name} has no {name}")
        selector, inputs, outputs = self._interface.methods[name]

        def call(*arguments: Any, gas: int = GAS, sender: str = SENDER) -> Any:
            returned = decode_all(outputs, self.call_raw(selector + encode_all(inputs, arguments), gas, sender))
            return returned[0] if len(returned) == 1 else returned or None

        setattr(self, name, call)
        return call

    def call_raw(self, data: bytes, gas: int = GAS, sender: str = SENDER) -> bytes:
        try:
            return self._chain.evm.message_call(sender, self.address, calldata=data, gas=gas)
        except RuntimeError as failure:
            raise _reverted(failure, self._chain.errors) from None


class RevmChain:
    """An EVM in the process: hundreds of times faster."""

    id = 1

    def __init__(self, project: Artifacts, now: int) -> None:
        self._project = project
        self.revm = Revm(now)
        self.now = now

    def move_to(self, timestamp: int) -> None:
        self.now = timestamp
        self.revm.set_time(timestamp)

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Instance:
        return self.revm.deploy(self._type(contract), *arguments)

    def at(self, contract: str | ContractType, address: str) -> Instance:
        return Instance(self.revm, address.lower(), self._type(contract))

    def send(self, contract: Instance, method: str, arguments: Sequence[Any], sender: str, *others: Instance) -> Sent:
        returned = getattr(contract, method)(*arguments, sender=sender)
        return Sent(returned, [event for emitter in (contract, *others) for event in self.revm.events(emitter)])

    def read(self, contract: Instance, method: str, *arguments: Any) -> Any:
        return getattr(contract, method)(*arguments)

    def reverting(self) -> AbstractContextManager[None]:
        return nullcontext()

    def logs(self) -> Logs:
        return self.revm.logs()

    def storage(self, contract: Instance) -> object:
        return self.revm.storage(contract)

    @contextmanager
    def aside(self, timestamp: int) -> Iterator[None]:
        """Another course of events, from that time on: all that the block sends is undone after it."""
        now, checkpoint = self.now, self.revm.evm.snapshot()
        self.move_to(timestamp)
        try:
            yield
        finally:
            self.revm.evm.revert(checkpoint)
            self.move_to(now)

    def _type(self, contract: str | ContractType) -> ContractType:
        return self._project.get_contract(contract).contract_type if isinstance(contract, str) else contract


@dataclass(frozen=True)
class _Error:
    name: str
    fields: tuple[str, ...]
    types: list[str]


@dataclass(frozen=True)
class _Event:
    name: str
    fields: list[tuple[str, bool]]
    """Names, and whether they are indexed."""
    plain: list[str]
    indexed: list[str]
    """Types."""


class _Interface:
    """What a contract answers to, worked out once for all its instances."""

    def __init__(self, contract_type: ContractType) -> None:
        self.contract_type = contract_type
        self.errors = _error_table(contract_type)
        self.events = {keccak(text=event.selector): _event(event) for event in contract_type.events}
        self.methods = {
            method.name: (
                _selector(method.selector),
                [parameter.canonical_type for parameter in method.inputs],
                [parameter.canonical_type for parameter in method.outputs],
            )
            for method in contract_type.methods
        }

    def decode(self, topics: list[bytes], data: bytes) -> tuple[str, dict[str, Any]]:
        """An event that was emitted: its name and arguments."""
        event = self.events[topics[0]]
        plain = iter(decode_all(event.plain, data))
        indexed = iter(decode_all(event.indexed, b"".join(topics[1:])))
        return event.name, {name: next(indexed if is_indexed else plain) for name, is_indexed in event.fields}


_interfaces: dict[int, _Interface] = {}
"""By the identity of their contract types, which cannot be hashed."""


def _interface(contract_type: ContractType) -> _Interface:
    if id(contract_type) not in _interfaces:
        _interfaces[id(contract_type)] = _Interface(contract_type)
    return _interfaces[id(contract_type)]


def _event(event: EventABI) -> _Event:
    return _Event(
        event.name,
        [(field.name or "", field.indexed) for field in event.inputs],
        [field.canonical_type for field in event.inputs if not field.indexed],
        [field.canonical_type for field in event.inputs if field.indexed],
    )


@cache
def _selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def encode_all(kinds: list[str], values: Sequence[Any]) -> bytes:
    """Words, and lists of words, by hand: eth_abi takes as long for them as the EVM for the call."""
    assert len(values) == len(kinds), f"{values} for {kinds}"
    if not all(kind.removesuffix("[]") in _TO_WORD for kind in kinds):
        return encode(kinds, [value.address if isinstance(value, Instance) else value for value in values])
    heads, lists = b"", b""
    for kind, value in zip(kinds, values, strict=True):
        if kind.endswith("[]"):
            to_word = _TO_WORD[kind.removesuffix("[]")]
            heads += _integer_to_word(WORD * len(kinds) + len(lists))
            lists += _integer_to_word(len(value)) + b"".join(map(to_word, value))
        else:
            heads += _TO_WORD[kind](value)
    return heads + lists


def decode_all(kinds: list[str], data: bytes) -> tuple[Any, ...]:
    """Words, and a list of integers, by hand."""
    if kinds == ["uint256[]"]:
        return ([int.from_bytes(data[at : at + WORD], "big") for at in range(2 * WORD, len(data), WORD)],)
    if not all(kind in _FROM_WORD for kind in kinds):
        decoded: tuple[Any, ...] = decode(kinds, data)
        return decoded
    assert len(data) == WORD * len(kinds), f"{kinds} in {len(data)} bytes"
    return tuple(_FROM_WORD[kind](data[at * WORD : (at + 1) * WORD]) for at, kind in enumerate(kinds))


def _integer_to_word(value: int) -> bytes:
    return (value % 2**256).to_bytes(WORD, "big")


def _address_to_word(value: "Instance | str") -> bytes:
    address = value.address if isinstance(value, Instance) else value
    return bytes.fromhex(address[2:]).rjust(WORD, b"\0")


def _integer(word: bytes) -> int:
    return int.from_bytes(word, "big")


def _signed(word: bytes) -> int:
    return int.from_bytes(word, "big", signed=True)


def _address(word: bytes) -> str:
    """Longer than one where the word is none."""
    return f"0x{_integer(word):040x}"


def _bool(word: bytes) -> bool:
    return {0: False, 1: True}[_integer(word)]


_SIZES = range(8, 257, 8)
_TO_WORD: dict[str, Callable[[Any], bytes]] = {
    "address": _address_to_word,
    "bool": _integer_to_word,
    **{f"{sign}int{size}": _integer_to_word for size in _SIZES for sign in ("", "u")},
}
_FROM_WORD: dict[str, Callable[[bytes], Any]] = {
    "address": _address,
    "bool": _bool,
    **{f"int{size}": _signed for size in _SIZES},
    **{f"uint{size}": _integer for size in _SIZES},
}


def _error_table(contract_type: ContractType) -> dict[bytes, _Error]:
    """The contract's errors by selector."""
    return {_selector(error.selector): _error(error) for error in contract_type.errors}


def _error(error: ErrorABI) -> _Error:
    types = [parameter.canonical_type for parameter in error.inputs]
    return _Error(error.name, tuple(parameter.name or "" for parameter in error.inputs), types)


def _reverted(failure: RuntimeError, errors: dict[bytes, _Error]) -> Exception:
    output = _OUTPUT.search(str(failure))
    if output is None:
        return OutOfGas(str(failure))
    data = bytes.fromhex(output.group(1)[2:])
    if data[:4] in errors:
        error = errors[data[:4]]
        return Reverted(error.name, decode_all(error.types, data[4:]))
    if data[:4] == _PANIC:
        return Reverted("Panic", decode(["uint256"], data[4:]))
    if data[:4] == _REASON:
        return Reverted("Error", decode(["string"], data[4:]))
    return Reverted("", (data,))
