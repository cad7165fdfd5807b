"""All that the demo asks the chain, each with what the model says to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from perpetual_pools.demo.market import Market
from perpetual_pools.demo.mining import Mining
from perpetual_pools.demo.stage import Stage
from perpetual_pools.model import CommitType


@dataclass(frozen=True)
class Question:
    """A view of a contract, and what the model says to it."""

    what: str
    view: Any
    arguments: tuple[Any, ...]
    expected: int | bool | tuple[int, ...]


def questions(markets: Sequence[Market], stage: Stage, mining: Mining) -> Iterator[Question]:
    """Every view and every balance."""
    holders = [*stage.traders, *stage.staff, *mining.holders]
    for holder in [*holders, *(market.pool.address for market in markets)]:
        yield Question(f"USDC of {holder}", stage.usdc.balanceOf, (holder,), stage.ledger.balance_of(holder))
    for market in markets:
        yield from _views(market)
        yield from _commitments(market, stage.traders)
        yield from _tokens(market, holders)
    yield from _farms(mining, stage)
    yield from _pairs(mining, holders)


def _views(market: Market) -> Iterator[Question]:
    pool, contract = market.pool, market.contract
    for view, expected in (
        (contract.balances, pool.balances()),
        (contract.supplies, pool.supplies()),
        (contract.tokenPrices, pool.token_prices()),
        (contract.rebalancingRates, pool.rebalancing_rates()),
        (contract.protocolFees, pool.protocol_fees),
        (contract.lastPrice, pool.last_price),
        (contract.lastRebalance, pool.last_rebalance),
        (contract.nextRebalance, pool.next_rebalance),
        (contract.epoch, pool.epoch),
        (contract.mintPaused, pool.mint_paused),
        (contract.isShutdown, pool.is_shutdown),
    ):
        yield Question(f"{market.name} {view.abis[0].name}", view, (), expected)


def _commitments(market: Market, traders: Iterable[str]) -> Iterator[Question]:
    """What waits in the two live epochs, and each trader's part of it: as the parts sum to the whole, others have none."""
    pool, contract = market.pool, market.contract
    for trader in traders:
        yield Question(f"{market.name} claimable of {trader}", contract.claimable, (trader,), pool.claimable(trader))
    for epoch, commit_type in product((pool.epoch, pool.epoch + 1), CommitType):
        what = f"{market.name} {commit_type.name} of epoch {epoch}"
        yield Question(what, contract.batch, (epoch, commit_type), pool.batch(epoch, commit_type))
        for trader in traders:
            if part := pool.commitment(trader, commit_type, epoch):
                yield Question(f"{what}, part of {trader}", contract.commitment, (trader, commit_type, epoch), part)


def _tokens(market: Market, holders: Iterable[str]) -> Iterator[Question]:
    pool = market.pool
    for side, token, ledger in (("L", market.long_token, pool.long_token), ("S", market.short_token, pool.short_token)):
        name = f"{side}-token of {market.name}"
        yield Question(f"supply of the {name}", token.totalSupply, (), ledger.total_supply)
        for holder in (*holders, pool.address):
            yield Question(f"{name} held by {holder}", token.balanceOf, (holder,), ledger.balance_of(holder))


def _farms(mining: Mining, stage: Stage) -> Iterator[Question]:
    """The parts of a farm sum to the whole, so those who have none are not asked about."""
    farm, contract, now = mining.model, mining.contract, stage.now
    views: list[tuple[Any, tuple[int, ...], int]] = [
        (contract.emitted, (now,), farm.emitted(now)),
        (contract.undistributed, (), farm.undistributed(now)),
        (contract.weeksScheduled, (), farm.weeks_scheduled()),
        (contract.primaryBps, (), farm.primary_bps()),
        *((contract.totalWeight, (market,), farm.total_weight(market)) for market in (0, 1)),
    ]
    for view, arguments, expected in views:
        yield Question(f"staking farm {view.abis[0].name}", view, arguments, expected)
    for holder in (*stage.traders, *stage.staff, farm.address):
        held = mining.reward_ledger.balance_of(holder)
        yield Question(f"TCR of {holder}", mining.reward.balanceOf, (holder,), held)
    for place in mining.farms:
        token = place.address
        yield Question(f"farm of {place.name}", contract.farm, (token,), farm.farm(token))
        yield Question(f"staked {place.name}", contract.totalStaked, (token,), farm.total_staked(token))
    for miner, place in mining.positions():
        of, position = f"of {miner.value} with {place.name}", (stage.addresses[miner], place.address)
        yield Question(f"stake {of}", contract.stakeOf, position, mining.staked(miner, place))
        yield Question(f"unclaimed TCR {of}", contract.earned, position, mining.unclaimed(miner, place))


def _pairs(mining: Mining, holders: Iterable[str]) -> Iterator[Question]:
    for market, exchange in mining.exchanges.items():
        lp_token, contract = exchange.pair.lp_token, exchange.contract
        yield Question(f"LP tokens of {market}", contract.totalSupply, (), lp_token.total_supply)
        for holder in holders:
            held = lp_token.balance_of(holder)
            yield Question(f"LP tokens of {market} held by {holder}", contract.balanceOf, (holder,), held)
