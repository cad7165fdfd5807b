"""How times are written."""

from datetime import UTC, datetime


def as_utc(timestamp: int) -> str:
    """`2023-08-17 00:00 UTC`, of Unix seconds."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M UTC")
