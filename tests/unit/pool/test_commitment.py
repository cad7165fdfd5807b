"""`commitment`: what a controller has unclaimed in a batch."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from tests.support.pool import TOKEN, close, to_window
from tests.support.revm import reverts
from tests.support.world import ALICE, USDC, new_market


@pytest.mark.finding("C14")
@pytest.mark.parametrize("commit_type", [6, 255])
def test_commitment__type_that_does_not_exist__reverts(project, commit_type):
    market = new_market(project)
    with reverts(market.pool.InvalidCommitType, commitType=commit_type):
        market.pool.commitment(ALICE, commit_type, 1)


def test_commitment__none__is_0(opened, alice, carol):
    for epoch in (0, 1, 2, 3, 2**128, 2**256 - 1):
        assert opened.pool.commitment(carol, 0, epoch) == 0
        assert opened.pool.commitment(ZERO_ADDRESS, 0, epoch) == 0
    assert opened.pool.commitment(alice, 0, 1) == 0, "claimed"


def test_commitment__of_each_type__stands_alone(opened, alice):
    amounts = [10 * USDC, 20 * TOKEN, 30 * USDC, 40 * TOKEN, 50 * TOKEN, 60 * TOKEN]
    for kind in CommitType:
        opened.commit(alice, kind, amounts[kind])
    assert [opened.pool.commitment(alice, int(kind), 2) for kind in CommitType] == amounts
    assert [opened.pool.commitment(alice, int(kind), 3) for kind in CommitType] == [0] * 6


def test_commitment__of_each_controller__is_their_own(opened, alice, bob, carol):
    opened.set_operator(bob, alice)
    opened.commit(bob, CommitType.LONG_MINT, 5 * USDC)
    opened.commit(alice, CommitType.LONG_MINT, 7 * USDC, controller=bob)
    opened.commit(carol, CommitType.LONG_MINT, 11 * USDC)
    assert [opened.pool.commitment(trader, 0, 2) for trader in (bob, carol, alice)] == [12 * USDC, 11 * USDC, 0]


def test_commitment__of_the_two_live_epochs__are_apart_and_of_no_other(opened, bob):
    opened.commit(bob, CommitType.LONG_MINT, 5 * USDC)
    to_window(opened)
    opened.commit(bob, CommitType.LONG_MINT, 7 * USDC)
    assert [opened.pool.commitment(bob, 0, epoch) for epoch in range(6)] == [0, 0, 5 * USDC, 7 * USDC, 0, 0]
    assert opened.pool.commitment(bob, 0, 2**128 + 2) == 0


def test_commitment__executed__stands_until_it_is_claimed(opened, bob, keeper):
    opened.commit(bob, CommitType.LONG_MINT, 5 * USDC)
    for _ in range(4):
        opened.next_epoch(keeper)
        assert opened.pool.commitment(bob, 0, 2) == 5 * USDC
    opened.claim(bob)
    assert opened.pool.commitment(bob, 0, 2) == 0


def test_commitment__refunded__stands_until_it_is_claimed(opened, alice, keeper):
    opened.next_epoch(keeper, 1)
    opened.commit(alice, CommitType.LONG_BURN, 999 * TOKEN)
    opened.next_epoch(keeper)
    assert opened.pool.commitment(alice, 1, 3) == 999 * TOKEN
    opened.claim(alice)
    assert opened.pool.commitment(alice, 1, 3) == 0


def test_commitment__paid_out_by_the_next_in_its_slot__is_gone(opened, bob, keeper):
    opened.commit(bob, CommitType.LONG_MINT, 5 * USDC)
    opened.next_epoch(keeper)
    opened.next_epoch(keeper)
    opened.commit(bob, CommitType.LONG_MINT, 7 * USDC)
    assert [opened.pool.commitment(bob, 0, epoch) for epoch in (2, 4)] == [0, 7 * USDC]


def test_commitment__again_after_a_claim__does_not_count_what_was_claimed(opened, bob, keeper):
    opened.commit(bob, CommitType.LONG_MINT, 5 * USDC)
    opened.next_epoch(keeper)
    opened.claim(bob)
    opened.next_epoch(keeper)
    opened.commit(bob, CommitType.LONG_MINT, 7 * USDC)
    assert [opened.pool.commitment(bob, 0, epoch) for epoch in (2, 4)] == [0, 7 * USDC]
    opened.next_epoch(keeper)
    assert opened.claim(bob) == (0, 7 * TOKEN, 0)


def test_commitment__closed_pool__stands_until_it_is_refunded(opened, bob, keeper):
    opened.commit(bob, CommitType.SHORT_MINT, 5 * USDC)
    close(opened, keeper)
    assert opened.pool.commitment(bob, 2, 2) == 5 * USDC
    opened.claim(bob)
    assert opened.pool.commitment(bob, 2, 2) == 0
