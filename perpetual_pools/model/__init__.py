"""The pools and the staking farm in exact Python integers: the single place where formulas exist in Python.

Contract and model agree to the unit on every view after every action; tests, scripts and the demo use the model rather
than a formula of their own.
"""

from perpetual_pools.model import maths
from perpetual_pools.model.constants import ZERO_ADDRESS
from perpetual_pools.model.errors import Refused
from perpetual_pools.model.events import Event
from perpetual_pools.model.farm import Market, StakingFarm
from perpetual_pools.model.ledger import Ledger
from perpetual_pools.model.maths import CommitType
from perpetual_pools.model.oracle import ChainlinkOracle, Feed, FixedOracle, Oracle, Round, SequencerFeed
from perpetual_pools.model.pool import Pool, PoolParams

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
