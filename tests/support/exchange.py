"""A pool token's pair on Uniswap V2, on a chain and in the model: every action is done on both, then both are compared."""

from pathlib import Path
from typing import Any, Protocol

from perpetual_pools.chain import amm
from perpetual_pools.model import Ledger
from perpetual_pools.model.pair import PairModel
from perpetual_pools.twin.chain import Chain, address_of
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


class Exchange:
    """The new pair of `market`'s L-token and USDC, on the chain and in the model."""

    def __init__(self, market: Twin, amm: Amm) -> None:
        self.market, self.chain, self.token = market, market.chain, market.long_token
        self.amm = amm
        self.pair = amm.pair(self.token.address, market.world.token.address)
        self.model = PairModel((market.model.long_token, market.world.ledger), self.pair.address)

    @property
    def ledger(self) -> Ledger:
        """Of the LP token."""
        return self.model.lp_token

    def add(self, provider: Any, tokens: int, usdc: int) -> int:
        """Returns LP token units."""
        self._approve(provider)
        arguments = [self.token.address, self.market.world.token.address, tokens, usdc, 0, 0]
        arguments += [provider.address, self.chain.now]
        _, _, liquidity = self.chain.send(self.amm.router, "addLiquidity", arguments, provider).value
        assert liquidity == self.model.add_liquidity(provider.address, (tokens, usdc))
        self.compare(provider)
        return int(liquidity)

    def remove(self, provider: Any, liquidity: int) -> tuple[int, int]:
        """Returns what comes back: L-tokens and USDC."""
        self.chain.send(self.pair, "approve", [self.amm.router.address, liquidity], provider)
        arguments = [self.token.address, self.market.world.token.address, liquidity, 0, 0]
        arguments += [provider.address, self.chain.now]
        tokens, usdc = self.chain.send(self.amm.router, "removeLiquidity", arguments, provider).value
        assert (tokens, usdc) == self.model.remove_liquidity(provider.address, liquidity)
        self.compare(provider)
        return int(tokens), int(usdc)

    def buy(self, trader: Any, usdc: int) -> int:
        """L-tokens for exactly so much USDC. Returns how many."""
        self._approve(trader)
        path = [self.market.world.token.address, self.token.address]
        arguments = [usdc, 0, path, trader.address, self.chain.now]
        amounts = self.chain.send(self.amm.router, "swapExactTokensForTokens", arguments, trader).value
        assert list(amounts) == [usdc, self.model.swap(trader.address, 1, usdc)]
        self.compare(trader)
        return int(amounts[1])

    def compare(self, account: Any) -> None:
        """The pair's balances, and the account's LP tokens; the market compares those of all people."""
        assert (self.token.balanceOf(self.pair), self.market.world.token.balanceOf(self.pair)) == self.model.reserves
        assert self.pair.totalSupply() == self.ledger.total_supply
        assert self.pair.balanceOf(account) == self.ledger.balance_of(account.address)
        self.market.compare()

    def _approve(self, account: Any) -> None:
        for token in (self.token, self.market.world.token):
            self.chain.send(token, "approve", [self.amm.router.address, 2**256 - 1], account)
