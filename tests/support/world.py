"""The cast, and worlds in an EVM of the test's own process."""

from dataclasses import replace
from typing import Any

from eth_account import Account as Keys

from perpetual_pools.model import CommitType
from perpetual_pools.twin.artifacts import Artifacts
from perpetual_pools.twin.pool import PRICE, Twin, World, deploy_contracts
from tests.support.revm import RevmChain

NOW = 1_999_998_600
"""Ten minutes after a full hour: the time at which every test on a chain begins."""
USDC = 10**6
STAKE = 1_000_000_000 * USDC
"""Units of the settlement token that each trader has, if it has 6 decimals."""


class Account(str):
    """The address of somebody who can sign."""

    def __new__(cls, number: int) -> "Account":
        keys = Keys.from_key(number.to_bytes(32, "big"))
        account = super().__new__(cls, keys.address.lower())
        account.keys = keys
        return account

    keys: Any

    @property
    def address(self) -> str:
        return str(self)

    def sign_message(self, message: Any) -> Any:
        return self.keys.sign_message(message)


OWNER, KEEPER, TREASURY, STRANGER, ALICE, BOB, CAROL, DAVE = PEOPLE = [Account(number) for number in range(0xA1, 0xA9)]
"""`OWNER`: the DAO, owns what has an owner. `TREASURY`: the fee recipient. `STRANGER` has no role anywhere."""
TRADERS = [ALICE, BOB, CAROL, DAVE]


def new_world(project: Artifacts, decimals: int = 6, token: str | None = None) -> World:
    """At NOW; traders hold a billion whole settlement tokens each. `token`: another mock than MockERC20."""
    chain = RevmChain(project, NOW)
    contracts = deploy_contracts(chain, OWNER, TREASURY, decimals)
    if token is not None:
        contracts = replace(contracts, token=chain.deploy(token, decimals))
    world = World(chain, contracts, [*PEOPLE], OWNER, TREASURY)
    for trader in TRADERS:
        world.fund(trader, 10**9 * world.unit)
    return world


def new_market(project: Artifacts, decimals: int = 6, price: int = PRICE, **changes: Any) -> Twin:
    """A pool in a world of its own; `changes` to the parameters of `market`."""
    return new_world(project, decimals).deploy_pool(price, **changes)


def opened_market(
    project: Artifacts, long: int, short: int, decimals: int = 6, price: int = PRICE, **changes: Any
) -> Twin:
    """In epoch 2: alice is the long side, bob the short side, settlement units. A side of 0 has nobody."""
    market = new_market(project, decimals, price, **changes)
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
