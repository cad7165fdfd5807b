"""A step of the plan beside its entry in the record, and the entry beside the chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perpetual_pools import sending
from perpetual_pools.contracts import code_hash, instance, pool_token_addresses
from perpetual_pools.records import Call, Deployment, Record

from .plan import FACTORY, AddressOf, FunctionCall, Now, PairCreation, PoolCreation, Step

if TYPE_CHECKING:
    from ape.api import ReceiptAPI


@dataclass(frozen=True)
class Difference:
    """What is expected of something, and what was found instead; in words and numbers for people."""

    name: str
    what: str
    expected: str
    found: str


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
        return pair_of(step, record.addresses)
    assert receipt is not None, "only of a pair there is none"
    if isinstance(step, PoolCreation):
        events = receipt.decode_logs(instance("PoolFactory", record.address(FACTORY)).PoolDeployed)
        return str(next((event.pool for event in events), None))
    return str(receipt.contract_address)


def tokens_of(step: Step, pool: str) -> dict[str, str]:
    """The addresses of the pool's tokens by their names; of another contract nothing."""
    return dict(zip(step.tokens, pool_token_addresses(pool), strict=True)) if isinstance(step, PoolCreation) else {}


def parameter_differences(step: Step, record: Record) -> Iterator[Difference]:
    """Where what was sent is not what the parameters ask for now."""
    entry = entry_of(step, record)
    if entry is None:
        return
    for name, argument in step.arguments.items():
        wanted = record.addresses.get(argument.name) if isinstance(argument, AddressOf) else argument
        if not isinstance(argument, Now) and entry.arguments.get(name) != str(wanted):
            yield Difference(step.name, name, str(wanted), str(entry.arguments.get(name)))


def chain_differences(step: Step, record: Record) -> Iterator[Difference]:
    """Where the chain does not confirm what the record says of the step."""
    entry = entry_of(step, record)
    if entry is None:
        return
    for what, recorded, true in _facts(step, entry, record):
        if recorded != true:
            yield Difference(step.name, what, str(recorded), str(true))


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
        return
    if receipt is not None:
        yield "deployer", entry.deployer, receipt.sender
    yield "contract", entry.contract, step.contract
    yield "address", entry.address, address_made(step, record, receipt)
    yield "code hash", entry.code_hash, code_hash(entry.address)
    if isinstance(step, PoolCreation):
        yield "tokens", entry.tokens, tokens_of(step, entry.address)
