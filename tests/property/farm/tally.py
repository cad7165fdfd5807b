"""What random lives of a staking farm did."""

from typing import Any

from tests.property.tally import Tally


class FarmTally(Tally):
    """A claim of nothing is no step."""

    RULES = (
        "stake",
        "stake the reward token",
        "withdraw",
        "claim",
        "exit",
        "emergencyWithdraw",
        "addFarm",
        "setWeight",
        "setAllocation",
        "schedule",
        "schedule after a gap",
        "scheduleUndistributed",
        "donate",
    )
    ERRORS = (
        "AllocationTooLarge",
        "FarmExists",
        "InsufficientStake",
        "InvalidMarket",
        "NoWeeks",
        "NotAContract",
        "NothingStaked",
        "OwnableUnauthorizedAccount",
        "ScheduleTooLarge",
        "StakeTooLarge",
        "TooLittleUndistributed",
        "TooManyWeeks",
        "TransferFromFailed",
        "UnknownFarm",
        "WeightTooLarge",
        "ZeroAmount",
    )
    CHECKS = (
        "F3",
        "the past's emission",
        "a week's end passed",
        "an unscheduled week",
        "an idle farm",
        "a market without weight",
    )
    KINDS = ("reward of 6 decimals", "reward of 18 decimals", "before start", "from start on")

    def count(self, rule: str, events: list[Any], changed: bool) -> None:
        of_nothing = bool(events) and all(e.name == "Claimed" and not e.arguments["amount"] for e in events)
        super().count(rule, events, changed and not of_nothing)
