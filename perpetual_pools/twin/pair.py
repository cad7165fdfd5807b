"""A pool token's pair on Uniswap V2, on a chain and in the model: every action is done on both, then both are compared."""

from typing import Any, TypeVar

from perpetual_pools.model import Ledger
from perpetual_pools.model.pair import PairModel
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.comparison import WHOLE, WORD, Answer, View, answers, require, require_equal
from perpetual_pools.twin.pool import Twin

Value = TypeVar("Value")

FOR_EVER = WORD - 1
"""A deadline."""


class PairTwin:
    """The new pair of a market's L-token and USDC, twice. It is its own LP token. Amounts stand in that order.

    The market's twin compares the pair's tokens and USDC, as those of anybody else. A farm's twin does the same for LP
    tokens that can be staked there.

    Args:
        router: through which liquidity is added and removed, and tokens are bought. It needs allowances: see `approve`.
        pair: nobody has added liquidity yet.
    """

    def __init__(self, market: Twin, router: Any, pair: Any) -> None:
        self.market, self.chain = market, market.chain
        self.router, self.pair = router, pair
        self.tokens = market.long_token, market.world.token
        self.model = PairModel((market.model.long_token, market.world.ledger), address_of(pair))
        market.accounts.append(self.model.address)

    @property
    def ledger(self) -> Ledger:
        """Of the LP token."""
        return self.model.lp_token

    def approve(self, account: Any) -> None:
        """Lets the router take both tokens of the account."""
        for token in self.tokens:
            self.chain.send(token, "approve", [address_of(self.router), WORD - 1], account)

    # --- actions ---

    def add(self, provider: Any, tokens: int, usdc: int) -> int:
        """Returns LP token units."""
        arguments = [*map(address_of, self.tokens), tokens, usdc, 0, 0, address_of(provider), FOR_EVER]
        *_, found = self.chain.send(self.router, "addLiquidity", arguments, provider).value
        expected = self.model.add_liquidity(address_of(provider), (tokens, usdc))
        return self._same("addLiquidity", provider, found, expected)

    def remove(self, provider: Any, liquidity: int) -> tuple[int, int]:
        """Returns what comes back: L-tokens and USDC."""
        self.chain.send(self.pair, "approve", [address_of(self.router), liquidity], provider)
        arguments = [*map(address_of, self.tokens), liquidity, 0, 0, address_of(provider), FOR_EVER]
        found = self.chain.send(self.router, "removeLiquidity", arguments, provider).value
        expected = self.model.remove_liquidity(address_of(provider), liquidity)
        return self._same("removeLiquidity", provider, tuple(found), expected)

    def buy(self, trader: Any, usdc: int) -> int:
        """L-tokens for exactly so much USDC. Returns how many."""
        token, settlement = map(address_of, self.tokens)
        arguments = [usdc, 0, [settlement, token], address_of(trader), FOR_EVER]
        paid, found = self.chain.send(self.router, "swapExactTokensForTokens", arguments, trader).value
        expected = self.model.swap(address_of(trader), 1, usdc)
        return self._same("swapExactTokensForTokens", trader, (paid, found), (usdc, expected))[1]

    # --- comparison ---

    def answers(self) -> list[Answer]:
        """How many LP tokens there are on the chain, beside the model."""
        return answers([self.chain.read(self.pair, "totalSupply")], [self._supply()])

    def compare(self, account: Any) -> None:
        """All LP tokens, those of the account, and what the market compares."""
        if not self.market.world.checks:
            return
        holder = address_of(account)
        words = [self.chain.read(self.pair, "totalSupply"), self.chain.read(self.pair, "balanceOf", holder)]
        held: View = f"{self._name} of {holder}", WHOLE, [self.ledger.balance_of(holder)]
        require_equal(words, [self._supply(), held])
        self.market.compare()

    @property
    def _name(self) -> str:
        return f"{self.market.model.name} LP tokens"

    def _supply(self) -> View:
        return f"{self._name} in all", WHOLE, [self.ledger.total_supply]

    def _same(self, method: str, account: Any, found: object, expected: Value) -> Value:
        require(found == expected, f"{method} returned {found} on the chain, and {expected} in the model")
        self.compare(account)
        return expected
