"""The launched system beside its models on a fork of Arbitrum One, and its clock: prices come round by round, in and out of
people's way."""

from collections.abc import Callable
from typing import Any

from perpetual_pools.chain import amm
from perpetual_pools.chain.contracts import instance
from perpetual_pools.model import ChainlinkOracle, CommitType, Ledger, Market, SequencerFeed
from perpetual_pools.parameters import Parameters
from perpetual_pools.records import Record
from perpetual_pools.twin.anvil import AnvilChain
from perpetual_pools.twin.comparison import WORD
from perpetual_pools.twin.farm import FarmTwin
from perpetual_pools.twin.pool import Contracts, Twin, World
from tests.fork.feeds import ReplayedFeed
from tests.support.exchange import Exchange
from tests.support.fork import HOUR, deal
from tests.support.upstream import TCR, USDC

UNIT = 10**6
BPS = 10_000
DEALT = {"alice": 1_000_000 * UNIT, "bob": 600_000 * UNIT, "carol": 200_000 * UNIT}
"""Settlement units that each has at first."""
SWINGS = {
    "BTC/USD": [120, -250, 310, 0, -180, 420, -90, 260, -330, 150, -40, 210, -160],
    "ETH/USD": [-200, 340, -110, 280, 0, -390, 450, -60, 170, -220, 130],
}
"""By how many ten-thousandths the price changes in each hour from week 0 on; after the last as in the first."""
ROUNDS = [(20, -1), (31 * 60, 2), (57 * 60, 1)]
"""The rounds of an hour: seconds after its begin, and how many times the hour's change away from the price before it."""


class Day:
    """Hours are counted from the begin of week 0. Moves the feeds to aggregators of its own at the prices as they are."""

    def __init__(
        self,
        chain: AnvilChain,
        fork: Any,
        proxy_type: Any,
        person: Callable[[str], Any],
        safe: Any,
        launch: Parameters,
        record: Record,
    ) -> None:
        self.chain, self.safe, self.record = chain, safe, record
        self.keeper, self.alice, self.bob, self.carol = map(person, ("keeper", *DEALT))
        self.traders = [self.alice, self.bob, self.carol]
        self.people = [safe, self.keeper, *self.traders]
        self.usdc, self.tcr = instance("MockERC20", USDC), instance("MockERC20", TCR)
        self.start: int = instance("StakingFarm", record.address("farm")).start()
        self.feeds = {
            name: ReplayedFeed(chain, proxy_type, feed.address, self.keeper) for name, feed in launch.feeds.items()
        }
        self.closes = {name: feed.latest.answer for name, feed in self.feeds.items()}
        """The answer of each feed at the last full hour."""
        self.world = self._world(fork, launch)
        self.markets = {twin.model.name: twin for twin in self.world.twins}
        self.farm = self._farm(launch)
        assert launch.amm is not None
        uniswap = amm.at(launch.amm.factory, launch.amm.router)
        self.exchange = Exchange(self.markets["3-BTC/USDC"], uniswap)
        self.farm.ledgers[self.exchange.pair.address] = self.exchange.ledger
        self.orders: list[tuple[Twin, int, int]] = []
        """Of each commitment: the pool, the epoch that executes it, when it was made."""
        for name, feed in self.feeds.items():
            feed.move(fork, self.closes[name])

    def _world(self, fork: Any, launch: Parameters) -> World:
        factory = instance("PoolFactory", self.record.address("factory"))
        keeper = instance("PoolKeeper", self.record.address("keeper"))
        contracts = Contracts(6, self.usdc, factory, keeper, self.chain.deploy("PoolLens"))
        world = World(self.chain, contracts, self.people, self.safe, self.safe)
        for trader, amount in zip(self.traders, DEALT.values(), strict=True):
            deal(fork, self.usdc, trader, amount)
            world.ledger.mint(trader.address, amount)
        world.ledger.mint("everybody else", self.usdc.totalSupply() - sum(DEALT.values()))
        assert launch.sequencer is not None
        _, status, since, _, _ = instance("IAggregatorV3", launch.sequencer.feed).latestRoundData()
        sequencer, grace_period = SequencerFeed(status, since), launch.sequencer.grace_period
        models = {
            name: ChainlinkOracle(self.feeds[name].model, sequencer, feed.max_age, grace_period)
            for name, feed in launch.feeds.items()
        }
        for market in launch.markets:
            oracle = instance("ChainlinkOracleWrapper", self.record.address(f"{market.feed} oracle"))
            pool = instance("LeveragedPool", self.record.address(market.name))
            self.chain.remember(pool)
            for trader in self.traders:
                self.chain.send(self.usdc, "approve", [pool.address, WORD - 1], trader)
            params = launch.pool_params(market, USDC, oracle.address)
            world.adopt(pool, params, oracle, models[market.feed])
        return world

    def _farm(self, launch: Parameters) -> FarmTwin:
        """With a farm for each pool token, and then for its pair."""
        there = instance("StakingFarm", self.record.address("farm"))
        farm = FarmTwin(self.chain, self.tcr, self.start, self.safe, self.people, there)
        for market in launch.markets:
            model = self.markets[market.name].model
            for name, ledger in zip(market.tokens, (model.long_token, model.short_token), strict=True):
                farm.adopt(self.record.address(name), ledger, Market.PRIMARY, market.weight)
                farm.adopt(self.record.address(f"{name} pair"), Ledger(), Market.SECONDARY, market.weight)
        farm.compare()
        return farm

    def token(self, name: str) -> Any:
        """A pool token."""
        return instance("PoolToken", self.record.address(name))

    # --- time ---

    def move_to(self, hour: int, seconds: int) -> None:
        """To so many seconds after that full hour. The rounds until then come at their times."""
        until = self.start + hour * HOUR + seconds
        for begin in range(self.chain.now // HOUR * HOUR, until, HOUR):
            for after, times in ROUNDS:
                if self.chain.now < begin + after <= until:
                    self.chain.move_to(begin + after)
                    self._push_rounds((begin - self.start) // HOUR, times)
        self.chain.move_to(until)

    def _push_rounds(self, hour: int, times: int) -> None:
        for name, feed in self.feeds.items():
            swing = SWINGS[name][hour % len(SWINGS[name])]
            answer = self.closes[name] * (BPS + times * swing) // BPS
            feed.push(answer)
            if times == ROUNDS[-1][1]:
                self.closes[name] = answer

    def keep(self, *hours: int, late: int = 45) -> None:
        """The upkeeps of these hours, each so many seconds after its hour: of all pools at once, with the hints for them.

        The price is that of the last round before the full hour, although there are later ones.
        """
        for hour in hours:
            self.move_to(hour, late)
            twins, time = self.world.twins, self.start + hour * HOUR
            hints = {twin: self.chain.read(twin.oracle, "findRound", time) for twin in twins}
            assert hints == {twin: twin.model.oracle.find_round(time) for twin in twins}
            assert self.world.upkeep(self.keeper, hints) == []
            for name, feed in self.feeds.items():
                ((round_id, close),) = {
                    (hint, twin.model.last_price)
                    for twin, hint in hints.items()
                    if twin.model.oracle.feed is feed.model
                }
                assert round_id < feed.latest.round_id
                assert close == self.closes[name] * 10**10

    # --- what people do ---

    def commit(self, sender: Any, market: str, kind: CommitType, amount: int) -> int:
        """Returns how many epochs after the current one executes it."""
        twin = self.markets[market]
        epoch = twin.commit(sender, kind, amount)
        self.orders.append((twin, epoch, self.chain.now))
        return epoch - twin.model.epoch

    def stake(self, staker: Any, token: Any, amount: int) -> None:
        self.chain.send(token, "approve", [self.farm.model.address, amount], staker)
        self.farm.stake(staker, token, amount)
