"""How tokens leave a farm: by the stakers' own functions, to them, and in no other way. Specification, sections 2 and 6."""

import pytest
from eth_utils import keccak

from perpetual_pools.twin.chain import Reverted
from perpetual_pools.twin.farm import PLENTY
from tests.support.farm import ALICE, BOB, HOUR, OWNER, STRANGER, TCR, WEEKLY
from tests.support.revm import reverts


@pytest.mark.finding("F10")
@pytest.mark.parametrize(
    "signature",
    [
        "transfer(address,uint256)",
        "transferFrom(address,address,uint256)",
        "approve(address,uint256)",
        "safeTransferFrom(address,address,uint256)",
        "safeTransferFrom(address,address,uint256,uint256,bytes)",
        "setApprovalForAll(address,bool)",
        "balanceOf(address)",
        "allowance(address,address)",
    ],
)
def test_stake__functions_of_a_token__do_not_exist(farm, pool_token, signature):
    farm.stake(ALICE, pool_token, TCR)
    with pytest.raises(Reverted) as reverted:
        farm.farm.call_raw(keccak(text=signature)[:4] + bytes(160), sender=ALICE)
    assert reverted.value.arguments == (b"",)


@pytest.mark.finding("F08")
def test_ways_out__whatever_the_owner_does__takes_no_token_out_and_leaves_every_claim(farm, pool_token, lp_token):
    """Staked rewards, unclaimed rewards, donated tokens: all stay where they are."""
    farm.add_farm(OWNER, farm.reward, 1, 1)
    for token in (pool_token, lp_token, farm.reward):
        farm.stake(ALICE, token, 8 * TCR)
    farm.move_to_week(0, HOUR)
    farm.donate(BOB, farm.reward, TCR)
    held = farm.reward.balanceOf(farm.farm)
    tokens = (pool_token, lp_token, farm.reward)
    earned = [farm.earned(ALICE, token) for token in tokens]
    assert earned == [4 * HOUR * TCR, 3 * HOUR * TCR, 3 * HOUR * TCR]
    for token in tokens:
        farm.set_weight(OWNER, token, 0)
    farm.set_allocation(OWNER, 10_000)
    farm.advance(HOUR)
    farm.schedule_undistributed(OWNER, 1)
    farm.farm.transferOwnership(STRANGER, sender=OWNER)
    assert farm.reward.balanceOf(farm.farm) == held == 4 * WEEKLY + 9 * TCR
    assert [token.balanceOf(farm.farm) for token in (pool_token, lp_token)] == [8 * TCR, 8 * TCR]
    contract, staked = farm.farm, farm.reward.address
    for caller in (OWNER, STRANGER):
        with reverts(contract.InsufficientStake, token=staked, staked=0, amount=1):
            contract.withdraw(staked, 1, sender=caller)
        for leave in (contract.exit, contract.emergencyWithdraw):
            with reverts(contract.NothingStaked, token=staked, account=caller):
                leave(staked, sender=caller)
        assert contract.claim([staked], sender=caller) == 0
    assert farm.reward.balanceOf(farm.farm) == held
    farm.compare()
    assert [farm.exit(ALICE, token) for token in tokens] == earned
    assert farm.reward.balanceOf(ALICE) == PLENTY + 10 * HOUR * TCR
