"""What goes on in the markets and in the farm, and what somebody should look after."""

from perpetual_pools.status.facts import StatusError
from perpetual_pools.status.reader import Reader

__all__ = ["Reader", "StatusError"]
