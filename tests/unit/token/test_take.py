"""`take`. A holder who commits needs no approval: the pool takes the tokens itself."""

import pytest

from tests.support.revm import reverts
from tests.support.token import ALICE, BOB, POOL, TOKEN, holdings, transfer_event


@pytest.mark.parametrize(("holder", "amount"), [(ALICE, 100 * TOKEN + 1), (BOB, 1), (ALICE, 2**256 - 1)])
def test_take__more_than_held__reverts(held, holder, amount):
    with reverts(held.InsufficientBalance):
        held.take(holder, amount)


@pytest.mark.parametrize("amount", [1, 100 * TOKEN])
def test_take__without_approval__moves_the_tokens_into_the_pool(revm, held, amount):
    assert held.allowance(ALICE, POOL) == 0
    assert held.take(ALICE, amount) is None
    assert revm.events(held) == [transfer_event(ALICE, POOL, amount)]
    assert holdings(held) == (50 * TOKEN + amount, 100 * TOKEN - amount, 0, 150 * TOKEN)


def test_take__with_an_approval__leaves_it_as_it_is(held):
    held.approve(POOL, 10 * TOKEN, sender=ALICE)
    held.take(ALICE, 10 * TOKEN)
    assert held.allowance(ALICE, POOL) == 10 * TOKEN
