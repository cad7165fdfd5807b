"""`ape run deploy`; the command is in `perpetual_pools.cli.deploy`."""

from perpetual_pools.cli.deploy import cli

__all__ = ["cli"]
