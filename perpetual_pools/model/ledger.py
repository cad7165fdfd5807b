"""The balances of ERC-20 tokens as exact integers."""

from __future__ import annotations

from collections import defaultdict

from perpetual_pools.model.errors import Refused


class Ledger:
    """The balances of one token, in its smallest units.

    Args:
        lack: the error with which the token's contract refuses a transfer of more than the sender holds.
    """

    def __init__(self, lack: str = "InsufficientBalance") -> None:
        self._lack = lack
        self._balances: defaultdict[str, int] = defaultdict(int)
        self.total_supply = 0

    def balance_of(self, account: str) -> int:
        return self._balances.get(account, 0)

    def mint(self, account: str, amount: int) -> None:
        self._balances[account] += amount
        self.total_supply += amount

    def burn(self, account: str, amount: int) -> None:
        """Burn tokens of the account. Raises Refused if it holds less."""
        self._require(account, amount)
        self._balances[account] -= amount
        self.total_supply -= amount

    def transfer(self, sender: str, receiver: str, amount: int) -> None:
        """Transfer tokens. Raises Refused if the sender holds less."""
        self._require(sender, amount)
        self._balances[sender] -= amount
        self._balances[receiver] += amount

    def _require(self, account: str, amount: int) -> None:
        if self.balance_of(account) < amount:
            raise Refused(self._lack)
