"""The error that stops the demo."""

from perpetual_pools.errors import PerpetualPoolsError


class DemoError(PerpetualPoolsError):
    """The demo cannot begin or continue. The message is one line that says why and what to do."""
