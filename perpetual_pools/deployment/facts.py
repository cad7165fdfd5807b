"""Facts about one step of a deployment: they compare the parameters with the record, and the record with the chain.

A `Fact` has an expected and a found value, in words for people. `check` collects all facts. `deploy` refuses a record if
one of the facts about its steps differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import ape
from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak

from perpetual_pools.chain import sending
from perpetual_pools.chain.contracts import (
    creation_code,
    encoded_arguments,
    encoded_call,
    instance,
    pair_address,
    pool_address,
    pool_token_addresses,
)
from perpetual_pools.deployment.plan import (
    AMM_FACTORY,
    FACTORY,
    AddressOf,
    Creation,
    FunctionCall,
    Now,
    PairCreation,
    PoolCreation,
    Step,
)
from perpetual_pools.records import Call, Deployment, Record

if TYPE_CHECKING:
    from ape.api import ReceiptAPI


RECORD_BY_PARAMETERS = "record against parameters"
CHAIN_BY_RECORD = "chain against record"
CHAIN_BY_PARAMETERS = "chain against parameters"
HERE = "the code of this version"
MUTABLE = frozenset({"feeRecipient_", "weight", "primaryBps_", "newOwner"})
"""Arguments whose values can change after the deployment, so the record may differ from the parameters."""


@dataclass(frozen=True)
class Fact:
    """A comparison of one value of a recorded contract or call: the expected and the found value, as text for people."""

    name: str
    what: str
    expected: str
    found: str
    where: str
    """The two sources: where the value was found, and which source says what to expect."""

    @property
    def differs(self) -> bool:
        """Whether the found value differs from the expected one."""
        return self.expected != self.found


def entry_of(step: Step, record: Record) -> Deployment | Call | None:
    """Return the record's entry for the step, or None if the step is not recorded."""
    entries = record.calls if isinstance(step, FunctionCall) else record.deployments
    return entries.get(step.name)


def factory_of(step: PairCreation, addresses: Mapping[str, str]) -> str:
    """Return the address of the AMM's factory."""
    return addresses[step.factory.name] if isinstance(step.factory, AddressOf) else step.factory


def pair_of(step: PairCreation, addresses: Mapping[str, str]) -> str:
    """Return the address of the pair of the step's tokens, or the zero address if the AMM has no such pair."""
    tokens = [addresses[token.name] if isinstance(token, AddressOf) else token for token in step.arguments.values()]
    return str(instance("UniswapV2Factory", factory_of(step, addresses)).getPair(*tokens))


def address_made(step: Step, record: Record, receipt: ReceiptAPI | None) -> str:
    """Return the address of the contract that the step's transaction made.

    Args:
        receipt: None for a pair that existed before.
    """
    if isinstance(step, PairCreation):
        if receipt is None:
            return pair_of(step, record.addresses)
        factory = instance("UniswapV2Factory", factory_of(step, record.addresses))
        return str(next((event.pair for event in receipt.decode_logs(factory.PairCreated)), None))
    assert receipt is not None, "only a pair can exist without a receipt"
    if isinstance(step, PoolCreation):
        events = receipt.decode_logs(instance("PoolFactory", record.address(FACTORY)).PoolDeployed)
        return str(next((event.pool for event in events), None))
    return str(receipt.contract_address)


def tokens_of(step: Step, pool: str) -> dict[str, str]:
    """Return the addresses of the pool's tokens by their names. The result is empty for other contracts."""
    return dict(zip(step.tokens, pool_token_addresses(pool), strict=True)) if isinstance(step, PoolCreation) else {}


def code_facts(step: Step, record: Record) -> Iterator[Fact]:
    """Compare the code of a recorded contract with the code of this version.

    Yields nothing for calls, for unrecorded steps, and for pairs of an AMM that the deployment did not create.
    """
    entry = record.deployments.get(step.name)
    if entry is None:
        return
    match step:
        case Creation():
            sent = ape.chain.provider.web3.eth.get_transaction(cast(Any, entry.transaction))["input"]
            same = bytes(sent) == creation_code(step.contract) + encoded_arguments(step.contract, entry.arguments)
        case PoolCreation():
            same = pool_address(record.address(FACTORY), record.deployer, entry.arguments) == entry.address
        case PairCreation() if AMM_FACTORY in record.deployments:
            same = pair_address(factory_of(step, record.addresses), *entry.arguments.values()) == entry.address
        case _:
            return
    other = f"other code (commit {entry.commit})" if entry.commit else "other code"
    yield Fact(step.name, "code", HERE, HERE if same else other, CHAIN_BY_RECORD)


def wanted_arguments(step: Step, record: Record) -> dict[str, str]:
    """Return the arguments that the parameters ask for, by name, except those that depend on the time of the step."""
    return {
        name: str(record.addresses.get(argument.name) if isinstance(argument, AddressOf) else argument)
        for name, argument in step.arguments.items()
        if not isinstance(argument, Now)
    }


def parameter_facts(step: Step, record: Record) -> Iterator[Fact]:
    """Compare the recorded arguments of the step with the parameters. Yields nothing if the step is not recorded."""
    if entry := entry_of(step, record):
        for name, wanted in wanted_arguments(step, record).items():
            if name not in MUTABLE:
                yield Fact(step.name, name, wanted, str(entry.arguments.get(name)), RECORD_BY_PARAMETERS)


def chain_facts(step: Step, record: Record) -> Iterator[Fact]:
    """Compare the step's entry in the record with the chain. Yields nothing if the step is not recorded."""
    if entry := entry_of(step, record):
        for what, recorded, true in _facts(step, entry, record):
            yield Fact(step.name, what, str(recorded), str(true), CHAIN_BY_RECORD)


def _facts(step: Step, entry: Deployment | Call, record: Record) -> Iterator[tuple[str, object, object]]:
    """Yield the name of each compared value, the value in the entry, and the value on the chain."""
    receipt = None
    if entry.transaction is not None or not isinstance(step, PairCreation):
        if entry.transaction is None or not sending.is_known(entry.transaction):
            yield "transaction", entry.transaction, "there is none"
            return
        receipt = sending.confirmed(entry.transaction)
        yield "block", entry.block, receipt.block_number
        yield "gas used", entry.gas_used, receipt.gas_used
    if isinstance(entry, Call):
        assert receipt is not None, "only a pair can exist without a receipt"
        yield "sender", entry.sender, receipt.sender
        yield "target", record.address(entry.target), receipt.receiver
        sent = to_hex(ape.chain.provider.web3.eth.get_transaction(cast(Any, entry.transaction))["input"])
        same = sent == encoded_call(step.contract, entry.function, entry.arguments)
        yield "call", "as recorded", "as recorded" if same else sent
        return
    if receipt is not None:
        yield "deployer", entry.deployer, receipt.sender
    yield "contract", entry.contract, step.contract
    yield "address", entry.address, address_made(step, record, receipt)
    yield "code hash", entry.code_hash, to_hex(keccak(bytes(ape.chain.provider.get_code(entry.address))))
    if isinstance(step, PoolCreation):
        yield "tokens", entry.tokens, tokens_of(step, entry.address)
