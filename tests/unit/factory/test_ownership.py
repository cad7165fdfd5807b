"""The owner of all pools: ownership moves in two steps and cannot be given up."""

import pytest

from tests.revm import reverts
from tests.unit.factory.conftest import STRANGER, ZERO
from tests.unit.pool.fast import ALICE, BOB, OWNER, TREASURY

WRONG = "0x" + "de" * 20


def test_deployment__owner_zero__reverts(world, factory):
    with reverts(factory.OwnableInvalidOwner, owner=ZERO):
        world.chain.deploy("PoolFactory", ZERO, TREASURY)


def test_deployment__owner__is_who_was_named(factory):
    assert (factory.owner(), factory.pendingOwner()) == (OWNER, ZERO)


@pytest.mark.parametrize("caller", [STRANGER, TREASURY, ZERO])
def test_transfer_ownership__by_another_than_the_owner__reverts(factory, caller):
    with reverts(factory.OwnableUnauthorizedAccount, account=caller):
        factory.transferOwnership(caller, sender=caller)


@pytest.mark.parametrize("caller", [OWNER, STRANGER, ZERO])
def test_accept_ownership__by_another_than_the_named_one__reverts(factory, caller):
    factory.transferOwnership(ALICE, sender=OWNER)
    with reverts(factory.OwnableUnauthorizedAccount, account=caller):
        factory.acceptOwnership(sender=caller)
    assert (factory.owner(), factory.pendingOwner()) == (OWNER, ALICE)


def test_accept_ownership__when_nobody_is_named__reverts(factory):
    with reverts(factory.OwnableUnauthorizedAccount, account=OWNER):
        factory.acceptOwnership(sender=OWNER)


@pytest.mark.finding("G02")
def test_transfer_ownership__first_step__changes_no_power(world, factory):
    assert factory.transferOwnership(ALICE, sender=OWNER) is None
    assert world.chain.revm.events(factory) == [
        ("OwnershipTransferStarted", {"previousOwner": OWNER, "newOwner": ALICE})
    ]
    assert (factory.owner(), factory.pendingOwner()) == (OWNER, ALICE)
    with reverts(factory.OwnableUnauthorizedAccount, account=ALICE):
        factory.setFeeRecipient(ALICE, sender=ALICE)
    factory.setFeeRecipient(BOB, sender=OWNER)


@pytest.mark.finding("G02")
def test_accept_ownership__second_step__hands_over_everything(world, factory):
    pool = world.deploy_pool().pool
    factory.transferOwnership(ALICE, sender=OWNER)
    assert factory.acceptOwnership(sender=ALICE) is None
    assert world.chain.revm.events(factory) == [("OwnershipTransferred", {"previousOwner": OWNER, "newOwner": ALICE})]
    assert (factory.owner(), factory.pendingOwner()) == (ALICE, ZERO)
    with reverts(factory.OwnableUnauthorizedAccount, account=OWNER):
        factory.setFeeRecipient(OWNER, sender=OWNER)
    with reverts(pool.NotOwner, caller=OWNER):
        pool.setMintPaused(True, sender=OWNER)
    pool.setMintPaused(True, sender=ALICE)
    assert pool.mintPaused() is True


@pytest.mark.finding("G02")
@pytest.mark.parametrize("second", [ALICE, ZERO])
def test_transfer_ownership__to_a_wrong_address__is_taken_back_by_naming_another(factory, second):
    factory.transferOwnership(WRONG, sender=OWNER)
    factory.transferOwnership(second, sender=OWNER)
    with reverts(factory.OwnableUnauthorizedAccount, account=WRONG):
        factory.acceptOwnership(sender=WRONG)
    assert (factory.owner(), factory.pendingOwner()) == (OWNER, second)


def test_renounce_ownership__by_the_owner__reverts(factory):
    with reverts(factory.OwnershipCannotBeRenounced):
        factory.renounceOwnership(sender=OWNER)
    assert factory.owner() == OWNER


@pytest.mark.parametrize("caller", [STRANGER, ZERO])
def test_renounce_ownership__by_another__reverts(factory, caller):
    with reverts(factory.OwnableUnauthorizedAccount, account=caller):
        factory.renounceOwnership(sender=caller)
