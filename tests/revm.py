"""An EVM in the test's own process: contracts from Ape's artifacts, exact time and gas, some 20,000 calls a second."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from ape.contracts import ContractContainer
from eth_abi import decode, encode
from eth_utils import keccak
from ethpm_types import ContractType
from ethpm_types.abi import ErrorABI
from pyrevm import EVM, BlockEnv

SENDER = "0x" + "51" * 20
CODE_PADDING = 33
# Of a call that is not given less; what would run forever ends here.
GAS = 100_000_000
_OUTPUT = re.compile(r"output: (0x[0-9a-f]*)")
_INTEGER = re.compile(r"u?int\d+")
_PANIC = bytes.fromhex("4e487b71")
_REASON = bytes.fromhex("08c379a0")


class Reverted(Exception):
    """A call that reverted. `name` is that of the contract's error (`Panic`, or `Error` for a reason string; empty when
    it is none of these), `arguments` its arguments."""

    def __init__(self, name: str, arguments: tuple[Any, ...]) -> None:
        super().__init__(f"{name}{arguments}")
        self.name = name
        self.arguments = arguments


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
        self.errors: dict[bytes, ErrorABI] = {}
        self._number = 0
        self.set_time(timestamp)

    def set_time(self, timestamp: int) -> None:
        self._number += 1
        self.evm.set_block_env(BlockEnv(number=self._number, timestamp=timestamp))

    def deploy(self, contract: ContractContainer | ContractType, *arguments: Any) -> "Instance":
        """Raises Reverted with the constructor's error."""
        contract_type = contract if isinstance(contract, ContractType) else contract.contract_type
        code = contract_type.deployment_bytecode
        assert code is not None and code.bytecode is not None, contract_type.name
        types = [parameter.canonical_type for parameter in contract_type.constructor.inputs]
        values = [value.address if isinstance(value, Instance) else value for value in arguments]
        try:
            address = self.evm.deploy(SENDER, bytes.fromhex(code.bytecode.removeprefix("0x")) + encode(types, values))
        except RuntimeError as failure:
            raise _reverted(failure, _error_table(contract_type)) from None
        return Instance(self, address.lower(), contract_type)

    def events(self, instance: "Instance") -> list[tuple[str, dict[str, Any]]]:
        """What `instance` emitted in the last call, in order: names and arguments."""
        return [
            instance.decode_event(*log.data) for log in self.evm.result.logs if log.address.lower() == instance.address
        ]

    def code(self, instance: "Instance") -> bytes:
        """The runtime bytecode, without the zeros that the EVM pads it with."""
        return bytes(self.evm.basic(instance.address).code)[:-CODE_PADDING]


class Instance:
    """A deployed contract. `instance.method(*arguments, gas=...)` calls it and keeps what it changed;
    `instance.SomeError` is for `reverts`."""

    def __init__(self, chain: Revm, address: str, contract_type: ContractType) -> None:
        self.address = address
        self._chain = chain
        self._name = contract_type.name
        self._errors = _error_table(contract_type)
        # What this contract calls may be the one that reverts.
        chain.errors.update(self._errors)
        self._events = {keccak(text=event.selector): event for event in contract_type.events}
        self._methods = {
            method.name: (
                _selector(method.selector),
                [parameter.canonical_type for parameter in method.inputs],
                [parameter.canonical_type for parameter in method.outputs],
            )
            for method in contract_type.methods
        }

    def __getattr__(self, name: str) -> Any:
        for error in self._errors.values():
            if error.name == name:
                return Error(name, tuple(parameter.name or "" for parameter in error.inputs))
        if name not in self._methods:
            raise AttributeError(f"{self._name} has no {name}")
        selector, inputs, outputs = self._methods[name]
        all_integers = all(_INTEGER.fullmatch(kind) for kind in inputs)

        def call(*arguments: Any, gas: int = GAS, sender: str = SENDER) -> Any:
            if all_integers:
                assert len(arguments) == len(inputs), f"{name} has the arguments {inputs}"
                data = selector + b"".join((value % 2**256).to_bytes(32, "big") for value in arguments)
            else:
                values = [value.address if isinstance(value, Instance) else value for value in arguments]
                data = selector + encode(inputs, values)
            returned = _decode(outputs, self.call_raw(data, gas, sender))
            return returned[0] if len(returned) == 1 else returned or None

        setattr(self, name, call)
        return call

    def decode_event(self, topics: list[bytes], data: bytes) -> tuple[str, dict[str, Any]]:
        event = self._events[topics[0]]
        plain = iter(decode([field.canonical_type for field in event.inputs if not field.indexed], data))
        indexed = iter(topics[1:])
        values = {
            field.name or "": decode([field.canonical_type], next(indexed))[0] if field.indexed else next(plain)
            for field in event.inputs
        }
        return event.name, values

    def call_raw(self, data: bytes, gas: int = GAS, sender: str = SENDER) -> bytes:
        try:
            return self._chain.evm.message_call(sender, self.address, calldata=data, gas=gas)
        except RuntimeError as failure:
            raise _reverted(failure, self._chain.errors) from None


@cache
def _selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def _decode(kinds: list[str], data: bytes) -> tuple[Any, ...]:
    """Long lists of words by hand: eth_abi takes longer for them than the EVM for the call."""
    if kinds == ["uint256[]"]:
        return ([int.from_bytes(data[at : at + 32], "big") for at in range(64, len(data), 32)],)
    decoded: tuple[Any, ...] = decode(kinds, data)
    return decoded


def _error_table(contract_type: ContractType) -> dict[bytes, ErrorABI]:
    """The contract's errors by selector."""
    return {_selector(error.selector): error for error in contract_type.errors}


def _reverted(failure: RuntimeError, errors: dict[bytes, ErrorABI]) -> Exception:
    output = _OUTPUT.search(str(failure))
    if output is None:
        return OutOfGas(str(failure))
    data = bytes.fromhex(output.group(1)[2:])
    if data[:4] in errors:
        error = errors[data[:4]]
        return Reverted(error.name, decode([parameter.canonical_type for parameter in error.inputs], data[4:]))
    if data[:4] == _PANIC:
        return Reverted("Panic", decode(["uint256"], data[4:]))
    if data[:4] == _REASON:
        return Reverted("Error", decode(["string"], data[4:]))
    return Reverted("", (data,))
