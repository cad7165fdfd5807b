"""The twin of a pool token's pair on Uniswap V2: each action runs on a chain and in the model, then both are compared."""

from typing import Any, TypeVar

from perpetual_pools.model import Ledger
from perpetual_pools.model.pair import PairModel
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.comparison import WHOLE, WORD, Answer, View, answers, require, require_equal
from perpetual_pools.twin.pool import Twin

Value = TypeVar("Value")

FOR_EVER = WORD - 1
"""The deadline of all calls of the router."""


class PairTwin:
    """The new pair of a market's L-token and USDC on a chain, and its model. Amounts are in that order.

    The pair is its own LP token. The market's twin compares the pair's balances of L-tokens and USDC like those of any other
    account. A farm's twin does the same for LP tokens that can be staked there.

    Args:
        router: the AMM's router, through which all actions go. `approve` gives it the allowances that it needs.
        pair: the pair. It must not have any liquidity yet.
    """

    def __init__(self, market: Twin, router: Any, pair: Any) -> None:
        self.market, self.chain = market, market.chain
        self.router, self.pair = router, pair
        self.tokens = market.long_token, market.world.token
        self.model = PairModel((market.model.long_token, market.world.ledger), address_of(pair))
        market.accounts.append(self.model.address)

    @property
    def ledger(self) -> Ledger:
        """The ledger of the LP token."""
        return self.model.lp_token

    def approve(self, account: Any) -> None:
        """Let the router take both tokens from the account."""
        for token in self.tokens:
            self.chain.send(token, "approve", [address_of(self.router), WORD - 1], account)

    # --- actions ---

    def add(self, provider: Any, tokens: int, usdc: int) -> int:
        """Add liquidity. Returns LP token units."""
        arguments = [*map(address_of, self.tokens), tokens, usdc, 0, 0, address_of(provider), FOR_EVER]
        *_, found = self.chain.send(self.router, "addLiquidity", arguments, provider).value
        expected = self.model.add_liquidity(address_of(provider), (tokens, usdc))
        return self._same("addLiquidity", provider, found, expected)

    def remove(self, provider: Any, liquidity: int) -> tuple[int, int]:
        """Remove liquidity. Returns the units of L-tokens and USDC that come back."""
        self.chain.send(self.pair, "approve", [address_of(self.router), liquidity], provider)
        arguments = [*map(address_of, self.tokens), liquidity, 0, 0, address_of(provider), FOR_EVER]
        found = self.chain.send(self.router, "removeLiquidity", arguments, provider).value
        expected = self.model.remove_liquidity(address_of(provider), liquidity)
        return self._same("removeLiquidity", provider, tuple(found), expected)

    def buy(self, trader: Any, usdc: int) -> int:
        """Buy L-tokens for exactly so much USDC. Returns the units of L-tokens."""
        token, settlement = map(address_of, self.tokens)
        arguments = [usdc, 0, [settlement, token], address_of(trader), FOR_EVER]
        paid, found = self.chain.send(self.router, "swapExactTokensForTokens", arguments, trader).value
        expected = self.model.swap(address_of(trader), 1, usdc)
        return self._same("swapExactTokensForTokens", trader, (paid, found), (usdc, expected))[1]

    # --- comparison ---

    def answers(self) -> list[Answer]:
        """Return the chain's supply of LP tokens, with the model's."""
        return answers([self.chain.read(self.pair, "totalSupply")], [self._supply()])

    def compare(self, account: Any) -> None:
        """Compare the supply of LP tokens, the account's LP tokens, and the whole market."""
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
