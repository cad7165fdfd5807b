"""`setMintPaused`. Specification, sections 2 and 8; invariant P10."""

import pytest

from perpetual_pools.model import CommitType
from tests.support.pool import TOKEN, act, reverts
from tests.support.world import USDC

MINTS = [CommitType.LONG_MINT, CommitType.SHORT_MINT]
OTHERS = [kind for kind in CommitType if not kind.is_mint]


def test_set_mint_paused__owner_to_be__has_to_accept_first(opened, owner, stranger):
    factory = opened.world.contracts.factory
    opened.chain.send(factory, "transferOwnership", [stranger], owner)
    with reverts(opened, "NotOwner", caller=stranger):
        opened.pool.setMintPaused(True, sender=stranger)
    opened.chain.send(factory, "acceptOwnership", [], stranger)
    with reverts(opened, "NotOwner", caller=owner):
        opened.pool.setMintPaused(True, sender=owner)
    act(opened, stranger, "setMintPaused", True)
    assert opened.pool.mintPaused() is True


@pytest.mark.parametrize("paused", [True, False])
def test_set_mint_paused__by_the_owner__says_so_and_moves_nothing(opened, owner, paused):
    held = opened.world.token.balanceOf(opened.pool)
    for _ in range(2):
        sent = act(opened, owner, "setMintPaused", paused)
        assert sent.events == [("MintPausedSet", {"paused": paused})]
        assert opened.pool.mintPaused() is paused
    assert opened.world.token.balanceOf(opened.pool) == held
    assert opened.pool.nextRebalance() == 2_000_005_200
    assert (opened.pool.epoch(), opened.pool.isShutdown()) == (2, False)


@pytest.mark.parametrize("kind", MINTS)
def test_set_mint_paused__mints__are_refused_until_it_is_undone(opened, owner, alice, kind):
    opened.set_mint_paused(owner, True)
    with reverts(opened, "MintIsPaused"):
        opened.pool.commit(kind.value, USDC, alice, sender=alice)
    opened.set_mint_paused(owner, False)
    assert opened.commit(alice, kind, USDC) == 2


def test_set_mint_paused__burns_flips_claims_and_rebalances__go_on(opened, owner, alice, keeper):
    opened.commit(alice, CommitType.LONG_MINT, 10 * USDC)
    opened.set_mint_paused(owner, True)
    for kind in OTHERS:
        opened.commit(alice, kind, TOKEN)
    opened.next_epoch(keeper)
    # The mint made before executes: 10 L-tokens; two burns, a flip to each side.
    assert opened.claim(alice) == (2 * USDC, 11 * TOKEN, TOKEN)
    assert opened.pool.balances() == (1_009 * USDC, 999 * USDC)


def test_set_mint_paused__stays_through_a_rebalance(opened, owner, keeper):
    opened.set_mint_paused(owner, True)
    opened.next_epoch(keeper)
    assert opened.pool.mintPaused() is True
    opened.set_mint_paused(owner, False)
    opened.next_epoch(keeper)
    assert opened.pool.mintPaused() is False


def test_set_mint_paused__one_pool__leaves_the_others(opened, deploy_market, owner, alice):
    other = deploy_market(market="ETH/USDC")
    opened.set_mint_paused(owner, True)
    assert other.pool.mintPaused() is False
    assert other.commit(alice, CommitType.LONG_MINT, USDC) == 1


def test_set_mint_paused__closed_pool__redeems_all_the_same(opened, owner, alice, keeper):
    opened.set_mint_paused(owner, True)
    opened.set_oracle_failing(True)
    opened.move_to_rebalance(late=14 * 86_400)
    opened.shutdown(keeper)
    assert opened.pool.mintPaused() is True
    before = opened.world.token.balanceOf(alice)
    assert opened.redeem(alice, 1_000 * TOKEN, 1_000 * TOKEN) == 2_000 * USDC
    assert opened.world.token.balanceOf(alice) - before == 2_000 * USDC
