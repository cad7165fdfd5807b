"""The project's contracts on the connected network: deploying one, finding one, its address and its code.

The functions `deploy_*` send with `account` and return the instance, ready to use: tests and the demo work with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import ape
from eth_abi.abi import encode
from eth_utils.conversions import to_bytes, to_hex
from eth_utils.crypto import keccak
from web3.utils.address import get_create2_address, get_create_address

from perpetual_pools.chain import amm
from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.model import ZERO_ADDRESS, PoolParams

if TYPE_CHECKING:
    from ape.api import AccountAPI
    from ape.contracts import ContractContainer, ContractInstance


class ContractError(PerpetualPoolsError):
    """A contract that cannot be told as it is compiled here; says what to do."""


# --- deploying one ---


def deploy_feed(account: AccountAPI, decimals: int, description: str) -> ContractInstance:
    """A feed that answers the rounds it is given (`pushRound`). Local chains and test networks only."""
    return account.deploy(ape.project.ReplayAggregator, decimals, description)


def deploy_settlement_token(account: AccountAPI, name: str, symbol: str, decimals: int) -> ContractInstance:
    """An ERC-20 that anyone can mint. Local chains and test networks only."""
    return account.deploy(ape.project.MockERC20, name, symbol, decimals)


def deploy_wrapper(
    account: AccountAPI,
    feed: ContractInstance | str,
    sequencer_feed: ContractInstance | str | None,
    max_age: int,
    grace_period: int,
) -> ContractInstance:
    """The oracle over `feed`.

    Args:
        sequencer_feed: None (or the zero address) on a chain without a sequencer uptime feed.
        max_age: Seconds.
        grace_period: Seconds.
    """
    return account.deploy(
        ape.project.ChainlinkOracleWrapper, feed, sequencer_feed or ZERO_ADDRESS, max_age, grace_period
    )


def deploy_factory(
    account: AccountAPI, owner: AccountAPI | str, fee_recipient: AccountAPI | ContractInstance | str
) -> ContractInstance:
    """The factory; `owner` is the DAO."""
    return account.deploy(ape.project.PoolFactory, owner, fee_recipient)


def deploy_keeper(account: AccountAPI) -> ContractInstance:
    """The keeper contract: stateless, one per chain is enough."""
    return account.deploy(ape.project.PoolKeeper)


def pool_arguments(params: PoolParams) -> tuple[str | int, ...]:
    """`params` as the struct that the factory takes: the fields stand in its order."""
    return tuple(asdict(params).values())


def deploy_pool(account: AccountAPI, factory: ContractInstance, params: PoolParams) -> ContractInstance:
    """The pool of `params`, at the address that `factory.poolAddress(params, account)` foretells.

    Raises:
        The factory's or the pool's error, with its arguments, when a parameter breaks a bound.
    """
    arguments = pool_arguments(params)
    pool = factory.poolAddress(arguments, account)
    factory.deployPool(arguments, sender=account)
    return ape.project.LeveragedPool.at(pool)


# --- finding one ---


@dataclass(frozen=True)
class AtBlock:
    """A contract as it was at the end of a block: its views answer by that. A node without the block cannot answer."""

    contract: ContractInstance
    block: int

    def __getattr__(self, view: str) -> Any:
        return partial(getattr(self.contract, view), block_id=self.block)


def instance(contract: str, address: str) -> ContractInstance:
    """The `contract` at `address`; asks no block explorer."""
    return container(contract).at(address, fetch_from_explorer=False, detect_proxy=False)


def at_block(contract: str, address: str, block: int) -> AtBlock:
    """The `contract` at `address` as of the block."""
    return AtBlock(instance(contract, address), block)


def container(contract: str) -> ContractContainer:
    """The project's contract of that name, or the AMM's."""
    return amm.container(amm.ARTIFACTS[contract]) if contract in amm.ARTIFACTS else getattr(ape.project, contract)


def is_own(contract: str) -> bool:
    """Whether the contract is the project's, not the AMM's."""
    return contract not in amm.ARTIFACTS


# --- addresses and code ---


def creation_address(deployer: str, nonce: int) -> str:
    """Where a contract comes that `deployer` creates with `nonce`."""
    return str(get_create_address(cast(Any, deployer), cast(Any, nonce)))


def pool_address(factory: str, deployer: str, arguments: Mapping[str, str | int]) -> str:
    """What `factory.poolAddress` answers, also before there is a factory. `arguments`: the fields of the parameters."""
    (params,) = container("LeveragedPool").contract_type.constructor.inputs
    salt = keccak(encode([params.canonical_type, "address"], [_values(params.components, arguments), deployer]))
    code = bytes(ape.project.LeveragedPool.contract_type.get_deployment_bytecode())
    code += encoded_arguments("LeveragedPool", arguments)
    return str(get_create2_address(cast(Any, factory), to_hex(salt), to_hex(code)))


def pool_token_addresses(pool: str) -> tuple[str, str]:
    """Of the long and the short token: a pool creates them first of all, in its constructor."""
    return creation_address(pool, 1), creation_address(pool, 2)


def pair_address(factory: str, token: str, other: str) -> str:
    """Where Uniswap's own factory puts the pair of two tokens, also before there is a factory."""
    salt = keccak(b"".join(sorted(to_bytes(hexstr=cast(Any, address)) for address in (token, other))))
    code = container("UniswapV2Pair").contract_type.get_deployment_bytecode()
    return str(get_create2_address(cast(Any, factory), to_hex(salt), to_hex(code)))


def encoded_arguments(contract: str, arguments: Mapping[str, str | int]) -> bytes:
    """What follows the creation code of the project's `contract`; of a pool, `arguments` are the fields of its parameters.

    Integers may be decimal strings, as records have them.
    """
    inputs = container(contract).contract_type.constructor.inputs
    if [field.type for field in inputs] == ["tuple"]:
        return encode([inputs[0].canonical_type], [_values(inputs[0].components, arguments)])
    return encode([field.canonical_type for field in inputs], _values(inputs, arguments))


def _values(fields: Sequence[Any], arguments: Mapping[str, str | int]) -> tuple[str | int, ...]:
    """By the names of the ABI, in its order."""
    return tuple(int(arguments[field.name]) if "int" in field.type else arguments[field.name] for field in fields)


def encoded_call(contract: str, function: str, arguments: Mapping[str, str | int]) -> str:
    """What is sent to call the function of the `contract`, in hex; empty if it has no such function or arguments.

    Integers may be decimal strings, as records have them.
    """
    methods = container(contract).contract_type.mutable_methods
    method = next((method for method in methods if method.name == function), None)
    if method is None or [field.name for field in method.inputs] != list(arguments):
        return ""
    types = [field.canonical_type for field in method.inputs]
    return to_hex(keccak(text=method.selector)[:4] + encode(types, _values(method.inputs, arguments)))


def code_hash(address: str, block: int | None = None) -> str:
    """Keccak-256 of the code at `address` as of a block, or of the latest. Raises ContractError when there is none."""
    code = bytes(ape.chain.provider.get_code(address, block_id=block))
    if not code:
        raise ContractError(
            f"there is no code at {address}, where there should be: the chain's node is behind. Wait, then run again"
        )
    return to_hex(keccak(code))


def compiler(contract: str) -> str:
    """The version of the compiler that made the project's `contract`."""
    for entry in ape.project.manifest.compilers or []:
        if contract in (entry.contractTypes or []):
            return str(entry.version)
    raise ContractError(f"{contract} was compiled by nobody knows what: run `ape compile --force`")
