"""`approve` and `transferFrom`: of ERC-20. Nobody has an allowance that a holder did not give."""

import pytest

from tests.support.revm import reverts
from tests.support.token import ALICE, BOB, POOL, STRANGER, TOKEN, holdings, transfer_event

PERMIT2 = "0x000000000022d473030f116ddee9f6b43ac78ba3"
UNLIMITED = 2**256 - 1


def approval_event(owner, spender, amount):
    return "Approval", {"owner": owner, "spender": spender, "amount": amount}


# --- transferFrom ---


@pytest.mark.parametrize("spender", [STRANGER, BOB, POOL, PERMIT2])
def test_transfer_from__without_allowance__reverts(held, spender):
    with reverts(held.InsufficientAllowance):
        held.transferFrom(ALICE, spender, 1, sender=spender)


def test_transfer_from__ones_own_tokens_without_allowance__reverts(held):
    with reverts(held.InsufficientAllowance):
        held.transferFrom(ALICE, BOB, 1, sender=ALICE)


@pytest.mark.parametrize("spender", [BOB, PERMIT2])
def test_transfer_from__beyond_the_allowance__reverts(held, spender):
    held.approve(spender, 10, sender=ALICE)
    with reverts(held.InsufficientAllowance):
        held.transferFrom(ALICE, BOB, 11, sender=spender)


@pytest.mark.parametrize("allowance", [101 * TOKEN, UNLIMITED])
def test_transfer_from__more_than_held__reverts(held, allowance):
    held.approve(BOB, allowance, sender=ALICE)
    with reverts(held.InsufficientBalance):
        held.transferFrom(ALICE, BOB, 100 * TOKEN + 1, sender=BOB)
    assert held.allowance(ALICE, BOB) == allowance


@pytest.mark.parametrize("spender", [STRANGER, PERMIT2])
def test_transfer_from__within_the_allowance__moves_tokens_and_uses_it_up(revm, held, spender):
    held.approve(spender, 10 * TOKEN, sender=ALICE)
    assert held.transferFrom(ALICE, BOB, 4 * TOKEN, sender=spender) is True
    assert revm.events(held) == [transfer_event(ALICE, BOB, 4 * TOKEN)]
    assert held.allowance(ALICE, spender) == 6 * TOKEN
    assert holdings(held) == (50 * TOKEN, 96 * TOKEN, 4 * TOKEN, 150 * TOKEN)


def test_transfer_from__unlimited_allowance__is_not_used_up(held):
    held.approve(BOB, UNLIMITED, sender=ALICE)
    held.transferFrom(ALICE, BOB, 100 * TOKEN, sender=BOB)
    assert held.allowance(ALICE, BOB) == UNLIMITED
    assert holdings(held) == (50 * TOKEN, 0, 100 * TOKEN, 150 * TOKEN)


# --- approve ---


@pytest.mark.parametrize("amount", [0, 5, UNLIMITED])
def test_approve__amount__replaces_the_allowance(revm, held, amount):
    held.approve(BOB, 77, sender=ALICE)
    assert held.approve(BOB, amount, sender=ALICE) is True
    assert revm.events(held) == [approval_event(ALICE, BOB, amount)]
    assert held.allowance(ALICE, BOB) == amount
    assert held.allowance(BOB, ALICE) == 0


def test_allowance__of_permit2__is_what_the_holder_gave(held):
    assert held.allowance(ALICE, PERMIT2) == 0
    held.approve(PERMIT2, 5, sender=ALICE)
    assert held.allowance(ALICE, PERMIT2) == 5
