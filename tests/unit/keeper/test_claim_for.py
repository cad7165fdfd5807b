"""`claimFor`: who made the keeper their operator is paid, and nobody stops the others."""

import pytest

from perpetual_pools.model import CommitType
from tests.support.keeper import (
    CLAIM_GAS,
    GRIEFING_MODES,
    HALF,
    NOBODY,
    TOKEN,
    USDC,
    ZERO,
    events_of,
    gas_used,
    griefer,
    open_together,
    reason,
    returner,
)
from tests.support.revm import OutOfGas
from tests.support.world import ALICE, BOB, CAROL, KEEPER, OWNER, new_world

FEW_CLAIMS = 500_000
"""Gas, with room."""
OWED = {ALICE: (100 * USDC, 0, 0), BOB: (0, 0, 50 * TOKEN), CAROL: (0, 20 * TOKEN, 0)}
"""Alice burned 100 L-tokens, bob minted for 50 USDC, carol for 20, all at a token price of 1 USDC."""


def owe(market):
    """Everybody is owed what `OWED` says."""
    market.commit(ALICE, CommitType.LONG_BURN, 100 * TOKEN)
    market.commit(BOB, CommitType.SHORT_MINT, 50 * USDC)
    market.commit(CAROL, CommitType.LONG_MINT, 20 * USDC)
    market.next_epoch(KEEPER)
    return market


def owing_in(project, token, *controllers):
    """A world of that settlement token and its market, which owes and to which these have consented."""
    world = new_world(project, token=token)
    market = world.deploy_pool()
    open_together([market])
    owe(market)
    consent(market, *controllers)
    return world, market


def consent(market, *controllers):
    for controller in controllers:
        market.set_operator(controller, market.world.contracts.keeper)


@pytest.fixture
def market(markets):
    return owe(markets[0])


def holdings(market, account):
    return tuple(token.balanceOf(account) for token in (market.world.token, market.long_token, market.short_token))


def claim_failed(pool, controller, why):
    address = pool if isinstance(pool, str) else pool.address
    return "ClaimFailed", {"pool": address, "controller": controller, "reason": why}


def no_consent(market, controller):
    keeper = market.world.contracts.keeper.address
    refusal = reason("NotControllerOrOperator(address,address)", keeper, controller)
    return claim_failed(market.pool, controller, refusal)


def claimed(controller):
    amounts = dict(zip(("settlementAmount", "longAmount", "shortAmount"), OWED[controller], strict=True))
    return "Claimed", {"controller": controller, "receiver": controller, **amounts}


def claim_for(market, *controllers, sender=KEEPER, gas=10**7):
    """Returns what the keeper and what the pool emitted."""
    market.world.contracts.keeper.claimFor(market.pool.address, list(controllers), sender=sender, gas=gas)
    return events_of(market.world, market.world.contracts.keeper), events_of(market.world, market.pool)


def follow(market, *paid):
    """These were paid: the same in the model, and everything compared."""
    for controller in paid:
        market.model.claim(market.world.contracts.keeper.address, controller, controller)
        market.claims += 12
    market.compare()


# --- who is paid ---


@pytest.mark.parametrize("sender", [KEEPER, OWNER, ALICE, ZERO])
def test_claim_for__controllers_who_consented__are_paid_whoever_calls(market, sender):
    consent(market, ALICE, BOB, CAROL)
    had = {account: holdings(market, account) for account in OWED}
    assert claim_for(market, ALICE, BOB, CAROL, sender=sender) == ([], [claimed(ALICE), claimed(BOB), claimed(CAROL)])
    for account, owed in OWED.items():
        paid = zip(had[account], owed, strict=True)
        assert holdings(market, account) == tuple(before + amount for before, amount in paid)
    follow(market, ALICE, BOB, CAROL)
    # Neither the keeper contract nor who calls it gets anything.
    for account in (market.world.contracts.keeper, KEEPER, OWNER):
        assert holdings(market, account) == (0, 0, 0)


def test_claim_for__nobody__does_nothing(market):
    assert claim_for(market) == ([], [])
    follow(market)


def test_claim_for__nothing_owed__succeeds_without_any_event(market):
    consent(market, ALICE)
    claim_for(market, ALICE)
    follow(market, ALICE)
    assert claim_for(market, ALICE) == ([], [])
    # What has not executed is not owed yet.
    market.commit(ALICE, CommitType.LONG_BURN, TOKEN)
    assert claim_for(market, ALICE) == ([], [])
    follow(market)


def test_claim_for__the_same_controller_twice__is_paid_once(market):
    consent(market, ALICE, BOB)
    assert claim_for(market, ALICE, ALICE, BOB, ALICE) == ([], [claimed(ALICE), claimed(BOB)])
    follow(market, ALICE, BOB)


def test_claim_for__closed_pool__brings_refunds(market):
    consent(market, BOB)
    market.claim(BOB)
    market.commit(BOB, CommitType.LONG_MINT, 7 * USDC)
    market.set_oracle_failing(True)
    market.move_to_rebalance(late=14 * 86_400)
    market.shutdown(KEEPER)
    had = market.world.token.balanceOf(BOB)
    amounts = {"settlementAmount": 7 * USDC, "longAmount": 0, "shortAmount": 0}
    assert claim_for(market, BOB) == ([], [("Claimed", {"controller": BOB, "receiver": BOB, **amounts})])
    assert market.world.token.balanceOf(BOB) == had + 7 * USDC
    follow(market, BOB)


# --- who is passed over ---


@pytest.mark.finding("C19")
def test_claim_for__one_who_never_consented__is_reported_and_the_others_are_paid(market):
    consent(market, ALICE, CAROL)
    assert claim_for(market, ALICE, BOB, CAROL) == ([no_consent(market, BOB)], [claimed(ALICE), claimed(CAROL)])
    follow(market, ALICE, CAROL)
    assert market.pool.claimable(BOB) == OWED[BOB]


def test_claim_for__ones_own_call__needs_the_consent_too(market):
    assert claim_for(market, ALICE, sender=ALICE) == ([no_consent(market, ALICE)], [])
    # To be the operator of the caller is not to be that of the keeper.
    market.set_operator(ALICE, KEEPER)
    assert claim_for(market, ALICE, sender=KEEPER) == ([no_consent(market, ALICE)], [])
    follow(market)


def test_claim_for__consent_withdrawn__is_no_consent(market):
    consent(market, ALICE)
    market.set_operator(ALICE, market.world.contracts.keeper, False)
    assert claim_for(market, ALICE) == ([no_consent(market, ALICE)], [])
    follow(market)


def test_claim_for__consent_in_another_pool__is_none_in_this(market, markets):
    consent(markets[1], ALICE)
    assert claim_for(market, ALICE) == ([no_consent(market, ALICE)], [])
    assert claim_for(markets[1], ALICE) == ([], [])
    follow(market)


def test_claim_for__zero_address_and_the_keeper_itself__are_owed_nothing(market):
    keeper = market.world.contracts.keeper.address
    # The keeper is its own controller: the claim succeeds, and there is nothing.
    assert claim_for(market, ZERO, keeper) == ([no_consent(market, ZERO)], [])
    follow(market)


@pytest.mark.finding("C19")
def test_claim_for__blacklisted_receiver__is_reported_and_paid_when_it_is_listed_no_more(project):
    world, market = owing_in(project, "BlacklistToken", ALICE, BOB)
    world.token.setBlacklisted(ALICE, True)
    refusal = claim_failed(market.pool, ALICE, reason("TransferFailed()"))
    assert claim_for(market, ALICE, CAROL, BOB) == ([refusal, no_consent(market, CAROL)], [claimed(BOB)])
    follow(market, BOB)
    assert [market.pool.claimable(account) for account in (ALICE, CAROL)] == [OWED[ALICE], OWED[CAROL]]

    world.token.setBlacklisted(ALICE, False)
    assert claim_for(market, ALICE, CAROL, BOB) == ([no_consent(market, CAROL)], [claimed(ALICE)])
    follow(market, ALICE)


# --- harm ---


@pytest.mark.finding("C19")
@pytest.mark.finding("K14")
def test_claim_for__receiver_whose_hook_burns_all_gas__costs_at_most_its_bound(project):
    world, market = owing_in(project, "HookToken", ALICE, BOB, CAROL)
    world.token.setHook(ALICE, griefer(world, GRIEFING_MODES["burns all gas"]))
    events, paid = claim_for(market, BOB, ALICE, CAROL, gas=CLAIM_GAS + FEW_CLAIMS)
    assert events == [claim_failed(market.pool, ALICE, reason("TransferFailed()"))]
    assert paid == [claimed(BOB), claimed(CAROL)]
    assert 0.9 * CLAIM_GAS < gas_used(world) < CLAIM_GAS + FEW_CLAIMS
    follow(market, BOB, CAROL)
    assert market.pool.claimable(ALICE) == OWED[ALICE]


@pytest.mark.finding("K14")
@pytest.mark.parametrize("mode", GRIEFING_MODES.values(), ids=GRIEFING_MODES)
def test_claim_for__griefing_pool__costs_at_most_its_bound_each_time(world, keeper, mode):
    harm = griefer(world, mode)
    keeper.claimFor(harm.address, [ALICE, BOB], sender=KEEPER, gas=2 * CLAIM_GAS + FEW_CLAIMS)
    assert events_of(world, keeper) == [claim_failed(harm, controller, b"") for controller in (ALICE, BOB)]
    assert (gas_used(world) > 2 * CLAIM_GAS) is (mode != GRIEFING_MODES["reverts with nothing"])


@pytest.mark.finding("K14")
@pytest.mark.parametrize("reverting", [False, True])
def test_claim_for__half_a_megabyte__is_cut_to_256_bytes_and_not_paid_for_twice(world, keeper, reverting):
    harm = returner(world, HALF, reverting)
    keeper.claimFor(harm, [ALICE, BOB], sender=KEEPER)
    failures = [claim_failed(harm, controller, b"\x00" * 256) for controller in (ALICE, BOB)]
    # What answers as much as a claim passes for a pool: the keeper cannot know what it did.
    assert events_of(world, keeper) == (failures if reverting else [])
    memory = 3 * (HALF // 32) + (HALF // 32) ** 2 // 512
    assert 2 * memory < gas_used(world) < 2 * memory + FEW_CLAIMS


@pytest.mark.parametrize(("length", "failure"), [(0, True), (32, True), (95, True), (96, False), (97, False)])
def test_claim_for__answer_shorter_than_three_words__is_a_failure(world, keeper, length, failure):
    contract = returner(world, length, reverting=False)
    keeper.claimFor(contract, [ALICE], sender=KEEPER)
    assert events_of(world, keeper) == ([claim_failed(contract, ALICE, b"\x00" * length)] if failure else [])


@pytest.mark.parametrize("address", [ZERO, NOBODY, KEEPER])
def test_claim_for__pool_without_code__is_reported_for_each_controller(world, keeper, address):
    keeper.claimFor(address, [ALICE, BOB], sender=KEEPER)
    assert events_of(world, keeper) == [claim_failed(address, controller, b"") for controller in (ALICE, BOB)]


def test_claim_for__any_gas__pays_all_or_reverts_as_a_whole(market):
    """What is left to the keeper when a claim runs out of gas, 1/64, does not suffice to go on and pass over somebody."""
    consent(market, *OWED)
    keeper, pool = market.world.contracts.keeper, market.pool
    evm, seen = market.chain.revm.evm, set()
    for gas in range(25_000, 300_000, 1_000):
        before = evm.snapshot()
        try:
            keeper.claimFor(pool.address, list(OWED), sender=KEEPER, gas=gas)
        except OutOfGas:
            owed = OWED
        else:
            assert events_of(market.world, keeper) == []
            owed = dict.fromkeys(OWED, (0, 0, 0))
        assert {account: pool.claimable(account) for account in OWED} == owed, gas
        seen.add(owed is OWED)
        evm.revert(before)
    assert seen == {True, False}
