"""`transfer`: of ERC-20."""

import pytest

from tests.support.revm import reverts
from tests.support.token import ALICE, BOB, POOL, TOKEN, ZERO, holdings, transfer_event


@pytest.mark.parametrize(("sender", "amount"), [(ALICE, 100 * TOKEN + 1), (BOB, 1), (ALICE, 2**256 - 1)])
def test_transfer__more_than_held__reverts(held, sender, amount):
    with reverts(held.InsufficientBalance):
        held.transfer(POOL, amount, sender=sender)


@pytest.mark.parametrize("amount", [0, 1, 100 * TOKEN])
def test_transfer__tokens__go_from_the_caller_to_the_receiver(revm, held, amount):
    assert held.transfer(BOB, amount, sender=ALICE) is True
    assert revm.events(held) == [transfer_event(ALICE, BOB, amount)]
    assert holdings(held) == (50 * TOKEN, 100 * TOKEN - amount, amount, 150 * TOKEN)


def test_transfer__to_oneself__changes_nothing(revm, held):
    assert held.transfer(ALICE, 100 * TOKEN, sender=ALICE) is True
    assert revm.events(held) == [transfer_event(ALICE, ALICE, 100 * TOKEN)]
    assert holdings(held) == (50 * TOKEN, 100 * TOKEN, 0, 150 * TOKEN)


def test_transfer__to_the_pool__adds_to_what_it_holds(revm, held):
    held.transfer(POOL, 3, sender=ALICE)
    assert revm.events(held) == [transfer_event(ALICE, POOL, 3)]
    assert holdings(held) == (50 * TOKEN + 3, 100 * TOKEN - 3, 0, 150 * TOKEN)


def test_transfer__to_the_zero_address__lowers_no_supply(held):
    held.transfer(ZERO, TOKEN, sender=ALICE)
    assert held.balanceOf(ZERO) == TOKEN
    assert holdings(held) == (50 * TOKEN, 99 * TOKEN, 0, 150 * TOKEN)
