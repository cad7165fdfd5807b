"""The report of a schedule: JSON data for machines, and tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from perpetual_pools.formatting import as_utc, new_table, percent, tcr, tcr_to_four_places
from perpetual_pools.model.farm import BPS
from perpetual_pools.operations.schedule import HOURS_IN_A_WEEK, Plan, Share

SCHEMA_VERSION = 1
MISSED_SHOWN = 10


def build_report(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON data. Amounts are decimal strings, and keys name the units."""
    return {
        "schema_version": SCHEMA_VERSION,
        "farm": plan.farm.address,
        "reward_token": plan.token.address,
        "owner": plan.owner,
        "first_week": plan.first_week,
        "last_week": plan.last_week,
        "execute_before": plan.execute_before,
        "total_tcr_wei": str(plan.total),
        "balance_tcr_wei": str(plan.balance),
        "weeks": [
            {"week": week, "begins": plan.begin(week), "amount_tcr_wei": str(amount)}
            for week, amount in enumerate(plan.amounts, start=plan.first_week)
        ],
        "missed_weeks": [
            {
                "week": missed.week,
                "programme_tcr_wei": str(missed.programme),
                "scheduled_tcr_wei": str(missed.scheduled),
            }
            for missed in plan.missed
        ],
        "farms": [
            {
                "token": share.token,
                "symbol": share.symbol,
                "market": share.market,
                "weight": str(share.weight),
                "staked_token_units": str(share.staked),
                "per_hour_tcr_wei": [str(share.per_hour(amount)) for amount in plan.amounts],
            }
            for share in plan.shares
        ],
    }


def print_plan(plan: Plan, console: Console) -> None:
    """Print the weeks, what each farm gets, and what nobody gets, within 80 columns."""
    for line in _missed(plan):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(_weeks(plan))
    console.print(_farms(plan))
    for line in _notes(plan):
        console.print(line, highlight=False, soft_wrap=True)


def notice_to_signers(plan: Plan) -> str:
    """Return the rules that the signers of the calls must follow, because no contract enforces them."""
    return (
        f"Execute the calls before {as_utc(plan.execute_before)}, when week {plan.first_week} begins: after that, their "
        "amounts go to later weeks. Execute them only once: a second time, they schedule more weeks with the same amounts"
    )


def _missed(plan: Plan) -> Iterator[str]:
    if plan.missed:
        yield "These weeks do not emit what the programme says, and cannot be changed:"
    for missed in plan.missed[:MISSED_SHOWN]:
        yield f"  week {missed.week}: {tcr(missed.scheduled)}, the programme says {tcr(missed.programme)}"
    if len(plan.missed) > MISSED_SHOWN:
        yield f"  and {len(plan.missed) - MISSED_SHOWN} more"


def _weeks(plan: Plan) -> Table:
    table = new_table("Weeks to schedule", "week", "begins", "TCR", "TCR per hour")
    for week, amount in enumerate(plan.amounts, start=plan.first_week):
        hourly = tcr_to_four_places(amount // HOURS_IN_A_WEEK)
        table.add_row(str(week), as_utc(plan.begin(week)), tcr(amount).removesuffix(" TCR"), hourly)
    table.add_row("all", "", tcr(plan.total).removesuffix(" TCR"))
    return table


def _farms(plan: Plan) -> Table:
    """Show the first and the last week: the shares are the same in all."""
    shown = {plan.first_week: plan.amounts[0], plan.last_week: plan.amounts[-1]}
    headings = [f"TCR per hour\nin week {week}" for week in shown]
    table = new_table("What each farm gets with the current weights and allocation", "", "market", "share", *headings)
    symbols = Counter(share.symbol for share in plan.shares)
    for share in plan.shares:
        name = share.symbol if symbols[share.symbol] == 1 else f"{share.symbol} {share.token[:6]}..{share.token[-4:]}"
        table.add_row(
            name if share.staked else f"{name} *",
            share.market,
            _part(share),
            *(tcr_to_four_places(share.per_hour(amount)) for amount in shown.values()),
        )
    for market, bps in plan.unweighted.items():
        hourly = (tcr_to_four_places(amount * bps // (HOURS_IN_A_WEEK * BPS)) for amount in shown.values())
        table.add_row("nobody", market, percent(bps, BPS), *hourly)
    return table


def _part(share: Share) -> str:
    """Return the farm's share of the whole emission."""
    return percent(share.market_bps * share.weight, BPS * share.market_weight) if share.weight else percent(0, 1)


def _notes(plan: Plan) -> Iterator[str]:
    if any(not share.staked for share in plan.shares):
        yield "* nobody stakes here now: until somebody does, its part is undistributed"
    for market in plan.unweighted:
        yield f"The {market} market has no weight, so its part is undistributed"
    yield f"The owner, {plan.owner}, has {tcr(plan.balance)}; the farm may take {tcr(plan.allowance)} of it."
