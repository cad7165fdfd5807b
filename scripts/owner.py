"""`ape run owner`; the command is in `perpetual_pools.cli.owner`."""

from perpetual_pools.cli.owner import cli

__all__ = ["cli"]
