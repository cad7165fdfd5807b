"""The owner of all pools, and of the farm: ownership moves in two steps and cannot be given up. Specification, section 2."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from perpetual_pools.model import Market
from tests.support.farm import farm_twin
from tests.support.revm import Instance, RevmChain, reverts
from tests.support.world import ALICE, BOB, CAROL, KEEPER, TREASURY, new_world

STRANGER = CAROL
WRONG, ZERO = "0x" + "de" * 20, "0x" + "00" * 20


@dataclass(frozen=True)
class Owned:
    """A contract with an owner."""

    chain: RevmChain
    contract: Instance
    owner: str
    use_power: Callable[[str], Any]
    """Something that the owner alone can do."""
    deploy_for: Callable[[str], Any]
    """Another of its kind with that owner."""

    @property
    def owners(self) -> tuple[str, str]:
        """The owner, and who is named as the next."""
        return self.contract.owner(), self.contract.pendingOwner()


def a_factory(project) -> Owned:
    world = new_world(project)
    factory = world.contracts.factory
    return Owned(
        world.chain,
        factory,
        world.owner,
        lambda caller: factory.setFeeRecipient(BOB, sender=caller),
        lambda owner: world.chain.deploy("PoolFactory", owner, TREASURY),
    )


def a_farm(project) -> Owned:
    twin = farm_twin(project)
    return Owned(
        twin.chain,
        twin.farm,
        twin.owner,
        lambda caller: twin.farm.schedule([10**18], sender=caller),
        lambda owner: twin.chain.deploy("StakingFarm", twin.reward, owner, twin.now),
    )


@pytest.fixture(params=[a_factory, a_farm], ids=["factory", "farm"])
def owned(request, project) -> Owned:
    return request.param(project)


def test_deployment__owner_zero__reverts(owned):
    with reverts(owned.contract.OwnableInvalidOwner, owner=ZERO):
        owned.deploy_for(ZERO)


def test_deployment__owner__is_who_was_named(owned):
    assert owned.owners == (owned.owner, ZERO)
    assert owned.deploy_for(ALICE).owner() == ALICE


def test_accept_ownership__when_nobody_is_named__reverts(owned):
    with reverts(owned.contract.OwnableUnauthorizedAccount, account=owned.owner):
        owned.contract.acceptOwnership(sender=owned.owner)


@pytest.mark.finding("G02")
def test_transfer_ownership__first_step__changes_no_power(owned):
    assert owned.contract.transferOwnership(ALICE, sender=owned.owner) is None
    started = "OwnershipTransferStarted", {"previousOwner": owned.owner, "newOwner": ALICE}
    assert owned.chain.revm.events(owned.contract) == [started]
    assert owned.owners == (owned.owner, ALICE)
    with reverts(owned.contract.OwnableUnauthorizedAccount, account=ALICE):
        owned.use_power(ALICE)
    owned.use_power(owned.owner)


@pytest.mark.finding("G02")
def test_accept_ownership__second_step__hands_over_everything(owned):
    owned.contract.transferOwnership(ALICE, sender=owned.owner)
    assert owned.contract.acceptOwnership(sender=ALICE) is None
    transferred = "OwnershipTransferred", {"previousOwner": owned.owner, "newOwner": ALICE}
    assert owned.chain.revm.events(owned.contract) == [transferred]
    assert owned.owners == (ALICE, ZERO)
    with reverts(owned.contract.OwnableUnauthorizedAccount, account=owned.owner):
        owned.use_power(owned.owner)


@pytest.mark.finding("G02")
def test_accept_ownership__of_the_factory__hands_over_the_pools(project):
    world = new_world(project)
    factory, pool = world.contracts.factory, world.deploy_pool().pool
    factory.transferOwnership(ALICE, sender=world.owner)
    factory.acceptOwnership(sender=ALICE)
    factory.setFeeRecipient(BOB, sender=ALICE)
    with reverts(pool.NotOwner, caller=world.owner):
        pool.setMintPaused(True, sender=world.owner)
    pool.setMintPaused(True, sender=ALICE)
    assert (factory.feeRecipient(), pool.mintPaused()) == (BOB, True)


@pytest.mark.finding("G02")
def test_accept_ownership__of_the_farm__hands_over_all_that_its_owner_does(project):
    twin = farm_twin(project)
    farm, reward, token = twin.farm, twin.reward, twin.new_token()
    farm.transferOwnership(ALICE, sender=twin.owner)
    farm.acceptOwnership(sender=ALICE)
    reward.mint(ALICE, 10**18)
    reward.approve(farm, 10**18, sender=ALICE)
    farm.schedule([10**18], sender=ALICE)
    farm.addFarm(token, Market.PRIMARY, 3, sender=ALICE)
    farm.setWeight(token, 7, sender=ALICE)
    farm.setAllocation(5_000, sender=ALICE)
    assert (farm.weeksScheduled(), farm.farm(token), farm.primaryBps()) == (1, (0, 7), 5_000)


@pytest.mark.finding("G02")
@pytest.mark.parametrize("second", [ALICE, ZERO])
def test_transfer_ownership__to_a_wrong_address__is_taken_back_by_naming_another(owned, second):
    owned.contract.transferOwnership(WRONG, sender=owned.owner)
    owned.contract.transferOwnership(second, sender=owned.owner)
    with reverts(owned.contract.OwnableUnauthorizedAccount, account=WRONG):
        owned.contract.acceptOwnership(sender=WRONG)
    assert owned.owners == (owned.owner, second)


def test_renounce_ownership__by_the_owner__reverts(owned):
    with reverts(owned.contract.OwnershipCannotBeRenounced):
        owned.contract.renounceOwnership(sender=owned.owner)
    assert owned.owners == (owned.owner, ZERO)


@pytest.mark.parametrize("caller", [STRANGER, KEEPER, ZERO])
def test_renounce_ownership__by_another__reverts(owned, caller):
    with reverts(owned.contract.OwnableUnauthorizedAccount, account=caller):
        owned.contract.renounceOwnership(sender=caller)
