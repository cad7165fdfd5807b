"""Where pool tokens are traded and the LP tokens of the secondary market come from: Uniswap V2, or one that runs its code.

On a real chain factory and router are there, and their addresses are parameters: SushiSwap's do as well as Uniswap's. On a
local chain `deploy` puts them there, from the bytecode in the npm packages that Uniswap publishes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ape
from ape.contracts import ContractContainer
from ethpm_types import ContractType

from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.model import ZERO_ADDRESS

if TYPE_CHECKING:
    from ape.api import AccountAPI
    from ape.contracts import ContractInstance

FACTORY = "@uniswap/v2-core/build/UniswapV2Factory.json"
PAIR = "@uniswap/v2-core/build/UniswapV2Pair.json"
ROUTER = "@uniswap/v2-periphery/build/UniswapV2Router02.json"
WETH = "@uniswap/v2-periphery/build/WETH9.json"
ARTIFACTS = {Path(artifact).stem: artifact for artifact in (FACTORY, PAIR, ROUTER, WETH)}
"""By the contracts' names."""


class AmmError(PerpetualPoolsError):
    """Addresses that are no factory and router; says what is wrong with them."""


@dataclass(frozen=True)
class Amm:
    """A factory of pairs, and the router that adds liquidity to them. A pair is its own LP token."""

    factory: ContractInstance
    router: ContractInstance

    def create_pair(self, account: AccountAPI, token: str, other: str) -> ContractInstance:
        """The new pair of two tokens. Reverts if they have one."""
        self.factory.createPair(token, other, sender=account)
        return self.pair(token, other)

    def pair(self, token: str, other: str) -> ContractInstance:
        """The pair of two tokens. Raises AmmError if they have none."""
        address = self.factory.getPair(token, other)
        if address == ZERO_ADDRESS:
            raise AmmError(f"the factory {self.factory.address} has no pair of {token} and {other}")
        return _at(PAIR, address)


def deploy(account: AccountAPI, before_each: Callable[[], object] = lambda: None) -> Amm:
    """Uniswap V2 with its WETH. Local chains only. `before_each` is called before each transaction."""

    def create(artifact: str, *arguments: object) -> ContractInstance:
        before_each()
        return account.deploy(container(artifact), *arguments)

    factory = create(FACTORY, account)
    return Amm(factory, create(ROUTER, factory, create(WETH)))


def at(factory: str, router: str) -> Amm:
    """What is there already. Raises AmmError unless the router is that factory's."""
    for name, address in (("factory", factory), ("router", router)):
        if not ape.chain.provider.get_code(address):
            raise AmmError(f"there is no contract at {address}, which should be the {name}")
    amm = Amm(_at(FACTORY, factory), _at(ROUTER, router))
    own = amm.router.factory()
    if own != factory:
        raise AmmError(f"the router {router} works for the factory {own}, not for {factory}")
    return amm


def container(artifact: str) -> ContractContainer:
    """A contract as its authors published it, in a file of an npm package of the project."""
    return ContractContainer(contract_type(ape.project.path, artifact))


def contract_type(root: Path, artifact: str) -> ContractType:
    """The same, of the project at `root`."""
    published = json.loads((root / "node_modules" / artifact).read_text(encoding="utf-8"))
    fields: dict[str, Any] = {
        "contractName": Path(artifact).stem,
        "abi": published["abi"],
        "deploymentBytecode": {"bytecode": published["bytecode"]},
    }
    return ContractType(**fields)


def _at(artifact: str, address: str) -> ContractInstance:
    return container(artifact).at(address, fetch_from_explorer=False, detect_proxy=False)
