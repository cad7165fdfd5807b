"""`ape run upkeep`; the command is in `perpetual_pools.cli.upkeep`."""

from perpetual_pools.cli.upkeep import cli

__all__ = ["cli"]
