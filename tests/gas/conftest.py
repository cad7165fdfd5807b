"""Markets as they are at launch, over Chainlink-like feeds, with users who have used them, and the book of measurements.

Conditions of every row: receipts of a local anvil with its default hardfork, net of refunds; approvals done beforehand;
users and keeper are warm, the keeper's balance is not zero; 1,000,000 USDC a side, leverage 3, one hour; upkeep goes through
the keeper contract a minute late, with hint 0 and a latest round that qualifies.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import ape
import pytest
from ethpm_types import ContractType

from perpetual_pools.model import ZERO_ADDRESS, CommitType, PoolParams
from perpetual_pools.twin.pool import DEFAULTS, HOUR, deploy_contracts, deploy_pool
from tests.gas.rows import ROWS, Row
from tests.support.anvil import anvil
from tests.support.direct import Contract, LocalChain, Receipt

SNAPSHOT = Path(__file__).parents[2] / "snapshots" / "gas.json"
NOW = 1_999_998_600
USDC = 10**6
MILLION = 10**6 * USDC
LATE = 60
DOLLAR = 10**8
TOKEN = 10**18
SLACK, DEPLOYMENT_SLACK = 150, 2_000
"""Gas by which a measurement may differ: an address or a hash of the sources with a zero byte more or less costs 12 (in
calldata) or 200 (in code)."""
ANVIL_OPTIONS = ("--block-base-fee-per-gas", "0", "--gas-price", "0", "--prune-history", "8")
"""Gas is free, as on Ape's own anvil. States of old blocks are not kept: they would go to the disk."""


class Book:
    """Compares what is measured with the snapshot; `./dev gas` also writes it."""

    def __init__(self) -> None:
        self.snapshot: dict[str, int] = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
        self.measured: dict[str, int] = {}

    def enter(self, row: Row, gas: int, *, update: bool) -> None:
        """Fails when the goal is missed, and when the snapshot says another number (unless it is being updated)."""
        self.measured[row.name] = gas
        assert gas <= row.goal, f"{row.name}: {gas:,} gas, the goal is {row.goal:,}"
        if not update:
            slack = DEPLOYMENT_SLACK if row.name.startswith("deploy") else SLACK
            recorded = self.snapshot.get(row.name, 0)
            assert abs(gas - recorded) <= slack, (
                f"{row.name}: {gas:,} gas, the snapshot says {recorded:,}. "
                "If that is meant, run ./dev gas and say why in the commit"
            )


BOOK = pytest.StashKey[Book]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[BOOK] = Book()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    book = config.stash[BOOK]
    if not (config.getoption("--update-gas") and book.measured):
        return
    write = terminalreporter.write_line
    write(f"{'action':58} {'goal':>10} {'measured':>10} {'before':>10} {'of peer':>8}")
    for row in ROWS:
        if row.name in book.measured:
            gas = book.measured[row.name]
            ratio = f"{gas / row.peer:8.2f}" if row.peer else f"{'-':>8}"
            before = f"{book.snapshot[row.name]:>10,}" if row.name in book.snapshot else f"{'-':>10}"
            write(f"{row.name:58} {row.goal:>10,} {gas:>10,} {before} {ratio}")
    SNAPSHOT.parent.mkdir(exist_ok=True)
    merged = {row.name: book.measured.get(row.name, book.snapshot.get(row.name)) for row in ROWS}
    known = {name: gas for name, gas in merged.items() if gas is not None}
    SNAPSHOT.write_text(json.dumps(known, indent=2) + "\n")
    write(f"written: {SNAPSHOT.relative_to(Path(config.rootpath))}")


@pytest.fixture(scope="session")
def project() -> Any:
    """Ape's own."""
    return ape.project


@pytest.fixture
def enter(request: pytest.FixtureRequest) -> Any:
    """`enter("name of the row", gas)`"""
    book, rows = request.config.stash[BOOK], {row.name: row for row in ROWS}

    def enter_row(name: str, gas: int) -> None:
        book.enter(rows[name], gas, update=request.config.getoption("--update-gas"))

    return enter_row


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


@pytest.fixture(scope="session")
def users(owner: Any, keeper: Any, alice: Any, bob: Any, carol: Any) -> list[str]:
    """Their addresses."""
    return [account.address for account in (owner, keeper, alice, bob, carol)]


@pytest.fixture(scope="session")
def new_setting(project: Any, users: list[str], proxy_type: ContractType) -> Iterator[Setting]:
    with gas_chain(project, users[0]) as chain:
        yield Setting(chain, users, proxy_type)


@pytest.fixture(scope="session")
def warm_market(project: Any, users: list[str], proxy_type: ContractType) -> Iterator[GasMarket]:
    with gas_chain(project, users[0]) as chain:
        setting = Setting(chain, users, proxy_type)
        market = setting.market(setting.feed())
        setting.warm_up(market)
        yield market


@pytest.fixture
def setting(new_setting: Setting) -> Iterator[Setting]:
    """Without pools. What the test does on the chain is undone after it."""
    with new_setting.chain.undone():
        yield new_setting


@pytest.fixture
def warm(warm_market: GasMarket) -> Iterator[GasMarket]:
    """A market on a chain of its own, warmed up. What the test does there is undone after it."""
    with warm_market.setting.chain.undone():
        yield warm_market
