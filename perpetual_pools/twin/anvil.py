"""The chain of a twin on anvil, through Ape."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ape.api import AccountAPI
from ape.contracts import ContractContainer
from ape.exceptions import ContractLogicError, CustomError
from eth_abi.abi import decode
from eth_utils.crypto import keccak
from ethpm_types import ContractType
from ethpm_types.abi import EventABI

from perpetual_pools.twin.chain import Logs, Reverted, Sent


class AnvilChain:
    """The network that Ape is connected to. All blocks have the same time until `move_to`.

    Args:
        project: the source of contracts: Ape's own project, or `Artifacts`.
        chain: Ape's chain manager.
        now: the time of the latest block, in Unix seconds.
    """

    def __init__(self, project: Any, chain: Any, deployer: AccountAPI, now: int) -> None:
        self._project = project
        self._chain = chain
        self._deployer = deployer
        self._events: dict[str, tuple[ContractType, dict[bytes, EventABI]]] = {}
        self._receipt: Any = None
        # A pool passes the errors of the contracts that it calls on to its caller.
        self._errors = {
            keccak(text=error.selector)[:4]: error
            for name in ("FixedOracle", "ChainlinkOracleWrapper", "ReplayAggregator", "MockERC20")
            for error in project.get_contract(name).contract_type.errors
        }
        self.set_back(now)

    @property
    def id(self) -> int:
        return int(self._chain.chain_id)

    def set_back(self, now: int) -> None:
        """Set the clock after the chain has returned to a snapshot of that time."""
        self.now = now
        # Without `set_time`, a block gets the time of the block before it, however long the machine takes.
        self._chain.provider.make_request("anvil_setBlockTimestampInterval", [0])

    def move_to(self, timestamp: int) -> None:
        self.now = timestamp
        self._chain.mine(timestamp=timestamp)

    def set_time(self) -> None:
        """Set the time of the next block. Transactions that are not sent through this class need it."""
        self._chain.provider.set_timestamp(self.now)

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Any:
        self.set_time()
        return self._known(self._deployer.deploy(self._container(contract), *arguments))

    def at(self, contract: str | ContractType, address: str) -> Any:
        return self._known(self._container(contract).at(address, fetch_from_explorer=False, detect_proxy=False))

    def remember(self, *contracts: Any) -> None:
        """Remember the types of contracts that this chain did not deploy, to decode their events."""
        for contract in contracts:
            self._known(contract)

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: AccountAPI, *others: Any) -> Sent:
        self.remember(contract, *others)
        with self.reverting():
            receipt = self._receipt = getattr(contract, method)(*arguments, sender=sender)
        # Logs have the time too; Ape would fetch the block for it.
        time = int(receipt.logs[0]["blockTimestamp"], 16) if receipt.logs else receipt.timestamp
        assert time == self.now, (time, self.now)
        emitters = [emitter.address for emitter in (contract, *others)]
        logs = self._decoded(raw for raw in receipt.logs if raw["address"] in emitters)
        events = [(name, fields) for emitter in emitters for address, name, fields in logs if address == emitter]
        return Sent(self._returned(receipt.txn_hash, getattr(contract, method), arguments), events)

    def read(self, contract: Any, method: str, *arguments: Any) -> Any:
        return getattr(contract, method)(*arguments)

    @contextmanager
    def reverting(self) -> Iterator[None]:
        self.set_time()
        try:
            yield
        except CustomError as error:
            raise Reverted(error.abi.name, tuple(error.inputs.values())) from error
        except ContractLogicError as error:
            raise self._reverted(error) from error

    def logs(self) -> Logs:
        return self._decoded(raw for raw in self._receipt.logs if raw["address"] in self._events)

    def storage(self, contract: Any) -> object:
        proof = self._chain.provider.make_request("eth_getProof", [contract.address, [], "latest"])
        return proof["storageHash"]

    def _container(self, contract: str | ContractType) -> ContractContainer:
        return ContractContainer(
            self._project.get_contract(contract).contract_type if isinstance(contract, str) else contract
        )

    def _known(self, contract: Any) -> Any:
        contract_type = contract.contract_type
        known = self._events.get(contract.address)
        if known is None or known[0] is not contract_type:
            topics = {keccak(text=event.selector): event for event in contract_type.events}
            self._events[contract.address] = contract_type, topics
        return contract

    def _decoded(self, raws: Iterable[dict[str, Any]]) -> Logs:
        """Decode logs of contracts whose interfaces are known."""
        ecosystem = self._chain.provider.network.ecosystem
        abis = [(raw, self._events[raw["address"]][1].get(bytes(raw["topics"][0]))) for raw in raws]
        return [
            (log.contract_address, log.event_name, dict(log.event_arguments))
            for raw, abi in abis
            if abi is not None
            for log in ecosystem.decode_logs([raw], abi)
        ]

    def _returned(self, transaction: str, method: Any, arguments: Sequence[Any]) -> Any:
        """Return the value that a call returned. Ape would trace every step to find it, which takes long."""
        abi = next(abi for abi in method.abis if len(abi.inputs) == len(arguments))
        if not abi.outputs:
            return None
        tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self._chain.provider.make_request("debug_traceTransaction", [transaction, tracer])
        values = decode([field.canonical_type for field in abi.outputs], bytes.fromhex(trace.get("output", "0x")[2:]))
        return values[0] if len(values) == 1 else values

    def _reverted(self, error: ContractLogicError) -> Reverted:
        message = error.revert_message or ""
        data = bytes.fromhex(message[2:]) if message.startswith("0x") else b""
        if data[:4] not in self._errors:
            return Reverted("", (data,))
        found = self._errors[data[:4]]
        return Reverted(found.name, decode([field.canonical_type for field in found.inputs], data[4:]))
