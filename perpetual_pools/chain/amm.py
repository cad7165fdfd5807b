"""The AMM on which pool tokens are traded: Uniswap V2, or another exchange that runs its code, like SushiSwap.

On a real chain the AMM exists already, and the addresses of its factory and router are parameters. On a local chain
`deploy` creates it from the code in Uniswap's npm packages. Only a checkout has them: that code is under the GPL, so it is
not part of this package. The interfaces are in `perpetual_pools.artifacts`.
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

from perpetual_pools.artifacts import artifact
from perpetual_pools.chain.compiled import checkout
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
"""The files with Uniswap's code, by the contracts' names."""
PAIR_CODE_HASH = "0x96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"
"""The Keccak-256 hash of the creation code of a UniswapV2Pair. The address of a pair depends on it."""


class AmmError(PerpetualPoolsError):
    """An AMM that cannot be used or deployed. The message says why."""


@dataclass(frozen=True)
class Amm:
    """A factory of pairs, and the router that adds liquidity to them. A pair is its own LP token."""

    factory: ContractInstance
    router: ContractInstance

    def create_pair(self, account: AccountAPI, token: str, other: str) -> ContractInstance:
        """Create the pair of two tokens. Reverts if they have one."""
        self.factory.createPair(token, other, sender=account)
        return self.pair(token, other)

    def pair(self, token: str, other: str) -> ContractInstance:
        """Return the pair of two tokens. Raises AmmError if they have none."""
        address = self.factory.getPair(token, other)
        if address == ZERO_ADDRESS:
            raise AmmError(f"the factory {self.factory.address} has no pair of {token} and {other}")
        return _at("UniswapV2Pair", address)


def deploy(account: AccountAPI, before_each: Callable[[], object] = lambda: None) -> Amm:
    """Deploy Uniswap V2 with its WETH. Local chains only. `before_each` is called before each transaction."""

    def create(artifact: str, *arguments: object) -> ContractInstance:
        before_each()
        return account.deploy(container(artifact), *arguments)

    factory = create(FACTORY, account)
    return Amm(factory, create(ROUTER, factory, create(WETH)))


def at(factory: str, router: str) -> Amm:
    """Return the AMM at these addresses. Raises AmmError unless the router works for that factory."""
    for name, address in (("factory", factory), ("router", router)):
        if not ape.chain.provider.get_code(address):
            raise AmmError(f"there is no contract at {address}, which should be the {name}")
    amm = Amm(_at("UniswapV2Factory", factory), _at("UniswapV2Router02", router))
    own = amm.router.factory()
    if own != factory:
        raise AmmError(f"the router {router} works for the factory {own}, not for {factory}")
    return amm


def container(file: str) -> ContractContainer:
    """Return a contract as its authors published it, in a file of an npm package of this checkout. Raises AmmError."""
    root = checkout()
    if root is None or not (root / "node_modules" / file).is_file():
        raise AmmError(
            f"the code of {Path(file).stem} is in the npm packages of a checkout, which are not installed here: run ./dev, "
            "or name an existing AMM in the parameters"
        )
    return ContractContainer(contract_type(root, file))


def contract_type(root: Path, file: str) -> ContractType:
    """Return the type of a contract from a file of an npm package of the checkout at `root`."""
    published = json.loads((root / "node_modules" / file).read_text(encoding="utf-8"))
    fields: dict[str, Any] = {
        "contractName": Path(file).stem,
        "abi": published["abi"],
        "deploymentBytecode": {"bytecode": published["bytecode"]},
    }
    return ContractType(**fields)


def _at(contract: str, address: str) -> ContractInstance:
    interface = ContractContainer(artifact(contract).contract_type)
    return interface.at(address, fetch_from_explorer=False, detect_proxy=False)
