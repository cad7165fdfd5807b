"""Settlement tokens of every kind: decimals, fees on transfer, odd answers, hooks, blacklists. In the test's own EVM."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from eth_abi import encode

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from perpetual_pools.twin.pool import Twin, World, deploy_contracts
from tests.support.pool import NO_PERMIT, REENTRANCY, TOKEN, calldata, close
from tests.support.revm import Instance, RevmChain, reverts
from tests.support.world import ALICE, BOB, CAROL, KEEPER, NOW, OWNER, PEOPLE, TREASURY, USDC, new_market, new_world

WAD = 10**18
BILLION = 10**9

# --- decimals ---

AFTER_5_PERCENT = {
    6: (1_136_162_401, 863_837_599),
    8: (113_616_240_146, 86_383_759_854),
    18: (1_136_162_401_468_523_917_503, 863_837_598_531_476_082_497),
}
"""1,000 a side at 3x: the short side keeps (100/105)**3 of it, rounded up."""
TOKENS_FOR_100 = {6: 88_015_586_426_715_418_124, 8: 88_015_586_391_080_398_250, 18: 88_015_586_390_420_072_229}
L_TOKEN_PRICE = {6: 1_136_162_401_000_000_000, 8: 1_136_162_401_460_000_000, 18: 1_136_162_401_468_523_917}


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_settlement_token__with_6_8_or_18_decimals__works_to_the_unit(project, decimals):
    market = new_market(project, decimals)
    unit = market.world.unit
    assert unit == 10**decimals
    market.open_with(ALICE, 1_000 * unit, ALICE, 1_000 * unit, KEEPER)
    assert market.long_token.balanceOf(ALICE) == market.short_token.balanceOf(ALICE) == 1_000 * TOKEN
    assert market.pool.tokenPrices() == (WAD, WAD)

    market.commit(BOB, CommitType.LONG_MINT, 100 * unit)
    market.commit(ALICE, CommitType.SHORT_BURN, 100 * TOKEN)
    market.next_epoch(KEEPER, 105 * WAD)

    long, short = AFTER_5_PERCENT[decimals]
    burned = short // 10
    assert market.pool.balances() == (long + 100 * unit, short - burned)
    assert market.pool.tokenPrices()[0] == L_TOKEN_PRICE[decimals]
    assert market.claim(BOB) == (0, TOKENS_FOR_100[decimals], 0)
    assert market.claim(ALICE) == (burned, 0, 0)


@pytest.mark.parametrize(
    ("decimals", "amount", "tokens"),
    [(6, 1, 10**12), (8, 99, 0), (8, 100, 10**12), (18, 10**12 - 1, 0), (18, 10**12, 10**12)],
)
def test_settlement_token__first_mint_below_a_millionth_of_a_token__is_refunded(project, decimals, amount, tokens):
    market = new_market(project, decimals)
    market.commit(ALICE, CommitType.LONG_MINT, amount)
    market.next_epoch(KEEPER)
    assert market.pool.batch(1, 0) == (amount, tokens)
    assert market.claim(ALICE) == ((0, tokens, 0) if tokens else (amount, 0, 0))


# --- a fee on transfer ---


@pytest.fixture
def taxed(project) -> Twin:
    """1,000 a side, on a token that takes nothing yet."""
    chain = RevmChain(project, NOW)
    token = chain.deploy("FeeOnTransferToken", 6, 0)
    contracts = replace(deploy_contracts(chain, OWNER, TREASURY), token=token)
    world = World(chain, contracts, PEOPLE, OWNER, TREASURY)
    for trader in (ALICE, BOB):
        world.fund(trader, BILLION * USDC)
    market = world.deploy_pool()
    market.open_with(ALICE, 1_000 * USDC, ALICE, 1_000 * USDC, KEEPER)
    return market


@pytest.mark.finding("M10")
@pytest.mark.parametrize("commit_type", [0, 2])
def test_settlement_token__that_takes_a_fee__is_refused(taxed, commit_type):
    token, pool = taxed.world.token, taxed.pool
    token.setFee(100)
    with reverts(pool.TransferNotExact, sent=100 * USDC, received=99 * USDC):
        pool.commit(commit_type, 100 * USDC, BOB, sender=BOB)
    with reverts(pool.TransferNotExact, sent=100 * USDC, received=99 * USDC):
        pool.commitWithPermit(commit_type, 100 * USDC, BOB, *NO_PERMIT, sender=BOB)
    assert token.balanceOf(BOB) == BILLION * USDC
    assert pool.batch(2, commit_type) == (0, 0)
    taxed.compare()


@pytest.mark.finding("M10")
def test_settlement_token__that_takes_a_fee_later__charges_who_is_paid_and_stops_nothing(taxed):
    token, pool = taxed.world.token, taxed.pool
    taxed.commit(ALICE, CommitType.LONG_BURN, 100 * TOKEN)
    token.setFee(100)
    taxed.next_epoch(KEEPER)
    before = token.balanceOf(ALICE)
    assert pool.claim(ALICE, ALICE, sender=ALICE) == (100 * USDC, 0, 0)
    assert token.balanceOf(ALICE) == before + 99 * USDC
    assert token.balanceOf(pool) == 1_900 * USDC


# --- odd answers ---


def whole_life(project: Any, token: str) -> Twin:
    """Mints, reward, fees, burn, claim, shutdown, redeem: each step equal to the model's."""
    world = new_world(project, token=token)
    market = world.deploy_pool(mint_fee=WAD // 100, keeper_reward_max=100_000, keeper_reward_ramp=0)
    market.open_with(ALICE, 1_000 * USDC, ALICE, 1_000 * USDC, KEEPER)
    assert market.pool.balances() == (990 * USDC, 990 * USDC)
    assert market.collect_fees(BOB) == 20 * USDC
    assert world.token.balanceOf(TREASURY) == 20 * USDC
    market.commit(ALICE, CommitType.LONG_BURN, 90 * TOKEN)
    market.move_to_rebalance()
    assert market.rebalance(KEEPER, recipient=KEEPER) == 100_000
    assert world.token.balanceOf(KEEPER) == 100_000
    assert market.claim(ALICE) == (89_995_454, 0, 0)
    close(market, KEEPER)
    assert market.redeem(ALICE, 900 * TOKEN, 990 * TOKEN, BOB) == 1_980 * USDC - 100_000 - 89_995_454
    assert world.token.balanceOf(BOB) == BILLION * USDC + 1_889_904_546
    assert world.token.balanceOf(market.pool) == 0
    return market


@pytest.mark.finding("M11")
def test_settlement_token__without_return_values__works_throughout(project):
    market = whole_life(project, "NoReturnToken")
    assert market.pool.supplies() == (0, 0)


@pytest.mark.finding("M11")
def test_settlement_token__that_answers_with_bools__works_throughout(project):
    market = whole_life(project, "FalseReturnToken")
    assert market.pool.supplies() == (0, 0)


@pytest.mark.finding("M11")
@pytest.mark.parametrize("token", ["NoReturnToken", "FalseReturnToken"])
def test_settlement_token__without_permit__needs_the_allowance(project, token):
    world = new_world(project, token=token)
    market = world.deploy_pool()
    pool = market.pool
    assert pool.commitWithPermit(0, 100 * USDC, ALICE, *NO_PERMIT, sender=ALICE) == 1
    assert pool.batch(1, 0) == (100 * USDC, 0)
    world.token.approve(pool, 100 * USDC - 1, sender=BOB)
    with reverts(pool.TransferFromFailed):
        pool.commitWithPermit(0, 100 * USDC, BOB, *NO_PERMIT, sender=BOB)
    with reverts(pool.TransferFromFailed):
        pool.commit(2, BILLION * USDC + 1, CAROL, sender=CAROL)


@pytest.mark.finding("M11")
def test_settlement_token__that_returns_false__is_believed(project):
    world = new_world(project, token="FalseReturnToken")
    market = world.deploy_pool(mint_fee=WAD // 100, keeper_reward_max=100_000, keeper_reward_ramp=0)
    pool = market.pool
    market.open_with(ALICE, 1_000 * USDC, ALICE, 1_000 * USDC, KEEPER)
    market.commit(ALICE, CommitType.LONG_BURN, 90 * TOKEN)
    market.next_epoch(KEEPER)
    world.token.setFailing(True)

    with reverts(pool.TransferFromFailed):
        pool.commit(0, 100 * USDC, BOB, sender=BOB)
    with reverts(pool.TransferFailed):
        pool.claim(ALICE, ALICE, sender=ALICE)
    with reverts(pool.TransferFailed):
        pool.collectFees(sender=BOB)
    market.move_to_rebalance()
    with reverts(pool.RewardRefused, rewardRecipient=KEEPER, reward=99_999):
        pool.rebalance(0, KEEPER, sender=KEEPER)
    market.compare()
    market.rebalance(KEEPER)
    close(market, KEEPER)
    with reverts(pool.TransferFailed):
        pool.redeem(TOKEN, 0, ALICE, sender=ALICE)
    market.compare()

    world.token.setFailing(False)
    assert market.claim(ALICE) == (90 * USDC, 0, 0)


# --- hooks ---


class Hooked(NamedTuple):
    """A pool on a token with hooks, 990 a side held by alice, 20 of fees; alice is owed a burn of 90 and made `hook`, a
    contract, her operator. Called back by the token, `hook` calls what it is armed with."""

    market: Twin
    hook: Instance


@pytest.fixture
def hooked(project) -> Hooked:
    world = new_world(project, token="HookToken")
    market = world.deploy_pool(mint_fee=WAD // 100, keeper_reward_max=100_000, keeper_reward_ramp=0)
    market.open_with(ALICE, 1_000 * USDC, ALICE, 1_000 * USDC, KEEPER)
    market.commit(ALICE, CommitType.LONG_BURN, 90 * TOKEN)
    market.next_epoch(KEEPER)
    hook = world.chain.deploy("ReentrantHook")
    market.set_operator(ALICE, hook)
    world.token.setHook(hook, hook)
    return Hooked(market, hook)


def commit(market: Twin, hook: Instance) -> None:
    token = market.world.token
    token.mint(hook, 100 * USDC)
    hook.execute(token, calldata("approve(address,uint256)", market.pool.address, 2**256 - 1))
    data = calldata("commit(uint8,uint256,address)", 0, 60 * USDC, hook.address)
    hook.execute(market.pool, data)
    assert token.balanceOf(hook) == 40 * USDC
    assert market.pool.batch(3, 0) == (60 * USDC, 0)
    assert market.pool.commitment(hook, 0, 3) == 60 * USDC


def claim(market: Twin, hook: Instance) -> None:
    held = market.held
    assert market.pool.claim(ALICE, hook, sender=ALICE) == (90 * USDC, 0, 0)
    assert market.world.token.balanceOf(hook) == 90 * USDC
    assert market.world.token.balanceOf(market.pool) == held - 90 * USDC
    assert market.pool.claimable(ALICE) == (0, 0, 0)


def rebalance(market: Twin, hook: Instance) -> None:
    market.move_to_rebalance()
    assert market.pool.rebalance(0, hook, sender=KEEPER) == 99_999
    assert market.world.token.balanceOf(hook) == 99_999
    assert market.pool.epoch() == 4


def collect_fees(market: Twin, hook: Instance) -> None:
    market.world.contracts.factory.setFeeRecipient(hook, sender=OWNER)
    assert market.pool.collectFees(sender=BOB) == 20 * USDC
    assert market.world.token.balanceOf(hook) == 20 * USDC
    assert market.pool.protocolFees() == 0


def redeem(market: Twin, hook: Instance) -> None:
    close(market, KEEPER)
    assert market.pool.redeem(100 * TOKEN, 0, hook, sender=ALICE) == 100 * USDC
    assert market.world.token.balanceOf(hook) == 100 * USDC
    assert market.pool.balances() == (800 * USDC, 990 * USDC)
    assert market.pool.supplies() == (800 * TOKEN, 990 * TOKEN)


OUTER: list[Callable[[Twin, Instance], None]] = [commit, claim, rebalance, collect_fees, redeem]


@pytest.mark.finding("K13")
@pytest.mark.finding("C09")
@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize(
    ("signature", "arguments"),
    [
        ("commit(uint8,uint256,address)", (0, USDC, "hook")),
        ("commitWithPermit(uint8,uint256,address,uint256,uint8,bytes32,bytes32)", (0, USDC, "hook", *NO_PERMIT)),
        ("claim(address,address)", (ALICE, "hook")),
        ("rebalance(uint80,address)", (0, "hook")),
        ("collectFees()", ()),
        ("redeem(uint256,uint256,address)", (1, 0, "hook")),
        ("shutdown()", ()),
    ],
)
def test_settlement_token__hook_that_re_enters__is_refused_and_paid_once(hooked, outer, signature, arguments):
    market, hook = hooked
    values = [hook.address if value == "hook" else value for value in arguments]
    hook.arm(market.pool, calldata(signature, *values), outer is commit)
    outer(market, hook)
    assert hook.calls() == 1
    assert hook.succeeded() is False
    assert hook.returned() == REENTRANCY


@pytest.mark.finding("C09")
@pytest.mark.parametrize(
    ("outer", "signature", "seen"),
    [
        (commit, "batch(uint256,uint8)", (60 * USDC, 0)),
        (claim, "claimable(address)", (0, 0, 0)),
        (rebalance, "epoch()", (4,)),
        (rebalance, "balances()", (899_952_381, 989_947_620)),
        (collect_fees, "protocolFees()", (0,)),
        (redeem, "balances()", (800 * USDC, 990 * USDC)),
        (redeem, "supplies()", (800 * TOKEN, 990 * TOKEN)),
    ],
)
def test_settlement_token__hook_that_looks__sees_everything_done(hooked, outer, signature, seen):
    market, hook = hooked
    arguments = {"batch": (3, 0), "claimable": (ALICE,)}.get(signature.split("(")[0], ())
    hook.arm(market.pool, calldata(signature, *arguments), outer is commit)
    outer(market, hook)
    assert hook.calls() == 1
    assert hook.succeeded() is True
    assert hook.returned() == encode(["uint256"] * len(seen), seen)


def test_settlement_token__hook_that_donates_amid_a_commit__is_refused(hooked):
    market, hook = hooked
    token = market.world.token
    token.mint(hook, 1)
    token.setHook(hook, ZERO_ADDRESS)
    token.setHook(BOB, hook)
    hook.arm(token, calldata("transfer(address,uint256)", market.pool.address, 1), True)
    with reverts(market.pool.TransferNotExact, sent=100 * USDC, received=100 * USDC + 1):
        market.pool.commit(0, 100 * USDC, BOB, sender=BOB)
    assert market.pool.batch(3, 0) == (0, 0)


@pytest.mark.finding("K13")
def test_settlement_token__hook_of_the_fee_recipient_that_reverts__stops_no_rebalance(hooked):
    market = hooked.market
    receiver = market.chain.deploy("RevertingReceiver")
    market.world.token.setHook(TREASURY, receiver)
    with reverts(market.pool.TransferFailed):
        market.pool.collectFees(sender=BOB)
    assert market.pool.protocolFees() == 20 * USDC
    market.next_epoch(KEEPER, 105 * WAD)
    market.move_to_rebalance()
    assert market.rebalance(KEEPER, recipient=KEEPER) == 99_999
    market.world.token.setHook(TREASURY, ZERO_ADDRESS)
    assert market.collect_fees(BOB) == 20 * USDC


@pytest.mark.finding("K13")
def test_settlement_token__hook_of_the_reward_recipient_that_reverts__is_named_and_the_next_caller_succeeds(hooked):
    market = hooked.market
    receiver = market.chain.deploy("RevertingReceiver")
    market.world.token.setHook(CAROL, receiver)
    market.move_to_rebalance()
    with reverts(market.pool.RewardRefused, rewardRecipient=CAROL, reward=99_999):
        market.pool.rebalance(0, CAROL, sender=KEEPER)
    assert market.rebalance(KEEPER, recipient=KEEPER) == 99_999


@pytest.mark.finding("K13")
def test_settlement_token__hook_of_a_controller_that_reverts__hurts_that_controller_alone(hooked):
    market = hooked.market
    market.commit(BOB, CommitType.SHORT_MINT, 10 * USDC)
    receiver = market.chain.deploy("RevertingReceiver")
    market.world.token.setHook(ALICE, receiver)
    with reverts(market.pool.TransferFailed):
        market.pool.claim(ALICE, ALICE, sender=ALICE)
    market.next_epoch(KEEPER)
    assert market.claim(BOB) == (0, 0, 9_900_000 * 10**12)
    assert market.claim(ALICE, receiver=BOB) == (90 * USDC, 0, 0)


# --- a blacklist ---


@pytest.fixture
def listed(project) -> Twin:
    """1,000 a side, held by alice; in epoch 3 she is owed a burn of 100 L-tokens and bob the L-tokens of 10."""
    market = new_world(project, token="BlacklistToken").deploy_pool()
    market.open_with(ALICE, 1_000 * USDC, ALICE, 1_000 * USDC, KEEPER)
    market.commit(ALICE, CommitType.LONG_BURN, 100 * TOKEN)
    market.commit(BOB, CommitType.LONG_MINT, 10 * USDC)
    market.next_epoch(KEEPER)
    return market


def test_settlement_token__blacklisted_trader__can_have_another_paid(listed):
    pool = listed.pool
    listed.world.token.setBlacklisted(ALICE, True)
    with reverts(pool.TransferFailed):
        pool.claim(ALICE, ALICE, sender=ALICE)
    with reverts(pool.TransferFromFailed):
        pool.commit(0, USDC, ALICE, sender=ALICE)
    listed.compare()
    listed.commit(ALICE, CommitType.SHORT_BURN, 50 * TOKEN)
    listed.next_epoch(KEEPER)
    with reverts(pool.TransferFailed):
        pool.commit(1, TOKEN, ALICE, sender=ALICE)
    assert listed.claim(ALICE, receiver=CAROL) == (150 * USDC, 0, 0)
    assert listed.commit(ALICE, CommitType.LONG_BURN, TOKEN) == 4


def test_settlement_token__blacklisted_trader__still_gets_pool_tokens(listed):
    listed.world.token.setBlacklisted(BOB, True)
    assert listed.claim(BOB) == (0, 10 * TOKEN, 0)
    assert listed.commit(BOB, CommitType.LONG_BURN_SHORT_MINT, 10 * TOKEN) == 3


def test_settlement_token__blacklisted_pool__takes_and_pays_nothing_but_rebalances(listed):
    pool = listed.pool
    listed.world.token.setBlacklisted(pool, True)
    with reverts(pool.TransferFromFailed):
        pool.commit(0, USDC, CAROL, sender=CAROL)
    with reverts(pool.TransferFailed):
        pool.claim(ALICE, ALICE, sender=ALICE)
    listed.commit(ALICE, CommitType.LONG_BURN_SHORT_MINT, 100 * TOKEN)
    listed.next_epoch(KEEPER, 105 * WAD)
    listed.world.token.setBlacklisted(pool, False)
    assert listed.claim(ALICE)[0] == 100 * USDC
