"""`claimable`: what `claim` would pay now."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from tests.support.pool import TOKEN, act, close, to_window
from tests.support.world import ALICE, BOB, CAROL, KEEPER, USDC

WAD = 10**18
NOTHING = (0, 0, 0)


def test_claimable__of_who_never_committed__is_nothing(fast_opened):
    assert fast_opened.pool.claimable(CAROL) == NOTHING
    assert fast_opened.pool.claimable(ZERO_ADDRESS) == NOTHING


def test_claimable__before_the_rebalance__is_nothing_and_after_it_the_share(fast_opened):
    fast_opened.commit(BOB, CommitType.LONG_MINT, 100 * USDC)
    fast_opened.set_price(105 * WAD)
    fast_opened.move_to_rebalance(late=1_000)
    assert fast_opened.pool.claimable(BOB) == NOTHING
    fast_opened.rebalance(KEEPER)
    assert fast_opened.pool.claimable(BOB) == (0, 88_015_586_426_715_418_124, 0)


def test_claimable__of_the_payer_for_another__is_nothing(fast_opened):
    fast_opened.set_operator(BOB, CAROL)
    fast_opened.commit(CAROL, CommitType.SHORT_MINT, 100 * USDC, controller=BOB)
    fast_opened.next_epoch(KEEPER)
    assert fast_opened.pool.claimable(CAROL) == NOTHING
    assert fast_opened.pool.claimable(BOB) == (0, 0, 100 * TOKEN)


def test_claimable__adds_up_all_types_of_both_slots_and_leaves_out_what_waits(fast_opened):
    for kind in CommitType:
        fast_opened.commit(ALICE, kind, 100 * (USDC if kind.is_mint else TOKEN))
    to_window(fast_opened)
    for kind in CommitType:
        fast_opened.commit(ALICE, kind, 10 * (USDC if kind.is_mint else TOKEN))
    fast_opened.next_epoch(KEEPER)
    assert fast_opened.pool.claimable(ALICE) == (200 * USDC, 200 * TOKEN, 200 * TOKEN)
    fast_opened.next_epoch(KEEPER)
    assert fast_opened.pool.claimable(ALICE) == (220 * USDC, 220 * TOKEN, 220 * TOKEN)


@pytest.mark.finding("C12")
def test_claimable__after_five_more_rebalances_at_other_prices__is_what_claim_pays(fast_opened):
    fast_opened.commit(BOB, CommitType.LONG_MINT, 100 * USDC)
    fast_opened.commit(ALICE, CommitType.SHORT_BURN, 100 * TOKEN)
    fast_opened.next_epoch(KEEPER, 105 * WAD)
    of_bob, of_alice = fast_opened.pool.claimable(BOB), fast_opened.pool.claimable(ALICE)
    assert (of_bob, of_alice) == ((0, 88_015_586_426_715_418_124, 0), (86_383_759, 0, 0))
    for price in (95, 120, 100, 300, 50):
        fast_opened.next_epoch(KEEPER, price * WAD)
        assert (fast_opened.pool.claimable(BOB), fast_opened.pool.claimable(ALICE)) == (of_bob, of_alice)
    assert act(fast_opened, BOB, "claim", BOB, BOB).value == of_bob
    assert fast_opened.pool.claimable(BOB) == NOTHING
    assert act(fast_opened, ALICE, "claim", ALICE, ALICE).value == of_alice
    assert fast_opened.pool.claimable(ALICE) == NOTHING


def test_claimable__of_a_refunded_batch__is_what_was_put_in(fast_opened):
    fast_opened.next_epoch(KEEPER, 1)
    fast_opened.commit(ALICE, CommitType.LONG_BURN, 999 * TOKEN)
    fast_opened.world.fund(BOB, 10**17)
    fast_opened.commit(BOB, CommitType.LONG_MINT, 10**17)
    fast_opened.next_epoch(KEEPER)
    assert fast_opened.pool.claimable(ALICE) == (0, 999 * TOKEN, 0)
    assert fast_opened.pool.claimable(BOB) == (10**17, 0, 0)


def test_claimable__closed_pool__has_what_never_executed(fast_opened):
    fast_opened.commit(BOB, CommitType.LONG_MINT, 100 * USDC)
    fast_opened.next_epoch(KEEPER)
    fast_opened.commit(BOB, CommitType.SHORT_MINT, 50 * USDC)
    assert fast_opened.pool.claimable(BOB) == (0, 100 * TOKEN, 0)
    close(fast_opened, KEEPER)
    assert fast_opened.pool.claimable(BOB) == (50 * USDC, 100 * TOKEN, 0)
    assert fast_opened.claim(BOB) == (50 * USDC, 100 * TOKEN, 0)
    assert fast_opened.pool.claimable(BOB) == NOTHING
