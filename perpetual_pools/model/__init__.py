"""The pools and the staking farm in exact Python integers: the single place where formulas exist in Python.

Contract and model agree to the unit on every view after every action; tests, scripts and the demo use the model rather
than a formula of their own.
"""

from . import maths
from .constants import ZERO_ADDRESS
from .errors import Refused
from .events import Event
from .farm import Market, StakingFarm
from .ledger import Ledger
from .maths import CommitType
from .oracle import ChainlinkOracle, Feed, FixedOracle, Oracle, Round, SequencerFeed
from .pool import Pool, PoolParams

__all__ = [
    "ZERO_ADDRESS",
    "ChainlinkOracle",
    "CommitType",
    "Event",
    "Feed",
    "FixedOracle",
    "Ledger",
    "Market",
    "Oracle",
    "Pool",
    "PoolParams",
    "Refused",
    "Round",
    "SequencerFeed",
    "StakingFarm",
    "maths",
]
