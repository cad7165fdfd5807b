"""`permit`: of EIP-2612."""

from typing import Any

import pytest
from eth_utils import keccak

from tests.support.revm import Instance, reverts
from tests.support.token import ALICE, BOB, HOLDER, OTHER, STRANGER, ZERO, sign
from tests.support.world import NOW


def use(token: Instance, permit: Any, owner: str = HOLDER, spender: str = BOB, value: int = 100) -> Any:
    """Anybody may bring a permit."""
    return token.permit(owner, spender, value, *permit, sender=STRANGER)


def test_permit__signed_by_another__reverts(token):
    with reverts(token.InvalidPermit):
        use(token, sign(token, signer=OTHER))


@pytest.mark.parametrize(
    "signed",
    [
        {"value": 99},
        {"value": 101},
        {"spender": ALICE},
        {"owner": OTHER},
        {"nonce": 1},
        {"chainId": 2},
        {"name": "3S-BTC/USDC"},
        {"version": "2"},
        {"verifyingContract": ALICE},
    ],
)
def test_permit__that_signs_something_else__reverts(token, signed):
    with reverts(token.InvalidPermit):
        use(token, sign(token, **signed))


def test_permit__signed_with_another_deadline__reverts(token):
    _, *signature = sign(token, deadline=NOW + 1)
    with reverts(token.InvalidPermit):
        use(token, (NOW, *signature))


@pytest.mark.parametrize("signature", [(0, b"\0" * 32, b"\0" * 32), (27, b"\xff" * 32, b"\xff" * 32)])
@pytest.mark.parametrize("owner", [HOLDER, ZERO])
def test_permit__signature_that_is_none__reverts(token, signature, owner):
    with reverts(token.InvalidPermit):
        use(token, (NOW, *signature), owner=owner)


@pytest.mark.parametrize("early", [1, NOW])
def test_permit__expired__reverts(token, early):
    with reverts(token.PermitExpired):
        use(token, sign(token, deadline=NOW - early))


def test_permit__used_a_second_time__reverts(token):
    permit = sign(token)
    use(token, permit)
    token.approve(BOB, 0, sender=HOLDER)
    with reverts(token.InvalidPermit):
        use(token, permit)
    assert (token.allowance(HOLDER, BOB), token.nonces(HOLDER)) == (0, 1)


@pytest.mark.parametrize("deadline", [NOW, NOW + 1, 2**256 - 1])
def test_permit__until_its_deadline__is_an_approval_that_anybody_may_bring(revm, token, deadline):
    assert use(token, sign(token, deadline=deadline)) is None
    assert revm.events(token) == [("Approval", {"owner": HOLDER, "spender": BOB, "amount": 100})]
    assert token.allowance(HOLDER, BOB) == 100
    assert token.nonces(HOLDER) == 1


def test_permit__next_nonce__is_accepted_and_replaces_the_allowance(token):
    use(token, sign(token))
    use(token, sign(token, nonce=1, value=7), value=7)
    assert token.allowance(HOLDER, BOB) == 7
    assert token.nonces(HOLDER) == 2


def test_permit__tokens__can_be_spent_with_it(token):
    token.mint(100)
    token.transfer(HOLDER, 100)
    use(token, sign(token))
    token.transferFrom(HOLDER, ALICE, 100, sender=BOB)
    assert (token.balanceOf(HOLDER), token.balanceOf(ALICE)) == (0, 100)


def test_domain_separator__is_that_of_eip_712(token):
    kinds = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    parts = keccak(kinds), keccak(b"3L-BTC/USDC"), keccak(b"1"), (1).to_bytes(32, "big")
    address = bytes.fromhex(token.address[2:]).rjust(32, b"\0")
    assert token.DOMAIN_SEPARATOR() == keccak(b"".join(parts) + address)
