"""The demo's report: JSON data for machines, and tables for people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from perpetual_pools.demo.chain import CHAIN_ID, LocalChain
from perpetual_pools.demo.market import Market
from perpetual_pools.demo.mining_report import build_mining, print_f2, print_mining
from perpetual_pools.demo.run import Demo
from perpetual_pools.demo.scenario import AUTO_CLAIMER, DECIMALS, STAKE, Trader
from perpetual_pools.formatting import as_utc, new_table, rounded, rounded_percent

SCHEMA_VERSION = 1
WAD_DECIMALS = 18
FAILURES_SHOWN = 10


def build_report(demo: Demo, source: str, kept: LocalChain | None) -> dict[str, Any]:
    """Return the report as JSON data. Amounts are decimal strings, and keys name the units.

    Args:
        demo: the demo after its last hour, or after the hour that failed.
        source: the source of the prices, in words.
        kept: the chain if it keeps running, else None.
    """
    checks = demo.checks
    return {
        "schema_version": SCHEMA_VERSION,
        "prices": source,
        "start_utc": as_utc(demo.start),
        "hours": demo.hours,
        "p1_holds": checks.p1_holds,
        "f2_holds": checks.f2_holds,
        "chain_equals_model": not checks.differences,
        "values_compared": checks.compared,
        "failures": checks.failures,
        "markets": [_market(demo, market) for market in demo.markets],
        "traders": [_trader(demo, trader) for trader in Trader],
        "mining": build_mining(demo),
        "actions": dict(sorted(demo.stage.actions.items())),
        "chain": {"url": kept.url, "chain_id": CHAIN_ID, "pid": kept.pid} if kept is not None else None,
    }


def _market(demo: Demo, market: Market) -> dict[str, Any]:
    pool = market.model
    (long_balance, short_balance), (long_price, short_price) = pool.balances(), pool.token_prices()
    long_rate, short_rate = pool.rebalancing_rates()
    surplus = demo.checks.surpluses.get(pool.name)
    return {
        "name": pool.name,
        "address": pool.address,
        "rebalances": len(market.points),
        "first_price_wad": str(market.points[0].price) if market.points else None,
        "last_price_wad": str(pool.last_price),
        "long_balance_usdc_units": str(long_balance),
        "short_balance_usdc_units": str(short_balance),
        "long_token_price_wad": str(long_price),
        "short_token_price_wad": str(short_price),
        "long_rebalancing_rate_wad": str(long_rate),
        "short_rebalancing_rate_wad": str(short_rate),
        "keeper_pay_usdc_units": str(sum(point.reward for point in market.points)),
        "fees_usdc_units": str(pool.protocol_fees),
        "p1_surplus_usdc_units": str(surplus) if surplus is not None else None,
        "hourly": [
            {
                "timestamp": point.timestamp,
                "price_wad": str(point.price),
                "long_balance_usdc_units": str(point.long_balance),
                "short_balance_usdc_units": str(point.short_balance),
                "long_token_price_wad": str(point.long_price),
                "short_token_price_wad": str(point.short_price),
                "reward_usdc_units": str(point.reward),
            }
            for point in market.points
        ],
    }


def _trader(demo: Demo, trader: Trader) -> dict[str, Any]:
    worth = demo.worth(trader)
    return {
        "role": trader.value,
        "address": demo.stage.addresses[trader],
        "stake_usdc_units": str(STAKE),
        "worth_usdc_units": str(worth),
        "profit_usdc_units": str(worth - STAKE),
    }


# --- for people ---


def print_report(report: dict[str, Any], console: Console) -> None:
    """Print markets, traders, liquidity mining and checks within 80 columns. After a failure, print only its reasons."""
    if report["failures"]:
        _print_failures(report["failures"], console)
        return
    console.print(_markets_table(report))
    console.print(_traders_table(report))
    print_mining(report["mining"], console)
    actions = report["actions"]
    mints, burns, flips = (
        sum(actions.get(name, 0) for name in names)
        for names in (
            ("long_mint", "short_mint"),
            ("long_burn", "short_burn"),
            ("long_burn_short_mint", "short_burn_long_mint"),
        )
    )
    surplus = ", ".join(f"{market['name']} {market['p1_surplus_usdc_units']}" for market in report["markets"])
    for line in (
        f"The traders made {mints} mints, {burns} burns, {flips} flips and {actions.get('claim', 0)} claims; "
        f"the keeper made {actions.get('claim_by_keeper', 0)} claims for the {AUTO_CLAIMER.value}. They added liquidity "
        f"{actions.get('add_liquidity', 0)} times, staked {actions.get('stake', 0)} times, withdrew "
        f"{actions.get('withdraw', 0) + actions.get('exit', 0)} stakes and claimed TCR "
        f"{actions.get('claim_rewards', 0)} times.",
        "P1 holds in all markets: no pool owes more than it holds.\n"
        f"  Surplus of each pool in millionths of a USDC: {surplus}",
    ):
        console.print(line, highlight=False)
    print_f2(report["mining"], console)
    console.print(f"Chain and model agree on all {report['values_compared']:,} values compared.", highlight=False)


def _print_failures(failures: list[str], console: Console) -> None:
    for failure in failures[:FAILURES_SHOWN]:
        console.print(f"FAILED: {failure}", style="bold red", highlight=False, soft_wrap=True)
    if len(failures) > FAILURES_SHOWN:
        console.print(f"and {len(failures) - FAILURES_SHOWN} more; all of them are in the report", style="bold red")


def _markets_table(report: dict[str, Any]) -> Table:
    table = new_table(
        "Markets after the last rebalance (USDC)",
        "",
        "price\nmove",
        "balance",
        "token\nprice",
        "rebalancing\nrate",
        "keeper\npay",
        "fees",
    )
    for market in report["markets"]:
        first, last = int(market["first_price_wad"]), int(market["last_price_wad"])
        table.add_row(
            market["name"],
            rounded_percent(Decimal(last) / first - 1),
            "",
            "",
            "",
            rounded(market["keeper_pay_usdc_units"], DECIMALS),
            rounded(market["fees_usdc_units"], DECIMALS),
        )
        for side in ("long", "short"):
            table.add_row(
                f"  {side}",
                "",
                rounded(market[f"{side}_balance_usdc_units"], DECIMALS),
                rounded(market[f"{side}_token_price_wad"], WAD_DECIMALS, 4, style=""),
                rounded_percent(Decimal(market[f"{side}_rebalancing_rate_wad"]).scaleb(-WAD_DECIMALS)),
            )
    return table


def _traders_table(report: dict[str, Any]) -> Table:
    table = new_table(
        "Traders (USDC): wallet, claims and pool tokens at their price", "", "began with", "has now", "profit or loss"
    )
    for trader in report["traders"]:
        table.add_row(
            trader["role"],
            rounded(trader["stake_usdc_units"], DECIMALS),
            rounded(trader["worth_usdc_units"], DECIMALS),
            rounded(trader["profit_usdc_units"], DECIMALS, style="+z,"),
        )
    return table
