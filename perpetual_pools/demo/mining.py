"""Liquidity mining in the demo: a staking farm, pairs of L-token and USDC, and who stakes what."""

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
"""Of each farm in its market."""


@dataclass(frozen=True)
class Farm:
    """What can be staked: the token on the chain, and its ledger."""

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
    """Liquidity mining after one rebalance."""

    timestamp: int
    emitted: int
    """Reward units."""
    earned: dict[tuple[Trader, model.Market], int]
    """Reward units since the start, claimed or not."""


class Mining:
    """The staking farm for all pool tokens and for the LP tokens of a pair in each market, with those who stake there.

    Args:
        stage: with money for the providers.
        markets: whose pool tokens are staked, and whose L-tokens are traded.
        start: Unix seconds, when week 0 begins.
        hours: how long emission has to last.
    """

    def __init__(self, stage: Stage, markets: Sequence[Market], start: int, hours: int) -> None:
        self.stage = stage
        self.markets = markets
        self.points: list[MiningPoint] = []
        self.roundings = 0
        """How often something earned was rounded down to whole units and kept so, at most."""
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
        """Those weeks of the programme that the demo reaches."""
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
        """What people do before rebalance number ``hour`` with the tokens in their wallets, and their claims of rewards."""
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
        """Takes as much of a pool token out of the farm as the trader lacks to have `amount` in the wallet."""
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
        """Another point, as of the last transaction."""
        earned: Counter[tuple[Trader, model.Market]] = Counter()
        for miner, farm in product(MINERS, self.farms):
            earned[miner, farm.market] += self.earned(miner, farm)
        self.points.append(MiningPoint(self.stage.now, self.model.emitted(self.stage.now), dict(earned)))

    def _provide(self, provider: Trader, market: Market) -> None:
        """All L-tokens in the wallet, and as much USDC as they are worth."""
        pair, tokens = self.pairs[market.name], market.model.long_token.balance_of(self.stage.addresses[provider])
        if not tokens:
            return
        usdc = market.worth(tokens, 0)
        for token in pair.tokens:
            self._allow(provider, token, pair.router)
        pair.add(self.stage.accounts[provider], tokens, usdc)
        self.stage.actions["add_liquidity"] += 1

    def _stake(self, miner: Trader, farm: Farm) -> None:
        """All in the wallet."""
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
        """Once for each."""
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
        """The farm in which the token is staked."""
        return next(farm for farm in self.farms if farm.address == str(token.address))

    def positions(self) -> Iterator[tuple[Trader, Farm]]:
        """Who has something in which farm: a stake, or rewards to claim."""
        for miner, farm in product(MINERS, self.farms):
            if self.staked(miner, farm) or self.unclaimed(miner, farm):
                yield miner, farm

    def staked(self, trader: Trader, farm: Farm) -> int:
        """Token units."""
        return self.model.stake_of(self.stage.addresses[trader], farm.address)

    def unclaimed(self, trader: Trader, farm: Farm) -> int:
        """Reward units."""
        return self.model.earned(self.stage.now, self.stage.addresses[trader], farm.address)

    def earned(self, trader: Trader, farm: Farm) -> int:
        """Reward units since the start."""
        return self._claimed[trader, farm.name] + self.unclaimed(trader, farm)

    def worth(self, trader: Trader, market: Market) -> int:
        """Settlement units that the trader has in a market's farms and pair."""
        twin, pair = market.twin, self.pairs[market.name]
        farms = [self.farm_of(token) for token in (twin.long_token, twin.short_token, pair.pair)]
        long, short, liquidity = (self.staked(trader, farm) for farm in farms)
        liquidity += pair.ledger.balance_of(self.stage.addresses[trader])
        tokens, usdc = pair.model.worth(liquidity)
        return market.worth(long, short) + usdc + market.worth(tokens, 0)
