"""The programme on a farm: which weeks are next, what they get, and every moment at which scheduling can be cut off."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ape
import pytest
from ape.exceptions import ApeException, TransactionError
from rich.console import Console
from web3.exceptions import Web3Exception, Web3RPCError

from perpetual_pools.chain import sending
from perpetual_pools.chain.sending import SendingError
from perpetual_pools.defaults import MARGIN
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model.farm import TCR, WEEK
from perpetual_pools.operations import calls
from perpetual_pools.operations import schedule as scheduling
from perpetual_pools.operations.calls import transactions
from perpetual_pools.operations.schedule import (
    Missed,
    Plan,
    SchedulingError,
    farm_at,
    read_plan,
    send_plan,
)
from perpetual_pools.operations.schedule_report import build_report, print_plan
from perpetual_pools.records import RecordError
from tests.support.commands import UNDER_WAY
from tests.support.records import record_of
from tests.support.world import NOW

START = NOW + WEEK
AMOUNTS = weekly_amounts()
HOLDINGS = 100_000_000 * TCR
FIRST_FOUR = 28_500_000 * TCR


@pytest.fixture
def at(chain: Any) -> Callable[[int], None]:
    """`at(t)`: the next block is of the time `t`."""

    def move(timestamp: int) -> None:
        chain.pending_timestamp = timestamp

    return move


@pytest.fixture
def tcr(owner: Any, project: Any, at: Any) -> Any:
    at(NOW)
    token = owner.deploy(project.MockERC20, "Tracer", "TCR", 18)
    token.mint(owner, HOLDINGS, sender=owner)
    return token


@pytest.fixture
def farm(owner: Any, project: Any, tcr: Any) -> Any:
    """Without farms; 40 % are for the primary market."""
    return owner.deploy(project.StakingFarm, tcr, owner, START)


@pytest.fixture
def tokens(owner: Any, alice: Any, project: Any, farm: Any) -> list[Any]:
    """Primary with weights 1 and 3, secondary with weight 5. Alice alone stakes, in the first."""
    tokens = [owner.deploy(project.MockERC20, name, name, 18) for name in ("1L-BTC/USDC", "1S-BTC/USDC", "UNI-V2")]
    for token, market, weight in zip(tokens, (0, 0, 1), (1, 3, 5), strict=True):
        farm.addFarm(token, market, weight, sender=owner)
    tokens[0].mint(alice, 7, sender=owner)
    tokens[0].approve(farm, 7, sender=alice)
    farm.stake(tokens[0], 7, sender=alice)
    return tokens


def scheduled(farm: Any) -> list[int]:
    return [farm.weekAmount(week) for week in range(farm.weeksScheduled())]


def refusal(*arguments: Any, **options: Any) -> str:
    """What `read_plan` says."""
    with pytest.raises(SchedulingError) as raised:
        read_plan(*arguments, **options)
    return str(raised.value)


# --- which weeks, and how much ---


def test_read_plan__nothing_scheduled__begins_with_week_0(owner: Any, tcr: Any, farm: Any) -> None:
    nonce = owner.nonce
    plan = read_plan(farm, 4)
    assert (plan.first_week, plan.last_week, plan.amounts) == (0, 3, AMOUNTS[:4])
    assert (plan.total, plan.balance, plan.allowance) == (FIRST_FOUR, HOLDINGS, 0)
    assert (plan.owner, plan.nonce, plan.start, plan.missed) == (owner.address, nonce, START, ())
    assert plan.token == tcr
    assert [(call.contract, call.method) for call in plan.calls] == [(tcr, "TCR.approve"), (farm, "farm.schedule")]
    assert owner.nonce == nonce


def test_send_plan__four_weeks__are_funded_and_scheduled_to_the_wei(owner: Any, tcr: Any, farm: Any) -> None:
    nonce, said = owner.nonce, []
    receipts = send_plan(read_plan(farm, 4), owner, report=said.append)
    assert owner.nonce == nonce + 2
    assert said == [f"TCR.approve: {receipts[0].txn_hash}", f"farm.schedule: {receipts[1].txn_hash}"]
    (approval,) = receipts[0].decode_logs(tcr.Approval)
    assert (approval.owner, approval.spender, approval.amount) == (owner, farm, FIRST_FOUR)
    (event,) = receipts[1].decode_logs(farm.Scheduled)
    assert (event.firstWeek, event.amounts) == (0, list(AMOUNTS[:4]))
    assert scheduled(farm) == list(AMOUNTS[:4])
    assert (tcr.balanceOf(owner), tcr.balanceOf(farm), tcr.allowance(owner, farm)) == (
        HOLDINGS - FIRST_FOUR,
        FIRST_FOUR,
        0,
    )


def test_send_plan__again_and_again__schedules_the_whole_programme(owner: Any, tcr: Any, farm: Any) -> None:
    for weeks in (4, 22, 233, 1):
        send_plan(read_plan(farm, weeks), owner)
    assert scheduled(farm) == list(AMOUNTS)
    assert (tcr.balanceOf(owner), tcr.balanceOf(farm)) == (0, HOLDINGS)
    assert refusal(farm, 1) == "the programme is over: its last week was 259, and the farm's next is 260"


def test_read_plan__at_the_second_a_week_begins__it_can_still_be_scheduled(owner: Any, farm: Any, at: Any) -> None:
    send_plan(read_plan(farm, 2), owner)
    at(START + 2 * WEEK)
    assert read_plan(farm, 1, margin=0).first_week == 2
    at(START + 2 * WEEK + 1)
    assert read_plan(farm, 1, margin=0).first_week == 3


def test_read_plan__weeks_began_unscheduled__are_shown_and_not_made_up_for(owner: Any, farm: Any, at: Any) -> None:
    """The next week gets the amount of its own number."""
    send_plan(read_plan(farm, 2), owner)
    at(START + 3 * WEEK + 5)  # in week 3
    plan = read_plan(farm, 2)
    assert plan.missed == (Missed(2, 6_750_000 * TCR, 0), Missed(3, 6_250_000 * TCR, 0))
    assert (plan.first_week, plan.amounts) == (4, AMOUNTS[4:6])
    send_plan(plan, owner)
    assert scheduled(farm) == [*AMOUNTS[:2], 0, 0, *AMOUNTS[4:6]]
    assert read_plan(farm, 1).missed == plan.missed


def test_read_plan__undistributed_took_a_week_of_the_programme__is_shown(owner: Any, farm: Any, at: Any) -> None:
    """There is no farm, so all of week 0 is undistributed."""
    send_plan(read_plan(farm, 1), owner)
    at(START + WEEK)
    farm.scheduleUndistributed(1, sender=owner)
    plan = read_plan(farm, 1)
    assert plan.missed == (Missed(1, 7_500_000 * TCR, 8_000_000 * TCR),)
    assert plan.first_week == 2


# --- shares ---


def test_read_plan__farms__get_their_part_of_each_hour(tokens: list[Any], farm: Any) -> None:
    """An hour of week 0 has 8,000,000 / 168 TCR; 40 % of that in parts of 1 and 3, and 60 %."""
    plan = read_plan(farm, 4)
    assert [share.token for share in plan.shares] == [token.address for token in tokens]
    assert [share.symbol for share in plan.shares] == ["1L-BTC/USDC", "1S-BTC/USDC", "UNI-V2"]
    assert [(share.market, share.market_bps) for share in plan.shares] == [
        ("primary", 4_000),
        ("primary", 4_000),
        ("secondary", 6_000),
    ]
    assert [(share.weight, share.market_weight, share.staked) for share in plan.shares] == [
        (1, 4, 7),
        (3, 4, 0),
        (5, 5, 0),
    ]
    assert [share.per_hour(plan.amounts[0]) for share in plan.shares] == [
        4_761_904761904761904761,
        14_285_714285714285714285,
        28_571_428571428571428571,
    ]
    assert plan.unweighted == {}


def test_read_plan__share_of_an_hour__is_what_a_lone_staker_earns_in_it(
    owner: Any, alice: Any, tokens: list[Any], farm: Any, chain: Any
) -> None:
    send_plan(read_plan(farm, 4), owner)
    expected = read_plan(farm, 1).shares[0].per_hour(AMOUNTS[0])
    chain.mine(timestamp=START + 3_600)
    assert expected - farm.earned(alice, tokens[0]) in (0, 1)  # both are rounded down


def test_read_plan__market_without_weight__is_told(owner: Any, tokens: list[Any], farm: Any) -> None:
    farm.setAllocation(2_500, sender=owner)
    farm.setWeight(tokens[2], 0, sender=owner)
    plan = read_plan(farm, 1)
    assert plan.unweighted == {"secondary": 7_500}
    assert plan.shares[2].per_hour(plan.amounts[0]) == 0


def test_read_plan__token_without_symbol__is_shown_all_the_same(
    owner: Any, project: Any, farm: Any, tokens: list[Any]
) -> None:
    farm.addFarm(owner.deploy(project.PoolKeeper), 1, 1, sender=owner)
    assert read_plan(farm, 1).shares[3].symbol == "?"


# --- refusals: nothing is sent ---


@pytest.mark.parametrize(
    ("week", "why"),
    [
        (1, "week 1 is scheduled already"),
        (2, "week 2 has begun unscheduled"),
        (3, "week 3 has begun unscheduled"),
        (5, "week 5 cannot be scheduled before week 4"),
    ],
)
def test_read_plan__another_week_than_the_next__is_refused(owner: Any, farm: Any, at: Any, week: int, why: str) -> None:
    send_plan(read_plan(farm, 2), owner)
    at(START + 3 * WEEK + 5)
    assert refusal(farm, 1, from_week=week) == f"{why}: the next is week 4. Nothing was scheduled"
    assert read_plan(farm, 1, from_week=4).first_week == 4


def test_read_plan__next_week_begins_too_soon__is_refused(farm: Any, at: Any) -> None:
    at(START - MARGIN + 1)
    assert refusal(farm, 1) == (
        "week 0 begins in 599 seconds: a transaction that takes longer would give its amount to week 1. Wait until week 0 "
        "has begun (the programme then loses it), or take the risk with --margin 599"
    )
    assert read_plan(farm, 1, margin=MARGIN - 1).first_week == 0
    at(START - MARGIN)
    assert read_plan(farm, 1).first_week == 0


@pytest.mark.parametrize("weeks", [-1, 0, 259])
def test_read_plan__weeks_that_the_programme_does_not_have__are_refused(owner: Any, farm: Any, weeks: int) -> None:
    send_plan(read_plan(farm, 2), owner)
    assert refusal(farm, weeks) == f"from week 2 on, the programme has 258 weeks: {weeks} cannot be scheduled"


def test_read_plan__reward_token_of_other_decimals__is_refused(owner: Any, project: Any, at: Any) -> None:
    at(NOW)
    usdc = owner.deploy(project.MockERC20, "USD Coin", "USDC", 6)
    farm = owner.deploy(project.StakingFarm, usdc, owner, START)
    assert refusal(farm, 1) == "the farm pays USDC, which has 6 decimals, but TCR has 18"


def test_send_plan__account_is_not_the_owner__sends_nothing(owner: Any, stranger: Any, farm: Any) -> None:
    plan, nonces = read_plan(farm, 1), (owner.nonce, stranger.nonce)
    with pytest.raises(SchedulingError) as raised:
        send_plan(plan, stranger)
    assert str(raised.value) == (
        f"{stranger.address} is not the owner of the farm: only {owner.address} can schedule. "
        "--dry-run prints what the owner has to send"
    )
    assert (owner.nonce, stranger.nonce) == nonces


def test_send_plan__one_wei_too_little__sends_nothing(owner: Any, stranger: Any, tcr: Any, farm: Any) -> None:
    tcr.transfer(stranger, HOLDINGS - FIRST_FOUR + 1, sender=owner)
    plan, nonce = read_plan(farm, 4), owner.nonce
    with pytest.raises(SchedulingError) as raised:
        send_plan(plan, owner)
    assert str(raised.value) == (
        f"{owner.address} has 28,499,999.999999999999999999 TCR, but the weeks need 28,500,000 TCR: "
        "0.000000000000000001 TCR are missing"
    )
    assert owner.nonce == nonce


# --- cut off, and run again ---


class Crash(BaseException):
    """Nothing may catch it, like the end of the process."""


def crash_after(calls: int, plan: Plan, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sends `calls` of the plan's calls; the last one is mined, and the run does not learn of it."""
    left = [calls]
    confirmed = sending.confirmed

    def dying(transaction: Any) -> Any:
        receipt = confirmed(transaction)
        left[0] -= 1
        if left[0] == 0:
            raise Crash
        return receipt

    with monkeypatch.context() as patch:
        patch.setattr(sending, "confirmed", dying)
        with pytest.raises(Crash):
            send_plan(plan, owner)


def test_send_plan__cut_off_after_the_approval__goes_on_with_the_schedule(
    owner: Any, tcr: Any, farm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = owner.nonce
    crash_after(1, read_plan(farm, 4), owner, monkeypatch)
    assert (owner.nonce, tcr.allowance(owner, farm), farm.weeksScheduled()) == (nonce + 1, FIRST_FOUR, 0)
    plan = read_plan(farm, 4, from_week=0)
    assert [call.method for call in plan.calls] == ["farm.schedule"]
    send_plan(plan, owner)
    assert owner.nonce == nonce + 2
    assert scheduled(farm) == list(AMOUNTS[:4])


def test_send_plan__cut_off_after_all_was_sent__does_not_do_it_again(
    owner: Any, farm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_after(2, read_plan(farm, 4, from_week=0), owner, monkeypatch)
    assert scheduled(farm) == list(AMOUNTS[:4])
    assert refusal(farm, 4, from_week=0) == "week 0 is scheduled already: the next is week 4. Nothing was scheduled"
    assert read_plan(farm, 4).amounts == AMOUNTS[4:8]


@pytest.fixture
def lose_schedule(owner: Any, farm: Any, chain: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bytes]:
    """A run whose second transaction does not arrive; answers the transaction."""

    def lose() -> bytes:
        sent: list[bytes] = []
        send = chain.provider.web3.eth.send_raw_transaction

        def fail_at_second(raw: bytes) -> Any:
            sent.append(raw)
            if len(sent) == 2:
                raise ConnectionError("connection lost")
            return send(raw)

        with monkeypatch.context() as patch:
            patch.setattr(chain.provider.web3.eth, "send_raw_transaction", fail_at_second)
            with pytest.raises(ConnectionError):
                send_plan(read_plan(farm, 4), owner)
        assert farm.weeksScheduled() == 0
        return sent[1]

    return lose


def deliver(transaction: bytes) -> None:
    """It arrives, and is mined."""
    eth = ape.chain.provider.web3.eth
    eth.wait_for_transaction_receipt(eth.send_raw_transaction(transaction))


def test_send_plan__lost_schedule_arrives_after_the_next_plan_was_made__weeks_are_scheduled_once(
    owner: Any, farm: Any, lose_schedule: Any
) -> None:
    lost = lose_schedule()
    plan = read_plan(farm, 4)
    deliver(lost)
    with pytest.raises(SchedulingError) as raised:
        send_plan(plan, owner)
    assert str(raised.value) == "week 0 is scheduled already: the next is week 4. Nothing was scheduled"
    assert scheduled(farm) == list(AMOUNTS[:4])


@pytest.fixture
def deliver_after_reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """`deliver_after_reading(transaction)`: it arrives as soon as the next week has been read."""

    def arrange(transaction: bytes) -> None:
        read, left = scheduling._next_week, [transaction]

        def read_then_deliver(*arguments: Any) -> int:
            week = read(*arguments)
            while left:
                deliver(left.pop())
            return week

        monkeypatch.setattr(scheduling, "_next_week", read_then_deliver)

    return arrange


def test_read_plan__lost_schedule_arrives_while_the_plan_is_read__the_plan_has_its_nonce(
    owner: Any, farm: Any, lose_schedule: Any, deliver_after_reading: Any
) -> None:
    lost, nonce = lose_schedule(), owner.nonce
    deliver_after_reading(lost)
    plan = read_plan(farm, 4)
    assert (plan.first_week, plan.nonce, owner.nonce) == (0, nonce, nonce + 1)
    with pytest.raises(SchedulingError):
        send_plan(plan, owner)
    assert scheduled(farm) == list(AMOUNTS[:4])


def test_send_plan__lost_schedule_arrives_after_the_next_week_was_read_again__nothing_more_is_sent(
    owner: Any, farm: Any, lose_schedule: Any, deliver_after_reading: Any
) -> None:
    lost = lose_schedule()
    plan = read_plan(farm, 4)
    deliver_after_reading(lost)
    with pytest.raises(SendingError) as raised:
        send_plan(plan, owner)
    assert str(raised.value) == UNDER_WAY.format(owner.address)
    assert scheduled(farm) == list(AMOUNTS[:4])


def test_send_plan__lost_schedule_arrives_at_the_last_moment__the_chain_takes_one_of_both(
    owner: Any, farm: Any, lose_schedule: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, sign = lose_schedule(), calls.signed

    def sign_late(*arguments: Any) -> Any:
        transaction = sign(*arguments)
        deliver(lost)
        return transaction

    monkeypatch.setattr(calls, "signed", sign_late)
    plan = read_plan(farm, 4)
    with pytest.raises(Web3RPCError, match="nonce too low"):
        send_plan(plan, owner)
    assert scheduled(farm) == list(AMOUNTS[:4])


def test_send_plan__lost_schedule__cannot_arrive_after_another_was_sent(
    owner: Any, farm: Any, chain: Any, lose_schedule: Any
) -> None:
    lost = lose_schedule()
    send_plan(read_plan(farm, 3), owner)  # another allowance: its approval has the nonce of the lost one
    with pytest.raises(Web3RPCError, match="nonce too low"):
        chain.provider.web3.eth.send_raw_transaction(lost)
    assert scheduled(farm) == list(AMOUNTS[:3])


def test_send_plan__other_transactions_of_the_owner_waiting__sends_nothing(
    owner: Any, stranger: Any, farm: Any, chain: Any
) -> None:
    provider, plan = chain.provider, read_plan(farm, 1)
    provider.make_request("evm_setAutomine", [False])
    try:
        provider.make_request("eth_sendTransaction", [{"from": owner.address, "to": stranger.address, "value": "0x1"}])
        with pytest.raises(SendingError) as raised:
            send_plan(plan, owner)
    finally:
        provider.make_request("evm_setAutomine", [True])
        provider.make_request("evm_mine", [])
    assert str(raised.value) == UNDER_WAY.format(owner.address)
    assert (owner.nonce, farm.weeksScheduled()) == (plan.nonce + 1, 0)


@contextmanager
def node_behind(block: int, methods: Sequence[str]) -> Iterator[None]:
    """What is asked by these methods is answered by a node whose latest block is `block`, all else by one that has all."""
    manager = ape.chain.provider.web3.provider._request_session_manager
    ask = manager.make_post_request

    def ask_one_of_both(uri: Any, data: bytes, **options: Any) -> Any:
        request = json.loads(data)
        of = request["params"]
        if request["method"] in methods:
            for place, value in enumerate(of):
                if value in ("latest", "pending"):
                    of[place] = hex(block)
                elif place == len(of) - 1 and isinstance(value, str) and len(value) < 42 and int(value, 16) > block:
                    error = {"code": -32000, "message": "header not found"}
                    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()
            if request["method"] == "eth_blockNumber":
                return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": hex(block)}).encode()
        return ask(uri, json.dumps(request).encode(), **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manager, "make_post_request", ask_one_of_both)
        yield


BLOCKS, NONCES, VIEWS = ("eth_blockNumber", "eth_getBlockByNumber"), ("eth_getTransactionCount",), ("eth_call",)


@pytest.mark.parametrize("from_week", [0, None])
@pytest.mark.parametrize(
    "methods",
    [
        *((), BLOCKS, NONCES, VIEWS),
        *(BLOCKS + NONCES, BLOCKS + VIEWS, NONCES + VIEWS, BLOCKS + NONCES + VIEWS),
    ],
    ids="+".join,
)
@pytest.mark.parametrize("blocks", [1, 2], ids=["before the schedule", "before the approval"])
def test_schedule__run_again_through_nodes_that_are_behind__each_week_gets_its_amount_once(
    owner: Any, tcr: Any, farm: Any, from_week: int | None, methods: tuple[str, ...], blocks: int
) -> None:
    """Whichever of latest block, nonce and weeks are told by the node that does not know of the first run."""
    send_plan(read_plan(farm, 4), owner)
    refused = False
    with node_behind(ape.chain.blocks.head.number - blocks, methods):
        try:
            send_plan(read_plan(farm, 4, from_week), owner)
        except (SchedulingError, SendingError, ApeException, Web3Exception):
            refused = True
    assert refused == (methods != () or from_week == 0)
    assert scheduled(farm) == list(AMOUNTS[: 4 if refused else 8])
    assert tcr.balanceOf(owner) == HOLDINGS - sum(scheduled(farm))
    assert farm.weekAmount(4) == (0 if refused else AMOUNTS[4])


def test_read_plan__the_owner_sends_while_it_is_read__all_is_of_the_block_before(
    owner: Any, tcr: Any, tokens: list[Any], farm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = read_plan(farm, 4)
    send_plan(read_plan(farm, 3), owner)
    tcr.approve(farm, 1, sender=owner)
    farm.setAllocation(1_000, sender=owner)
    farm.setWeight(tokens[2], 0, sender=owner)
    assert ape.chain.blocks.head.number == plan.block + 5
    monkeypatch.setattr(type(ape.chain.provider.web3.eth), "block_number", plan.block)
    assert read_plan(farm, 4) == plan


def test_send_plan__node_that_answers_is_behind_the_plan__sends_nothing(owner: Any, farm: Any) -> None:
    plan = read_plan(farm, 4)
    with node_behind(plan.block - 1, BLOCKS), pytest.raises(SchedulingError) as raised:
        send_plan(plan, owner)
    assert str(raised.value) == (
        f"the node is behind: its latest block is {plan.block - 1}, but the plan was made at block {plan.block}. "
        "Nothing was scheduled. Run again"
    )
    assert (owner.nonce, farm.weeksScheduled()) == (plan.nonce, 0)


@pytest.mark.parametrize("allowance", [1, FIRST_FOUR - 1, FIRST_FOUR + 1, 2**256 - 1])
def test_send_plan__another_allowance__is_made_exact(owner: Any, tcr: Any, farm: Any, allowance: int) -> None:
    tcr.approve(farm, allowance, sender=owner)
    assert len(send_plan(read_plan(farm, 4), owner)) == 2
    assert tcr.allowance(owner, farm) == 0
    assert scheduled(farm) == list(AMOUNTS[:4])


def test_send_plan__week_begins_after_the_approval__schedules_nothing(owner: Any, farm: Any, at: Any) -> None:
    plan = read_plan(farm, 4)
    with pytest.raises(SchedulingError) as raised:
        send_plan(plan, owner, report=lambda _: at(START + 1))
    assert str(raised.value) == "week 0 has begun unscheduled: the next is week 1. Nothing was scheduled"
    assert (owner.nonce, farm.weeksScheduled()) == (plan.nonce + 1, 0)


def test_send_plan__schedule_is_mined_when_its_week_has_begun__is_told(
    owner: Any, tcr: Any, farm: Any, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a margin of 0 risks."""
    tcr.approve(farm, AMOUNTS[0], sender=owner)
    at(START)
    plan, send = read_plan(farm, 1, margin=0), calls.send

    def send_late(transaction: Any) -> Any:
        at(START + 1)
        return send(transaction)

    monkeypatch.setattr(calls, "send", send_late)
    with pytest.raises(SchedulingError) as raised:
        send_plan(plan, owner, margin=0)
    assert str(raised.value) == (
        "the transaction came too late: the amounts for the weeks from 0 on went to the weeks from 1 on, "
        "and cannot be taken back"
    )
    assert scheduled(farm) == [0, AMOUNTS[0]]


def test_send_plan__chain_refuses__is_passed_on(owner: Any, stranger: Any, tcr: Any, farm: Any) -> None:
    """The owner's TCR go elsewhere after the plan was made, through another's allowance."""
    tcr.approve(stranger, HOLDINGS, sender=owner)
    plan = read_plan(farm, 1)
    tcr.transferFrom(owner, stranger, HOLDINGS, sender=stranger)
    with pytest.raises(TransactionError):
        send_plan(plan, owner)
    assert farm.weeksScheduled() == 0


# --- which farm ---


def test_farm_at__address_in_any_case_or_a_record__is_the_farm(farm: Any, tmp_path: Path) -> None:
    path = record_of(tmp_path / "record.json", {"staking farm": farm.address})
    assert [farm_at(where).address for where in (farm.address, farm.address.lower(), str(path))] == [farm.address] * 3


def test_farm_at__nothing_said__is_that_of_the_networks_record(
    farm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record_of(tmp_path / "record.json", {"staking farm": farm.address})
    monkeypatch.setattr(scheduling, "default_record_path", lambda: path)
    assert farm_at(None).address == farm.address


def test_farm_at__no_farm_there__is_told(tcr: Any, stranger: Any, tmp_path: Path) -> None:
    for address in (tcr.address, stranger.address):
        with pytest.raises(SchedulingError) as raised:
            farm_at(address)
        assert str(raised.value) == f"there is no farm at {address} on chain 31337"


def test_farm_at__record_that_does_not_serve__is_told(farm: Any, tmp_path: Path) -> None:
    path, other = tmp_path / "record.json", {"network": "arbitrum:sepolia", "chain_id": 421614}

    def told() -> str:
        with pytest.raises((SchedulingError, RecordError)) as raised:
            farm_at(str(path))
        return str(raised.value)

    assert told() == f"there is no record {path}: deploy first, or name another"
    record_of(path, {})
    assert told() == f"{path} has 0 farms: name one by its address with --farm"
    record_of(path, {"a": farm.address, "b": farm.address})
    assert told() == f"{path} has 2 farms: name one by its address with --farm"
    record_of(path, {"a": farm.address}, **other)
    assert told() == f"{path} is the record of another chain: arbitrum:sepolia, id 421614"
    record_of(path, {"a": farm.address}, genesis="0x" + "00" * 32)
    assert told() == f"{path} is the record of another chain: arbitrum:local, id 31337"
    path.write_text("{}")
    with pytest.raises(RecordError):
        farm_at(str(path))


# --- what is shown ---


def shown(plan: Plan) -> list[str]:
    """Line by line, without the spaces and rules that only make it look good."""
    output = io.StringIO()
    print_plan(plan, Console(width=80, file=output))
    lines = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    return [line for line in lines if line.strip("─")]


def test_print_plan__four_weeks__shows_each_and_what_farms_get_per_hour(
    owner: Any, tokens: list[Any], farm: Any
) -> None:
    assert shown(read_plan(farm, 4)) == [
        "Weeks to schedule",
        "week begins TCR TCR per hour",
        "0 2033-05-25 03:10 UTC 8,000,000 47,619.0476",
        "1 2033-06-01 03:10 UTC 7,500,000 44,642.8571",
        "2 2033-06-08 03:10 UTC 6,750,000 40,178.5714",
        "3 2033-06-15 03:10 UTC 6,250,000 37,202.3809",
        "all 28,500,000",
        "What each farm gets with the current weights and allocation",
        "TCR per hour TCR per hour",
        "market share in week 0 in week 3",
        "1L-BTC/USDC primary 10.00 % 4,761.9047 3,720.2380",
        "1S-BTC/USDC * primary 30.00 % 14,285.7142 11,160.7142",
        "UNI-V2 * secondary 60.00 % 28,571.4285 22,321.4285",
        "* nobody stakes here now: until somebody does, its part is undistributed",
        f"The owner, {owner.address}, has 100,000,000 TCR; the farm may take 0 TCR of it.",
    ]


def test_print_plan__missed_weeks_and_nobody_to_get_anything__are_told(owner: Any, farm: Any, at: Any) -> None:
    at(START + 12 * WEEK + 1)
    lines = shown(read_plan(farm, 1))
    assert lines[:13] == [
        "These weeks do not emit what the programme says, and cannot be changed:",
        *(f"week {week}: 0 TCR, the programme says {amount // TCR:,} TCR" for week, amount in enumerate(AMOUNTS[:10])),
        "and 3 more",
        "Weeks to schedule",
    ]
    assert lines[14:16] == ["13 2033-08-24 03:10 UTC 507,055 3,018.1845", "all 507,055"]
    assert lines[-5:] == [
        "nobody primary 40.00 % 1,207.2738",
        "nobody secondary 60.00 % 1,810.9107",
        "The primary market has no weight, so its part is undistributed",
        "The secondary market has no weight, so its part is undistributed",
        f"The owner, {owner.address}, has 100,000,000 TCR; the farm may take 0 TCR of it.",
    ]


def test_print_plan__two_tokens_of_one_symbol__are_told_apart(
    owner: Any, project: Any, tokens: list[Any], farm: Any
) -> None:
    other = owner.deploy(project.MockERC20, "Pair", "UNI-V2", 18)
    farm.addFarm(other, 1, 15, sender=owner)
    names = [f"UNI-V2 {token.address[:6]}..{token.address[-4:]}" for token in (tokens[2], other)]
    lines = shown(read_plan(farm, 1))
    assert f"{names[0]} * secondary 15.00 % 7,142.8571" in lines
    assert f"{names[1]} * secondary 45.00 % 21,428.5714" in lines


def test_build_report__before_and_after__has_all_in_integers(
    owner: Any, tcr: Any, tokens: list[Any], farm: Any, at: Any
) -> None:
    at(START + 1)
    plan = read_plan(farm, 2)
    amounts = (7_500_000 * TCR, 6_750_000 * TCR)
    total = 14_250_000 * TCR
    planned = {
        "schema_version": 1,
        "farm": farm.address,
        "reward_token": tcr.address,
        "owner": owner.address,
        "first_week": 1,
        "last_week": 2,
        "execute_before": START + WEEK,
        "total_tcr_wei": str(total),
        "balance_tcr_wei": str(HOLDINGS),
        "weeks": [
            {"week": week, "begins": START + week * WEEK, "amount_tcr_wei": str(amount)}
            for week, amount in zip((1, 2), amounts, strict=True)
        ],
        "missed_weeks": [{"week": 0, "programme_tcr_wei": str(8_000_000 * TCR), "scheduled_tcr_wei": "0"}],
        "farms": [
            {
                "token": token.address,
                "symbol": symbol,
                "market": market,
                "weight": weight,
                "staked_token_units": staked,
                "per_hour_tcr_wei": [str(amount * percent // 100 // 168) for amount in amounts],
            }
            for token, symbol, market, weight, staked, percent in (
                (tokens[0], "1L-BTC/USDC", "primary", "1", "7", 10),
                (tokens[1], "1S-BTC/USDC", "primary", "3", "0", 30),
                (tokens[2], "UNI-V2", "secondary", "5", "0", 60),
            )
        ],
    }
    assert build_report(plan) == planned
    unsent = transactions(plan.calls, [])
    assert [(sent["to"], sent["call"], sent["hash"]) for sent in unsent] == [
        (tcr.address, f"TCR.approve({farm.address}, {plan.total})", None),
        (farm.address, f"farm.schedule({list(plan.amounts)})", None),
    ]

    receipts = send_plan(plan, owner)
    assert transactions(plan.calls, receipts) == [
        sent | {"hash": receipt.txn_hash} for sent, receipt in zip(unsent, receipts, strict=True)
    ]
    assert build_report(plan) == planned
    assert [receipt.data.hex() for receipt in receipts] == [sent["data"][2:] for sent in unsent]
