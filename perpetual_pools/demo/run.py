"""Chain and model side by side: every action is done on both, every hour all is compared."""

from __future__ import annotations

from functools import partial
from typing import Any

import ape
from ape.exceptions import ContractLogicError

from perpetual_pools.chain import contracts
from perpetual_pools.demo.checks import Checks
from perpetual_pools.demo.market import Market, Point
from perpetual_pools.demo.mining import Mining
from perpetual_pools.demo.prices import FEED_DECIMALS, HOUR, MAX_AGE, PREPARATION
from perpetual_pools.demo.scenario import AUTO_CLAIMER, DECIMALS, MINERS, USDC, Trader, intents
from perpetual_pools.demo.stage import Stage
from perpetual_pools.model import (
    ChainlinkOracle,
    CommitType,
    Feed,
    Pool,
    PoolParams,
    Refused,
    SequencerFeed,
)
from perpetual_pools.model.rounds import RoundHistory

GRACE_PERIOD = 3_600
FRONT_RUNNING_INTERVAL = 300
BTC, ETH = "BTC", "ETH"
MARKETS = ((1, BTC), (3, BTC), (1, ETH), (3, ETH))
MAX_ALLOWANCE = 2**256 - 1


class UpkeepFailed(Exception):
    """The keeper contract reports that a pool did not rebalance."""


class Demo:
    """The system, its traders and its clock.

    Args:
        histories: the rounds of each underlying.
        start: Unix seconds of the first rebalance, a full hour.
        hours: how many more rebalances follow, one an hour.
    """

    def __init__(self, histories: dict[str, RoundHistory], start: int, hours: int) -> None:
        self.histories = histories
        self.start = start
        self.hours = hours
        self.stage = Stage(start - PREPARATION)
        self._deploy()
        self._approve()
        self.mining = Mining(self.stage, self.markets, start, hours)
        self.checks = Checks(self.stage, self.mining)

    # --- set-up ---

    def _deploy(self) -> None:
        """Sequencer feed, price feeds with their wrappers, factory, keeper and the four markets."""
        deployer = self.stage.deployer
        sequencer_since = self.stage.now - 30 * 24 * HOUR
        self.stage.tick()
        sequencer_feed = contracts.deploy_feed(deployer, 0, "L2 Sequencer Uptime Status")
        self.stage.tick()
        sequencer_feed.pushRound(1, 0, sequencer_since, sequencer_since, sender=deployer)
        self.feeds: dict[str, Any] = {}
        self.feed_models: dict[str, Feed] = {}
        self.pushed_until: dict[str, int] = {}
        oracles: dict[str, tuple[str, ChainlinkOracle]] = {}
        for name, history in self.histories.items():
            self.stage.tick()
            self.feeds[name] = contracts.deploy_feed(deployer, FEED_DECIMALS, f"{name} / USD")
            self.feed_models[name] = Feed(FEED_DECIMALS)
            self.pushed_until[name] = history.at(self.stage.now).updated_at - 1
            self._push_rounds(name)
            self.stage.tick()
            wrapper = contracts.deploy_wrapper(deployer, self.feeds[name], sequencer_feed, MAX_AGE, GRACE_PERIOD)
            sequencer = SequencerFeed(0, sequencer_since)
            oracles[name] = (
                str(wrapper.address),
                ChainlinkOracle(self.feed_models[name], sequencer, MAX_AGE, GRACE_PERIOD),
            )
        self.stage.tick()
        self.factory = contracts.deploy_factory(deployer, deployer, deployer)
        self.stage.tick()
        self.keeper = contracts.deploy_keeper(deployer)
        self.markets = [self._deploy_market(leverage, name, *oracles[name]) for leverage, name in MARKETS]

    def _deploy_market(self, leverage: int, underlying: str, wrapper: str, oracle: ChainlinkOracle) -> Market:
        params = PoolParams(
            market=f"{underlying}/USDC",
            settlement_token=str(self.stage.usdc.address),
            oracle=wrapper,
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
        self.stage.tick()
        contract = contracts.deploy_pool(self.stage.deployer, self.factory, params)
        pool = Pool(
            params,
            settlement=self.stage.ledger,
            settlement_decimals=DECIMALS,
            oracle=oracle,
            now=self.stage.now,
            owner=str(self.stage.deployer.address),
            fee_recipient=str(self.stage.deployer.address),
            address=str(contract.address),
        )
        long_token, short_token = (
            contracts.instance("PoolToken", address) for address in (contract.longToken(), contract.shortToken())
        )
        return Market(underlying, pool, contract, long_token, short_token)

    def _approve(self) -> None:
        """Allowances of the traders; one of them lets the keeper contract claim."""
        for market in self.markets:
            for account in self.stage.accounts.values():
                self.stage.tick()
                self.stage.usdc.approve(market.contract, MAX_ALLOWANCE, sender=account)
            self.stage.tick()
            market.contract.setOperator(self.keeper, True, sender=self.stage.accounts[AUTO_CLAIMER])
            market.pool.set_operator(self.stage.addresses[AUTO_CLAIMER], str(self.keeper.address), True)

    # --- the feeds ---

    def _push_rounds(self, name: str) -> None:
        """Gives the feed the rounds since the last push."""
        rounds = self.histories[name].between(self.pushed_until[name], self.stage.now)
        self.pushed_until[name] = self.stage.now
        if not rounds:
            return
        columns = (
            [round_.round_id for round_ in rounds],
            [round_.answer for round_ in rounds],
            [round_.started_at for round_ in rounds],
            [round_.updated_at for round_ in rounds],
        )
        self.stage.tick()
        self.feeds[name].pushRounds(*columns, sender=self.stage.deployer)
        for round_ in rounds:
            self.feed_models[name].push(round_)

    # --- an hour ---

    def run_hour(self, hour: int) -> bool:
        """What the traders do before rebalance number ``hour``, that rebalance, and the checks. Returns whether all held."""
        try:
            self._act(hour)
        except UpkeepFailed as error:
            self.checks.differences.append(f"hour {hour}: {error}")
        except ContractLogicError as error:
            self.checks.differences.append(f"hour {hour}: the chain refuses what the model allows: {error!r}")
        except Refused as error:
            self.checks.differences.append(f"hour {hour}: the model refuses what the chain did: {error}")
        self.checks.check(self.markets)
        return not self.checks.failures

    def _act(self, hour: int) -> None:
        grid_time = self.start + hour * HOUR
        self._claim(hour)
        self.mining.act(hour)
        # The model tells what a trader will do with what it holds now; the last minute comes after all others.
        plans = [
            (market, intent)
            for market in self.markets
            for intent in intents(hour, self.hours, market.pool, partial(self._held, market))
        ]
        for market, intent in plans:
            if not intent.last_minute:
                self._commit(market, intent.trader, intent.commit_type, intent.amount)
        self.stage.now = max(self.stage.now, grid_time - FRONT_RUNNING_INTERVAL)
        for market, intent in plans:
            if intent.last_minute:
                self._commit(market, intent.trader, intent.commit_type, intent.amount)
        # From 20 seconds to over seven minutes late, so that the reward varies too.
        self.stage.now = max(self.stage.now, grid_time + 20 + 97 * hour % 420)
        self._upkeep(grid_time)

    def _commit(self, market: Market, trader: Trader, commit_type: CommitType, amount: int) -> None:
        account, address = self.stage.accounts[trader], self.stage.addresses[trader]
        if commit_type.burned_side is not None:
            token = (market.long_token, market.short_token)[commit_type.burned_side]
            self.mining.make_available(trader, token, amount)
        self.stage.tick()
        market.contract.commit(commit_type, amount, account, sender=account)
        market.pool.commit(self.stage.now, address, commit_type, amount, address)
        market.burns += commit_type in (CommitType.LONG_BURN, CommitType.SHORT_BURN)
        self.stage.actions[commit_type.name.lower()] += 1

    def _claim(self, hour: int) -> None:
        """Those who stake claim at once, others every third hour; the keeper claims for the one who consented."""
        for market in self.markets:
            for trader, address in self.stage.addresses.items():
                if not any(market.pool.claimable(address)):
                    continue
                account = self.stage.accounts[trader]
                if trader is AUTO_CLAIMER:
                    self.stage.tick()
                    self.keeper.claimFor(market.contract, [account], sender=self.stage.keeper_account)
                    market.pool.claim(str(self.keeper.address), address, address)
                    self.stage.actions["claim_by_keeper"] += 1
                elif trader in MINERS or hour % 3 == 0:
                    self.stage.tick()
                    market.contract.claim(account, account, sender=account)
                    market.pool.claim(address, address, address)
                    self.stage.actions["claim"] += 1

    def _upkeep(self, grid_time: int) -> None:
        """One call for all markets. Rounds may have come since the full hour, so each pool gets its hint."""
        for name in self.feeds:
            self._push_rounds(name)
        hints = [market.pool.oracle.find_round(grid_time) for market in self.markets]
        recipient = str(self.stage.keeper_account.address)
        self.stage.tick()
        receipt = self.keeper.upkeep(
            [market.contract for market in self.markets], hints, recipient, sender=self.stage.keeper_account
        )
        markets = {market.pool.address: market for market in self.markets}
        failures = [
            f"{markets[failure.pool].name} did not rebalance: {_reason(markets[failure.pool], failure.reason)}"
            for failure in receipt.decode_logs(self.keeper.UpkeepFailed)
        ]
        if failures:
            raise UpkeepFailed("; ".join(failures))
        for market, hint in zip(self.markets, hints, strict=True):
            pool = market.pool
            reward = pool.rebalance(self.stage.now, hint, recipient)
            market.points.append(Point(grid_time, pool.last_price, *pool.balances(), *pool.token_prices(), reward))
        self.mining.record()

    # --- results ---

    def worth(self, trader: Trader) -> int:
        """Settlement units: what the trader has, pool tokens at the price that a burn now would get; without TCR."""
        address = self.stage.addresses[trader]
        total = self.stage.ledger.balance_of(address)
        for market in self.markets:
            pool = market.pool
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
        """L- and S-tokens, in the wallet or staked."""
        long, short = (
            farm.ledger.balance_of(self.stage.addresses[trader]) + self.mining.staked(trader, farm)
            for farm in map(self.mining.farm_of, (market.long_token, market.short_token))
        )
        return long, short


def _reason(market: Market, data: bytes) -> str:
    """An error of the pool or of its oracle, by name; as it came when it is neither's."""
    ecosystem = ape.chain.provider.network.ecosystem
    for address in (market.pool.address, market.pool.params.oracle):
        error = ecosystem.decode_custom_error(data, address)
        if error is not None:
            return repr(error)
    return f"0x{data.hex()}"
