"""The exact model: pools, staking farm, oracle and AMM pair in Python integers. All formulas in Python are here.

Model and contracts agree to the unit on every view after every action. Tests, commands and the demo use the model instead
of formulas of their own. `maths` has the formulas of the pools; `pool`, `farm`, `oracle` and `pair` have the contracts,
call by call; `ledger` has token balances; `rounds` reads recorded Chainlink rounds.
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
