"""Twins in an EVM of the test's own process: for tests of many pools, many decimals or hundreds of rebalances."""

from dataclasses import replace
from typing import Any

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import PRICE, Twin, World, deploy_contracts
from tests.support.revm import RevmChain

NOW = 1_999_998_600
"""Ten minutes after a full hour: the time at which every test on the chain begins."""
USDC = 10**6
STAKE = 100_000_000 * USDC
"""What each trader has."""

OWNER, KEEPER, TREASURY, ALICE, BOB, CAROL = PEOPLE = ["0x" + f"{number:02x}" * 20 for number in range(0xA1, 0xA7)]
"""`TREASURY` is the fee recipient."""


def fast_world(project: Any, decimals: int = 6, token: str | None = None) -> World:
    """At NOW; alice, bob and carol hold a billion whole settlement tokens each. `token`: another mock than MockERC20."""
    chain = RevmChain(project, NOW)
    contracts = deploy_contracts(chain, OWNER, TREASURY, decimals)
    if token is not None:
        contracts = replace(contracts, token=chain.deploy(token, decimals))
    world = World(chain, contracts, PEOPLE, OWNER, TREASURY)
    for trader in (ALICE, BOB, CAROL):
        world.fund(trader, 10**9 * world.unit)
    return world


def fast_market(project: Any, decimals: int = 6, price: int = PRICE, **changes: Any) -> Twin:
    """A pool in a world of its own; `changes` to the parameters of `market`."""
    return fast_world(project, decimals).deploy_pool(price, **changes)


def opened_market(project: Any, long: int, short: int, decimals: int = 6, price: int = PRICE, **changes: Any) -> Twin:
    """In epoch 2: alice is the long side, bob the short side, settlement units. A side of 0 has nobody."""
    market = fast_market(project, decimals, price, **changes)
    open_sides(market, long, short)
    return market


def open_sides(market: Twin, long: int, short: int) -> None:
    if long:
        market.commit(ALICE, CommitType.LONG_MINT, long)
    if short:
        market.commit(BOB, CommitType.SHORT_MINT, short)
    market.next_epoch(KEEPER)
    market.claim(ALICE)
    market.claim(BOB)
