"""The farm's owner: ownership moves in two steps and cannot be given up. Specification, section 2."""

import pytest

from tests.farm_twin import ALICE, BOB, OWNER, STRANGER
from tests.revm import reverts
from tests.unit.farm.conftest import WEEKLY, ZERO

WRONG = "0x" + "de" * 20


@pytest.fixture
def contract(farm):
    """On the chain alone: the model's owner stays."""
    return farm.farm


def owners(contract):
    return contract.owner(), contract.pendingOwner()


@pytest.mark.parametrize("caller", [STRANGER, ALICE, ZERO])
def test_transfer_ownership__by_another_than_the_owner__reverts(contract, caller):
    with reverts(contract.OwnableUnauthorizedAccount, account=caller):
        contract.transferOwnership(caller, sender=caller)


@pytest.mark.parametrize("caller", [OWNER, STRANGER, ZERO])
def test_accept_ownership__by_another_than_the_named_one__reverts(contract, caller):
    contract.transferOwnership(ALICE, sender=OWNER)
    with reverts(contract.OwnableUnauthorizedAccount, account=caller):
        contract.acceptOwnership(sender=caller)
    assert owners(contract) == (OWNER, ALICE)


@pytest.mark.finding("G02")
def test_transfer_ownership__first_step__changes_no_power(farm, contract):
    contract.transferOwnership(ALICE, sender=OWNER)
    started = "OwnershipTransferStarted", {"previousOwner": OWNER, "newOwner": ALICE}
    assert farm.chain.revm.events(contract) == [started]
    assert owners(contract) == (OWNER, ALICE)
    with reverts(contract.OwnableUnauthorizedAccount, account=ALICE):
        contract.setAllocation(5_000, sender=ALICE)
    contract.setAllocation(5_000, sender=OWNER)


@pytest.mark.finding("G02")
def test_accept_ownership__second_step__hands_over_everything(farm, contract):
    contract.transferOwnership(ALICE, sender=OWNER)
    contract.acceptOwnership(sender=ALICE)
    transferred = "OwnershipTransferred", {"previousOwner": OWNER, "newOwner": ALICE}
    assert farm.chain.revm.events(contract) == [transferred]
    assert owners(contract) == (ALICE, ZERO)
    with reverts(contract.OwnableUnauthorizedAccount, account=OWNER):
        contract.schedule([WEEKLY], sender=OWNER)
    contract.schedule([WEEKLY], sender=ALICE)
    assert contract.weeksScheduled() == 5


@pytest.mark.finding("G02")
@pytest.mark.parametrize("second", [BOB, ZERO])
def test_transfer_ownership__to_a_wrong_address__is_taken_back_by_naming_another(contract, second):
    contract.transferOwnership(WRONG, sender=OWNER)
    contract.transferOwnership(second, sender=OWNER)
    with reverts(contract.OwnableUnauthorizedAccount, account=WRONG):
        contract.acceptOwnership(sender=WRONG)
    assert owners(contract) == (OWNER, second)


def test_renounce_ownership__by_the_owner__reverts(contract):
    with reverts(contract.OwnershipCannotBeRenounced):
        contract.renounceOwnership(sender=OWNER)
    assert owners(contract) == (OWNER, ZERO)


@pytest.mark.parametrize("caller", [STRANGER, ALICE, ZERO])
def test_renounce_ownership__by_another__reverts(contract, caller):
    with reverts(contract.OwnableUnauthorizedAccount, account=caller):
        contract.renounceOwnership(sender=caller)
