"""How amounts and shares are written."""

from __future__ import annotations

from decimal import Decimal

from perpetual_pools.model.farm import BPS
from perpetual_pools.programme.amounts import TCR

WEEKS_IN_A_YEAR = 52
"""The programme's five years are 260 weeks."""


def tcr(wei: int) -> str:
    """`1,234.5 TCR`: every digit there is."""
    whole, fraction = divmod(wei, TCR)
    return f"{whole:,}{f'.{fraction:018d}'.rstrip('0') if fraction else ''} TCR"


def tenthousandths(wei: int) -> str:
    """`1,234.5000`: in TCR, cut after the fourth decimal."""
    return f"{wei // TCR:,}.{wei % TCR * 10_000 // TCR:04d}"


def percent(part: int, whole: int) -> str:
    """`2.85 %`, cut after a hundredth."""
    return f"{Decimal(part * BPS // whole).scaleb(-2):.2f} %"


def span(weeks: int) -> str:
    """`26 weeks`, `5 years`."""
    return f"{weeks} weeks" if weeks % WEEKS_IN_A_YEAR else f"{weeks // WEEKS_IN_A_YEAR} years"
