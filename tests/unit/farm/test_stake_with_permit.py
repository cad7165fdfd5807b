"""`stakeWithPermit`. Specification, section 6: as `stake`, with an EIP-2612 permit that may fail."""

import pytest

from perpetual_pools.twin.farm import PLENTY, FarmTwin
from tests.support.farm import ALICE, BOB, DAY, HOUR, NOBODY, OWNER, PEOPLE, STRANGER, TCR, WEEKLY, farm_of
from tests.support.permits import sign
from tests.support.revm import RevmChain, reverts
from tests.support.world import NOW, Account

HOLDER = Account(10)
AMOUNT = 100 * TCR
NO_PERMIT = 2**256 - 1, 27, b"\x01" * 32, b"\x02" * 32


@pytest.fixture
def unscheduled(project):
    """A farm that the holder of a key has money for, too; without any allowance of theirs."""
    chain = RevmChain(project, NOW)
    farm = FarmTwin(chain, chain.deploy("MockERC20", "Tracer", "TCR", 18), NOW + DAY, OWNER, [*PEOPLE, HOLDER])
    farm.introduce(farm.reward)
    return farm


@pytest.fixture
def pool_token(farm):
    token = farm.new_farm()
    token.approve(farm.farm, 0, sender=HOLDER)
    return token


def permit(farm, token, signer=HOLDER, **changes):
    """Of HOLDER to the farm for AMOUNT, valid now, but for the changes: deadline and signature."""
    fields = {"owner": HOLDER, "spender": farm.farm.address, "value": AMOUNT, "deadline": farm.now, "name": "Staked"}
    return sign(token, signer, **{**fields, **changes})


def stake(farm, token, signed, amount=AMOUNT, sender=HOLDER):
    """On the chain, and a plain stake in the model."""
    sent = farm.chain.send(farm.farm, "stakeWithPermit", [token.address, amount, *signed], sender, token)
    farm.model.stake(farm.now, sender, token.address, amount)
    farm.compare()
    return sent.events


# --- refusals ---


@pytest.mark.finding("F12")
def test_stake_with_permit__nothing__reverts(farm, pool_token):
    with reverts(farm.farm.ZeroAmount, token=pool_token.address):
        farm.farm.stakeWithPermit(pool_token, 0, *permit(farm, pool_token, value=0), sender=HOLDER)


@pytest.mark.finding("F12")
def test_stake_with_permit__token_without_farm__reverts_and_nothing_of_it_is_called(farm):
    """Nobody can make the farm call what they like: a token whose permit burns all gas would show."""
    costly = farm.chain.deploy("CostlyPermitToken", 18)
    for token in (costly.address, NOBODY, farm.farm.address):
        with reverts(farm.farm.UnknownFarm, token=token):
            farm.farm.stakeWithPermit(token, AMOUNT, *NO_PERMIT, sender=HOLDER)
        assert farm.chain.revm.evm.result.gas_used < 60_000


def test_stake_with_permit__more_than_held__reverts(farm, pool_token):
    signed = permit(farm, pool_token, value=PLENTY + 1)
    with reverts(farm.farm.TransferFromFailed):
        farm.farm.stakeWithPermit(pool_token, PLENTY + 1, *signed, sender=HOLDER)
    assert pool_token.nonces(HOLDER) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"value": AMOUNT - 1},
        {"value": AMOUNT + 1},
        {"spender": ALICE},
        {"deadline": NOW - 1},
        {"nonce": 1},
        {"owner": ALICE},
        {"signer": Account(11)},
    ],
)
def test_stake_with_permit__wrong_one_and_no_allowance__reverts(farm, pool_token, changes):
    with reverts(farm.farm.TransferFromFailed):
        farm.farm.stakeWithPermit(pool_token, AMOUNT, *permit(farm, pool_token, **changes), sender=HOLDER)
    farm.compare()


def test_stake_with_permit__of_another_than_the_caller__takes_nothing_of_theirs(farm, pool_token):
    pool_token.approve(farm.farm, 0, sender=BOB)
    with reverts(farm.farm.TransferFromFailed):
        farm.farm.stakeWithPermit(pool_token, AMOUNT, *permit(farm, pool_token), sender=BOB)
    assert (pool_token.nonces(HOLDER), pool_token.balanceOf(HOLDER)) == (0, PLENTY)


def test_stake_with_permit__used_and_spent_already__reverts(farm, pool_token):
    signed = permit(farm, pool_token)
    stake(farm, pool_token, signed)
    with reverts(farm.farm.TransferFromFailed):
        farm.farm.stakeWithPermit(pool_token, AMOUNT, *signed, sender=HOLDER)
    assert farm.farm.stakeOf(HOLDER, pool_token) == AMOUNT


# --- what it moves and tells ---


def test_stake_with_permit__no_allowance__stakes_and_leaves_no_allowance(farm, pool_token):
    address = farm.farm.address
    assert stake(farm, pool_token, permit(farm, pool_token)) == [
        ("Staked", {"account": HOLDER, "token": pool_token.address, "amount": AMOUNT}),
        ("Approval", {"owner": HOLDER, "spender": address, "amount": AMOUNT}),
        ("Transfer", {"from": HOLDER, "to": address, "amount": AMOUNT}),
    ]
    assert (pool_token.nonces(HOLDER), pool_token.allowance(HOLDER, farm.farm)) == (1, 0)
    assert (pool_token.balanceOf(HOLDER), pool_token.balanceOf(farm.farm)) == (PLENTY - AMOUNT, AMOUNT)
    assert farm.farm.stakeOf(HOLDER, pool_token) == farm.farm.totalStaked(pool_token) == AMOUNT
    farm.move_to_week(0, HOUR)
    assert farm.earned(HOLDER, pool_token) == 4 * HOUR * TCR


@pytest.mark.finding("C18")
def test_stake_with_permit__permit_used_by_somebody_else_before__goes_on(farm, pool_token):
    signed = permit(farm, pool_token)
    pool_token.permit(HOLDER, farm.farm, AMOUNT, *signed, sender=STRANGER)
    assert (pool_token.nonces(HOLDER), pool_token.allowance(HOLDER, farm.farm)) == (1, AMOUNT)
    assert stake(farm, pool_token, signed) == [
        ("Staked", {"account": HOLDER, "token": pool_token.address, "amount": AMOUNT}),
        ("Transfer", {"from": HOLDER, "to": farm.farm.address, "amount": AMOUNT}),
    ]
    assert (pool_token.nonces(HOLDER), pool_token.allowance(HOLDER, farm.farm)) == (1, 0)


@pytest.mark.parametrize("changes", [{"value": AMOUNT - 1}, {"spender": ALICE}, {"deadline": 1}])
def test_stake_with_permit__wrong_one_beside_an_allowance__is_passed_over(farm, pool_token, changes):
    pool_token.approve(farm.farm, AMOUNT + 1, sender=HOLDER)
    stake(farm, pool_token, permit(farm, pool_token, **changes))
    assert (pool_token.nonces(HOLDER), pool_token.allowance(HOLDER, farm.farm)) == (0, 1)


def test_stake_with_permit__that_burns_its_gas_beside_an_allowance__is_passed_over(farm):
    token = farm_of(farm, "CostlyPermitToken", 18)
    farm.farm.stakeWithPermit(token, AMOUNT, *NO_PERMIT, sender=ALICE, gas=600_000)
    assert 300_000 < farm.chain.revm.evm.result.gas_used < 600_000
    assert farm.farm.stakeOf(ALICE, token) == AMOUNT


@pytest.mark.parametrize("kind", ["NoReturnToken", "FalseReturnToken"])
def test_stake_with_permit__token_without_permit__needs_the_allowance(farm, kind):
    token = farm_of(farm, kind, 18)
    stake(farm, token, NO_PERMIT, sender=ALICE)
    token.approve(farm.farm, AMOUNT - 1, sender=ALICE)
    with reverts(farm.farm.TransferFromFailed):
        farm.farm.stakeWithPermit(token, AMOUNT, *NO_PERMIT, sender=ALICE)
    assert farm.farm.stakeOf(ALICE, token) == AMOUNT


def test_stake_with_permit__of_the_reward_token__stakes_it(farm):
    farm.add_farm(OWNER, farm.reward, 0, 1)
    farm.reward.approve(farm.farm, 0, sender=HOLDER)
    stake(farm, farm.reward, permit(farm, farm.reward, name="Tracer"))
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY + AMOUNT
