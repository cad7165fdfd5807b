"""`batch`, and the events that tell of batches. Specification, sections 3.4 and 4."""

import pytest

from perpetual_pools.model import CommitType
from tests.support.pool import TOKEN, act, close, to_window
from tests.support.revm import reverts
from tests.support.world import ALICE, BOB, KEEPER, USDC, new_market, new_world

WAD = 10**18


def executed(epoch, kind, amount_in, amount_out):
    return "BatchExecuted", {"epoch": epoch, "commitType": kind, "amountIn": amount_in, "amountOut": amount_out}


@pytest.mark.finding("C14")
@pytest.mark.parametrize("commit_type", [6, 255])
def test_batch__type_that_does_not_exist__reverts(project, commit_type):
    market = new_market(project)
    with reverts(market.pool.InvalidCommitType, commitType=commit_type):
        market.pool.batch(1, commit_type)


def test_batch__nothing_committed__is_empty(opened):
    for epoch in (0, 2, 3, 2**256 - 1):
        assert [opened.pool.batch(epoch, int(kind)) for kind in CommitType] == [(0, 0)] * 6


def test_batch__of_several_users__adds_up_by_epoch_and_type(opened, alice, bob, carol):
    opened.commit(alice, CommitType.LONG_MINT, 1 * USDC)
    opened.commit(bob, CommitType.LONG_MINT, 2 * USDC)
    opened.commit(bob, CommitType.LONG_MINT, 3 * USDC)
    opened.commit(carol, CommitType.SHORT_MINT, 4 * USDC)
    to_window(opened)
    opened.commit(carol, CommitType.LONG_MINT, 5 * USDC)
    assert opened.pool.batch(2, 0) == (6 * USDC, 0)
    assert opened.pool.batch(2, 2) == (4 * USDC, 0)
    assert opened.pool.batch(3, 0) == (5 * USDC, 0)
    assert opened.pool.batch(3, 2) == (0, 0)


def test_batch__each_type__executes_in_order_after_the_value_transfer_and_tells_both_amounts(opened, alice, keeper):
    amounts = {kind: 100 * (USDC if kind.is_mint else TOKEN) for kind in CommitType}
    for kind, amount in amounts.items():
        opened.commit(alice, kind, amount)
    opened.set_price(105 * WAD)
    opened.move_to_rebalance()
    out = [
        88_015_586_426_715_418_124,
        113_616_240,
        115_762_499_937_213_314_096,
        86_383_759,
        131_524_999_758_664_128_255,
        76_031_172_061_290_558_408,
    ]
    sent = act(opened, keeper, "rebalance", 0, keeper)
    assert sent.events[:-1] == [executed(2, kind, amounts[kind], out[kind]) for kind in CommitType]
    assert sent.events[-1][0] == "Rebalanced"
    assert [opened.pool.batch(2, int(kind)) for kind in CommitType] == [
        (amounts[kind], out[kind]) for kind in CommitType
    ]


def test_batch__only_those_with_commitments__are_told(opened, bob, keeper):
    opened.commit(bob, CommitType.SHORT_MINT, 4 * USDC)
    opened.move_to_rebalance()
    sent = act(opened, keeper, "rebalance", 0, keeper)
    assert [name for name, _ in sent.events] == ["BatchExecuted", "Rebalanced"]
    assert sent.events[0] == executed(2, 2, 4 * USDC, 4 * TOKEN)


def test_batch__refunded__is_told_with_amount_out_0_and_stays_at_0(opened, alice, keeper):
    opened.next_epoch(keeper, 1)
    opened.commit(alice, CommitType.LONG_BURN, 999 * TOKEN)
    opened.move_to_rebalance()
    sent = act(opened, keeper, "rebalance", 0, keeper)
    assert sent.events[0] == executed(3, 1, 999 * TOKEN, 0)
    assert opened.pool.batch(3, 1) == (999 * TOKEN, 0)


def test_batch__claimed_and_followed_by_others__stays_as_it_executed(opened, bob, carol, keeper):
    for trader in (bob, carol):
        opened.commit(trader, CommitType.LONG_MINT, 5 * USDC)
    opened.next_epoch(keeper)
    opened.claim(bob)
    opened.next_epoch(keeper)
    opened.commit(carol, CommitType.LONG_MINT, 7 * USDC)
    opened.next_epoch(keeper, 150 * WAD)
    assert opened.pool.batch(2, 0) == (10 * USDC, 10 * TOKEN)


def test_batch__closed_pool__never_executes(opened, bob, keeper):
    opened.commit(bob, CommitType.LONG_MINT, 5 * USDC)
    close(opened, keeper)
    opened.claim(bob)
    assert opened.pool.batch(2, 0) == (5 * USDC, 0)


@pytest.mark.finding("C05")
def test_batch__tokens_that_wait_for_a_later_batch__count_until_it_executes(project):
    market = new_market(project)
    market.open_with(ALICE, 2_000 * USDC, BOB, 2_000 * USDC, KEEPER)
    market.commit(ALICE, CommitType.LONG_BURN, 500 * TOKEN)
    to_window(market)
    market.commit(ALICE, CommitType.LONG_BURN, 500 * TOKEN)
    assert market.pool.supplies() == (2_000 * TOKEN, 2_000 * TOKEN)
    market.next_epoch(KEEPER)
    assert market.pool.batch(2, 1) == (500 * TOKEN, 500 * USDC)
    assert market.pool.supplies() == (1_500 * TOKEN, 2_000 * TOKEN)
    market.next_epoch(KEEPER)
    assert market.pool.batch(3, 1) == (500 * TOKEN, 500 * USDC)
    assert market.claim(ALICE) == (1_000 * USDC, 0, 0)


@pytest.mark.finding("C06")
def test_batch__both_flips_and_three_rebalances__execute_once_and_leave_the_next_epochs_alone(opened, alice, keeper):
    opened.commit(alice, CommitType.LONG_BURN_SHORT_MINT, 100 * TOKEN)
    opened.commit(alice, CommitType.SHORT_BURN_LONG_MINT, 300 * TOKEN)
    to_window(opened)
    opened.commit(alice, CommitType.LONG_BURN_SHORT_MINT, 20 * TOKEN)
    opened.next_epoch(keeper)
    assert opened.pool.balances() == (1_200 * USDC, 800 * USDC)
    assert opened.pool.supplies() == (1_200 * TOKEN, 800 * TOKEN)
    opened.next_epoch(keeper)
    assert opened.pool.batch(3, int(CommitType.LONG_BURN_SHORT_MINT)) == (20 * TOKEN, 20 * TOKEN)
    assert opened.pool.balances() == (1_180 * USDC, 820 * USDC)
    opened.move_to_rebalance()
    sent = act(opened, keeper, "rebalance", 0, keeper)
    assert [name for name, _ in sent.events] == ["Rebalanced"]
    assert opened.pool.balances() == (1_180 * USDC, 820 * USDC)
    assert opened.pool.supplies() == (1_180 * TOKEN, 820 * TOKEN)
    assert act(opened, alice, "claim", alice, alice).value == (0, 300 * TOKEN, 120 * TOKEN)


@pytest.mark.finding("C13")
def test_batch__of_two_pools_of_one_user_in_one_block__are_independent(project):
    world = new_world(project)
    first, second = world.deploy_pool(), world.deploy_pool(market="ETH/USDC")
    first.commit(ALICE, CommitType.LONG_MINT, 5 * USDC)
    second.commit(ALICE, CommitType.LONG_MINT, 7 * USDC)
    second.commit(BOB, CommitType.SHORT_MINT, 11 * USDC)
    assert (first.pool.batch(1, 0), second.pool.batch(1, 0)) == ((5 * USDC, 0), (7 * USDC, 0))
    assert (first.pool.batch(1, 2), second.pool.batch(1, 2)) == ((0, 0), (11 * USDC, 0))
    first.next_epoch(KEEPER)
    assert (first.pool.batch(1, 0), second.pool.batch(1, 0)) == ((5 * USDC, 5 * TOKEN), (7 * USDC, 0))
    assert (first.pool.claimable(ALICE), second.pool.claimable(ALICE)) == ((0, 5 * TOKEN, 0), (0, 0, 0))
    second.rebalance(KEEPER)
    assert first.claim(ALICE) == (0, 5 * TOKEN, 0)
    assert second.pool.claimable(ALICE) == (0, 7 * TOKEN, 0)
    assert second.claim(ALICE) == (0, 7 * TOKEN, 0)
