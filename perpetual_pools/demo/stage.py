"""What all parts of the demo share: the clock, the people and their money."""

from __future__ import annotations

from collections import Counter

import ape

from perpetual_pools.chain import contracts
from perpetual_pools.demo.scenario import DECIMALS, STAKE, Trader
from perpetual_pools.model import Ledger


class Stage:
    """A new local chain, on which traders have STAKE settlement units each.

    Args:
        now: Unix seconds, before the first transaction.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        test_accounts = ape.accounts.test_accounts
        self.deployer, self.keeper_account = test_accounts[0], test_accounts[1]
        self.accounts = dict(zip(Trader, test_accounts[2:], strict=False))
        self.addresses = {trader: str(account.address) for trader, account in self.accounts.items()}
        self.actions: Counter[str] = Counter()
        """How often traders, and the keeper for them, did what."""
        self.tick()
        self.usdc = contracts.deploy_settlement_token(self.deployer, "Test USD Coin", "USDC", DECIMALS)
        self.ledger = Ledger("TransferFromFailed")
        for trader, account in self.accounts.items():
            self.tick()
            self.usdc.mint(account, STAKE, sender=account)
            self.ledger.mint(self.addresses[trader], STAKE)

    @property
    def traders(self) -> list[str]:
        """Their addresses."""
        return list(self.addresses.values())

    @property
    def staff(self) -> list[str]:
        """The addresses of deployer and keeper."""
        return [str(account.address) for account in (self.deployer, self.keeper_account)]

    def tick(self) -> int:
        """The next transaction comes in a block of its own, a second after the last. Returns its time."""
        self.now += 1
        ape.chain.provider.set_timestamp(self.now)
        return self.now
