"""`ape run verify`; the command is in `perpetual_pools.cli.verify`."""

from perpetual_pools.cli.verify import cli

__all__ = ["cli"]
