"""Whether chain, record and parameters say the same of a deployment."""

from .check import check

__all__ = ["check"]
