"""Liquidity mining in the demo: a staking farm, pairs of L-token and USDC, and who stakes, on chain and in the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from perpetual_pools import model
from perpetual_pools.chain import amm
from perpetual_pools.chain.contracts import deploy_farm, deploy_settlement_token
from perpetual_pools.demo.market import Market
from perpetual_pools.demo.prices import HOUR
from perpetual_pools.demo.scenario import MINERS, PROVIDERS, Trader, claims_rewards
from perpetual_pools.demo.stage import Stage
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model import Ledger, StakingFarm
from perpetual_pools.model.farm import WEEK
from perpetual_pools.model.pair import PairModel

WEIGHT = 1
"""Of each farm in its market."""
MAX_ALLOWANCE = 2**256 - 1


@dataclass(frozen=True)
class Exchange:
    """The pair of a market's L-token and USDC, which is its own LP token."""

    market: Market
    contract: Any
    pair: PairModel

    def worth(self, liquidity: int) -> int:
        """Settlement units behind so many LP token units."""
        tokens, usdc = self.pair.worth(liquidity)
        return usdc + self.market.worth(tokens, 0)


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
        self.points: list[MiningPoint] = []
        self.roundings = 0
        """How often something earned was rounded down to whole units and kept so, at most."""
        self._claimed: Counter[tuple[Trader, str]] = Counter()
        self._allowed: set[tuple[Trader, str, str]] = set()
        self._deploy_farm(start, hours)
        self.amm = amm.deploy(stage.deployer, stage.tick)
        self.exchanges = {market.name: self._open_exchange(market) for market in markets}
        self.farms = [farm for market in markets for farm in self._open_farms(market)]

    # --- set-up ---

    def _deploy_farm(self, start: int, hours: int) -> None:
        """The reward token, and the farm with those weeks of the programme that the demo reaches."""
        deployer, owner = self.stage.deployer, str(self.stage.deployer.address)
        self.stage.tick()
        self.reward = deploy_settlement_token(deployer, "Tracer", "TCR", 18)
        self.reward_ledger = Ledger("TransferFromFailed")
        reward = str(self.reward.address)
        self.ledgers = {reward: self.reward_ledger}
        now = self.stage.tick()
        self.contract = deploy_farm(deployer, reward, owner, start)
        self.model = StakingFarm(self.ledgers, reward, owner, start, now, str(self.contract.address))
        amounts = weekly_amounts()[: hours * HOUR // WEEK + 1]
        self.stage.tick()
        self.reward.mint(owner, sum(amounts), sender=deployer)
        self.reward_ledger.mint(owner, sum(amounts))
        self.stage.tick()
        self.reward.approve(self.contract, sum(amounts), sender=deployer)
        now = self.stage.tick()
        self.contract.schedule(amounts, sender=deployer)
        self.model.schedule(now, owner, amounts)

    def _open_exchange(self, market: Market) -> Exchange:
        self.stage.tick()
        contract = self.amm.create_pair(
            self.stage.deployer, str(market.long_token.address), str(self.stage.usdc.address)
        )
        pair = PairModel((market.pool.long_token, self.stage.ledger), str(contract.address))
        return Exchange(market, contract, pair)

    def _open_farms(self, market: Market) -> Iterator[Farm]:
        pool, exchange = market.pool, self.exchanges[market.name]
        long, short = (f"{pool.params.leverage}{side}-{pool.params.market}" for side in "LS")
        primary, secondary = model.Market
        for farm in (
            Farm(long, market, primary, market.long_token, pool.long_token),
            Farm(short, market, primary, market.short_token, pool.short_token),
            Farm(f"LP of {long}", market, secondary, exchange.contract, exchange.pair.lp_token),
        ):
            self.ledgers[farm.address] = farm.ledger
            now, deployer = self.stage.tick(), self.stage.deployer
            self.contract.addFarm(farm.token, farm.market, WEIGHT, sender=deployer)
            self.model.add_farm(now, str(deployer.address), farm.address, farm.market, WEIGHT)
            yield farm

    # --- an hour ---

    def act(self, hour: int) -> None:
        """What people do before rebalance number ``hour`` with the tokens in their wallets, and their claims of rewards."""
        for exchange in self.exchanges.values():
            for provider in PROVIDERS:
                self._provide(provider, exchange)
        for farm in self.farms:
            for miner in MINERS:
                self._stake(miner, farm)
        if claims_rewards(hour):
            for miner in MINERS:
                self._claim(miner)

    def make_available(self, trader: Trader, token: Any, amount: int) -> None:
        """Takes as much of a pool token out of the farm as the trader lacks to have `amount` in the wallet."""
        farm, address, account = self.farm_of(token), self.stage.addresses[trader], self.stage.accounts[trader]
        lacking = amount - farm.ledger.balance_of(address)
        if lacking <= 0:
            return
        now = self.stage.tick()
        if lacking == self.staked(trader, farm):
            self.contract.exit(farm.token, sender=account)
            self._claimed[trader, farm.name] += self.model.exit(now, address, farm.address)
            self.stage.actions["exit"] += 1
        else:
            self.contract.withdraw(farm.token, lacking, sender=account)
            self.model.withdraw(now, address, farm.address, lacking)
            self.stage.actions["withdraw"] += 1
        self.roundings += 1

    def record(self) -> None:
        """Another point, as of the last transaction."""
        earned: Counter[tuple[Trader, model.Market]] = Counter()
        for miner, farm in product(MINERS, self.farms):
            earned[miner, farm.market] += self.earned(miner, farm)
        self.points.append(MiningPoint(self.stage.now, self.model.emitted(self.stage.now), dict(earned)))

    def _provide(self, provider: Trader, exchange: Exchange) -> None:
        """All L-tokens in the wallet, and as much USDC as they are worth."""
        address, account = self.stage.addresses[provider], self.stage.accounts[provider]
        tokens = exchange.market.pool.long_token.balance_of(address)
        if not tokens:
            return
        usdc = exchange.market.worth(tokens, 0)
        pair = exchange.market.long_token, self.stage.usdc
        for token in pair:
            self._allow(provider, token, self.amm.router)
        now = self.stage.tick()
        self.amm.router.addLiquidity(*pair, tokens, usdc, 0, 0, account, now, sender=account)
        exchange.pair.add_liquidity(address, (tokens, usdc))
        self.stage.actions["add_liquidity"] += 1

    def _stake(self, miner: Trader, farm: Farm) -> None:
        """All in the wallet."""
        address, account = self.stage.addresses[miner], self.stage.accounts[miner]
        amount = farm.ledger.balance_of(address)
        if not amount:
            return
        self._allow(miner, farm.token, self.contract)
        now = self.stage.tick()
        self.contract.stake(farm.token, amount, sender=account)
        self.model.stake(now, address, farm.address, amount)
        self.roundings += 1
        self.stage.actions["stake"] += 1

    def _claim(self, miner: Trader) -> None:
        farms = [farm for trader, farm in self.positions() if trader is miner]
        if not farms:
            return
        now, address = self.stage.tick(), self.stage.addresses[miner]
        for farm in farms:
            self._claimed[miner, farm.name] += self.model.earned(now, address, farm.address)
        self.contract.claim([farm.token for farm in farms], sender=self.stage.accounts[miner])
        self.model.claim(now, address, [farm.address for farm in farms])
        self.roundings += len(farms)
        self.stage.actions["claim_rewards"] += 1

    def _allow(self, trader: Trader, token: Any, spender: Any) -> None:
        """Once for each."""
        if (key := (trader, str(token.address), str(spender.address))) not in self._allowed:
            self._allowed.add(key)
            self.stage.tick()
            token.approve(spender, MAX_ALLOWANCE, sender=self.stage.accounts[trader])

    # --- results ---

    @property
    def holders(self) -> list[str]:
        """The addresses of farm and pairs, which hold what was staked and provided."""
        return [self.model.address, *(exchange.pair.address for exchange in self.exchanges.values())]

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
        exchange = self.exchanges[market.name]
        farms = [self.farm_of(token) for token in (market.long_token, market.short_token, exchange.contract)]
        long, short, liquidity = (self.staked(trader, farm) for farm in farms)
        liquidity += exchange.pair.lp_token.balance_of(self.stage.addresses[trader])
        return market.worth(long, short) + exchange.worth(liquidity)
