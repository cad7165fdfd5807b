"""`commitment`: what a controller has unclaimed in a batch."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from tests.support.pool import TOKEN, close, to_window
from tests.support.revm import reverts
from tests.support.world import ALICE, BOB, CAROL, KEEPER, USDC, fast_market


@pytest.mark.finding("C14")
@pytest.mark.parametrize("commit_type", [6, 255])
def test_commitment__type_that_does_not_exist__reverts(project, commit_type):
    market = fast_market(project)
    with reverts(market.pool.InvalidCommitType, commitType=commit_type):
        market.pool.commitment(ALICE, commit_type, 1)


def test_commitment__none__is_0(fast_opened):
    for epoch in (0, 1, 2, 3, 2**128, 2**256 - 1):
        assert fast_opened.pool.commitment(CAROL, 0, epoch) == 0
        assert fast_opened.pool.commitment(ZERO_ADDRESS, 0, epoch) == 0
    assert fast_opened.pool.commitment(ALICE, 0, 1) == 0, "claimed"


def test_commitment__of_each_type__stands_alone(fast_opened):
    amounts = [10 * USDC, 20 * TOKEN, 30 * USDC, 40 * TOKEN, 50 * TOKEN, 60 * TOKEN]
    for kind in CommitType:
        fast_opened.commit(ALICE, kind, amounts[kind])
    assert [fast_opened.pool.commitment(ALICE, int(kind), 2) for kind in CommitType] == amounts
    assert [fast_opened.pool.commitment(ALICE, int(kind), 3) for kind in CommitType] == [0] * 6


def test_commitment__of_each_controller__is_their_own(fast_opened):
    fast_opened.set_operator(BOB, ALICE)
    fast_opened.commit(BOB, CommitType.LONG_MINT, 5 * USDC)
    fast_opened.commit(ALICE, CommitType.LONG_MINT, 7 * USDC, controller=BOB)
    fast_opened.commit(CAROL, CommitType.LONG_MINT, 11 * USDC)
    assert [fast_opened.pool.commitment(trader, 0, 2) for trader in (BOB, CAROL, ALICE)] == [12 * USDC, 11 * USDC, 0]


def test_commitment__of_the_two_live_epochs__are_apart_and_of_no_other(fast_opened):
    fast_opened.commit(BOB, CommitType.LONG_MINT, 5 * USDC)
    to_window(fast_opened)
    fast_opened.commit(BOB, CommitType.LONG_MINT, 7 * USDC)
    assert [fast_opened.pool.commitment(BOB, 0, epoch) for epoch in range(6)] == [0, 0, 5 * USDC, 7 * USDC, 0, 0]
    assert fast_opened.pool.commitment(BOB, 0, 2**128 + 2) == 0


def test_commitment__executed__stands_until_it_is_claimed(fast_opened):
    fast_opened.commit(BOB, CommitType.LONG_MINT, 5 * USDC)
    for _ in range(4):
        fast_opened.next_epoch(KEEPER)
        assert fast_opened.pool.commitment(BOB, 0, 2) == 5 * USDC
    fast_opened.claim(BOB)
    assert fast_opened.pool.commitment(BOB, 0, 2) == 0


def test_commitment__refunded__stands_until_it_is_claimed(fast_opened):
    fast_opened.next_epoch(KEEPER, 1)
    fast_opened.commit(ALICE, CommitType.LONG_BURN, 999 * TOKEN)
    fast_opened.next_epoch(KEEPER)
    assert fast_opened.pool.commitment(ALICE, 1, 3) == 999 * TOKEN
    fast_opened.claim(ALICE)
    assert fast_opened.pool.commitment(ALICE, 1, 3) == 0


def test_commitment__paid_out_by_the_next_in_its_slot__is_gone(fast_opened):
    fast_opened.commit(BOB, CommitType.LONG_MINT, 5 * USDC)
    fast_opened.next_epoch(KEEPER)
    fast_opened.next_epoch(KEEPER)
    fast_opened.commit(BOB, CommitType.LONG_MINT, 7 * USDC)
    assert [fast_opened.pool.commitment(BOB, 0, epoch) for epoch in (2, 4)] == [0, 7 * USDC]


def test_commitment__again_after_a_claim__does_not_count_what_was_claimed(fast_opened):
    fast_opened.commit(BOB, CommitType.LONG_MINT, 5 * USDC)
    fast_opened.next_epoch(KEEPER)
    fast_opened.claim(BOB)
    fast_opened.next_epoch(KEEPER)
    fast_opened.commit(BOB, CommitType.LONG_MINT, 7 * USDC)
    assert [fast_opened.pool.commitment(BOB, 0, epoch) for epoch in (2, 4)] == [0, 7 * USDC]
    fast_opened.next_epoch(KEEPER)
    assert fast_opened.claim(BOB) == (0, 7 * TOKEN, 0)


def test_commitment__closed_pool__stands_until_it_is_refunded(fast_opened):
    fast_opened.commit(BOB, CommitType.SHORT_MINT, 5 * USDC)
    close(fast_opened, KEEPER)
    assert fast_opened.pool.commitment(BOB, 2, 2) == 5 * USDC
    fast_opened.claim(BOB)
    assert fast_opened.pool.commitment(BOB, 2, 2) == 0
