"""A pool token's pair on Uniswap V2, on a chain and in the model, for traders who approve the router in passing."""

from typing import Any

from perpetual_pools.chain.amm import Amm
from perpetual_pools.twin.pair import PairTwin
from perpetual_pools.twin.pool import Twin


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
