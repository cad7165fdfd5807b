"""The preview of the programme before it is scheduled: JSON data for machines, and tables for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from perpetual_pools.emissions.amounts import Programme, weekly_amounts
from perpetual_pools.formatting import new_table, percent, span
from perpetual_pools.model.farm import TCR

SCHEMA_VERSION = 1


def build_preview(programme: Programme) -> dict[str, Any]:
    """Return the programme as JSON data. Amounts are decimal strings, keys name the units, and weeks count from 0."""
    amounts = weekly_amounts(programme)
    return {
        "schema_version": SCHEMA_VERSION,
        "supply_tcr_wei": str(programme.supply * TCR),
        "left_for_distribution_tcr_wei": str(programme.left * TCR),
        "total_tcr_wei": str(sum(amounts)),
        "phases": [
            {
                "first_week": first,
                "last_week": first + phase.weeks - 1,
                "first_amount_tcr_wei": str(amounts[first]),
                "last_amount_tcr_wei": str(amounts[first + phase.weeks - 1]),
                "total_tcr_wei": str(sum(amounts[first : first + phase.weeks])),
            }
            for first, phase in zip(programme.starts, programme.phases, strict=True)
        ],
        "milestones": [
            {
                "weeks": milestone.weeks,
                "emitted_tcr_wei": str(sum(amounts[: milestone.weeks])),
                "bps_of_supply": milestone.bps,
            }
            for milestone in programme.milestones
        ],
        "weekly_amounts_tcr_wei": [str(amount) for amount in amounts],
    }


def print_preview(programme: Programme, console: Console) -> None:
    """Print the phases, the milestones and the TCR left for distribution, all within 80 columns."""
    amounts = programme.amounts
    phases = new_table("Weekly amounts (TCR)", "weeks", "first", "last", "together", "in all")
    for first, phase in zip(programme.starts, programme.phases, strict=True):
        end = first + phase.weeks
        together, in_all = sum(amounts[first:end]), sum(amounts[:end])
        phases.add_row(
            f"{first} to {end - 1}", *(f"{n:,}" for n in (amounts[first], amounts[end - 1], together, in_all))
        )
    console.print(phases)
    milestones = new_table("Milestones", "", "TCR", "of the supply")
    for milestone in programme.milestones:
        emitted = sum(amounts[: milestone.weeks])
        milestones.add_row(f"in {span(milestone.weeks)}", f"{emitted:,}", percent(emitted, programme.supply))
    console.print(milestones)
    total = sum(amounts)
    console.print(
        f"All {len(amounts)} weeks emit {total:,} TCR, {percent(total, programme.supply)} of {programme.supply:,}.\n"
        f"{programme.left:,} TCR ({percent(programme.left, programme.supply)}) are left for distribution; "
        f"then {programme.left - total:,} remain.",
        highlight=False,
        soft_wrap=True,
    )
