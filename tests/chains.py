"""Where a twin's contracts live: on an anvil through Ape, or in an EVM of the test's own process. Both alike to the twin."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from ape.api import AccountAPI
from ape.exceptions import ContractLogicError, CustomError
from eth_abi import decode
from eth_utils import keccak

from tests.revm import Instance, Reverted, Revm

Events = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Sent:
    """What a call did."""

    value: Any
    events: Events
    """Of the called contract; then of others that were asked for."""


class TestChain(Protocol):
    """All that a twin needs of a chain. Accounts are named by what the chain sends with: see `address_of`."""

    __test__ = False
    now: int
    """Unix seconds: the time of every call until `move_to`."""

    def move_to(self, timestamp: int) -> None: ...

    def deploy(self, contract: str, *arguments: Any) -> Any: ...

    def at(self, contract: str, address: str) -> Any: ...

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: Any, *others: Any) -> Sent:
        """`others`: contracts whose events are wanted too. Raises Reverted with the contract's error."""
        ...

    def read(self, contract: Any, method: str, *arguments: Any) -> Any: ...


def address_of(account: Any) -> str:
    """Of an account or a contract of either chain."""
    return account if isinstance(account, str) else str(account.address)


def plain(value: Any) -> Any:
    """Comparable across chains: addresses in lower case, structs as tuples."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value] or None
    return int(value) if isinstance(value, int) else value


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
        return Sent(receipt.return_value, events)

    def read(self, contract: Any, method: str, *arguments: Any) -> Any:
        return getattr(contract, method)(*arguments)

    def _reverted(self, error: ContractLogicError) -> Exception:
        data = bytes.fromhex((error.revert_message or "").removeprefix("0x"))
        found = self._errors[data[:4]]
        return Reverted(found.name, decode([field.canonical_type for field in found.inputs], data[4:]))


class RevmChain:
    """An EVM in the process: hundreds of times faster."""

    def __init__(self, project: Any, now: int) -> None:
        self._project = project
        self.revm = Revm(now)
        self.now = now

    def move_to(self, timestamp: int) -> None:
        self.now = timestamp
        self.revm.set_time(timestamp)

    def deploy(self, contract: str, *arguments: Any) -> Instance:
        return self.revm.deploy(self._project.get_contract(contract), *arguments)

    def at(self, contract: str, address: str) -> Instance:
        return Instance(self.revm, address.lower(), self._project.get_contract(contract).contract_type)

    def send(self, contract: Instance, method: str, arguments: Sequence[Any], sender: str, *others: Instance) -> Sent:
        value = getattr(contract, method)(*arguments, sender=sender)
        return Sent(value, [event for emitter in (contract, *others) for event in self.revm.events(emitter)])

    def read(self, contract: Instance, method: str, *arguments: Any) -> Any:
        return getattr(contract, method)(*arguments)

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
