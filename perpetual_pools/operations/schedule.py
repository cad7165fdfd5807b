"""Scheduling: the programme's next weeks on a farm, each week once.

The farm gives the first amount to the first week that is neither scheduled nor begun. The programme has an amount for each
week's number. A week that began unscheduled never emits anything: its amount stays with the owner, is not moved to another
week, and is shown. The programme does not say what the owner does with it.

No week is scheduled twice, even if a run is interrupted. Only the owner's account schedules, and a plan takes its nonce and
everything else from one block. If a transaction of an earlier run was mined after that block, it used the nonce, and the
chain refuses those of this run. If it was mined before, the plan knows its weeks. A node that is behind does not have the
block and cannot answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ape
from ape.exceptions import ContractNotFoundError, DecodingError, VirtualMachineError
from eth_utils.address import is_hex_address, to_checksum_address

from perpetual_pools.chain.contracts import AtBlock, at_block, instance
from perpetual_pools.chain.networks import default_record_path, recorded
from perpetual_pools.chain.sending import latest_block, nonce_at
from perpetual_pools.defaults import MARGIN
from perpetual_pools.emissions.amounts import LAUNCH, Programme, weekly_amounts
from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.formatting import tcr
from perpetual_pools.model import Market
from perpetual_pools.model.farm import BPS, WEEK
from perpetual_pools.operations.calls import Call, send_calls
from perpetual_pools.parameters import TCR_DECIMALS

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI
    from ape.contracts import ContractInstance

HOURS_IN_A_WEEK = 7 * 24
NO_ANSWER = (ContractNotFoundError, DecodingError, VirtualMachineError)


class SchedulingError(PerpetualPoolsError):
    """A schedule that is not possible; the message says why and what to do."""


@dataclass(frozen=True)
class Share:
    """A farm's part of the emission, by the current weights and allocation."""

    token: str
    symbol: str
    market: str
    market_bps: int
    weight: int
    market_weight: int
    staked: int
    """The total stake in token units."""

    def per_hour(self, amount: int) -> int:
        """Return the wei that the farm gets in an hour of a week that emits `amount`, rounded down."""
        return amount * self.market_bps * self.weight // (HOURS_IN_A_WEEK * BPS * self.market_weight or 1)


@dataclass(frozen=True)
class Missed:
    """A week that does not emit what the programme says and can no longer be changed. Amounts in wei."""

    week: int
    programme: int
    scheduled: int


@dataclass(frozen=True)
class Plan:
    """The weeks to schedule, and everything that the decision depends on. Amounts in wei, times in Unix seconds."""

    farm: ContractInstance
    token: ContractInstance
    """TCR."""
    block: int
    """The block that everything was read from."""
    owner: str
    nonce: int
    """The owner's next nonce."""
    start: int
    first_week: int
    amounts: tuple[int, ...]
    balance: int
    """The TCR that the owner has."""
    allowance: int
    """The part of the balance that the farm may take."""
    missed: tuple[Missed, ...]
    shares: tuple[Share, ...]
    unweighted: dict[str, int]
    """Markets without weight, and the ten-thousandths of the emission that nobody gets because of that."""

    @property
    def total(self) -> int:
        """The sum of what the weeks emit."""
        return sum(self.amounts)

    @property
    def last_week(self) -> int:
        """The last week that is scheduled."""
        return self.first_week + len(self.amounts) - 1

    def begin(self, week: int) -> int:
        """Return the time at which the week begins."""
        return self.start + week * WEEK

    @property
    def execute_before(self) -> int:
        """The time from which on the calls would give their amounts to other weeks."""
        return self.begin(self.first_week)

    @property
    def calls(self) -> list[Call]:
        """The calls to send. The allowance is exact and is given once."""
        schedule = Call("farm", self.farm, "schedule", (list(self.amounts),))
        approve = Call("TCR", self.token, "approve", (self.farm.address, self.total))
        return [schedule] if self.allowance == self.total else [approve, schedule]


# --- planning ---


def farm_at(where: str | None) -> ContractInstance:
    """Return the farm at an address or in the file of a record. None: in the record of the connected network.

    Raises:
        SchedulingError: there is no farm.
        RecordError: there is no record, or it belongs to another chain.
    """
    address = where if where is not None and is_hex_address(where) else _recorded(Path(where or default_record_path()))
    farm = instance("StakingFarm", to_checksum_address(address))
    try:
        farm.weeksScheduled()
    except NO_ANSWER as error:
        raise SchedulingError(f"there is no farm at {farm.address} on chain {ape.chain.chain_id}") from error
    return farm


def _recorded(path: Path) -> str:
    farms = [entry.address for entry in recorded(path).deployments.values() if entry.contract == "StakingFarm"]
    if len(farms) != 1:
        raise SchedulingError(f"{path} has {len(farms)} farms: name one by its address with --farm")
    return farms[0]


def read_plan(
    farm: ContractInstance,
    weeks: int,
    from_week: int | None = None,
    margin: int = MARGIN,
    programme: Programme = LAUNCH,
    *,
    block: int | None = None,
) -> Plan:
    """Return what scheduling the next `weeks` weeks would do.

    Args:
        from_week: the week that the caller expects to be next.
        margin: seconds that must be left until the first of the weeks begins, so that the transactions arrive in time.
        block: what to read everything from. None: the latest block.

    Raises:
        SchedulingError: another week is next, the programme has no such weeks, or they cannot be scheduled now.
    """
    block = latest_block() if block is None else block
    there = AtBlock(farm, block)
    owner = str(there.owner())
    first = _next_week(there, from_week, margin)
    wanted = weekly_amounts(programme)
    if first >= len(wanted):
        raise SchedulingError(
            f"the programme is over: its last week was {len(wanted) - 1}, and the farm's next is {first}"
        )
    if not 1 <= weeks <= len(wanted) - first:
        raise SchedulingError(
            f"from week {first} on, the programme has {len(wanted) - first} weeks: {weeks} cannot be scheduled"
        )
    token = at_block("MockERC20", there.rewardToken(), block)  # whichever ERC-20 it is
    if token.decimals() != TCR_DECIMALS:
        raise SchedulingError(
            f"the farm pays {token.symbol()}, which has {token.decimals()} decimals, but TCR has {TCR_DECIMALS}"
        )
    return Plan(
        farm=farm,
        token=token.contract,
        block=block,
        owner=owner,
        nonce=nonce_at(owner, block),
        start=there.start(),
        first_week=first,
        amounts=wanted[first : first + weeks],
        balance=token.balanceOf(owner),
        allowance=token.allowance(owner, farm),
        missed=tuple(_missed(there, wanted[:first])),
        shares=tuple(_shares(there)),
        unweighted={market: bps for market, bps, weight in _markets(there) if not weight},
    )


def _next_week(farm: AtBlock, from_week: int | None, margin: int) -> int:
    """Return the week that the next amount goes to, even if it arrives `margin` seconds later."""
    scheduled, start, now = farm.weeksScheduled(), farm.start(), ape.chain.pending_timestamp
    first = int(max(scheduled, -((start - now) // WEEK)))
    if from_week is not None and from_week != first:
        raise SchedulingError(
            f"{_why_not(from_week, scheduled, first)}: the next is week {first}. Nothing was scheduled"
        )
    left = start + first * WEEK - now
    if left < margin:
        raise SchedulingError(
            f"week {first} begins in {left} seconds: a transaction that takes longer would give its amount to week "
            f"{first + 1}. Wait until week {first} has begun (the programme then loses it), or take the risk with "
            f"--margin {left}"
        )
    return first


def _why_not(week: int, scheduled: int, first: int) -> str:
    if week > first:
        return f"week {week} cannot be scheduled before week {first}"
    return f"week {week} is scheduled already" if week < scheduled else f"week {week} has begun unscheduled"


def _missed(farm: AtBlock, wanted: tuple[int, ...]) -> Iterator[Missed]:
    if farm.emitted(farm.start() + len(wanted) * WEEK) == sum(wanted):
        return  # saves a request for each week
    for week, programme in enumerate(wanted):
        scheduled = farm.weekAmount(week)
        if scheduled != programme:
            yield Missed(week, programme, scheduled)


def _markets(farm: AtBlock) -> list[tuple[str, int, int]]:
    """Return the name of each market, its ten-thousandths of the emission, and its weight."""
    primary = farm.primaryBps()
    parts = zip(Market, (primary, BPS - primary), strict=True)
    return [(market.name.lower(), bps, farm.totalWeight(market.value)) for market, bps in parts]


def _shares(farm: AtBlock) -> Iterator[Share]:
    markets = _markets(farm)
    for number in range(farm.farmCount()):
        token = farm.farms(number)
        market, weight = farm.farm(token)
        name, bps, market_weight = markets[market]
        yield Share(
            token,
            _symbol(at_block("MockERC20", token, farm.block)),
            name,
            bps,
            weight,
            market_weight,
            farm.totalStaked(token),
        )


def _symbol(token: AtBlock) -> str:
    try:
        return str(token.symbol())
    except NO_ANSWER:
        return "?"


# --- sending ---


def verify_sender(plan: Plan, account: AccountAPI) -> None:
    """Raise SchedulingError if the account is not the farm's owner or has too little TCR."""
    if account.address != plan.owner:
        raise SchedulingError(
            f"{account.address} is not the owner of the farm: only {plan.owner} can schedule. "
            "--dry-run prints what the owner has to send"
        )
    if plan.balance < plan.total:
        raise SchedulingError(
            f"{plan.owner} has {tcr(plan.balance)}, but the weeks need {tcr(plan.total)}: "
            f"{tcr(plan.total - plan.balance)} are missing"
        )


def _now(plan: Plan) -> AtBlock:
    """Return the farm as of the latest block. Raises SchedulingError if the node does not have the plan's block yet."""
    latest = latest_block()
    if latest < plan.block:
        raise SchedulingError(
            f"the node is behind: its latest block is {latest}, but the plan was made at block {plan.block}. Nothing was "
            "scheduled. Run again"
        )
    return AtBlock(plan.farm, latest)


def send_plan(
    plan: Plan, account: AccountAPI, margin: int = MARGIN, report: Callable[[str], object] = lambda _: None
) -> list[ReceiptAPI]:
    """Send the plan's calls one after the other. After an interruption, start again with `read_plan`.

    Raises:
        SchedulingError: the account cannot schedule, or another week is next; the message says if anything was scheduled.
        SendingError: the account cannot send.
        The error of the chain if it refuses a transaction.
    """
    verify_sender(plan, account)
    receipts: list[ReceiptAPI] = []
    for nonce, call in enumerate(plan.calls, start=plan.nonce):
        _next_week(_now(plan), plan.first_week, margin)
        receipts += send_calls(account, [call], nonce, report)
    (scheduled,) = receipts[-1].decode_logs(plan.farm.Scheduled)
    if scheduled.firstWeek != plan.first_week:
        raise SchedulingError(
            f"the transaction came too late: the amounts for the weeks from {plan.first_week} on went to the weeks from "
            f"{scheduled.firstWeek} on, and cannot be taken back"
        )
    return receipts
