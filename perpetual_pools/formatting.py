"""The formats of amounts, shares, durations, times and tables for people."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from perpetual_pools.model.farm import BPS, TCR

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WEEKS_IN_A_YEAR = 52
"""The weeks that count as a year: the programme's five years are 260 weeks."""
_DURATIONS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_MEASURED_WIDTH = 1_000
"""A width in columns that is greater than that of any table here."""


# --- amounts ---


def decimal(units: int, decimals: int, places: int = 2) -> str:
    """Return `1,234.56`, cut towards zero after `places` digits."""
    unit = 10**decimals
    whole, rest = divmod(abs(units), unit)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole:,}.{rest * 10**places // unit:0{places}d}"


def rounded(units: int | str, decimals: int, places: int = 2, style: str = ",") -> str:
    """Return `1,234.57`, rounded to `places` digits.

    Args:
        style: how Python writes the number: `,` groups thousands, `+z,` adds a sign, and nothing does neither.
    """
    return f"{Decimal(units).scaleb(-decimals):{style}.{places}f}"


def ether(wei: int, decimals: int = 18) -> str:
    """Return `0.012346`, rounded to six digits: ether, or gwei if `decimals` is 9."""
    return rounded(wei, decimals, 6, style="")


def tcr(wei: int) -> str:
    """Return `1,234.5 TCR` with every digit that is not a trailing zero."""
    whole, fraction = divmod(wei, TCR)
    return f"{whole:,}{f'.{fraction:018d}'.rstrip('0') if fraction else ''} TCR"


def tcr_to_four_places(wei: int) -> str:
    """Return `1,234.5000`, in TCR, cut after the fourth digit."""
    return decimal(wei, 18, places=4)


# --- shares ---


def rate(wad: int) -> str:
    """Return `+10.00 %` for a WAD, cut after a hundredth."""
    text = decimal(100 * wad, 18)
    return f"{text if wad < 0 else f'+{text}'} %"


def rounded_percent(share: Decimal) -> str:
    """Return `+2.86 %` for 0.02857, rounded to a hundredth."""
    return f"{share * 100:+z.2f} %"


def percent(part: int, whole: int) -> str:
    """Return `2.85 %`, cut after a hundredth."""
    return f"{Decimal(part * BPS // whole).scaleb(-2):.2f} %"


# --- times ---


def as_utc(timestamp: int) -> str:
    """Return `2023-08-17 00:00 UTC` for Unix seconds."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M UTC")


def duration(seconds: int) -> str:
    """Return `1 h 5 min`: the two largest units that are not zero. A negative duration is `0 s`."""
    parts, rest = [], max(0, seconds)
    for name, size in _DURATIONS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def span(weeks: int) -> str:
    """Return `26 weeks` or `5 years`."""
    return f"{weeks} weeks" if weeks % WEEKS_IN_A_YEAR else f"{weeks // WEEKS_IN_A_YEAR} years"


# --- tables ---


def new_table(title: str, *headings: str) -> Table:
    """Return an empty table. Its first column holds words; the others hold numbers and are right-aligned."""
    from rich import box  # only what prints a table needs it, and it is slow to load
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_style="bold", title_justify="left", pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table


def print_whole(console: Console, table: Table) -> None:
    """Print the table without cutting off numbers, even if it is wider than the console."""
    width = console.width
    options = console.options.update(max_width=_MEASURED_WIDTH)
    console.width = max(width, console.measure(table, options=options).maximum)
    console.print(table)
    console.width = width
