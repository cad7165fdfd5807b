"""`ape run fees`; the command is in `perpetual_pools.cli.fees`."""

from perpetual_pools.cli.fees import cli

__all__ = ["cli"]
