"""`mint`. Its pool alone mints, into itself."""

import pytest

from tests.support.revm import reverts
from tests.support.token import ALICE, POOL, STRANGER, TOKEN, ZERO, holdings, transfer_event

LARGEST = 2**256 - 2
"""With the spare unit, 2**256 - 1."""


@pytest.mark.parametrize("caller", [ALICE, STRANGER, ZERO])
def test_mint__by_another_than_the_pool__reverts(token, caller):
    with reverts(token.NotPool, caller=caller):
        token.mint(1, sender=caller)
    assert token.totalSupply() == 0


def test_mint__beyond_256_bits__reverts(token):
    with reverts(token.TotalSupplyOverflow):
        token.mint(LARGEST + 1)
    token.mint(LARGEST)
    assert token.totalSupply() == LARGEST
    with reverts(token.TotalSupplyOverflow):
        token.mint(1)


def test_mint__tokens__come_from_nobody_into_the_pool(revm, held):
    assert held.mint(7) is None
    assert revm.events(held) == [transfer_event(ZERO, POOL, 7)]
    assert holdings(held) == (50 * TOKEN + 7, 100 * TOKEN, 0, 150 * TOKEN + 7)
