"""The programme of TCR emissions: its weekly amounts, their preview, and scheduling them on the farm."""

from perpetual_pools.programme.amounts import (
    LAUNCH,
    TCR,
    Decline,
    Given,
    Milestone,
    Programme,
    ProgrammeError,
    weekly_amounts,
)

__all__ = [
    "LAUNCH",
    "TCR",
    "Decline",
    "Given",
    "Milestone",
    "Programme",
    "ProgrammeError",
    "weekly_amounts",
]
