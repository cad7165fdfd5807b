"""A pool token's pair on Uniswap V2, on a chain and in the model, for traders who approve the router in passing."""

from pathlib import Path
from typing import Any, Protocol

from perpetual_pools.chain import amm
from perpetual_pools.twin.chain import Chain, address_of
from perpetual_pools.twin.pair import PairTwin
from perpetual_pools.twin.pool import Twin


class Amm(Protocol):
    @property
    def router(self) -> Any: ...

    def pair(self, token: str, other: str) -> Any: ...


class Uniswap:
    """Uniswap V2 and its WETH, deployed from the code that they publish, in the npm packages of the project at `root`."""

    def __init__(self, chain: Chain, root: Path, owner: Any) -> None:
        self._chain, self._root = chain, root
        self.factory = self._deploy(amm.FACTORY, address_of(owner))
        weth = self._deploy(amm.WETH)
        self.router = self._deploy(amm.ROUTER, address_of(self.factory), address_of(weth))

    def create_pair(self, account: Any, token: str, other: str) -> Any:
        self._chain.send(self.factory, "createPair", [token, other], account)
        return self.pair(token, other)

    def pair(self, token: str, other: str) -> Any:
        address = self._chain.read(self.factory, "getPair", token, other)
        return self._chain.at(amm.contract_type(self._root, amm.PAIR), address)

    def _deploy(self, artifact: str, *arguments: Any) -> Any:
        return self._chain.deploy(amm.contract_type(self._root, artifact), *arguments)


class Exchange(PairTwin):
    """The new pair of `market`'s L-token and USDC."""

    def __init__(self, market: Twin, amm: Amm) -> None:
        super().__init__(market, amm.router, amm.pair(market.long_token.address, market.world.token.address))

    def add(self, provider: Any, tokens: int, usdc: int) -> int:
        """Returns LP token units."""
        self.approve(provider)
        return super().add(provider, tokens, usdc)

    def buy(self, trader: Any, usdc: int) -> int:
        """L-tokens for exactly so much USDC. Returns how many."""
        self.approve(trader)
        return super().buy(trader, usdc)
