"""`ape run status`; the command is in `perpetual_pools.cli.status`."""

from perpetual_pools.cli.status import cli

__all__ = ["cli"]
