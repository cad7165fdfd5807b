"""A pair of Uniswap V2 in exact integers: liquidity and swaps, call by call like the contract."""

from __future__ import annotations

from math import isqrt

from perpetual_pools.model import ZERO_ADDRESS, Ledger

LOCKED = 1_000
"""The LP token units of the first liquidity that nobody receives."""


class PairModel:
    """A pair whose factory takes no fee, and which everyone uses through the router.

    Args:
        ledgers: the ledgers of its two tokens. Amounts are in the same order everywhere.
        address: the pair's account in the ledgers.
    """

    def __init__(self, ledgers: tuple[Ledger, Ledger], address: str) -> None:
        self.ledgers = ledgers
        self.address = address
        self.lp_token = Ledger("TransferFromFailed")

    @property
    def reserves(self) -> tuple[int, int]:
        """The balances of the pair. They are its reserves, because nobody sends tokens to it directly."""
        first, second = self.ledgers
        return first.balance_of(self.address), second.balance_of(self.address)

    def worth(self, liquidity: int) -> tuple[int, int]:
        """Return the amounts of both tokens behind so many LP token units, rounded down."""
        supply = self.lp_token.total_supply
        first, second = self.reserves
        return (liquidity * first // supply, liquidity * second // supply) if supply else (0, 0)

    def add_liquidity(self, provider: str, amounts: tuple[int, int]) -> int:
        """Add liquidity in the pair's proportion, at most the two amounts. Returns LP token units."""
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
        """Remove liquidity. Returns the amounts of both tokens that the provider gets."""
        amounts = self.worth(liquidity)
        self.lp_token.burn(provider, liquidity)
        for ledger, amount in zip(self.ledgers, amounts, strict=True):
            ledger.transfer(self.address, provider, amount)
        return amounts

    def swap(self, trader: str, paid: int, amount: int) -> int:
        """Swap exactly `amount` of one token for the other. Returns the amount that the trader gets.

        Args:
            paid: the number of the token that the trader pays, 0 or 1.
        """
        own, other = self.reserves[paid], self.reserves[1 - paid]
        # The pair keeps 0.3 % of the payment.
        bought = amount * 997 * other // (own * 1_000 + amount * 997)
        self.ledgers[paid].transfer(trader, self.address, amount)
        self.ledgers[1 - paid].transfer(self.address, trader, bought)
        return bought


def _in_proportion(amounts: tuple[int, int], reserves: tuple[int, int]) -> tuple[int, int]:
    second = amounts[0] * reserves[1] // reserves[0]
    return (amounts[0], second) if second <= amounts[1] else (amounts[1] * reserves[0] // reserves[1], amounts[1])
