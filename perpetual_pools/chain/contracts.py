"""This package's contracts on the connected chain: how to deploy one, read one, and compute its address and code.

- `deploy_*` send a transaction of `account` and return the new contract. Tests and the demo use them.
- `instance` gives a contract at a known address, `at_block` the same as of an earlier block.
- `pool_address`, `pair_address` and others compute where a contract will be, before it is deployed.

Interfaces and code come from `perpetual_pools.artifacts`; nothing is compiled here. In a checkout, code is deployed or
compared only if it is that of the sources (`deployable`, `creation_code`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import ape
from ape.contracts import ContractContainer
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.conversions import to_bytes, to_hex
from eth_utils.crypto import keccak
from web3.utils.address import get_create2_address, get_create_address

from perpetual_pools.artifacts import artifact, origin
from perpetual_pools.chain import amm, compiled
from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.model import ZERO_ADDRESS, PoolParams

if TYPE_CHECKING:
    from ape.api import AccountAPI
    from ape.contracts import ContractInstance


class ContractError(PerpetualPoolsError):
    """A contract that is not on the chain, or that differs from the sources. The message says what to do."""


# --- deploying one ---


def deploy_feed(account: AccountAPI, decimals: int, description: str) -> ContractInstance:
    """Deploy a feed that answers with the rounds it is given (`pushRound`). Local chains and test networks only."""
    return account.deploy(deployable("ReplayAggregator"), decimals, description)


def deploy_settlement_token(account: AccountAPI, name: str, symbol: str, decimals: int) -> ContractInstance:
    """Deploy an ERC-20 that anyone can mint. Local chains and test networks only."""
    return account.deploy(deployable("MockERC20"), name, symbol, decimals)


def deploy_wrapper(
    account: AccountAPI,
    feed: ContractInstance | str,
    sequencer_feed: ContractInstance | str | None,
    max_age: int,
    grace_period: int,
) -> ContractInstance:
    """Deploy the oracle wrapper over `feed`.

    Args:
        sequencer_feed: None (or the zero address) on a chain without a sequencer uptime feed.
        max_age: the greatest age of a round, in seconds.
        grace_period: the time without a price after the sequencer's last change, in seconds.
    """
    return account.deploy(
        deployable("ChainlinkOracleWrapper"), feed, sequencer_feed or ZERO_ADDRESS, max_age, grace_period
    )


def deploy_factory(
    account: AccountAPI, owner: AccountAPI | str, fee_recipient: AccountAPI | ContractInstance | str
) -> ContractInstance:
    """Deploy the factory. `owner` is the DAO."""
    return account.deploy(deployable("PoolFactory"), owner, fee_recipient)


def deploy_keeper(account: AccountAPI) -> ContractInstance:
    """Deploy the keeper contract. It has no state, so one per chain is enough."""
    return account.deploy(deployable("PoolKeeper"))


def deploy_farm(
    account: AccountAPI, reward_token: ContractInstance | str, owner: AccountAPI | str, start: int
) -> ContractInstance:
    """Deploy the staking farm. `start` is in Unix seconds."""
    return account.deploy(deployable("StakingFarm"), reward_token, owner, start)


def pool_arguments(params: PoolParams) -> tuple[str | int, ...]:
    """Return `params` as the struct that the factory takes, with the fields in the struct's order."""
    return tuple(asdict(params).values())


def deploy_pool(account: AccountAPI, factory: ContractInstance, params: PoolParams) -> ContractInstance:
    """Deploy the pool of `params`. Its address is the one that `factory.poolAddress(params, account)` returns.

    Raises:
        The factory's or the pool's error, with its arguments, if a parameter breaks a bound.
    """
    arguments = pool_arguments(params)
    pool = factory.poolAddress(arguments, account)
    factory.deployPool(arguments, sender=account)
    return instance("LeveragedPool", pool)


# --- finding one ---


@dataclass(frozen=True)
class AtBlock:
    """A contract as of a block: its views answer for the end of that block. A node without the block cannot answer."""

    contract: ContractInstance
    block: int

    def __getattr__(self, view: str) -> Any:
        return partial(getattr(self.contract, view), block_id=self.block)


def instance(contract: str, address: str) -> ContractInstance:
    """Return the `contract` at `address`, without asking a block explorer."""
    return container(contract).at(address, fetch_from_explorer=False, detect_proxy=False)


def at_block(contract: str, address: str, block: int) -> AtBlock:
    """Return the `contract` at `address` as of the block."""
    return AtBlock(instance(contract, address), block)


@cache
def container(contract: str) -> ContractContainer:
    """Return the interface of a contract, the project's or Uniswap's, for reading. To deploy it, use `deployable`."""
    return ContractContainer(artifact(contract).contract_type)


def is_own(contract: str) -> bool:
    """Return whether the contract is the project's, not the AMM's."""
    return contract not in amm.ARTIFACTS


# --- addresses and code ---


def deployable(contract: str) -> ContractContainer:
    """Return a contract with its creation code, ready to deploy.

    Raises:
        ContractError: the sources or settings in this checkout have changed since the artifacts were written.
        AmmError: the contract is Uniswap's, and the npm packages with its code are not installed.
    """
    if not is_own(contract):
        return amm.container(amm.ARTIFACTS[contract])
    verify_artifacts()
    return container(contract)


def creation_code(contract: str) -> bytes:
    """Return the code that creates a contract, without the arguments of the constructor. Raises as `deployable` does."""
    return bytes(deployable(contract).contract_type.get_deployment_bytecode())


@cache
def verify_artifacts() -> None:
    """Raise ContractError if the sources or settings in this checkout have changed since the artifacts were written.

    Outside a checkout there are no sources to compare, and the artifacts are those of the installed version.
    """
    root = compiled.checkout()
    if root is not None and compiled.sources_digest(root) != origin().sources:
        raise ContractError(
            "the contracts, the compiler's settings or the libraries have changed since perpetual_pools/artifacts was "
            "written: undo the change, or run `./dev python -m tools.artifacts` and commit what it writes. Then run again"
        )


def creation_address(deployer: str, nonce: int) -> str:
    """Return the address of the contract that `deployer` creates with `nonce`."""
    return str(get_create_address(cast(Any, deployer), cast(Any, nonce)))


def pool_address(factory: str, deployer: str, arguments: Mapping[str, str | int]) -> str:
    """Return the address of a pool, as `factory.poolAddress` does, but even before the factory exists.

    Args:
        arguments: the fields of the pool's parameters.
    """
    (params,) = container("LeveragedPool").contract_type.constructor.inputs
    salt = keccak(encode([params.canonical_type, "address"], [_values(params.components, arguments), deployer]))
    code = creation_code("LeveragedPool") + encoded_arguments("LeveragedPool", arguments)
    return str(get_create2_address(cast(Any, factory), to_hex(salt), to_hex(code)))


def pool_token_addresses(pool: str) -> tuple[str, str]:
    """Return the addresses of the long and the short token, which the pool's constructor creates first of all."""
    return creation_address(pool, 1), creation_address(pool, 2)


def pair_address(factory: str, token: str, other: str) -> str:
    """Return the address at which Uniswap's own factory creates the pair of two tokens, even before it exists."""
    salt = keccak(b"".join(sorted(to_bytes(hexstr=cast(Any, address)) for address in (token, other))))
    preimage = b"\xff" + to_bytes(hexstr=cast(Any, factory)) + salt + to_bytes(hexstr=cast(Any, amm.PAIR_CODE_HASH))
    return to_checksum_address(keccak(preimage)[-20:])


def encoded_arguments(contract: str, arguments: Mapping[str, str | int]) -> bytes:
    """Return the ABI-encoded constructor arguments of one of the project's contracts, as they follow its creation code.

    For a pool, `arguments` are the fields of its parameters. Integers may be decimal strings, as records have them.
    """
    inputs = container(contract).contract_type.constructor.inputs
    if [field.type for field in inputs] == ["tuple"]:
        return encode([inputs[0].canonical_type], [_values(inputs[0].components, arguments)])
    return encode([field.canonical_type for field in inputs], _values(inputs, arguments))


def _values(fields: Sequence[Any], arguments: Mapping[str, str | int]) -> tuple[str | int, ...]:
    """Return the arguments in the ABI's order, by the names of its fields."""
    return tuple(int(arguments[field.name]) if "int" in field.type else arguments[field.name] for field in fields)


def encoded_call(contract: str, function: str, arguments: Mapping[str, str | int]) -> str:
    """Return the data of a call of the function, in hex. It is empty if the contract has no such function or arguments.

    Integers may be decimal strings, as records have them.
    """
    methods = container(contract).contract_type.mutable_methods
    method = next((method for method in methods if method.name == function), None)
    if method is None or [field.name for field in method.inputs] != list(arguments):
        return ""
    types = [field.canonical_type for field in method.inputs]
    return to_hex(keccak(text=method.selector)[:4] + encode(types, _values(method.inputs, arguments)))


def code_hash(address: str, block: int | None = None) -> str:
    """Return the Keccak-256 hash of the code at `address`, as of a block or the latest one.

    Raises ContractError if there is no code.
    """
    code = bytes(ape.chain.provider.get_code(address, block_id=block))
    if not code:
        raise ContractError(f"there is no code at {address} yet: the node is behind. Wait, then run again")
    return to_hex(keccak(code))


def compiler() -> str:
    """Return the version of the compiler that made the project's contracts, like `0.8.37+commit.f401782d`."""
    return origin().compiler
