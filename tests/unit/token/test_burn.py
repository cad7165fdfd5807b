"""`burn`. Its pool alone burns, of itself or of a holder who redeems."""

import pytest

from tests.support.revm import reverts
from tests.support.token import ALICE, BOB, POOL, TOKEN, ZERO, holdings, transfer_event


@pytest.mark.parametrize(("holder", "amount"), [(ALICE, 100 * TOKEN + 1), (BOB, 1), (ALICE, 2**256 - 1)])
def test_burn__more_than_held__reverts(held, holder, amount):
    with reverts(held.InsufficientBalance):
        held.burn(holder, amount)


@pytest.mark.parametrize("amount", [1, 100 * TOKEN])
def test_burn__of_a_holder__takes_their_tokens_out_of_the_supply(revm, held, amount):
    assert held.burn(ALICE, amount) is None
    assert revm.events(held) == [transfer_event(ALICE, ZERO, amount)]
    assert holdings(held) == (50 * TOKEN, 100 * TOKEN - amount, 0, 150 * TOKEN - amount)


def test_burn__of_the_pool__takes_its_tokens_out_of_the_supply(revm, held):
    held.burn(POOL, 50 * TOKEN)
    assert revm.events(held) == [transfer_event(POOL, ZERO, 50 * TOKEN)]
    assert holdings(held) == (0, 100 * TOKEN, 0, 100 * TOKEN)
