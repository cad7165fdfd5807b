"""A chain for measuring: an anvil of the tests' own, spoken to past Ape, which needs several times as long."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import ape
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from ethpm_types import ContractType

from perpetual_pools.twin.chain import Sent
from tests.scripts.anvil import anvil

ANVIL_OPTIONS = ("--block-base-fee-per-gas", "0", "--gas-price", "0", "--prune-history", "8")
"""Gas is free, as on Ape's own anvil; and the states of old blocks are not kept, which would fill the disk."""
GAS_LIMIT = 16_000_000
"""Of each transaction: half a block. Without one, anvil would estimate it first."""


@dataclass(frozen=True)
class Receipt:
    """Of a transaction that succeeded."""

    gas_used: int
    transaction: str
    address: str
    """Of the contract that was called or created."""
    logs: list[dict[str, Any]]


class Contract:
    """A contract on a `GasChain`. Its views are methods: `contract.balanceOf(account)`."""

    def __init__(self, chain: "GasChain", address: str, contract_type: ContractType) -> None:
        self.chain, self.address, self.contract_type = chain, address, contract_type
        self._methods = {
            method.name: (
                keccak(text=method.selector)[:4],
                [field.canonical_type for field in method.inputs],
                [field.canonical_type for field in method.outputs],
            )
            for method in contract_type.methods
        }

    def __getattr__(self, view: str) -> Any:
        if view.startswith("_"):
            raise AttributeError(view)
        return lambda *arguments: self.chain.read(self, view, *arguments)

    def encode(self, method: str, arguments: Sequence[Any]) -> str:
        """What is sent to call the method, in hex."""
        selector, inputs, _ = self._methods[method]
        return "0x" + (selector + encode(inputs, arguments)).hex()

    def decode(self, method: str, returned: str) -> Any:
        """A single value as it is, several as a tuple, and None for nothing."""
        values = decode(self._methods[method][2], bytes.fromhex(returned[2:]))
        return values[0] if len(values) == 1 else values or None


class GasChain:
    """A `Chain` whose accounts are addresses: those of anvil's test accounts.

    Each transaction is mined in a block of its own. Blocks share their time until `move_to`.
    """

    def __init__(self, url: str, project: Any, deployer: str, now: int) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc)
        self._project, self._deployer = project, deployer
        self.request("anvil_setBlockTimestampInterval", 0)
        self.move_to(now)

    def request(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = json.loads(self._connection.getresponse().read())
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def move_to(self, timestamp: int) -> None:
        self.now = timestamp
        self.request("evm_mine", {"timestamp": timestamp})

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undoes at the end whatever the block does."""
        now, snapshot = self.now, self.request("evm_snapshot")
        try:
            yield
        finally:
            assert self.request("evm_revert", snapshot)
            self.now = now

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Contract:
        contract_type = self._type(contract) if isinstance(contract, str) else contract
        code = contract_type.get_deployment_bytecode()
        assert code is not None
        types = [field.canonical_type for field in contract_type.constructor.inputs]
        data = "0x" + (code + encode(types, arguments)).hex()
        receipt = self._transact({"from": self._deployer, "data": data})
        return Contract(self, receipt.address, contract_type)

    def at(self, contract: str, address: str) -> Contract:
        return Contract(self, address, self._type(contract))

    def transact(self, contract: Contract, method: str, *arguments: Any, sender: str) -> Receipt:
        data = contract.encode(method, arguments)
        return self._transact({"from": sender, "to": contract.address, "data": data})

    def returned(self, receipt: Receipt, contract: Contract, method: str) -> Any:
        """What the method returned in that transaction."""
        tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self.request("debug_traceTransaction", receipt.transaction, tracer)
        return contract.decode(method, trace.get("output", "0x"))

    def send(self, contract: Contract, method: str, arguments: Sequence[Any], sender: str, *others: Contract) -> Sent:
        receipt = self.transact(contract, method, *arguments, sender=sender)
        events = [
            (event.event_name, dict(event.event_arguments))
            for emitter in (contract, *others)
            for event in ape.networks.arbitrum.decode_logs(
                [log for log in receipt.logs if log["address"] == emitter.address], *emitter.contract_type.events
            )
        ]
        return Sent(self.returned(receipt, contract, method), events)

    def read(self, contract: Contract, method: str, *arguments: Any) -> Any:
        call = {"to": contract.address, "data": contract.encode(method, arguments)}
        return contract.decode(method, self.request("eth_call", call, "latest"))

    def _transact(self, transaction: dict[str, str]) -> Receipt:
        receipt = self.request("eth_sendTransactionSync", {**transaction, "gas": hex(GAS_LIMIT)})
        assert int(receipt["status"], 16) == 1, f"the transaction failed: {transaction}"
        assert receipt["blockTimestamp"] == self.now
        address = receipt["contractAddress"] or receipt["to"]
        return Receipt(int(receipt["gasUsed"], 16), receipt["transactionHash"], address, receipt["logs"])

    def _type(self, contract: str) -> ContractType:
        contract_type: ContractType = self._project.get_contract(contract).contract_type
        return contract_type


@contextmanager
def gas_chain(project: Any, deployer: str, now: int) -> Iterator[GasChain]:
    """A new one."""
    with anvil(*ANVIL_OPTIONS) as url:
        yield GasChain(url, project, deployer, now)
