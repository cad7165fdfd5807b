"""`ape run check`; the command is in `perpetual_pools.cli.check`."""

from perpetual_pools.cli.check import cli

__all__ = ["cli"]
