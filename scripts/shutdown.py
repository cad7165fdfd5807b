"""`ape run shutdown`; the command is in `perpetual_pools.cli.shutdown`."""

from perpetual_pools.cli.shutdown import cli

__all__ = ["cli"]
