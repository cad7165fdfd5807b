"""The demo's results of liquidity mining: JSON data for machines, and tables for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from perpetual_pools.demo.run import Demo
from perpetual_pools.demo.scenario import MINERS
from perpetual_pools.formatting import decimal, new_table
from perpetual_pools.model import Market
from perpetual_pools.model.farm import BPS, ONE


def build_mining(demo: Demo) -> dict[str, Any]:
    """Return the report's part about liquidity mining, as of the last transaction."""
    mining, farm, now, dust = demo.mining, demo.mining.model, demo.stage.now, demo.checks.dust
    return {
        "address": farm.address,
        "timestamp": now,
        "primary_bps": farm.primary_bps(),
        "emitted_tcr_wei": str(farm.emitted(now)),
        "undistributed_tcr_wei": str(farm.undistributed(now)),
        "idle_tcr_wei": str(farm.idle(now) // ONE),
        "dust_tcr_wei": str(dust) if dust is not None else None,
        "stakers": [
            {
                "role": miner.value,
                "address": demo.stage.addresses[miner],
                **{
                    f"{market.name.lower()}_tcr_wei": str(
                        sum(mining.earned(miner, place) for place in mining.farms if place.market == market)
                    )
                    for market in Market
                },
                "claimed_tcr_wei": str(mining.reward_ledger.balance_of(demo.stage.addresses[miner])),
            }
            for miner in MINERS
        ],
        "farms": [
            {
                "name": place.name,
                "pool": place.pool.name,
                "token": place.address,
                "market": place.market.name.lower(),
                "weight": farm.farm(place.address)[1],
                "staked_token_units": str(farm.total_staked(place.address)),
                "earned_tcr_wei": str(sum(mining.earned(miner, place) for miner in MINERS)),
            }
            for place in mining.farms
        ],
        "hourly": [
            {
                "timestamp": point.timestamp,
                "emitted_tcr_wei": str(point.emitted),
                "stakers": [
                    {f"{market.name.lower()}_tcr_wei": str(point.earned[miner, market]) for market in Market}
                    for miner in MINERS
                ],
            }
            for point in mining.points
        ],
    }


def print_mining(mining: dict[str, Any], console: Console) -> None:
    """Print the rewards of each staker and of each farm, within 80 columns."""
    console.print(_stakers_table(mining))
    console.print(_farms_table(mining))


def print_f2(mining: dict[str, Any], console: Console) -> None:
    """Print the parts of the emission, which show that F2 holds."""
    earned = sum(int(farm["earned_tcr_wei"]) for farm in mining["farms"])
    unearned = int(mining["undistributed_tcr_wei"]) + int(mining["idle_tcr_wei"])
    console.print(
        "F2 holds: all TCR emitted was earned or is undistributed, except for dust.\n"
        f"  In wei: {mining['emitted_tcr_wei']} emitted, {earned} earned,\n"
        f"  {unearned} undistributed; {mining['dust_tcr_wei']} are dust.",
        highlight=False,
    )


def _stakers_table(mining: dict[str, Any]) -> Table:
    table = new_table("Liquidity mining: TCR earned until the last rebalance", "", "primary", "secondary", "together")
    emitted, primary_bps = int(mining["emitted_tcr_wei"]), mining["primary_bps"]
    left = {"primary": emitted * primary_bps // BPS, "secondary": emitted * (BPS - primary_bps) // BPS}
    for staker in mining["stakers"]:
        earned = {market: int(staker[f"{market}_tcr_wei"]) for market in left}
        left = {market: left[market] - earned[market] for market in left}
        table.add_row(staker["role"], *(decimal(amount, 18) for amount in (*earned.values(), sum(earned.values()))))
    table.add_row(
        "nobody: before they staked", *(decimal(amount, 18) for amount in (*left.values(), sum(left.values())))
    )
    return table


def _farms_table(mining: dict[str, Any]) -> Table:
    table = new_table("TCR earned by staked tokens", "", "L-tokens", "S-tokens", "LP tokens of L-token and USDC")
    by_pool: dict[str, list[str]] = {}
    for farm in mining["farms"]:
        by_pool.setdefault(farm["pool"], []).append(decimal(int(farm["earned_tcr_wei"]), 18))
    for pool, amounts in by_pool.items():
        table.add_row(pool, *amounts)
    return table
