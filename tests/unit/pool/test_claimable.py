"""`claimable`: what `claim` would pay now."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from tests.support.pool import TOKEN, act, close, to_window
from tests.support.world import USDC

WAD = 10**18
NOTHING = (0, 0, 0)


def test_claimable__of_who_never_committed__is_nothing(opened, carol):
    assert opened.pool.claimable(carol) == NOTHING
    assert opened.pool.claimable(ZERO_ADDRESS) == NOTHING


def test_claimable__before_the_rebalance__is_nothing_and_after_it_the_share(opened, bob, keeper):
    opened.commit(bob, CommitType.LONG_MINT, 100 * USDC)
    opened.set_price(105 * WAD)
    opened.move_to_rebalance(late=1_000)
    assert opened.pool.claimable(bob) == NOTHING
    opened.rebalance(keeper)
    assert opened.pool.claimable(bob) == (0, 88_015_586_426_715_418_124, 0)


def test_claimable__of_the_payer_for_another__is_nothing(opened, bob, carol, keeper):
    opened.set_operator(bob, carol)
    opened.commit(carol, CommitType.SHORT_MINT, 100 * USDC, controller=bob)
    opened.next_epoch(keeper)
    assert opened.pool.claimable(carol) == NOTHING
    assert opened.pool.claimable(bob) == (0, 0, 100 * TOKEN)


def test_claimable__adds_up_all_types_of_both_slots_and_leaves_out_what_waits(opened, alice, keeper):
    for kind in CommitType:
        opened.commit(alice, kind, 100 * (USDC if kind.is_mint else TOKEN))
    to_window(opened)
    for kind in CommitType:
        opened.commit(alice, kind, 10 * (USDC if kind.is_mint else TOKEN))
    opened.next_epoch(keeper)
    assert opened.pool.claimable(alice) == (200 * USDC, 200 * TOKEN, 200 * TOKEN)
    opened.next_epoch(keeper)
    assert opened.pool.claimable(alice) == (220 * USDC, 220 * TOKEN, 220 * TOKEN)


@pytest.mark.finding("C12")
def test_claimable__after_five_more_rebalances_at_other_prices__is_what_claim_pays(opened, alice, bob, keeper):
    opened.commit(bob, CommitType.LONG_MINT, 100 * USDC)
    opened.commit(alice, CommitType.SHORT_BURN, 100 * TOKEN)
    opened.next_epoch(keeper, 105 * WAD)
    of_bob, of_alice = opened.pool.claimable(bob), opened.pool.claimable(alice)
    assert (of_bob, of_alice) == ((0, 88_015_586_426_715_418_124, 0), (86_383_759, 0, 0))
    for price in (95, 120, 100, 300, 50):
        opened.next_epoch(keeper, price * WAD)
        assert (opened.pool.claimable(bob), opened.pool.claimable(alice)) == (of_bob, of_alice)
    assert act(opened, bob, "claim", bob, bob).value == of_bob
    assert opened.pool.claimable(bob) == NOTHING
    assert act(opened, alice, "claim", alice, alice).value == of_alice
    assert opened.pool.claimable(alice) == NOTHING


def test_claimable__of_a_refunded_batch__is_what_was_put_in(opened, alice, bob, keeper):
    opened.next_epoch(keeper, 1)
    opened.commit(alice, CommitType.LONG_BURN, 999 * TOKEN)
    opened.world.fund(bob, 10**17)
    opened.commit(bob, CommitType.LONG_MINT, 10**17)
    opened.next_epoch(keeper)
    assert opened.pool.claimable(alice) == (0, 999 * TOKEN, 0)
    assert opened.pool.claimable(bob) == (10**17, 0, 0)


def test_claimable__closed_pool__has_what_never_executed(opened, bob, keeper):
    opened.commit(bob, CommitType.LONG_MINT, 100 * USDC)
    opened.next_epoch(keeper)
    opened.commit(bob, CommitType.SHORT_MINT, 50 * USDC)
    assert opened.pool.claimable(bob) == (0, 100 * TOKEN, 0)
    close(opened, keeper)
    assert opened.pool.claimable(bob) == (50 * USDC, 100 * TOKEN, 0)
    assert opened.claim(bob) == (50 * USDC, 100 * TOKEN, 0)
    assert opened.pool.claimable(bob) == NOTHING
