"""A twin's chain on an anvil, through Ape."""

from collections.abc import Sequence
from typing import Any

from ape.api import AccountAPI
from ape.exceptions import ContractLogicError, CustomError
from eth_abi.abi import decode
from eth_utils.crypto import keccak

from perpetual_pools.twin.chain import Reverted, Sent


class AnvilChain:
    """The network that Ape is connected to, whose latest block is of `now`. Blocks share their time until `move_to`."""

    def __init__(self, project: Any, chain: Any, deployer: AccountAPI, now: int) -> None:
        self._project = project
        self._chain = chain
        self._deployer = deployer
        # Errors of what a pool calls come up through it.
        self._errors = {
            keccak(text=error.selector)[:4]: error
            for name in ("FixedOracle", "ChainlinkOracleWrapper", "ReplayAggregator", "MockERC20")
            for error in project.get_contract(name).contract_type.errors
        }
        self.now = now
        # What is sent past `set_time` gets the time of the block before, however long the machine takes.
        chain.provider.make_request("anvil_setBlockTimestampInterval", [0])

    def move_to(self, timestamp: int) -> None:
        self.now = timestamp
        self._chain.mine(timestamp=timestamp)

    def set_time(self) -> None:
        """For the next block: a transaction sent past the chain's own functions needs it."""
        self._chain.provider.set_timestamp(self.now)

    def deploy(self, contract: str, *arguments: Any) -> Any:
        self.set_time()
        return self._deployer.deploy(self._project.get_contract(contract), *arguments)

    def at(self, contract: str, address: str) -> Any:
        return self._project.get_contract(contract).at(address)

    def remember(self, *contracts: Any) -> None:
        """Their types: in a long run Ape forgets some, and then reads no events of theirs."""
        for contract in contracts:
            self._chain.contracts[contract.address] = contract.contract_type

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: AccountAPI, *others: Any) -> Sent:
        self.set_time()
        self.remember(contract, *others)
        try:
            receipt = getattr(contract, method)(*arguments, sender=sender)
        except CustomError as error:
            raise Reverted(error.abi.name, tuple(error.inputs.values())) from error
        except ContractLogicError as error:
            raise self._reverted(error) from error
        assert receipt.timestamp == self.now, (receipt.timestamp, self.now)
        events = [
            (log.event_name, dict(log.event_arguments))
            for emitter in (contract, *others)
            for log in receipt.decode_logs()
            if log.contract_address == emitter.address
        ]
        return Sent(self._returned(receipt.txn_hash, getattr(contract, method), arguments), events)

    def read(self, contract: Any, method: str, *arguments: Any) -> Any:
        return getattr(contract, method)(*arguments)

    def _returned(self, transaction: str, method: Any, arguments: Sequence[Any]) -> Any:
        """What a call returned. Ape would find it in a trace of every step, which takes long."""
        tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self._chain.provider.make_request("debug_traceTransaction", [transaction, tracer])
        abi = next(abi for abi in method.abis if len(abi.inputs) == len(arguments))
        values = decode([field.canonical_type for field in abi.outputs], bytes.fromhex(trace.get("output", "0x")[2:]))
        return values[0] if len(values) == 1 else values or None

    def _reverted(self, error: ContractLogicError) -> Exception:
        data = bytes.fromhex((error.revert_message or "").removeprefix("0x"))
        found = self._errors[data[:4]]
        return Reverted(found.name, decode([field.canonical_type for field in found.inputs], data[4:]))
