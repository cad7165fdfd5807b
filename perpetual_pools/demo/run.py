"""The run of the demo: each action runs on the chain and in the model, and every hour everything is compared."""

from __future__ import annotations

from functools import partial
from typing import Any

import ape

from perpetual_pools.demo.checks import Checks
from perpetual_pools.demo.market import Market, Point
from perpetual_pools.demo.mining import Mining
from perpetual_pools.demo.prices import FEED_DECIMALS, HOUR, MAX_AGE, PREPARATION
from perpetual_pools.demo.scenario import AUTO_CLAIMER, MINERS, USDC, Trader, intents
from perpetual_pools.demo.stage import Stage
from perpetual_pools.model import ChainlinkOracle, CommitType, Feed, SequencerFeed
from perpetual_pools.model.rounds import RoundHistory
from perpetual_pools.twin.comparison import Difference
from perpetual_pools.twin.pool import deploy_pool

GRACE_PERIOD = 3_600
FRONT_RUNNING_INTERVAL = 300
BTC, ETH = "BTC", "ETH"
MARKETS = ((1, BTC), (3, BTC), (1, ETH), (3, ETH))


class Demo:
    """The system with its traders and its clock.

    Args:
        histories: the rounds of each underlying.
        start: the time of the first rebalance in Unix seconds, a full hour.
        hours: the number of hourly rebalances that follow.
    """

    def __init__(self, histories: dict[str, RoundHistory], start: int, hours: int) -> None:
        self.histories = histories
        self.start = start
        self.hours = hours
        self.stage = Stage(start - PREPARATION)
        self.feeds: dict[str, Any] = {}
        self.feed_models: dict[str, Feed] = {}
        self.pushed_until: dict[str, int] = {}
        oracles = self._deploy_oracles()
        self.markets = [self._deploy_market(leverage, name, *oracles[name]) for leverage, name in MARKETS]
        self._approve()
        self.mining = Mining(self.stage, self.markets, start, hours)
        self.checks = Checks(self.stage, self.mining)

    # --- set-up ---

    def _deploy_oracles(self) -> dict[str, tuple[Any, ChainlinkOracle]]:
        """Deploy the feeds and their oracle wrappers. Returns the wrapper of each underlying, and its model."""
        chain, sequencer_since = self.stage.chain, self.stage.now - 30 * 24 * HOUR
        sequencer_feed = chain.deploy("ReplayAggregator", 0, "L2 Sequencer Uptime Status")
        chain.send(sequencer_feed, "pushRound", [1, 0, sequencer_since, sequencer_since], self.stage.deployer)
        oracles = {}
        for name, history in self.histories.items():
            feed = self.feeds[name] = chain.deploy("ReplayAggregator", FEED_DECIMALS, f"{name} / USD")
            self.feed_models[name] = Feed(FEED_DECIMALS)
            self.pushed_until[name] = history.at(self.stage.now).updated_at - 1
            self._push_rounds(name)
            addresses = str(feed.address), str(sequencer_feed.address)
            wrapper = chain.deploy("ChainlinkOracleWrapper", *addresses, MAX_AGE, GRACE_PERIOD)
            sequencer = SequencerFeed(0, sequencer_since)
            oracles[name] = wrapper, ChainlinkOracle(self.feed_models[name], sequencer, MAX_AGE, GRACE_PERIOD)
        return oracles

    def _deploy_market(self, leverage: int, underlying: str, wrapper: Any, oracle: ChainlinkOracle) -> Market:
        world = self.stage.world
        params = world.params(
            wrapper,
            market=f"{underlying}/USDC",
            leverage=leverage,
            rebalance_interval=HOUR,
            front_running_interval=FRONT_RUNNING_INTERVAL,
            management_fee=2 * 10**16,
            mint_fee=0,
            burn_fee=10**15,
            keeper_reward_max=2 * USDC,
            keeper_reward_ramp=600,
            min_liquidity=10 * USDC,
        )
        pool = deploy_pool(self.stage.chain, world.contracts, params, self.stage.deployer, [])
        return Market(underlying, world.adopt(pool, params, wrapper, oracle))

    def _approve(self) -> None:
        """Give the traders' allowances. One trader also makes the keeper contract its operator."""
        for market in self.markets:
            for trader in Trader:
                self.stage.allow(trader, self.stage.world.token, market.model.address)
            market.twin.set_operator(self.stage.accounts[AUTO_CLAIMER], self.stage.world.contracts.keeper)

    # --- the feeds ---

    def _push_rounds(self, name: str) -> None:
        """Push the rounds since the last push to the feed."""
        rounds = self.histories[name].between(self.pushed_until[name], self.stage.now)
        self.pushed_until[name] = self.stage.now
        if not rounds:
            return
        columns = [
            [round_.round_id for round_ in rounds],
            [round_.answer for round_ in rounds],
            [round_.started_at for round_ in rounds],
            [round_.updated_at for round_ in rounds],
        ]
        self.stage.chain.send(self.feeds[name], "pushRounds", columns, self.stage.deployer)
        for round_ in rounds:
            self.feed_models[name].push(round_)

    # --- an hour ---

    def run_hour(self, hour: int) -> bool:
        """Run the traders' actions before rebalance number ``hour``, the rebalance, and the checks.

        Returns whether all checks passed.
        """
        try:
            self._act(hour)
        except Difference as error:
            self.checks.differences.append(f"hour {hour}: {error}")
        self.checks.check(self.markets)
        return not self.checks.failures

    def _act(self, hour: int) -> None:
        grid_time = self.start + hour * HOUR
        self._claim(hour)
        self.mining.act(hour)
        # All plans depend on the holdings now. Last-minute commitments come after all others.
        plans = [
            (market, intent)
            for market in self.markets
            for intent in intents(hour, self.hours, market.model, partial(self._held, market))
        ]
        for market, intent in plans:
            if not intent.last_minute:
                self._commit(market, intent.trader, intent.commit_type, intent.amount)
        self.stage.chain.move_to(grid_time - FRONT_RUNNING_INTERVAL)
        for market, intent in plans:
            if intent.last_minute:
                self._commit(market, intent.trader, intent.commit_type, intent.amount)
        # The rebalance is from 20 seconds to over seven minutes late, so that the reward varies.
        self.stage.chain.move_to(grid_time + 20 + 97 * hour % 420)
        self._upkeep(grid_time)

    def _commit(self, market: Market, trader: Trader, commit_type: CommitType, amount: int) -> None:
        if commit_type.burned_side is not None:
            token = (market.twin.long_token, market.twin.short_token)[commit_type.burned_side]
            self.mining.make_available(trader, token, amount)
        market.twin.commit(self.stage.accounts[trader], commit_type, amount)
        market.burns += commit_type in (CommitType.LONG_BURN, CommitType.SHORT_BURN)
        self.stage.actions[commit_type.name.lower()] += 1

    def _claim(self, hour: int) -> None:
        """Claim for stakers every hour, for others every third hour. The keeper claims for the trader who agreed to that."""
        for market in self.markets:
            for trader, account in self.stage.accounts.items():
                if not any(market.model.claimable(self.stage.addresses[trader])):
                    continue
                if trader is AUTO_CLAIMER:
                    market.twin.claim_for(self.stage.keeper, [account])
                    self.stage.actions["claim_by_keeper"] += 1
                elif trader in MINERS or hour % 3 == 0:
                    market.twin.claim(account)
                    self.stage.actions["claim"] += 1

    def _upkeep(self, grid_time: int) -> None:
        """Rebalance all markets in one call. Each pool gets a hint, because new rounds may have come since the full hour."""
        for name in self.feeds:
            self._push_rounds(name)
        hints = {market.twin: market.model.oracle.find_round(grid_time) for market in self.markets}
        failures = self.stage.world.upkeep(self.stage.keeper, hints)
        if failures:
            markets = {market.model.address: market for market in self.markets}
            reasons = [
                f"{markets[pool].name} did not rebalance: {_reason(markets[pool], reason)}" for pool, reason in failures
            ]
            raise Difference("; ".join(reasons))
        for market in self.markets:
            pool = market.model
            reward = pool.events[-1].arguments["reward"]
            assert isinstance(reward, int)
            market.points.append(Point(grid_time, pool.last_price, *pool.balances(), *pool.token_prices(), reward))
        self.mining.record()

    # --- results ---

    def worth(self, trader: Trader) -> int:
        """Return the value of everything that the trader has, without TCR, in settlement units.

        Pool tokens count at the price that a burn would get now.
        """
        address = self.stage.addresses[trader]
        total = self.stage.world.ledger.balance_of(address)
        for market in self.markets:
            pool = market.model
            settlement, long, short = pool.claimable(address)
            long += pool.long_token.balance_of(address)
            short += pool.short_token.balance_of(address)
            for epoch in (pool.epoch, pool.epoch + 1):
                for commit_type in CommitType:
                    amount = pool.commitment(address, commit_type, epoch)
                    if commit_type.is_mint:
                        settlement += amount
                    elif commit_type.burned_side == 0:
                        long += amount
                    else:
                        short += amount
            total += settlement + market.worth(long, short) + self.mining.worth(trader, market)
        return total

    def _held(self, market: Market, trader: Trader) -> tuple[int, int]:
        """Return the trader's L-tokens and S-tokens, in the wallet or staked."""
        long, short = (
            farm.ledger.balance_of(self.stage.addresses[trader]) + self.mining.staked(trader, farm)
            for farm in map(self.mining.farm_of, (market.twin.long_token, market.twin.short_token))
        )
        return long, short


def _reason(market: Market, data: bytes) -> str:
    """Return an error of the pool or its oracle by name, and any other data in hex."""
    ecosystem = ape.chain.provider.network.ecosystem
    for address in (market.model.address, market.model.params.oracle):
        error = ecosystem.decode_custom_error(data, address)
        if error is not None:
            return repr(error)
    return f"0x{data.hex()}"
