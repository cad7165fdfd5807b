"""Scheduling the programme's next weeks on a farm, each week once.

The farm gives the first amount to the first week that is neither scheduled nor begun; the programme says by the week's
number how much that is. A week that began unscheduled emits nothing, ever: its amount stays with the owner, is not moved
to another week, and is shown. What the owner does with it is another decision than this programme.

Why no week is scheduled twice, whenever a run is cut off: only the owner's account schedules, and a plan has its nonce and
all else as of one block. If a transaction of an earlier run came after that block, it took the nonce, and the chain refuses
this run's. If it came before, the plan knows of its weeks; a node that is behind does not have the block, and cannot answer.
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
MARGIN = 600
"""Seconds that a transaction may take, unless said otherwise."""
SAFE_MARGIN = 86_400
"""Seconds that a Safe may take to sign and execute, unless said otherwise."""
NO_ANSWER = (ContractNotFoundError, DecodingError, VirtualMachineError)


class SchedulingError(PerpetualPoolsError):
    """Nothing can be scheduled as asked; says why and what to do."""


@dataclass(frozen=True)
class Share:
    """What a farm gets of each second's emission, by the weights and the allocation of now."""

    token: str
    symbol: str
    market: str
    market_bps: int
    weight: int
    market_weight: int
    staked: int
    """Token units."""

    def per_hour(self, amount: int) -> int:
        """Wei in an hour of a week that emits `amount`, down."""
        return amount * self.market_bps * self.weight // (HOURS_IN_A_WEEK * BPS * self.market_weight or 1)


@dataclass(frozen=True)
class Missed:
    """A week that emits something else than the programme says, and can no more be changed. Wei."""

    week: int
    programme: int
    scheduled: int


@dataclass(frozen=True)
class Plan:
    """What would be scheduled, and all that this rests on. Amounts in wei, times in Unix seconds."""

    farm: ContractInstance
    token: ContractInstance
    """TCR."""
    block: int
    """As of which all of it is."""
    owner: str
    nonce: int
    """The owner's next one."""
    start: int
    first_week: int
    amounts: tuple[int, ...]
    balance: int
    """The owner's TCR."""
    allowance: int
    """What the farm may take of it."""
    missed: tuple[Missed, ...]
    shares: tuple[Share, ...]
    unweighted: dict[str, int]
    """Markets without weight, whose part of the emission nobody gets: their ten-thousandths."""

    @property
    def total(self) -> int:
        """What the weeks emit together."""
        return sum(self.amounts)

    @property
    def last_week(self) -> int:
        """The last of the weeks."""
        return self.first_week + len(self.amounts) - 1

    def begin(self, week: int) -> int:
        """When the week begins."""
        return self.start + week * WEEK

    @property
    def execute_before(self) -> int:
        """From when on the calls would give their amounts to other weeks."""
        return self.begin(self.first_week)

    @property
    def calls(self) -> list[Call]:
        """What has to be sent. The allowance is exact, and given once."""
        schedule = Call("farm", self.farm, "schedule", (list(self.amounts),))
        approve = Call("TCR", self.token, "approve", (self.farm.address, self.total))
        return [schedule] if self.allowance == self.total else [approve, schedule]


# --- what is there ---


def farm_at(where: str | None) -> ContractInstance:
    """The farm at an address, or of a record of a deployment; None: of the connected network's.

    Raises:
        SchedulingError: there is none.
        RecordError: there is no record, or it is another chain's.
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
        raise SchedulingError(f"{path} has {len(farms)} farms: name one by its address")
    return farms[0]


def read_plan(
    farm: ContractInstance,
    weeks: int,
    from_week: int | None = None,
    margin: int = MARGIN,
    programme: Programme = LAUNCH,
) -> Plan:
    """What scheduling the next `weeks` weeks would do.

    Args:
        from_week: the week that the caller takes for the next. If it is not, nothing is planned.
        margin: seconds that have to be left until the first of the weeks begins, for the transactions to arrive in.

    Raises:
        SchedulingError: the programme has no such weeks, or they cannot be scheduled now.
    """
    block = latest_block()
    there = AtBlock(farm, block)
    owner = str(there.owner())
    first = _next_week(there, from_week, margin)
    wanted = weekly_amounts(programme)
    if first >= len(wanted):
        raise SchedulingError(f"the programme is over: its last week was {len(wanted) - 1}, the farm's next is {first}")
    if not 1 <= weeks <= len(wanted) - first:
        raise SchedulingError(f"from week {first} on the programme has 1 to {len(wanted) - first} weeks, not {weeks}")
    token = at_block("MockERC20", there.rewardToken(), block)  # whichever ERC-20 it is
    if token.decimals() != TCR_DECIMALS:
        raise SchedulingError(f"the farm pays {token.symbol()} of {token.decimals()} decimals, TCR has {TCR_DECIMALS}")
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
    """The week that the next amount goes to, also if it arrives `margin` seconds later."""
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
            f"{first + 1}. Wait until it has begun (it is then lost to the programme), or take the risk: --margin {left}"
        )
    return first


def _why_not(week: int, scheduled: int, first: int) -> str:
    if week > first:
        return f"week {week} cannot be scheduled before week {first}"
    return f"week {week} is scheduled already" if week < scheduled else f"week {week} has begun unscheduled"


def _missed(farm: AtBlock, wanted: tuple[int, ...]) -> Iterator[Missed]:
    if farm.emitted(farm.start() + len(wanted) * WEEK) == sum(wanted):
        return  # saves a question for each week
    for week, programme in enumerate(wanted):
        scheduled = farm.weekAmount(week)
        if scheduled != programme:
            yield Missed(week, programme, scheduled)


def _markets(farm: AtBlock) -> list[tuple[str, int, int]]:
    """Name, ten-thousandths of the emission, and weight of each."""
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


# --- what is to be done ---


def verify_sender(plan: Plan, account: AccountAPI) -> None:
    """Raises SchedulingError when the account is not the farm's owner, or has too little TCR."""
    if account.address != plan.owner:
        raise SchedulingError(
            f"{account.address} is not the owner of the farm: {plan.owner} is, and nobody else can schedule. "
            "--dry-run prints what the owner has to send"
        )
    if plan.balance < plan.total:
        raise SchedulingError(
            f"{plan.owner} has {tcr(plan.balance)}, the weeks take {tcr(plan.total)}: "
            f"{tcr(plan.total - plan.balance)} are missing"
        )


def _now(plan: Plan) -> AtBlock:
    """The farm of the latest block. Raises SchedulingError when whoever answers does not know the plan's yet."""
    latest = latest_block()
    if latest < plan.block:
        raise SchedulingError(
            f"the node that answers is behind: its latest block is {latest}, and the plan is of block {plan.block}. Nothing "
            "was scheduled. Run again"
        )
    return AtBlock(plan.farm, latest)


def send_plan(
    plan: Plan, account: AccountAPI, margin: int = MARGIN, report: Callable[[str], object] = lambda _: None
) -> list[ReceiptAPI]:
    """Sends the plan's calls, one after the other. Cut off anywhere, run again from `read_plan` on: it goes on.

    Raises:
        SchedulingError: the account cannot, or the first week is the next no more; says whether something was scheduled.
        SendingError: the account cannot send.
        What the chain answers when it refuses a transaction.
    """
    verify_sender(plan, account)
    receipts: list[ReceiptAPI] = []
    for nonce, call in enumerate(plan.calls, start=plan.nonce):
        _next_week(_now(plan), plan.first_week, margin)
        receipts += send_calls(account, [call], nonce, report)
    (scheduled,) = receipts[-1].decode_logs(plan.farm.Scheduled)
    if scheduled.firstWeek != plan.first_week:
        raise SchedulingError(
            f"the transaction came too late: the amounts of the weeks from {plan.first_week} on went to those from "
            f"{scheduled.firstWeek} on, and cannot be taken back"
        )
    return receipts
