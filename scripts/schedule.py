"""`ape run schedule`; the command is in `perpetual_pools.cli.schedule`."""

from perpetual_pools.cli.schedule import cli

__all__ = ["cli"]
