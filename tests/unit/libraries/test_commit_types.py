"""CommitTypes and Payout: what goes in, what comes out, and what a refund gives back. Specification, section 4."""

import pytest

from perpetual_pools.model import CommitType

LONG, SHORT = 0, 1
SETTLEMENT = None
IN_AND_OUT = {
    CommitType.LONG_MINT: (SETTLEMENT, LONG),
    CommitType.LONG_BURN: (LONG, SETTLEMENT),
    CommitType.SHORT_MINT: (SETTLEMENT, SHORT),
    CommitType.SHORT_BURN: (SHORT, SETTLEMENT),
    CommitType.LONG_BURN_SHORT_MINT: (LONG, SHORT),
    CommitType.SHORT_BURN_LONG_MINT: (SHORT, LONG),
}


def test_commit_types__order__is_the_specifications():
    assert [int(kind) for kind in IN_AND_OUT] == list(range(6)) == [int(kind) for kind in CommitType]


@pytest.mark.parametrize("kind", CommitType)
def test_commit_types__sides__are_those_of_the_name(maths_harness, kind):
    put_in, taken_out = IN_AND_OUT[kind]
    is_mint, is_burn, burned_side, minted_side = maths_harness.sides(int(kind))
    assert is_mint is (put_in is SETTLEMENT) is kind.is_mint
    assert is_burn is (taken_out is SETTLEMENT) is kind.is_burn
    assert kind.burned_side == put_in and kind.minted_side == taken_out
    if not is_mint:
        assert burned_side == put_in
    if not is_burn:
        assert minted_side == taken_out


@pytest.mark.finding("C14")
@pytest.mark.parametrize("commit_type", [6, 7, 255, 256, 2**256 - 1])
def test_commit_types__that_do_not_exist__are_neither_mint_nor_burn(maths_harness, commit_type):
    assert maths_harness.sides(commit_type)[:2] == (False, False)


@pytest.mark.parametrize("before", [(0, 0, 0), (10, 20, 30)])
@pytest.mark.parametrize("refunded", [False, True])
@pytest.mark.parametrize("kind", CommitType)
def test_payout_add__commitment__adds_what_comes_out_or_what_was_put_in(maths_harness, kind, refunded, before):
    asset = IN_AND_OUT[kind][0 if refunded else 1]
    index = 0 if asset is SETTLEMENT else 1 + asset
    expected = tuple(amount + (7 if place == index else 0) for place, amount in enumerate(before))
    assert maths_harness.add(before, int(kind), 7, refunded) == expected


def test_payout_add__twelve_full_batches__do_not_overflow(maths_harness):
    payout = (0, 0, 0)
    for _ in range(12):
        payout = maths_harness.add(payout, int(CommitType.LONG_BURN), 2**126, False)
    assert payout == (12 * 2**126, 0, 0)
