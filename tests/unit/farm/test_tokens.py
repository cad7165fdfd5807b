"""Tokens of every kind, staked and paid: fees on transfer, odd answers, blacklists, hooks. Specification, section 6."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from eth_abi import encode

from perpetual_pools.twin.farm import PLENTY, FarmTwin
from tests.support.farm import ALICE, BOB, HOUR, OWNER, TCR, WEEKLY, ZERO, farm_of, farm_paying
from tests.support.pool import NO_PERMIT, REENTRANCY, calldata
from tests.support.revm import Instance, RevmChain, reverts
from tests.support.world import NOW

# --- a fee on transfer ---


@pytest.mark.finding("F11")
def test_staked_token__that_takes_a_fee__is_refused(farm):
    token = farm_of(farm, "FeeOnTransferToken", 18, 100)
    with reverts(farm.farm.TransferNotExact, sent=100 * TCR, received=99 * TCR):
        farm.farm.stake(token, 100 * TCR, sender=ALICE)
    with reverts(farm.farm.TransferNotExact, sent=100 * TCR, received=99 * TCR):
        farm.farm.stakeWithPermit(token, 100 * TCR, *NO_PERMIT, sender=ALICE)
    farm.compare()
    assert (farm.farm.totalStaked(token), token.balanceOf(ALICE)) == (0, PLENTY)


@pytest.mark.finding("F11")
@pytest.mark.parametrize("method", ["withdraw", "exit", "emergencyWithdraw"])
def test_staked_token__that_takes_a_fee_later__charges_who_leaves_and_stops_nobody(farm, method):
    token = farm_of(farm, "FeeOnTransferToken", 18, 0)
    for user in (ALICE, BOB):
        farm.stake(user, token, 100 * TCR)
    token.setFee(100)
    getattr(farm.farm, method)(token, *([100 * TCR] if method == "withdraw" else []), sender=ALICE)
    assert token.balanceOf(ALICE) == PLENTY - TCR
    assert farm.farm.totalStaked(token) == token.balanceOf(farm.farm) == 100 * TCR


@pytest.mark.finding("F07")
def test_reward_token__that_takes_a_fee__is_refused_at_schedule(project):
    chain = RevmChain(project, NOW)
    taxed = chain.deploy("FeeOnTransferToken", 18, 100)
    farm = chain.deploy("StakingFarm", taxed, OWNER, NOW)
    taxed.mint(OWNER, WEEKLY)
    taxed.approve(farm, WEEKLY, sender=OWNER)
    with reverts(farm.TransferNotExact, sent=WEEKLY, received=WEEKLY * 99 // 100):
        farm.schedule([WEEKLY], sender=OWNER)
    assert (farm.weeksScheduled(), taxed.balanceOf(OWNER)) == (0, WEEKLY)


# --- odd answers ---


@pytest.mark.parametrize("kind", ["NoReturnToken", "FalseReturnToken"])
def test_staked_token__without_return_values_or_with_bools__works_throughout(farm, kind):
    token = farm_of(farm, kind, 18)
    farm.stake(ALICE, token, 100 * TCR)
    farm.move_to_week(0, HOUR)
    assert farm.claim(ALICE, token) == 4 * HOUR * TCR
    farm.withdraw(ALICE, token, 50 * TCR)
    farm.stake(BOB, token, TCR)
    assert farm.emergency_withdraw(BOB, token) == TCR
    farm.advance(100)
    assert farm.exit(ALICE, token) == 400 * TCR
    assert [token.balanceOf(account) for account in (ALICE, BOB, farm.farm)] == [PLENTY, PLENTY, 0]


def test_staked_token__that_returns_false__is_believed(farm):
    token = farm_of(farm, "FalseReturnToken", 18)
    farm.stake(ALICE, token, 100 * TCR)
    farm.move_to_week(0, HOUR)
    token.setFailing(True)
    contract = farm.farm
    with reverts(contract.TransferFromFailed):
        contract.stake(token, TCR, sender=BOB)
    for method, arguments in (("withdraw", [TCR]), ("exit", []), ("emergencyWithdraw", [])):
        with reverts(contract.TransferFailed):
            getattr(contract, method)(token, *arguments, sender=ALICE)
    farm.compare()
    token.setFailing(False)
    assert farm.exit(ALICE, token) == 4 * HOUR * TCR


# --- blacklists ---


def test_reward_token__that_refuses_a_receiver__keeps_the_rewards_for_later_and_no_principal(project):
    farm = farm_paying(project, "BlacklistToken")
    token, contract = farm.new_farm(), farm.farm
    for user in (ALICE, BOB):
        farm.stake(user, token, TCR)
    farm.move_to_week(0, HOUR)
    farm.reward.setBlacklisted(ALICE, True)
    with reverts(contract.TransferFailed):
        contract.claim([token.address], sender=ALICE)
    with reverts(contract.TransferFailed):
        contract.exit(token, sender=ALICE)
    farm.compare()
    assert farm.claim(BOB, token) == 2 * HOUR * TCR
    farm.withdraw(ALICE, token, TCR)
    assert token.balanceOf(ALICE) == PLENTY
    farm.reward.setBlacklisted(ALICE, False)
    assert farm.claim(ALICE, token) == 2 * HOUR * TCR


def test_staked_token__that_refuses_a_receiver__keeps_the_stake_for_later_and_no_rewards(farm):
    token, contract = farm_of(farm, "BlacklistToken", 18), farm.farm
    farm.stake(ALICE, token, TCR)
    farm.move_to_week(0, HOUR)
    token.setBlacklisted(ALICE, True)
    for method, arguments in (("withdraw", [TCR]), ("exit", []), ("emergencyWithdraw", [])):
        with reverts(contract.TransferFailed):
            getattr(contract, method)(token, *arguments, sender=ALICE)
    farm.compare()
    assert farm.claim(ALICE, token) == 4 * HOUR * TCR
    token.setBlacklisted(ALICE, False)
    farm.withdraw(ALICE, token, TCR)


# --- hooks ---


class Hooked(NamedTuple):
    """A farm that pays in a token with hooks, which is staked as well: 100 by `hook`, a contract, and 300 by bob. Called
    back by the token, `hook` calls what it is armed with."""

    farm: FarmTwin
    hook: Instance
    token: Instance


STAKE = 100 * TCR
EARNED = HOUR * TCR
"""By the hook in an hour: a quarter of 4 TCR a second."""


@pytest.fixture
def hooked(project) -> Hooked:
    farm = farm_paying(project, "HookToken")
    token = farm.reward
    farm.add_farm(OWNER, token, 0, 1)
    hook = farm.chain.deploy("ReentrantHook")
    token.mint(hook, 2 * STAKE)
    hook.execute(token, calldata("approve(address,uint256)", farm.farm.address, 2**256 - 1))
    hook.execute(farm.farm, calldata("stake(address,uint256)", token.address, STAKE))
    farm.farm.stake(token, 3 * STAKE, sender=BOB)
    farm.move_to_week(0, HOUR)
    token.setHook(hook, hook)
    return Hooked(farm, hook, token)


def call(hooked: Hooked, signature: str, *arguments: Any) -> None:
    hooked.hook.execute(hooked.farm.farm, calldata(signature, *arguments))


def state(hooked: Hooked) -> tuple[int, ...]:
    """Of the hook: stake, earned, balance; and of all: staked."""
    (farm, hook, token), contract = hooked, hooked.farm.farm
    assert token.balanceOf(farm.farm) + token.balanceOf(hook) == 4 * WEEKLY + 5 * STAKE
    mine = contract.stakeOf(hook, token), contract.earned(hook, token), token.balanceOf(hook)
    return (*mine, contract.totalStaked(token))


def stake(hooked: Hooked) -> None:
    call(hooked, "stake(address,uint256)", hooked.token.address, STAKE)
    assert state(hooked) == (2 * STAKE, EARNED, 0, 5 * STAKE)


def stake_with_permit(hooked: Hooked) -> None:
    signature = "stakeWithPermit(address,uint256,uint256,uint8,bytes32,bytes32)"
    call(hooked, signature, hooked.token.address, STAKE, *NO_PERMIT)
    assert state(hooked) == (2 * STAKE, EARNED, 0, 5 * STAKE)


def withdraw(hooked: Hooked) -> None:
    call(hooked, "withdraw(address,uint256)", hooked.token.address, STAKE // 2)
    assert state(hooked) == (STAKE // 2, EARNED, STAKE + STAKE // 2, 4 * STAKE - STAKE // 2)


def claim(hooked: Hooked) -> None:
    call(hooked, "claim(address[])", [hooked.token.address])
    assert state(hooked) == (STAKE, 0, STAKE + EARNED, 4 * STAKE)


def leave(hooked: Hooked) -> None:
    call(hooked, "exit(address)", hooked.token.address)
    assert state(hooked) == (0, 0, 2 * STAKE + EARNED, 3 * STAKE)


def emergency_withdraw(hooked: Hooked) -> None:
    call(hooked, "emergencyWithdraw(address)", hooked.token.address)
    assert state(hooked) == (0, 0, 2 * STAKE, 3 * STAKE)


OUTER: list[tuple[Callable[[Hooked], None], int]] = [
    (stake, 1),
    (stake_with_permit, 1),
    (withdraw, 1),
    (claim, 1),
    (leave, 2),  # the stake, and the rewards
    (emergency_withdraw, 1),
]
"""And how often the token calls back."""


@pytest.mark.finding("F11")
@pytest.mark.parametrize(("outer", "calls"), OUTER)
@pytest.mark.parametrize(
    ("signature", "arguments"),
    [
        ("stake(address,uint256)", (1,)),
        ("stakeWithPermit(address,uint256,uint256,uint8,bytes32,bytes32)", (1, *NO_PERMIT)),
        ("withdraw(address,uint256)", (1,)),
        ("claim(address[])", ()),
        ("exit(address)", ()),
        ("emergencyWithdraw(address)", ()),
    ],
)
def test_token__hook_that_re_enters__is_refused_and_paid_once(hooked, outer, calls, signature, arguments):
    token = hooked.token.address
    first = [token] if "[]" in signature else token
    hooked.hook.arm(hooked.farm.farm, calldata(signature, first, *arguments), outer in (stake, stake_with_permit))
    outer(hooked)
    assert hooked.hook.calls() == calls
    assert hooked.hook.succeeded() is False
    assert hooked.hook.returned() == REENTRANCY


@pytest.mark.finding("F11")
@pytest.mark.parametrize(
    ("outer", "calls", "staked", "earned"),
    [
        (stake, 1, 2 * STAKE, EARNED),
        (stake_with_permit, 1, 2 * STAKE, EARNED),
        (withdraw, 1, STAKE // 2, EARNED),
        (claim, 1, STAKE, 0),
        (leave, 2, 0, 0),
        (emergency_withdraw, 1, 0, 0),
    ],
)
def test_token__hook_that_looks__sees_everything_done(hooked, outer, calls, staked, earned):
    hook, token, contract = hooked.hook, hooked.token.address, hooked.farm.farm
    for signature, seen in (("stakeOf(address,address)", staked), ("earned(address,address)", earned)):
        with hooked.farm.chain.aside(hooked.farm.now):
            looks = calldata(signature, hook.address, token)
            hook.arm(contract, looks, outer in (stake, stake_with_permit))
            outer(hooked)
            assert (hook.calls(), hook.succeeded()) == (calls, True)
            assert hook.returned() == encode(["uint256"], [seen])


@pytest.mark.finding("F11")
def test_token__hook_of_the_owner__cannot_stake_amid_a_schedule(hooked):
    farm, hook, token = hooked
    token.setHook(OWNER, hook)
    token.setHook(hook, ZERO)
    hook.arm(farm.farm, calldata("stake(address,uint256)", token.address, STAKE), True)
    farm.farm.schedule([WEEKLY], sender=OWNER)
    assert (hook.calls(), hook.succeeded(), hook.returned()) == (1, False, REENTRANCY)
    assert farm.farm.weekAmount(4) == WEEKLY
    assert farm.farm.totalStaked(token) == 4 * STAKE


def test_token__hook_that_donates_amid_a_stake__is_refused(hooked):
    farm, hook, token = hooked
    token.setHook(hook, ZERO)
    token.setHook(BOB, hook)
    hook.arm(token, calldata("transfer(address,uint256)", farm.farm.address, 1), True)
    with reverts(farm.farm.TransferNotExact, sent=STAKE, received=STAKE + 1):
        farm.farm.stake(token, STAKE, sender=BOB)
    assert farm.farm.stakeOf(BOB, token) == 3 * STAKE
