"""Numbers that commands use where an option is left out. The help shows them, so this module imports nothing."""

MARGIN = 600
"""Seconds that the transactions of `ape run schedule` may take to arrive."""
SAFE_MARGIN = 86_400
"""Seconds that a Safe may take to sign and execute a schedule."""
WEEKS_AHEAD = 4
"""Funded weeks ahead of a farm. With fewer, `ape run status` raises an alarm."""
