"""`ape run claim`; the command is in `perpetual_pools.cli.claim`."""

from perpetual_pools.cli.claim import cli

__all__ = ["cli"]
