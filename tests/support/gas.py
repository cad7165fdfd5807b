"""Markets as they are at launch, over Chainlink-like feeds, with users who have used them.

All measurements have the same conditions. Gas comes from the receipts of a local anvil with its default hardfork, net of
refunds. Approvals are done beforehand, users and keeper are warm, and the keeper's balance is not zero. Each side holds
1,000,000 USDC, leverage is 3 and the interval one hour. The upkeep goes through the keeper contract a minute late, with hint
0 and a latest round that qualifies.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ethpm_types import ContractType

from perpetual_pools.model import ZERO_ADDRESS, CommitType, PoolParams
from perpetual_pools.twin.pool import DEFAULTS, HOUR, deploy_contracts, deploy_pool
from tests.support.anvil import anvil
from tests.support.direct import Contract, LocalChain, Receipt

NOW = 1_999_998_600
USDC = 10**6
MILLION = 10**6 * USDC
LATE = 60
DOLLAR = 10**8
TOKEN = 10**18
ANVIL_OPTIONS = ("--block-base-fee-per-gas", "0", "--gas-price", "0", "--prune-history", "8")
"""Gas is free, as on Ape's own anvil. States of old blocks are not kept: they would go to the disk."""


class GasMarket:
    """A pool and its users. Actions answer with their receipts' gas."""

    def __init__(self, setting: "Setting", params: PoolParams, feed: Contract) -> None:
        self.setting, self.params, self.feed = setting, params, feed
        _, _, self.alice, self.bob, self.carol = setting.people
        self.pool = deploy_pool(setting.chain, setting.contracts, params, setting.owner, setting.people)

    def commit(self, user: str, kind: CommitType, amount: int) -> int:
        return self.setting.send(self.pool, "commit", kind, amount, user, sender=user).gas_used

    def commit_all(self, user: str) -> None:
        for kind in CommitType:
            self.commit(user, kind, 100 * USDC if kind.is_mint else TOKEN)

    def claim(self, user: str) -> int:
        return self.setting.send(self.pool, "claim", user, user, sender=user).gas_used

    def upkeep(self, dollars: int, missed: int = 0) -> int:
        return self.setting.upkeep([self], dollars, missed)


class Setting:
    """The chain, the shared contracts, and feeds and pools as many as a test needs. All pools rebalance together."""

    def __init__(self, chain: LocalChain, people: list[str], proxy: ContractType) -> None:
        self.chain, self.people, self.proxy = chain, people, proxy
        self.owner, self.keeper, *_ = people
        self.contracts = deploy_contracts(self.chain, self.owner, self.owner)
        for user in people:
            self.send(self.contracts.token, "mint", user, 20 * MILLION, sender=self.owner)
        self.sequencer = self.chain.deploy("ReplayAggregator", 0, "L2 Sequencer Uptime Status")
        self.send(self.sequencer, "pushRound", 1, 0, NOW - 30 * 24 * HOUR, NOW, sender=self.owner)

    def send(self, contract: Contract, method: str, *arguments: Any, sender: str) -> Receipt:
        return self.chain.transact(contract, method, *arguments, sender=sender)

    def feed(self) -> Contract:
        feed = self.chain.deploy("ReplayAggregator", 8, "BTC / USD")
        self.push_price(feed, 30_000)
        return feed

    def push_price(self, feed: Contract, dollars: int) -> None:
        now = self.chain.now
        self.send(feed, "pushRound", feed.latestRoundId() + 1, dollars * DOLLAR, now, now, sender=self.owner)

    def behind_proxy(self, aggregator: Contract) -> Contract:
        """Chainlink's own proxy in front of `aggregator`."""
        return self.chain.deploy(self.proxy, aggregator.address, ZERO_ADDRESS)

    def oracle(self, feed: Contract, sequencer: Contract) -> Contract:
        return self.chain.deploy("ChainlinkOracleWrapper", feed.address, sequencer.address, 90_000, HOUR)

    def market(self, feed: Contract, *, oracle: Contract | None = None, name: str = "BTC/USDC") -> GasMarket:
        """With the parameters of the launch."""
        params = replace(
            DEFAULTS,
            market=name,
            settlement_token=self.contracts.token.address,
            oracle=(oracle or self.oracle(feed, self.sequencer)).address,
            management_fee=2 * 10**16,
            keeper_reward_max=2 * USDC,
            min_liquidity=10 * USDC,
        )
        return GasMarket(self, params, feed)

    def move_to_upkeep(self, markets: list[GasMarket], dollars: int, missed: int = 0) -> None:
        """To a minute after the grid time, with a round of `dollars` that came just before it."""
        due = markets[0].pool.nextRebalance() + missed * HOUR
        self.chain.move_to(due - 30)
        for feed in {market.feed.address: market.feed for market in markets}.values():
            self.push_price(feed, dollars)
        self.chain.move_to(due + LATE)

    def upkeep(self, markets: list[GasMarket], dollars: int, missed: int = 0) -> int:
        """Moves on and does the upkeep of all in one call; all have to succeed."""
        self.move_to_upkeep(markets, dollars, missed)
        keeper, pools = self.contracts.keeper, [market.pool.address for market in markets]
        receipt = self.send(keeper, "upkeep", pools, [0] * len(pools), self.keeper, sender=self.keeper)
        assert self.chain.node.returned(receipt, keeper, "upkeep") == (True,) * len(pools)
        return receipt.gas_used

    def open(self, markets: list[GasMarket]) -> None:
        """Both sides of each at a million."""
        for market in markets:
            for user, kind in ((market.alice, CommitType.LONG_MINT), (market.bob, CommitType.SHORT_MINT)):
                market.commit(user, kind, MILLION - 10_000 * USDC)
            for user in (market.alice, market.carol):
                for kind in (CommitType.LONG_MINT, CommitType.SHORT_MINT):
                    market.commit(user, kind, 5_000 * USDC)
        self.upkeep(markets, 30_000)
        for market in markets:
            for user in (market.alice, market.bob, market.carol):
                market.claim(user)

    def warm_up(self, market: GasMarket) -> None:
        """Opened, and everybody has done everything once, so that what follows fills no slot anew."""
        self.open([market])
        for _ in range(2):
            market.commit_all(market.alice)
            market.commit_all(market.carol)
            self.upkeep([market], 30_000)
        market.claim(market.alice)
        market.claim(market.carol)


@contextmanager
def gas_chain(project: Any, deployer: str) -> Iterator[LocalChain]:
    """A new chain at NOW."""
    with anvil(*ANVIL_OPTIONS) as url:
        chain = LocalChain(url, project, deployer)
        chain.move_to(NOW)
        yield chain
