"""`ape run seed`; the command is in `perpetual_pools.cli.seed`."""

from perpetual_pools.cli.seed import cli

__all__ = ["cli"]
