"""`collectFees`. Specification, sections 3 and 8."""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import WAD
from tests.support.pool import act
from tests.support.revm import reverts
from tests.support.world import (
    ALICE,
    BOB,
    CAROL,
    KEEPER,
    OWNER,
    TREASURY,
    USDC,
    new_market,
    new_world,
    open_sides,
    opened_market,
)

SIDE = 1_000 * USDC
PERCENT = WAD // 100
DAY = 86_400


@pytest.mark.finding("K13")
def test_collect_fees__token_that_refuses_the_fee_recipient__stops_no_rebalance_and_another_gets_them(project):
    world = new_world(project, token="BlacklistToken")
    world.token.setBlacklisted(TREASURY, True)
    market = world.deploy_pool(mint_fee=PERCENT)
    open_sides(market, SIDE, SIDE)
    with reverts(market.pool.TransferFailed):
        market.pool.collectFees(sender=KEEPER)
    assert market.pool.protocolFees() == 20 * USDC
    market.next_epoch(KEEPER)

    world.contracts.factory.setFeeRecipient(KEEPER, sender=OWNER)
    assert market.pool.collectFees(sender=ALICE) == 20 * USDC
    assert world.token.balanceOf(KEEPER) == 20 * USDC
    assert world.token.balanceOf(TREASURY) == 0


def test_collect_fees__no_fees__returns_0_and_does_nothing(opened, stranger, fee_recipient):
    sent = act(opened, stranger, "collectFees")
    assert (sent.value, sent.events) == (0, [])
    assert opened.world.token.balanceOf(fee_recipient) == 0


def test_collect_fees__by_anyone__sends_all_to_the_fee_recipient(deploy_market, alice, keeper, stranger, fee_recipient):
    market = deploy_market(mint_fee=PERCENT)
    market.open_with(alice, SIDE, alice, SIDE, keeper)
    token = market.world.token
    assert market.pool.protocolFees() == 20 * USDC
    assert token.balanceOf(market.pool) == 2_000 * USDC

    sent = act(market, stranger, "collectFees")
    assert sent.value == 20 * USDC
    assert sent.events == [("FeesCollected", {"feeRecipient": fee_recipient.address, "amount": 20 * USDC})]
    assert token.balanceOf(fee_recipient) == 20 * USDC
    assert token.balanceOf(stranger) == 0
    assert token.balanceOf(market.pool) == 1_980 * USDC
    assert market.pool.protocolFees() == 0
    assert market.pool.balances() == (990 * USDC, 990 * USDC)
    assert act(market, stranger, "collectFees").value == 0


def test_collect_fees__new_fee_recipient__gets_what_was_earned_before_too(
    deploy_market, alice, keeper, owner, fee_recipient, stranger
):
    market = deploy_market(mint_fee=PERCENT)
    market.open_with(alice, SIDE, alice, SIDE, keeper)
    market.chain.send(market.world.contracts.factory, "setFeeRecipient", [stranger], owner)
    sent = act(market, keeper, "collectFees")
    assert sent.events == [("FeesCollected", {"feeRecipient": stranger.address, "amount": 20 * USDC})]
    assert market.world.token.balanceOf(stranger) == 20 * USDC
    assert market.world.token.balanceOf(fee_recipient) == 0


def test_collect_fees__more_fees_later__are_paid_each_once(project):
    market = opened_market(project, SIDE, SIDE, mint_fee=PERCENT, burn_fee=2 * PERCENT)
    assert market.collect_fees(KEEPER) == 20 * USDC
    market.commit(ALICE, CommitType.LONG_BURN, 100 * 10**18)
    market.next_epoch(KEEPER)
    assert market.collect_fees(KEEPER) == 2 * USDC
    market.next_epoch(KEEPER)
    assert market.collect_fees(KEEPER) == 0
    assert market.world.token.balanceOf(TREASURY) == 22 * USDC


STATE_ROOM = 2**34
OLDER_FEES_SLOT = 3


@pytest.mark.parametrize("first", [STATE_ROOM - 1, STATE_ROOM, STATE_ROOM + 1])
def test_collect_fees__as_many_as_the_state_has_room_for_and_more__are_all_counted_and_paid(project, first):
    market = new_market(project, mint_fee=10 * PERCENT)
    evm = market.chain.revm.evm

    def mint_with_fee(fee):
        market.commit(ALICE, CommitType.LONG_MINT, 10 * fee)
        market.next_epoch(KEEPER)

    mint_with_fee(first)
    outgrown = first >= STATE_ROOM
    assert market.pool.protocolFees() == first
    assert evm.storage(market.pool.address, OLDER_FEES_SLOT) == (first if outgrown else 0)
    mint_with_fee(7)
    assert market.pool.protocolFees() == first + 7
    assert evm.storage(market.pool.address, OLDER_FEES_SLOT) == (first if outgrown else first + 7)
    assert market.collect_fees(KEEPER) == first + 7
    assert evm.storage(market.pool.address, OLDER_FEES_SLOT) == 0
    mint_with_fee(3)
    assert market.collect_fees(KEEPER) == 3
    assert market.world.token.balanceOf(TREASURY) == first + 10


def test_collect_fees__closed_pool__still_pays(project):
    market = opened_market(project, SIDE, SIDE, mint_fee=PERCENT)
    market.set_oracle_failing(True)
    market.move_to_rebalance(late=14 * DAY)
    market.shutdown(KEEPER)
    assert market.collect_fees(KEEPER) == 20 * USDC
    assert market.world.token.balanceOf(TREASURY) == 20 * USDC


@pytest.mark.finding("M08")
def test_collect_fees__a_year_of_fees_collected_then_everyone_exits__leaves_dust(project):
    market = opened_market(
        project,
        10**6 * USDC,
        10**6 * USDC,
        management_fee=5 * PERCENT,
        mint_fee=PERCENT // 10,
        burn_fee=PERCENT // 10,
        rebalance_interval=DAY,
    )
    collected = market.collect_fees(KEEPER)
    for day in range(365):
        if day % 30 == 0:
            market.commit(CAROL, CommitType.LONG_MINT, 1_000 * USDC)
            market.commit(BOB, CommitType.SHORT_BURN_LONG_MINT, 1_234 * 10**18)
        market.next_epoch(KEEPER, (100 + day * 37 % 11) * WAD)
        collected += market.collect_fees(KEEPER)
    for holder in (ALICE, BOB, CAROL):
        market.claim(holder)
        for token, kind in ((market.long_token, CommitType.LONG_BURN), (market.short_token, CommitType.SHORT_BURN)):
            if amount := token.balanceOf(holder):
                market.commit(holder, kind, amount)
    market.next_epoch(KEEPER)
    for holder in (ALICE, BOB, CAROL):
        market.claim(holder)
    collected += market.collect_fees(KEEPER)

    assert market.pool.supplies() == (0, 0)
    assert market.pool.balances() == (0, 0)
    token = market.world.token
    # P1: less than a unit of every claim
    assert 0 <= token.balanceOf(market.pool) <= 6
    assert token.balanceOf(TREASURY) == collected
    assert collected > 95_000 * USDC
    held = sum(token.balanceOf(holder) for holder in (ALICE, BOB, CAROL))
    assert held + collected + token.balanceOf(market.pool) == 3 * 10**9 * USDC
