"""The parts that all of the demo shares: the chain with its clock, the people and their money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import ape
from ape.api import AccountAPI
from ape.exceptions import ContractLogicError
from ethpm_types import ContractType

from perpetual_pools.chain import contracts
from perpetual_pools.demo.scenario import DECIMALS, STAKE, Trader
from perpetual_pools.twin.anvil import AnvilChain
from perpetual_pools.twin.chain import Reverted, Sent
from perpetual_pools.twin.comparison import Difference
from perpetual_pools.twin.pool import World, deploy_contracts

MAX_ALLOWANCE = 2**256 - 1


class DemoChain(AnvilChain):
    """The connected chain. Each transaction has its own block, a second after the last one.

    The contracts should accept everything that the demo does. A transaction that reverts raises Difference before the model
    acts.
    """

    def tick(self) -> None:
        """Set the time of the next block. Transactions that are not sent by `send` or `deploy` need it."""
        self.now += 1
        self.set_time()

    def move_to(self, timestamp: int) -> None:
        """Make sure that the next transaction comes after that time. Mines no block."""
        self.now = max(self.now, timestamp)

    def deploy(self, contract: str | ContractType, *arguments: Any) -> Any:
        self.now += 1
        return super().deploy(contract, *arguments)

    def send(self, contract: Any, method: str, arguments: Sequence[Any], sender: AccountAPI, *others: Any) -> Sent:
        self.now += 1
        try:
            return super().send(contract, method, arguments, sender, *others)
        except Reverted as error:
            raise Difference(f"the chain refuses what the model allows: {error}") from error

    def read(self, contract: Any, method: str, *arguments: Any) -> Any:
        try:
            return super().read(contract, method, *arguments)
        except ContractLogicError as error:
            raise Difference(f"{method} does not answer: {error}") from error


class _Contracts:
    """The project's contracts, for the twin's chain."""

    def get_contract(self, name: str) -> Any:
        return contracts.container(name)


class Stage:
    """A new local chain on which each trader has STAKE settlement units.

    Args:
        now: the time before the first transaction, in Unix seconds.
    """

    def __init__(self, now: int) -> None:
        test_accounts = ape.accounts.test_accounts
        self.deployer, self.keeper = test_accounts[0], test_accounts[1]
        self.accounts = dict(zip(Trader, test_accounts[2:], strict=False))
        self.addresses = {trader: str(account.address) for trader, account in self.accounts.items()}
        self.actions: Counter[str] = Counter()
        """The number of actions of each kind, by the traders and by the keeper for them."""
        self.chain = DemoChain(_Contracts(), ape.chain, self.deployer, now)
        deployed = deploy_contracts(self.chain, self.deployer, self.deployer, DECIMALS)
        self.world = World(self.chain, deployed, self.people, self.deployer, self.deployer)
        self.world.checks = False  # once an hour is enough
        for account in self.accounts.values():
            self.world.fund(account, STAKE)

    @property
    def people(self) -> list[Any]:
        """The accounts whose balances are compared: traders, deployer and keeper."""
        return [*self.accounts.values(), self.deployer, self.keeper]

    @property
    def now(self) -> int:
        """The time of the last transaction, or the later time to which the clock was set, in Unix seconds."""
        return self.chain.now

    def allow(self, trader: Trader, token: Any, spender: str) -> None:
        """Let the spender take any amount of the trader's tokens."""
        self.chain.send(token, "approve", [spender, MAX_ALLOWANCE], self.accounts[trader])
