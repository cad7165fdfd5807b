"""What runs a deployed system: what is to be sent, what is left out, what is refused."""

import json
from typing import Any

import pytest
from eth_utils import to_hex

from perpetual_pools.chain.contracts import instance
from perpetual_pools.chain.sending import SendingError, latest_block, nonce_at
from perpetual_pools.cli.operation import find_and_send
from perpetual_pools.formatting import as_utc
from perpetual_pools.model import ZERO_ADDRESS, CommitType
from perpetual_pools.operations.calls import Call, Found, OperationError, safe_batch, send_calls
from perpetual_pools.operations.claim import find_claims
from perpetual_pools.operations.fees import Fees, find_fees
from perpetual_pools.operations.owner import decide
from perpetual_pools.operations.seed import find_seeding
from perpetual_pools.operations.shutdown import find_shutdown
from perpetual_pools.operations.upkeep import Outcome, find_upkeep, outcomes
from perpetual_pools.records import Record, RecordError
from tests.support.commands import run

POOL = "3-BTC/USDC"
UNIT, WAD = 10**6, 10**18
HOUR = 3_600
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def deployed(deployment: Record) -> Record:
    return deployment


@pytest.fixture
def pool(deployed: Record, chain: Any) -> Any:
    """Ten minutes before its first rebalance."""
    pool = instance("LeveragedPool", deployed.address(POOL))
    chain.mine(timestamp=max(pool.nextRebalance() - 600, chain.blocks.head.timestamp + 1))
    return pool


@pytest.fixture
def usdc(deployed: Record) -> Any:
    return instance("MockERC20", deployed.address("settlement token"))


@pytest.fixture
def seeded(deployed: Record, pool: Any, usdc: Any, owner: Any, chain: Any) -> None:
    """1,000 USDC on each side, from the next rebalance on."""
    usdc.mint(owner, 2_000 * UNIT, sender=owner)
    list(
        send_calls(owner, find_seeding(deployed, latest_block(), POOL, 1_000 * UNIT, owner.address).calls, owner.nonce)
    )
    chain.mine(timestamp=pool.nextRebalance())
    list(send_calls(owner, find_upkeep(deployed, latest_block()).calls, owner.nonce))
    assert tuple(pool.balances()) == (1_000 * UNIT, 1_000 * UNIT)


def push(deployed: Record, owner: Any, chain: Any, price: int) -> None:
    feed, now = instance("ReplayAggregator", deployed.address("BTC/USD feed")), chain.blocks.head.timestamp
    feed.pushRound(feed.latestRoundData()[0] + 1, price * 10**8, now, now, sender=owner)


# --- seeding and claims ---


def test_seeding__fills_each_side_up_with_what_waits_counted__and_is_done_once(
    deployed: Record, pool: Any, usdc: Any, owner: Any, alice: Any
) -> None:
    usdc.mint(alice, 400 * UNIT, sender=alice)
    usdc.approve(pool, 400 * UNIT, sender=alice)
    pool.commit(CommitType.LONG_MINT, 400 * UNIT, alice, sender=alice)
    usdc.mint(owner, 1_600 * UNIT, sender=owner)
    calls = find_seeding(deployed, latest_block(), POOL, 1_000 * UNIT, owner.address).calls
    assert list(map(str, calls)) == [
        f"USDC.approve({pool.address}, 1600000000)",
        f"{POOL}.commit(0, 600000000, {owner.address})",
        f"{POOL}.commit(2, 1000000000, {owner.address})",
    ]
    # cut off behind the first mint, and run again
    list(send_calls(owner, calls[:2], owner.nonce))
    left = find_seeding(deployed, latest_block(), POOL, 1_000 * UNIT, owner.address).calls
    assert left == calls[2:]
    list(send_calls(owner, left, owner.nonce))
    assert find_seeding(deployed, latest_block(), POOL, 1_000 * UNIT, owner.address) == Found(())
    assert (usdc.balanceOf(owner), usdc.balanceOf(pool)) == (0, 2_000 * UNIT)


def test_seeding__run_again_in_the_front_running_interval__counts_what_waits_for_the_rebalance_but_one(
    deployed: Record, pool: Any, usdc: Any, owner: Any, chain: Any
) -> None:
    usdc.mint(owner, 4_000 * UNIT, sender=owner)
    epoch = pool.epoch()
    chain.mine(timestamp=pool.nextRebalance() - pool.frontRunningInterval() + 1)
    usdc.approve(pool, 3_000 * UNIT, sender=owner)  # more than is needed: cut down to that
    calls = find_seeding(deployed, latest_block(), POOL, 1_000 * UNIT, owner.address).calls
    assert str(calls[0]) == f"USDC.approve({pool.address}, 2000000000)"
    list(send_calls(owner, calls, owner.nonce))
    assert [pool.batch(number, CommitType.SHORT_MINT)[0] for number in (epoch, epoch + 1)] == [0, 1_000 * UNIT]
    assert find_seeding(deployed, latest_block(), POOL, 1_000 * UNIT, owner.address) == Found(())


def test_seeding__account_with_too_little__is_told(deployed: Record, usdc: Any, owner: Any) -> None:
    usdc.mint(owner, 1_999 * UNIT, sender=owner)
    with pytest.raises(OperationError) as raised:
        find_seeding(deployed, latest_block(), POOL, 1_000 * UNIT, owner.address)
    assert str(raised.value) == f"{owner.address} has 1999000000 units of USDC but needs 2000000000"


def test_market_that_is_not_there__is_told(deployed: Record, owner: Any) -> None:
    block = latest_block()
    for find in (lambda *at: find_seeding(*at, 1, owner.address), find_shutdown):
        with pytest.raises(OperationError, match=r"^the record has no market '9-X/Y'\. It has: 3-BTC/USDC$"):
            find(deployed, block, "9-X/Y")


def test_claims__of_what_has_executed__then_of_nothing(deployed: Record, pool: Any, owner: Any, seeded: None) -> None:
    calls = find_claims(deployed, latest_block(), owner.address).calls
    assert list(map(str, calls)) == [f"{POOL}.claim({owner.address}, {owner.address})"]
    list(send_calls(owner, calls, owner.nonce))
    tokens = (instance("PoolToken", token) for token in (pool.longToken(), pool.shortToken()))
    assert [token.balanceOf(owner) for token in tokens] == [1_000 * WAD, 1_000 * WAD]
    assert find_claims(deployed, latest_block(), owner.address) == Found(())


# --- upkeep ---


def test_upkeep__nothing_is_due__sends_nothing(deployed: Record) -> None:
    upkeep = find_upkeep(deployed, latest_block())
    assert (upkeep.names, upkeep.waiting, upkeep.calls) == ((), (), ())
    assert outcomes(deployed, []) == []


def test_upkeep__late__pays_the_recipient_what_it_says(
    deployed: Record, pool: Any, usdc: Any, owner: Any, alice: Any, chain: Any, seeded: None
) -> None:
    push(deployed, owner, chain, 33_000)
    chain.mine(timestamp=pool.nextRebalance() + 299)
    upkeep = find_upkeep(deployed, latest_block(), alice.address)
    assert upkeep.names == (POOL,)
    chain.pending_timestamp = pool.nextRebalance() + 300  # half of the ramp: half of 2 USDC, if the cap allows
    (receipt,) = send_calls(owner, upkeep.calls, owner.nonce)
    (outcome,) = outcomes(deployed, [receipt])
    assert (outcome.name, outcome.price, outcome.failure) == (POOL, 33_000 * WAD, "")
    assert 0 < outcome.reward == usdc.balanceOf(alice)
    assert find_upkeep(deployed, latest_block(), alice.address).calls == ()


def test_upkeep__recipient_that_is_no_address__is_told_before_anything_is_asked_of_the_chain() -> None:
    done = run("http://127.0.0.1:1", "upkeep", "--recipient", "me")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        "Error: Invalid value for '--recipient': expected an address (0x and 40 hexadecimal digits), got 'me'"
    )


def test_upkeep__oracle_without_a_price__is_waiting(deployed: Record, pool: Any, chain: Any, seeded: None) -> None:
    chain.mine(timestamp=pool.nextRebalance() + 2 * DAY)
    upkeep = find_upkeep(deployed, latest_block())
    assert (upkeep.names, upkeep.waiting, upkeep.calls) == ((), (POOL,), ())
    assert upkeep.missing_prices == {POOL: pool.nextRebalance() + 2 * DAY}


def test_upkeep__somebody_was_first__says_what_it_reverted_with(
    deployed: Record, pool: Any, owner: Any, keeper: Any, chain: Any, seeded: None
) -> None:
    chain.mine(timestamp=pool.nextRebalance())
    upkeep = find_upkeep(deployed, latest_block())
    instance("PoolKeeper", deployed.address("keeper")).upkeep([pool.address], [0], ZERO_ADDRESS, sender=keeper)
    found = outcomes(deployed, list(send_calls(owner, upkeep.calls, owner.nonce)))
    assert found == [Outcome(POOL, failure=f"RebalanceNotDue({pool.nextRebalance()})")]


def test_calls__found_as_of_a_block_that_is_over__are_refused_with_its_nonce(
    deployed: Record, pool: Any, usdc: Any, owner: Any
) -> None:
    """What a node that is behind answers: both sides look empty, and the nonce is one that is gone."""
    usdc.mint(owner, 2_000 * UNIT, sender=owner)
    behind = latest_block()
    nonce = owner.nonce
    seeding = find_seeding(deployed, behind, POOL, 1_000 * UNIT, owner.address)
    list(send_calls(owner, seeding.calls, nonce))
    assert find_seeding(deployed, behind, POOL, 1_000 * UNIT, owner.address) == seeding
    assert nonce_at(owner.address, behind) == nonce
    with pytest.raises(SendingError, match=r"transactions under way that this run did not send: 3\. Wait"):
        list(send_calls(owner, seeding.calls, nonce))
    assert usdc.balanceOf(pool) == 2_000 * UNIT


def test_find_and_send__nonce_and_calls_are_of_one_block(
    deployed: Record, pool: Any, usdc: Any, owner: Any, stranger: Any
) -> None:
    """The account sends something while the calls are being found: they are of before, and so is the nonce."""

    def find(block: int) -> Found:
        assert block == latest_block()
        owner.transfer(stranger, 1)
        return Found((Call("USDC", usdc, "approve", (stranger.address, usdc.balanceOf(owner, block_id=block) + 1)),))

    with pytest.raises(SendingError, match="that this run did not send: 1"):
        find_and_send(owner, find, yes=True)
    assert usdc.allowance(owner, stranger) == 0


def test_calls__nonce_that_is_taken_meanwhile__sends_nothing(
    deployed: Record, usdc: Any, owner: Any, stranger: Any
) -> None:
    calls, nonce = (Call("USDC", usdc, "approve", (stranger.address, 1)),), owner.nonce
    owner.transfer(stranger, 1)
    with pytest.raises(SendingError):
        list(send_calls(owner, calls, nonce))
    assert usdc.allowance(owner, stranger) == 0


# --- fees and shutdown ---


def test_fees__of_an_hour__go_to_the_fee_recipient_once(
    deployed: Record, pool: Any, usdc: Any, owner: Any, chain: Any, seeded: None
) -> None:
    """2 % a year of 1,000 USDC for an hour is 2,283.1 units, so 2,283 of each side."""
    assert find_fees(deployed, latest_block()) == Fees((), {POOL: 0})
    chain.mine(timestamp=pool.nextRebalance())
    list(send_calls(owner, find_upkeep(deployed, latest_block()).calls, owner.nonce))
    fees = find_fees(deployed, latest_block())
    assert fees.amounts == {POOL: 2 * 2_283}
    before = usdc.balanceOf(owner)
    list(send_calls(owner, fees.calls, owner.nonce))
    assert usdc.balanceOf(owner) - before == 2 * 2_283
    assert find_fees(deployed, latest_block()) == Fees((), {POOL: 0})


def test_shutdown__only_14_days_after_a_missed_rebalance__and_once(
    deployed: Record, pool: Any, owner: Any, chain: Any
) -> None:
    opens = pool.nextRebalance() + 14 * DAY
    chain.mine(timestamp=opens - 10)
    chain.pending_timestamp = opens - 1
    with pytest.raises(OperationError) as raised:
        find_shutdown(deployed, latest_block(), POOL)
    assert str(raised.value) == (
        f"{POOL} cannot be shut down before {as_utc(opens)}, 14 days after the rebalance that it missed; "
        f"it is {as_utc(opens - 1)} now"
    )
    chain.pending_timestamp = opens
    list(send_calls(owner, find_shutdown(deployed, latest_block(), POOL).calls, owner.nonce))
    assert pool.isShutdown()
    assert find_shutdown(deployed, latest_block(), POOL) == Found(())


# --- the owner ---


@pytest.mark.parametrize(
    ("action", "values", "call"),
    [
        ("pause-mints", [], "3-BTC/USDC.setMintPaused(True)"),
        ("pause-mints", [POOL], "3-BTC/USDC.setMintPaused(True)"),
        (
            "set-fee-recipient",
            ["0x" + "0" * 38 + "a1"],
            "factory.setFeeRecipient(0x00000000000000000000000000000000000000A1)",
        ),
        ("set-allocation", ["12.5 %"], "farm.setAllocation(1250)"),
        ("set-weight", ["3S-BTC/USDC pair=7"], "farm.setWeight({pair}, 7)"),
    ],
)
def test_owner__decides__once(deployed: Record, owner: Any, action: str, values: list[str], call: str) -> None:
    decision = decide(deployed, latest_block(), action, values)
    assert decision.sender == owner.address
    assert list(map(str, decision.calls)) == [call.format(pair=deployed.address("3S-BTC/USDC pair"))]
    list(send_calls(owner, decision.calls, owner.nonce))
    assert decide(deployed, latest_block(), action, values).calls == ()


@pytest.mark.parametrize(
    ("action", "values", "message"),
    [
        ("accept", ["x"], "expected no values, got x"),
        ("pause-mints", ["9-X/Y"], "the record has no market '9-X/Y'. It has: 3-BTC/USDC"),
        ("set-fee-recipient", [], "expected one address, got nothing"),
        (
            "set-fee-recipient",
            ["me"],
            "set-fee-recipient: expected an address (0x and 40 hexadecimal digits), got 'me'",
        ),
        ("set-allocation", ["101 %"], "set-allocation: expected at most 100 %, got '101 %'"),
        ("set-weight", [], "expected STAKED=WEIGHT, like 3L-BTC/USDC=2 or '3L-BTC/USDC pair=2'"),
        ("set-weight", ["3L-BTC/USDC=-1"], "set-weight: expected a whole number from 0 to 9999999999, got '-1'"),
    ],
)
def test_owner__what_cannot_be_meant__is_told(deployed: Record, action: str, values: list[str], message: str) -> None:
    with pytest.raises(OperationError) as raised:
        decide(deployed, latest_block(), action, values)
    assert str(raised.value) == message


def test_owner__weight_of_what_is_not_recorded__is_told(deployed: Record) -> None:
    with pytest.raises(RecordError, match=r"the record has no '9L-X/Y'\. It has: "):
        decide(deployed, latest_block(), "set-weight", ["9L-X/Y=1"])


def test_owner__accept__is_of_whom_it_is_offered_to(deployed: Record, owner: Any, bob: Any, carol: Any) -> None:
    assert decide(deployed, latest_block(), "accept", []).calls == ()
    owned = [instance("PoolFactory", deployed.address("factory")), instance("StakingFarm", deployed.address("farm"))]
    for contract in owned:
        contract.transferOwnership(bob, sender=owner)
    decision = decide(deployed, latest_block(), "accept", [])
    assert (decision.sender, list(map(str, decision.calls))) == (
        bob.address,
        ["factory.acceptOwnership()", "farm.acceptOwnership()"],
    )
    owned[1].transferOwnership(carol, sender=owner)
    with pytest.raises(OperationError) as raised:
        decide(deployed, latest_block(), "accept", [])
    both = ", ".join(sorted((bob.address, carol.address)))
    assert str(raised.value) == f"factory and farm are offered to different owners: {both}"


def test_safe_batch__has_what_the_transaction_builder_reads(deployed: Record, pool: Any, chain: Any, bob: Any) -> None:
    calls = decide(deployed, latest_block(), "pause-mints", []).calls
    assert json.loads(safe_batch(calls, bob.address, "pause-mints")) == {
        "version": "1.0",
        "chainId": "31337",
        "createdAt": 1_000 * chain.blocks.head.timestamp,
        "meta": {"name": "Perpetual Pools", "description": "pause-mints", "createdFromSafeAddress": bob.address},
        "transactions": [
            {"to": pool.address, "value": "0", "data": to_hex(pool.setMintPaused.encode_input(True))},
        ],
    }
