"""What a farm is refused for at deployment, and what it begins as. Specification, sections 6 and 8."""

import pytest

from tests.support.farm import DAY, NOBODY, OWNER, ZERO
from tests.support.revm import RevmChain, reverts
from tests.support.world import NOW


@pytest.fixture
def chain(project):
    return RevmChain(project, NOW)


@pytest.fixture
def reward(chain):
    return chain.deploy("MockERC20", "Tracer", "TCR", 18)


@pytest.fixture
def declared(chain):
    """Where the contract's errors are looked up."""
    return chain.at("StakingFarm", ZERO)


@pytest.mark.parametrize("account", [ZERO, NOBODY])
def test_deployment__reward_token_without_code__reverts(chain, declared, account):
    with reverts(declared.NotAContract, account=account):
        chain.deploy("StakingFarm", account, OWNER, NOW)


@pytest.mark.parametrize("start", [0, NOW - 1])
def test_deployment__start_in_the_past__reverts(chain, declared, reward, start):
    with reverts(declared.StartInThePast, start=start, timestamp=NOW):
        chain.deploy("StakingFarm", reward, OWNER, start)


def test_deployment__owner_zero__reverts(chain, declared, reward):
    with reverts(declared.OwnableInvalidOwner, owner=ZERO):
        chain.deploy("StakingFarm", reward, ZERO, NOW)


@pytest.mark.parametrize("start", [NOW, NOW + 1, NOW + DAY, 2**256 - 1])
def test_deployment__start_now_or_later__begins_empty(chain, reward, start):
    farm = chain.deploy("StakingFarm", reward, OWNER, start)
    assert (farm.rewardToken(), farm.start(), farm.owner(), farm.pendingOwner()) == (reward.address, start, OWNER, ZERO)
    assert (farm.primaryBps(), farm.farmCount(), farm.totalWeight(0), farm.totalWeight(1)) == (4_000, 0, 0, 0)
    assert (farm.weeksScheduled(), farm.weekAmount(0), farm.undistributed()) == (0, 0, 0)
    assert [farm.emitted(timestamp) for timestamp in (0, NOW, 2**256 - 1)] == [0, 0, 0]


def test_deployment__tells_the_owner_and_the_first_allocation(chain, reward):
    farm = chain.deploy("StakingFarm", reward, OWNER, NOW)
    assert chain.revm.events(farm) == [
        ("OwnershipTransferred", {"previousOwner": ZERO, "newOwner": OWNER}),
        ("AllocationSet", {"primaryBps": 4_000}),
    ]
