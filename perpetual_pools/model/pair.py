"""A pair of Uniswap V2 in exact integers, beside the ledgers of its tokens: what liquidity and swaps do, call by call."""

from __future__ import annotations

from math import isqrt

from perpetual_pools.model import ZERO_ADDRESS, Ledger

LOCKED = 1_000
"""LP token units of the first liquidity, which go to nobody."""


class PairModel:
    """A pair whose factory takes no fee, used through the router alone.

    Args:
        ledgers: of its two tokens. Amounts stand in their order everywhere.
        address: the pair's account in them.
    """

    def __init__(self, ledgers: tuple[Ledger, Ledger], address: str) -> None:
        self.ledgers = ledgers
        self.address = address
        self.lp_token = Ledger("TransferFromFailed")

    @property
    def reserves(self) -> tuple[int, int]:
        """What the pair holds: nobody sends it tokens past the router."""
        first, second = self.ledgers
        return first.balance_of(self.address), second.balance_of(self.address)

    def worth(self, liquidity: int) -> tuple[int, int]:
        """The tokens behind so many LP token units, down."""
        supply = self.lp_token.total_supply
        first, second = self.reserves
        return (liquidity * first // supply, liquidity * second // supply) if supply else (0, 0)

    def add_liquidity(self, provider: str, amounts: tuple[int, int]) -> int:
        """Takes no more than the amounts, in the pair's proportion. Returns LP token units."""
        reserves, supply = self.reserves, self.lp_token.total_supply
        if supply:
            amounts = _in_proportion(amounts, reserves)
            liquidity = min(amount * supply // reserve for amount, reserve in zip(amounts, reserves, strict=True))
        else:
            liquidity = isqrt(amounts[0] * amounts[1]) - LOCKED
            self.lp_token.mint(ZERO_ADDRESS, LOCKED)
        for ledger, amount in zip(self.ledgers, amounts, strict=True):
            ledger.transfer(provider, self.address, amount)
        self.lp_token.mint(provider, liquidity)
        return liquidity

    def remove_liquidity(self, provider: str, liquidity: int) -> tuple[int, int]:
        """Returns what the provider gets of either token."""
        amounts = self.worth(liquidity)
        self.lp_token.burn(provider, liquidity)
        for ledger, amount in zip(self.ledgers, amounts, strict=True):
            ledger.transfer(self.address, provider, amount)
        return amounts

    def swap(self, trader: str, paid: int, amount: int) -> int:
        """Pays exactly `amount` of the token with that number, 0 or 1, for the other. Returns what the trader gets."""
        own, other = self.reserves[paid], self.reserves[1 - paid]
        # The pair keeps 0.3 % of what is paid.
        bought = amount * 997 * other // (own * 1_000 + amount * 997)
        self.ledgers[paid].transfer(trader, self.address, amount)
        self.ledgers[1 - paid].transfer(self.address, trader, bought)
        return bought


def _in_proportion(amounts: tuple[int, int], reserves: tuple[int, int]) -> tuple[int, int]:
    second = amounts[0] * reserves[1] // reserves[0]
    return (amounts[0], second) if second <= amounts[1] else (amounts[1] * reserves[0] // reserves[1], amounts[1])
