"""`feeRecipient` and `setFeeRecipient`: the owner decides where the fees of all pools go."""

from tests.support.factory import ZERO
from tests.support.revm import reverts
from tests.support.world import BOB, OWNER, TREASURY


def test_deployment__fee_recipient_zero__reverts(world, factory):
    with reverts(factory.ZeroAddress):
        world.chain.deploy("PoolFactory", OWNER, ZERO)


def test_deployment__fee_recipient__is_set_and_told(world):
    factory = world.chain.deploy("PoolFactory", OWNER, BOB)
    assert world.chain.revm.events(factory) == [
        ("OwnershipTransferred", {"previousOwner": ZERO, "newOwner": OWNER}),
        ("FeeRecipientSet", {"feeRecipient": BOB}),
    ]
    assert factory.feeRecipient() == BOB


def test_set_fee_recipient__zero__reverts(factory):
    with reverts(factory.ZeroAddress):
        factory.setFeeRecipient(ZERO, sender=OWNER)
    assert factory.feeRecipient() == TREASURY


def test_set_fee_recipient__by_the_owner__replaces_it(world, factory):
    assert factory.setFeeRecipient(BOB, sender=OWNER) is None
    assert world.chain.revm.events(factory) == [("FeeRecipientSet", {"feeRecipient": BOB})]
    assert factory.feeRecipient() == BOB
