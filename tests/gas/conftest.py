"""Markets as they are at launch, over Chainlink-like feeds, with users who have used them, and the book of measurements.

Conditions of every row: receipts of a local anvil with its default hardfork, net of refunds; approvals done beforehand;
users and keeper are warm, the keeper's balance is not zero; 1,000,000 USDC a side, leverage 3, one hour; upkeep goes through
the keeper contract a minute late, with hint 0 and a latest round that qualifies.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import ape
import pytest
from ape.contracts import ContractContainer
from ethpm_types import ContractType

from perpetual_pools.model import ZERO_ADDRESS, CommitType, PoolParams
from perpetual_pools.twin.anvil import AnvilChain
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.pool import DEFAULTS, HOUR, deploy_contracts, deploy_pool
from tests.gas.rows import ROWS, Row

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

    def __init__(self, setting: "Setting", params: PoolParams, feed: Any) -> None:
        self.setting, self.params, self.feed = setting, params, feed
        _, _, self.alice, self.bob, self.carol = setting.people
        self.pool = deploy_pool(setting.chain, setting.contracts, params, setting.owner, setting.people)

    def commit(self, user: Any, kind: CommitType, amount: int) -> int:
        return self.setting.send(self.pool, "commit", kind, amount, user, sender=user).gas_used

    def commit_all(self, user: Any) -> None:
        for kind in CommitType:
            self.commit(user, kind, 100 * USDC if kind.is_mint else TOKEN)

    def claim(self, user: Any) -> int:
        return self.setting.send(self.pool, "claim", user, user, sender=user).gas_used

    def upkeep(self, dollars: int, missed: int = 0) -> int:
        return self.setting.upkeep([self], dollars, missed)


class Setting:
    """The chain, the shared contracts, and feeds and pools as many as a test needs. All pools rebalance together."""

    def __init__(self, project: Any, chain: Any, people: Any, proxy: ContractType) -> None:
        self.proxy, self.people = proxy, people
        self.owner, self.keeper, *_ = people
        self.chain = AnvilChain(project, chain, self.owner, NOW)
        self.chain.move_to(NOW)
        self.contracts = deploy_contracts(self.chain, self.owner, self.owner)
        for user in people:
            self.chain.send(self.contracts.token, "mint", [user, 20 * MILLION], self.owner)
        self.sequencer = self.chain.deploy("ReplayAggregator", 0, "L2 Sequencer Uptime Status")
        self.chain.send(self.sequencer, "pushRound", [1, 0, NOW - 30 * 24 * HOUR, NOW], self.owner)

    def send(self, contract: Any, method: str, *arguments: Any, sender: Any) -> Any:
        self.chain.set_time()
        return getattr(contract, method)(*arguments, sender=sender)

    def feed(self) -> Any:
        feed = self.chain.deploy("ReplayAggregator", 8, "BTC / USD")
        self.push_price(feed, 30_000)
        return feed

    def push_price(self, feed: Any, dollars: int) -> None:
        now = self.chain.now
        self.send(feed, "pushRound", feed.latestRoundId() + 1, dollars * DOLLAR, now, now, sender=self.owner)

    def behind_proxy(self, aggregator: Any) -> Any:
        """Chainlink's own proxy in front of `aggregator`."""
        self.chain.set_time()
        return self.owner.deploy(ContractContainer(self.proxy), aggregator, ZERO_ADDRESS)

    def oracle(self, feed: Any, sequencer: Any) -> Any:
        return self.chain.deploy("ChainlinkOracleWrapper", address_of(feed), address_of(sequencer), 90_000, HOUR)

    def market(self, feed: Any, *, oracle: Any = None, name: str = "BTC/USDC") -> GasMarket:
        """With the parameters of the launch."""
        params = replace(
            DEFAULTS,
            market=name,
            settlement_token=address_of(self.contracts.token),
            oracle=address_of(oracle or self.oracle(feed, self.sequencer)),
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
        pools = [market.pool for market in markets]
        receipt = self.send(self.contracts.keeper, "upkeep", pools, [0] * len(pools), self.keeper, sender=self.keeper)
        assert receipt.return_value == [True] * len(pools)
        return int(receipt.gas_used)

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


@pytest.fixture
def setting(
    project: Any, chain: Any, owner: Any, keeper: Any, alice: Any, bob: Any, carol: Any, proxy_type: Any
) -> Setting:
    return Setting(project, chain, [owner, keeper, alice, bob, carol], proxy_type)


@pytest.fixture
def warm(setting: Setting) -> GasMarket:
    market = setting.market(setting.feed())
    setting.warm_up(market)
    return market
