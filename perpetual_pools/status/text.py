"""How amounts and durations are written."""

from __future__ import annotations

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def decimal(units: int, decimals: int, places: int = 2) -> str:
    """`1,234.56`: cut towards zero after so many places."""
    unit = 10**decimals
    whole, rest = divmod(abs(units), unit)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole:,}.{rest * 10**places // unit:0{places}d}"


def rate(wad: int) -> str:
    """`+10.00 %`, cut after a hundredth."""
    text = decimal(100 * wad, 18)
    return f"{text if wad < 0 else f'+{text}'} %"


def duration(seconds: int) -> str:
    """`1 h 5 min`: the two greatest of days, hours, minutes and seconds that it has; a little ago in the future is `0 s`."""
    parts, rest = [], max(0, seconds)
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
