"""Facts of one step of a deployment: its parameters compared with its record, and the record with the chain.

A `Fact` is an expected and a found value, in words for people. `check` collects them all; `deploy` uses those about code
and addresses to refuse a record that does not fit.
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


RECORD_BY_PARAMETERS = "record, by the parameters"
CHAIN_BY_RECORD = "chain, by the record"
CHAIN_BY_PARAMETERS = "chain, by the parameters"
HERE = "as compiled here"
MUTABLE = frozenset({"feeRecipient_", "weight", "primaryBps_", "newOwner"})
"""Arguments of what can be set again: that they are not what the parameters say now tells nothing."""


@dataclass(frozen=True)
class Fact:
    """What is expected of something that has a name in the record, and what was found; in words and numbers for people."""

    name: str
    what: str
    expected: str
    found: str
    where: str
    """Where it was found, and by what it was expected."""

    @property
    def differs(self) -> bool:
        """Whether something else was found."""
        return self.expected != self.found


def entry_of(step: Step, record: Record) -> Deployment | Call | None:
    """Where the record says that the step is done; None if it does not."""
    entries = record.calls if isinstance(step, FunctionCall) else record.deployments
    return entries.get(step.name)


def factory_of(step: PairCreation, addresses: Mapping[str, str]) -> str:
    """The address of the AMM's factory."""
    return addresses[step.factory.name] if isinstance(step.factory, AddressOf) else step.factory


def pair_of(step: PairCreation, addresses: Mapping[str, str]) -> str:
    """The pair that the AMM's factory has of the step's tokens; the zero address if none."""
    tokens = [addresses[token.name] if isinstance(token, AddressOf) else token for token in step.arguments.values()]
    return str(instance("UniswapV2Factory", factory_of(step, addresses)).getPair(*tokens))


def address_made(step: Step, record: Record, receipt: ReceiptAPI | None) -> str:
    """Of what the step's transaction made. `receipt`: None of a pair that was there already."""
    if isinstance(step, PairCreation):
        if receipt is None:
            return pair_of(step, record.addresses)
        factory = instance("UniswapV2Factory", factory_of(step, record.addresses))
        return str(next((event.pair for event in receipt.decode_logs(factory.PairCreated)), None))
    assert receipt is not None, "only of a pair there is none"
    if isinstance(step, PoolCreation):
        events = receipt.decode_logs(instance("PoolFactory", record.address(FACTORY)).PoolDeployed)
        return str(next((event.pool for event in events), None))
    return str(receipt.contract_address)


def tokens_of(step: Step, pool: str) -> dict[str, str]:
    """The addresses of the pool's tokens by their names; of another contract nothing."""
    return dict(zip(step.tokens, pool_token_addresses(pool), strict=True)) if isinstance(step, PoolCreation) else {}


def code_facts(step: Step, record: Record) -> Iterator[Fact]:
    """Compare the code of a recorded contract with the one of this checkout; nothing if no code of ours is recorded."""
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
    other = f"other code; recorded is commit {entry.commit}" if entry.commit else "other code"
    yield Fact(step.name, "code", HERE, HERE if same else other, CHAIN_BY_RECORD)


def wanted_arguments(step: Step, record: Record) -> dict[str, str]:
    """What the parameters ask for, by the names of the arguments; but for those that rest on when the step was done."""
    return {
        name: str(record.addresses.get(argument.name) if isinstance(argument, AddressOf) else argument)
        for name, argument in step.arguments.items()
        if not isinstance(argument, Now)
    }


def parameter_facts(step: Step, record: Record) -> Iterator[Fact]:
    """What the parameters ask for now beside what the record says was sent for the step; nothing if it is not recorded."""
    if entry := entry_of(step, record):
        for name, wanted in wanted_arguments(step, record).items():
            if name not in MUTABLE:
                yield Fact(step.name, name, wanted, str(entry.arguments.get(name)), RECORD_BY_PARAMETERS)


def chain_facts(step: Step, record: Record) -> Iterator[Fact]:
    """What the record says of the step beside what the chain says; nothing if the step is not recorded."""
    if entry := entry_of(step, record):
        for what, recorded, true in _facts(step, entry, record):
            yield Fact(step.name, what, str(recorded), str(true), CHAIN_BY_RECORD)


def _facts(step: Step, entry: Deployment | Call, record: Record) -> Iterator[tuple[str, object, object]]:
    """What the entry says beside what is so, in words for people."""
    receipt = None
    if entry.transaction is not None or not isinstance(step, PairCreation):
        if entry.transaction is None or not sending.is_known(entry.transaction):
            yield "transaction", entry.transaction, "there is none"
            return
        receipt = sending.confirmed(entry.transaction)
        yield "block", entry.block, receipt.block_number
        yield "gas used", entry.gas_used, receipt.gas_used
    if isinstance(entry, Call):
        assert receipt is not None, "only of a pair there is none"
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
