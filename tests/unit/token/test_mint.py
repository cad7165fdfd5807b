"""`mint`. Its pool alone mints, into itself."""

from tests.support.revm import reverts
from tests.support.token import POOL, TOKEN, ZERO, holdings, transfer_event

LARGEST = 2**256 - 2
"""With the spare unit, 2**256 - 1."""


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
