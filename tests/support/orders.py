"""What the stories share: an epoch of orders, and what somebody has."""

from collections.abc import Sequence
from typing import Any

from perpetual_pools.model import CommitType, FixedOracle
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.pool import PRICE, Twin, World

TOKEN = 10**18

Order = tuple[Any, CommitType, int]
"""Who commits, what, how much."""


def trade(market: Twin, keeper: Any, *orders: Order, price: int | None = None) -> list[Any]:
    """One epoch: all commit, the pool rebalances on time (at `price`, WAD, if given), all claim. Returns what each claim
    paid; whoever has two orders gets everything with the first."""
    return trade_together(keeper, (market, orders), price=price)[0]


def trade_together(keeper: Any, *books: tuple[Twin, Sequence[Order]], price: int | None = None) -> list[list[Any]]:
    """The same in several pools that rebalance at the same time."""
    for market, orders in books:
        for sender, kind, amount in orders:
            market.commit(sender, kind, amount)
    for market, _ in books:
        market.next_epoch(keeper, price)
    return [[market.claim(sender) for sender, _, _ in orders] for market, orders in books]


def cash(market: Twin, account: Any) -> int:
    """Settlement units that the account has, in its wallet."""
    held: int = market.world.token.balanceOf(address_of(account))
    return held


def tokens(market: Twin, account: Any) -> tuple[int, int]:
    """L-tokens and S-tokens in the account's wallet."""
    return market.long_token.balanceOf(address_of(account)), market.short_token.balanceOf(address_of(account))


def markets_on_one_oracle(world: World, *changes: dict[str, Any]) -> list[Twin]:
    """One pool for each `changes` to the parameters of `market`; the price of one is the price of all."""
    oracle, model = world.chain.deploy("FixedOracle", PRICE), FixedOracle(PRICE)
    return [world.deploy_pool_on(oracle, model, **change) for change in changes]
