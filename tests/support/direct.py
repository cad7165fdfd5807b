"""anvil spoken to directly: a transaction takes one request, and a quarter of the time that it takes through Ape."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from ape.api import AccountAPI
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from ethpm_types import ContractType

from perpetual_pools.twin.anvil import AnvilChain
from perpetual_pools.twin.chain import Events, Sent

GAS_LIMIT = 16_000_000
"""Of each transaction: half a block. Without a limit, anvil would estimate the gas first."""


@dataclass(frozen=True)
class Receipt:
    """The receipt of a transaction that succeeded."""

    gas_used: int
    transaction: str
    address: str
    """Of the contract that was called or created."""
    timestamp: int
    logs: list[dict[str, Any]]


class Node:
    """The anvil at `url`."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc)

    def request(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = json.loads(self._connection.getresponse().read())
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def create(self, sender: str, contract_type: ContractType, arguments: Sequence[Any]) -> Receipt:
        types = [field.canonical_type for field in contract_type.constructor.inputs]
        code = contract_type.get_deployment_bytecode()
        assert code is not None, contract_type.name
        return self._send({"from": sender, "data": "0x" + (code + encode(types, arguments)).hex()})

    def transact(self, contract: Any, method: str, arguments: Sequence[Any], sender: str) -> Receipt:
        data = interface_of(contract.contract_type).encode(method, arguments)
        return self._send({"from": sender, "to": contract.address, "data": data})

    def read(self, contract: Any, method: str, arguments: Sequence[Any]) -> Any:
        interface = interface_of(contract.contract_type)
        call = {"to": contract.address, "data": interface.encode(method, arguments)}
        return interface.decode(method, self.request("eth_call", call, "latest"))

    def returned(self, receipt: Receipt, contract: Any, method: str) -> Any:
        """Return what the method returned in that transaction."""
        tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self.request("debug_traceTransaction", receipt.transaction, tracer)
        return interface_of(contract.contract_type).decode(method, trace.get("output", "0x"))

    def sent(self, receipt: Receipt, contract: Any, method: str, *others: Any) -> Sent:
        """Return the value and the events of that transaction; `others` are contracts whose events are wanted too."""
        events = [
            event
            for emitter in (contract, *others)
            for event in interface_of(emitter.contract_type).events(
                log for log in receipt.logs if log["address"] == emitter.address.lower()
            )
        ]
        return Sent(self.returned(receipt, contract, method), events)

    def _send(self, transaction: dict[str, str]) -> Receipt:
        receipt = self.request("eth_sendTransactionSync", {**transaction, "gas": hex(GAS_LIMIT)})
        assert int(receipt["status"], 16) == 1, f"the transaction failed: {transaction}"
        return Receipt(
            int(receipt["gasUsed"], 16),
            receipt["transactionHash"],
            receipt["contractAddress"] or receipt["to"],
            receipt["blockTimestamp"],
            receipt["logs"],
        )


class Interface:
    """How to encode calls of a contract, and to decode its answers and events."""

    def __init__(self, contract_type: ContractType) -> None:
        self.contract_type = contract_type
        self._methods = {
            method.name: (
                keccak(text=method.selector)[:4],
                [field.canonical_type for field in method.inputs],
                [field.canonical_type for field in method.outputs],
            )
            for method in contract_type.methods
        }
        self._events = {"0x" + keccak(text=event.selector).hex(): event for event in contract_type.events}

    def encode(self, method: str, arguments: Sequence[Any]) -> str:
        """Return what is sent to call the method, in hex."""
        selector, inputs, _ = self._methods[method]
        return "0x" + (selector + encode(inputs, arguments)).hex()

    def decode(self, method: str, returned: str) -> Any:
        """Return a single value as it is, several as a tuple, and None for nothing."""
        values = decode(self._methods[method][2], bytes.fromhex(returned[2:]))
        return values[0] if len(values) == 1 else values or None

    def events(self, logs: Iterator[dict[str, Any]]) -> Events:
        """Return the names and arguments of the events that `logs` hold."""
        found = []
        for log in logs:
            first, *topics = log["topics"]
            event = self._events[first]
            plain = [field for field in event.inputs if not field.indexed]
            indexed = [field for field in event.inputs if field.indexed]
            arguments = {
                str(field.name): value
                for fields, data in ((plain, log["data"][2:]), (indexed, "".join(topic[2:] for topic in topics)))
                for field, value in zip(
                    fields, decode([field.canonical_type for field in fields], bytes.fromhex(data)), strict=True
                )
            }
            found.append((event.name, arguments))
        return found


_interfaces: dict[int, Interface] = {}
"""By the identity of their contract types, which cannot be hashed."""


def interface_of(contract_type: ContractType) -> Interface:
    if id(contract_type) not in _interfaces:
        _interfaces[id(contract_type)] = Interface(contract_type)
    return _interfaces[id(contract_type)]


class DirectAnvilChain(AnvilChain):
    """The network that Ape is connected to. Deploys through Ape, sends and reads directly. What it sends has to succeed."""

    def __init__(self, project: Any, chain: Any, deployer: AccountAPI, now: int) -> None:
        super().__init__(project, chain, deployer, now)
        self._node = Node(chain.provider.uri)

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: AccountAPI, *others: Any) -> Sent:
        receipt = self._node.transact(contract, method, arguments, sender.address)
        assert receipt.timestamp == self.now, (receipt.timestamp, self.now)
        return self._node.sent(receipt, contract, method, *others)

    def read(self, contract: Any, method: str, *arguments: Any) -> Any:
        return self._node.read(contract, method, arguments)


@dataclass(frozen=True)
class Contract:
    """A contract on a `LocalChain`. Its views are methods: `contract.balanceOf(account)`."""

    chain: "LocalChain"
    address: str
    contract_type: ContractType

    def __getattr__(self, view: str) -> Any:
        if view.startswith("_"):
            raise AttributeError(view)
        return lambda *arguments: self.chain.read(self, view, *arguments)


class LocalChain:
    """A `Chain` on the anvil at `url`, without Ape. Accounts are addresses: those of the test accounts.

    Each transaction is mined in a block of its own. All blocks have the time of the latest one, until `move_to`.
    """

    def __init__(self, url: str, project: Any, deployer: str) -> None:
        self.node = Node(url)
        self._project, self._deployer = project, deployer
        self.now = int(self.node.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        self.node.request("anvil_setBlockTimestampInterval", 0)

    def move_to(self, timestamp: int) -> None:
        self.now = timestamp
        self.node.request("evm_mine", {"timestamp": timestamp})

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo on the way out what the block does to the chain."""
        now, snapshot = self.now, self.node.request("evm_snapshot")
        try:
            yield
        finally:
            assert self.node.request("evm_revert", snapshot)
            self.now = now

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Contract:
        contract_type = self._type(contract) if isinstance(contract, str) else contract
        receipt = self.node.create(self._deployer, contract_type, arguments)
        assert receipt.timestamp == self.now, (receipt.timestamp, self.now)
        return Contract(self, receipt.address, contract_type)

    def at(self, contract: str | ContractType, address: str) -> Contract:
        return Contract(self, address, self._type(contract) if isinstance(contract, str) else contract)

    def transact(self, contract: Contract, method: str, *arguments: Any, sender: str) -> Receipt:
        receipt = self.node.transact(contract, method, arguments, sender)
        assert receipt.timestamp == self.now, (receipt.timestamp, self.now)
        return receipt

    def send(self, contract: Contract, method: str, arguments: Sequence[Any], sender: str, *others: Contract) -> Sent:
        receipt = self.transact(contract, method, *arguments, sender=sender)
        return self.node.sent(receipt, contract, method, *others)

    def read(self, contract: Contract, method: str, *arguments: Any) -> Any:
        return self.node.read(contract, method, arguments)

    def _type(self, contract: str) -> ContractType:
        contract_type: ContractType = self._project.get_contract(contract).contract_type
        return contract_type
