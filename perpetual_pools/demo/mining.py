"""Liquidity mining in the demo: a staking farm, pairs of L-token and USDC, and the traders who stake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from perpetual_pools import model
from perpetual_pools.chain import amm
from perpetual_pools.demo.market import Market
from perpetual_pools.demo.prices import HOUR
from perpetual_pools.demo.scenario import MINERS, PROVIDERS, Trader, claims_rewards
from perpetual_pools.demo.stage import Stage
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model import Ledger, StakingFarm
from perpetual_pools.model.farm import WEEK
from perpetual_pools.twin.farm import FarmTwin
from perpetual_pools.twin.pair import PairTwin

WEIGHT = 1
"""The weight of each farm in its market."""


@dataclass(frozen=True)
class Farm:
    """One farm: the staked token on the chain, and its ledger."""

    name: str
    pool: Market
    market: model.Market
    token: Any
    ledger: Ledger

    @property
    def address(self) -> str:
        return str(self.token.address)


@dataclass(frozen=True)
class MiningPoint:
    """Liquidity mining after one rebalance, in reward units."""

    timestamp: int
    emitted: int
    earned: dict[tuple[Trader, model.Market], int]
    """The rewards since the start, claimed or not."""


class Mining:
    """The staking farm, the pairs of the AMM, and the traders who use them.

    Every pool token has a farm, and so do the LP tokens of one pair in each market.

    Args:
        stage: the chain, the traders and their money.
        markets: the markets whose pool tokens are staked, and whose L-tokens are traded.
        start: the time when week 0 begins, in Unix seconds.
        hours: the hours for which emission must be scheduled.
    """

    def __init__(self, stage: Stage, markets: Sequence[Market], start: int, hours: int) -> None:
        self.stage = stage
        self.markets = markets
        self.points: list[MiningPoint] = []
        self.roundings = 0
        """The greatest possible number of times that the farm has stored a reward rounded down to whole units."""
        self._claimed: Counter[tuple[Trader, str]] = Counter()
        self._allowed: set[tuple[Trader, str, str]] = set()
        reward = self.stage.chain.deploy("MockERC20", "Tracer", "TCR", 18)
        self.twin = FarmTwin(stage.chain, reward, start, stage.deployer, stage.people)
        self.twin.checks = False  # once an hour is enough
        self._schedule(hours)
        self.amm = amm.deploy(stage.deployer, stage.chain.tick)
        self.pairs = {market.name: self._open_pair(market) for market in markets}
        self.farms = [farm for market in markets for farm in self._open_farms(market)]

    # --- set-up ---

    def _schedule(self, hours: int) -> None:
        """Schedule the weeks of the programme that the demo reaches."""
        chain, reward, deployer = self.stage.chain, self.twin.reward, self.stage.deployer
        amounts = weekly_amounts()[: hours * HOUR // WEEK + 1]
        chain.send(reward, "mint", [str(deployer.address), sum(amounts)], deployer)
        self.reward_ledger.mint(str(deployer.address), sum(amounts))
        chain.send(reward, "approve", [self.model.address, sum(amounts)], deployer)
        self.twin.schedule(deployer, *amounts)

    def _open_pair(self, market: Market) -> PairTwin:
        tokens = str(market.twin.long_token.address), str(self.stage.world.token.address)
        self.stage.chain.tick()
        pair = self.amm.create_pair(self.stage.deployer, *tokens)
        return PairTwin(market.twin, self.amm.router, pair)

    def _open_farms(self, market: Market) -> Iterator[Farm]:
        pool, twin, pair = market.model, market.twin, self.pairs[market.name]
        long, short = (f"{pool.params.leverage}{side}-{pool.params.market}" for side in "LS")
        primary, secondary = model.Market
        for farm in (
            Farm(long, market, primary, twin.long_token, pool.long_token),
            Farm(short, market, primary, twin.short_token, pool.short_token),
            Farm(f"LP of {long}", market, secondary, pair.pair, pair.ledger),
        ):
            self.twin.ledgers[farm.address], self.twin.names[farm.address] = farm.ledger, farm.name
            self.twin.add_farm(self.stage.deployer, farm.token, farm.market, WEIGHT)
            yield farm

    # --- an hour ---

    def act(self, hour: int) -> None:
        """Add liquidity, stake and claim rewards, for everyone, before rebalance number ``hour``."""
        for market in self.markets:
            for provider in PROVIDERS:
                self._provide(provider, market)
        for farm in self.farms:
            for miner in MINERS:
                self._stake(miner, farm)
        if claims_rewards(hour):
            for miner in MINERS:
                self._claim(miner)

    def make_available(self, trader: Trader, token: Any, amount: int) -> None:
        """Withdraw pool tokens from the farm until the trader has `amount` in the wallet."""
        farm, account = self.farm_of(token), self.stage.accounts[trader]
        lacking = amount - farm.ledger.balance_of(self.stage.addresses[trader])
        if lacking <= 0:
            return
        if lacking == self.staked(trader, farm):
            self._claimed[trader, farm.name] += self.twin.exit(account, farm.token)
            self.stage.actions["exit"] += 1
        else:
            self.twin.withdraw(account, farm.token, lacking)
            self.stage.actions["withdraw"] += 1
        self.roundings += 1

    def record(self) -> None:
        """Add a point to the history, as of the last transaction."""
        earned: Counter[tuple[Trader, model.Market]] = Counter()
        for miner, farm in product(MINERS, self.farms):
            earned[miner, farm.market] += self.earned(miner, farm)
        self.points.append(MiningPoint(self.stage.now, self.model.emitted(self.stage.now), dict(earned)))

    def _provide(self, provider: Trader, market: Market) -> None:
        """Add all L-tokens in the wallet, and their value in USDC, to the pair."""
        pair, tokens = self.pairs[market.name], market.model.long_token.balance_of(self.stage.addresses[provider])
        if not tokens:
            return
        usdc = market.worth(tokens, 0)
        for token in pair.tokens:
            self._allow(provider, token, pair.router)
        pair.add(self.stage.accounts[provider], tokens, usdc)
        self.stage.actions["add_liquidity"] += 1

    def _stake(self, miner: Trader, farm: Farm) -> None:
        """Stake all of the farm's tokens in the wallet."""
        amount = farm.ledger.balance_of(self.stage.addresses[miner])
        if not amount:
            return
        self._allow(miner, farm.token, self.twin.farm)
        self.twin.stake(self.stage.accounts[miner], farm.token, amount)
        self.roundings += 1
        self.stage.actions["stake"] += 1

    def _claim(self, miner: Trader) -> None:
        farms = [farm for trader, farm in self.positions() if trader is miner]
        if not farms:
            return
        seen = len(self.model.events)
        self.twin.claim(self.stage.accounts[miner], *(farm.token for farm in farms))
        for farm, event in zip(farms, self.model.events[seen:], strict=True):
            amount = event.arguments["amount"]
            assert isinstance(amount, int)
            self._claimed[miner, farm.name] += amount
        self.roundings += len(farms)
        self.stage.actions["claim_rewards"] += 1

    def _allow(self, trader: Trader, token: Any, spender: Any) -> None:
        """Give the spender an allowance, once for each trader and token."""
        if (key := (trader, str(token.address), str(spender.address))) not in self._allowed:
            self._allowed.add(key)
            self.stage.allow(trader, token, str(spender.address))

    # --- results ---

    @property
    def model(self) -> StakingFarm:
        return self.twin.model

    @property
    def reward_ledger(self) -> Ledger:
        return self.twin.ledgers[self.model.reward_token]

    def farm_of(self, token: Any) -> Farm:
        """Return the farm of the token."""
        return next(farm for farm in self.farms if farm.address == str(token.address))

    def positions(self) -> Iterator[tuple[Trader, Farm]]:
        """Yield the traders with a stake or rewards to claim, and the farm of each."""
        for miner, farm in product(MINERS, self.farms):
            if self.staked(miner, farm) or self.unclaimed(miner, farm):
                yield miner, farm

    def staked(self, trader: Trader, farm: Farm) -> int:
        """Return the trader's stake in token units."""
        return self.model.stake_of(self.stage.addresses[trader], farm.address)

    def unclaimed(self, trader: Trader, farm: Farm) -> int:
        """Return the trader's unclaimed rewards in reward units."""
        return self.model.earned(self.stage.now, self.stage.addresses[trader], farm.address)

    def earned(self, trader: Trader, farm: Farm) -> int:
        """Return the trader's rewards since the start, claimed or not, in reward units."""
        return self._claimed[trader, farm.name] + self.unclaimed(trader, farm)

    def worth(self, trader: Trader, market: Market) -> int:
        """Return the value of the trader's tokens in a market's farms and pair, in settlement units."""
        twin, pair = market.twin, self.pairs[market.name]
        farms = [self.farm_of(token) for token in (twin.long_token, twin.short_token, pair.pair)]
        long, short, liquidity = (self.staked(trader, farm) for farm in farms)
        liquidity += pair.ledger.balance_of(self.stage.addresses[trader])
        tokens, usdc = pair.model.worth(liquidity)
        return market.worth(long, short) + usdc + market.worth(tokens, 0)
