"""The JSON of `ape run status --json`. Amounts are decimal strings, and each key names its unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from perpetual_pools.model import CommitType, Round
from perpetual_pools.status.alarms import Alarm
from perpetual_pools.status.reading import FarmReading, MarketReading, OracleReading, Pending, Reading
from perpetual_pools.status.yields import Yield

SCHEMA_VERSION = 1


def build_report(network: str, reading: Reading, yields: Sequence[Yield], alarms: Sequence[Alarm]) -> dict[str, Any]:
    """Return a reading and its alarms as JSON data.

    Args:
        yields: one for each farm of the reading, in the same order.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "network": network,
        "block": reading.block.number,
        "timestamp": reading.block.timestamp,
        "markets": [_market(market) for market in reading.markets],
        "farm": _farm(reading.farm, yields) if reading.farm else None,
        "alarms": [asdict(alarm) for alarm in alarms],
    }


def _market(market: MarketReading) -> dict[str, Any]:
    facts = market.facts
    return {
        "name": facts.name,
        "address": facts.address,
        "leverage": facts.leverage,
        "settlement_token": asdict(facts.settlement),
        "price_wad": _amount(market.oracle.price),
        "last_price_wad": str(market.last_price),
        "oracle": _oracle(market.oracle),
        "round_age_seconds": market.round_age,
        "epoch": market.epoch,
        "next_rebalance": market.next_rebalance,
        "last_rebalance": market.last_rebalance,
        "late_seconds": market.late,
        "skipped_grid_times": market.skipped,
        "keeper_reward_settlement_units": str(market.keeper_reward),
        "protocol_fees_settlement_units": str(market.protocol_fees),
        "mint_paused": market.mint_paused,
        "is_shutdown": market.is_shutdown,
        "sides": {
            side: {
                "token": token.address,
                "symbol": token.symbol,
                "balance_settlement_units": str(market.balances[number]),
                "supply_token_units": str(market.supplies[number]),
                "token_price_wad": str(market.token_prices[number]),
                "rebalancing_rate_wad": str(market.rates[number]),
            }
            for number, (side, token) in enumerate((("long", facts.long), ("short", facts.short)))
        },
        "pending": [_pending(pending) for pending in market.pending],
    }


def _oracle(oracle: OracleReading) -> dict[str, Any]:
    facts = oracle.facts
    return {
        "address": facts.address,
        "error": oracle.error or None,
        "feed": facts.feed,
        "max_age_seconds": facts.max_age,
        "round": _round(oracle.round),
        "sequencer_feed": facts.sequencer_feed,
        "grace_period_seconds": facts.grace_period,
        "sequencer_round": _round(oracle.sequencer),
    }


def _round(round_: Round | None) -> dict[str, Any] | None:
    if round_ is None:
        return None
    return {
        "round_id": str(round_.round_id),
        "answer_feed_units": str(round_.answer),
        "started_at": round_.started_at,
        "updated_at": round_.updated_at,
    }


def _pending(pending: Pending) -> dict[str, Any]:
    mints = (CommitType.LONG_MINT, CommitType.SHORT_MINT)
    return {"epoch": pending.epoch} | {
        f"{kind.name.lower()}_{'settlement' if kind in mints else 'token'}_units": str(amount)
        for kind, amount in pending.amounts.items()
    }


def _farm(farm: FarmReading, yields: Sequence[Yield]) -> dict[str, Any]:
    return {
        "address": farm.facts.address,
        "reward_token": farm.facts.reward.address,
        "start": farm.facts.start,
        "week": farm.week,
        "week_amount_tcr_wei": str(farm.week_amount),
        "weeks_scheduled": farm.weeks_scheduled,
        "funded_weeks_ahead": farm.funded_weeks,
        "undistributed_tcr_wei": str(farm.undistributed),
        "markets": {
            market.name.lower(): {"allocation_bps": farm.bps[market], "weight": str(weight)}
            for market, weight in farm.weights.items()
        },
        "farms": [
            {
                "token": staked.facts.token.address,
                "name": staked.facts.name,
                "symbol": staked.facts.token.symbol,
                "market": staked.share.market,
                "weight": str(staked.share.weight),
                "staked_token_units": str(staked.share.staked),
                "per_hour_tcr_wei": str(earns.per_hour),
                "value_usd_wad": _amount(earns.value),
                "apr_wad": _amount(earns.apr),
            }
            for staked, earns in zip(farm.staked, yields, strict=True)
        ],
    }


def _amount(amount: int | None) -> str | None:
    return None if amount is None else str(amount)
