"""Others act for a controller: the keeper contract claims after each epoch, a manager commits and claims for a vault."""

from typing import Any

import pytest

from perpetual_pools.model import CommitType, Refused
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.pool import WAD, Twin
from tests.support.keeper import reason
from tests.support.orders import TOKEN, cash, tokens, trade
from tests.support.world import ALICE, BOB, CAROL, DAVE, KEEPER, STAKE, USDC, new_world

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, _, SHORT_TO_LONG = CommitType


def claim_for(market: Twin, sender: Any, *controllers: Any) -> list[tuple[str, bytes]]:
    """Through the keeper contract; in the model for all whom it does not report. Returns whom it reports, and why."""
    keeper, addresses = market.world.contracts.keeper, [address_of(controller) for controller in controllers]
    sent = market.chain.send(keeper, "claimFor", [market.pool.address, addresses], sender)
    assert all(name == "ClaimFailed" for name, _ in sent.events)
    assert all(address_of(failure["pool"]) == market.pool.address for _, failure in sent.events)
    failures = [(address_of(failure["controller"]), bytes(failure["reason"])) for _, failure in sent.events]
    for address in addresses:
        if address not in dict(failures):
            market.claims += 12 * any(market.model.claimable(address))
            market.model.claim(address_of(keeper), address, address)
    market.compare()
    return failures


def no_consent(market: Twin, controller: Any) -> tuple[str, bytes]:
    keeper, address = address_of(market.world.contracts.keeper), address_of(controller)
    return address, reason("NotControllerOrOperator(address,address)", keeper, address)


@pytest.mark.anvil
def test_auto_claim__after_each_epoch__brings_each_who_consented_what_is_theirs(market, alice, bob, carol, keeper):
    contract = market.world.contracts.keeper
    for trader in (alice, bob):
        market.set_operator(trader, contract)
    market.commit(alice, LONG_MINT, 1_000 * USDC)
    market.commit(bob, SHORT_MINT, 1_000 * USDC)
    market.commit(carol, LONG_MINT, 100 * USDC)
    market.next_epoch(keeper)
    assert claim_for(market, keeper, alice, carol, bob) == [no_consent(market, carol)]
    assert [tokens(market, trader) for trader in (alice, bob, carol)] == [
        (1_000 * TOKEN, 0),
        (0, 1_000 * TOKEN),
        (0, 0),
    ]

    # Short keeps (100/105)**3 of 1,000 USDC, long has 1,236.162401. Of it 1/11 is burned for 112.378400; a tenth of short,
    # 86.383759, buys 1,100 / 1,236.162401 L-tokens each.
    market.commit(alice, LONG_BURN, 100 * TOKEN)
    market.commit(bob, SHORT_TO_LONG, 100 * TOKEN)
    market.next_epoch(keeper, 105 * WAD)
    flipped = 86_383_759 * 1_100 * TOKEN // 1_236_162_401
    assert claim_for(market, keeper, alice, carol, bob) == [no_consent(market, carol)]
    assert cash(market, alice) == STAKE - 1_000 * USDC + 112_378_400
    assert tokens(market, bob) == (flipped, 900 * TOKEN)

    # Who agrees later finds all of the past; where there is nothing, nothing happens.
    market.set_operator(carol, contract)
    assert claim_for(market, keeper, alice, carol, bob) == []
    assert tokens(market, carol) == (100 * TOKEN, 0)
    before = market.long_token.balanceOf(market.pool)
    assert claim_for(market, keeper, alice, carol, bob, alice) == []
    assert market.long_token.balanceOf(market.pool) == before

    # Alice withdraws her consent and claims for herself.
    market.set_operator(alice, contract, False)
    market.commit(alice, SHORT_MINT, 86_383_760)
    market.next_epoch(keeper)
    assert claim_for(market, keeper, alice, bob) == [no_consent(market, alice)]
    # 900 S-tokens for 777.453840 USDC
    assert market.claim(alice) == (0, 0, 86_383_760 * 900 * TOKEN // 777_453_840)
    assert (cash(market, contract), *tokens(market, contract)) == (0, 0, 0)


@pytest.mark.finding("C19")
def test_auto_claim__one_blacklisted_and_one_who_never_consented__the_others_are_paid(project):
    world = new_world(project, token="BlacklistToken")
    market, token = world.deploy_pool(), world.token
    traders = ALICE, BOB, CAROL, DAVE
    trade(market, KEEPER, *((trader, LONG_MINT, 100 * USDC) for trader in traders))
    for trader in (ALICE, BOB, DAVE):
        market.set_operator(trader, world.contracts.keeper)
    for number, trader in enumerate(traders, start=1):
        market.commit(trader, LONG_BURN, number * 10 * TOKEN)
    market.next_epoch(KEEPER)

    token.setBlacklisted(BOB, True)
    had = [cash(market, trader) for trader in traders]
    failures = claim_for(market, KEEPER, BOB, CAROL, ALICE, DAVE)
    assert failures == [(BOB, reason("TransferFailed()")), no_consent(market, CAROL)]
    assert [cash(market, trader) - before for trader, before in zip(traders, had, strict=True)] == [
        10 * USDC,
        0,
        0,
        40 * USDC,
    ]
    assert [market.pool.claimable(trader) for trader in (BOB, CAROL)] == [(20 * USDC, 0, 0), (30 * USDC, 0, 0)]

    token.setBlacklisted(BOB, False)
    assert claim_for(market, KEEPER, *traders) == [no_consent(market, CAROL)]
    assert cash(market, BOB) - had[1] == 20 * USDC


def test_auto_claim__manager_of_a_vault__commits_and_claims_for_it_until_it_says_no(
    market, alice, bob, carol, dave, keeper
):
    vault, manager = carol, dave
    market.open_with(alice, 1_000 * USDC, bob, 1_000 * USDC, keeper)
    with pytest.raises(Refused, match="NotControllerOrOperator"):
        market.commit(manager, LONG_MINT, 500 * USDC, vault)

    # The manager pays, the vault owns; the manager takes the tokens to burn them later, again for the vault.
    market.set_operator(vault, manager)
    market.commit(manager, LONG_MINT, 500 * USDC, vault)
    market.next_epoch(keeper)
    assert market.pool.claimable(vault) == (0, 500 * TOKEN, 0)
    assert market.claim(manager, vault, manager) == (0, 500 * TOKEN, 0)
    assert market.claim(manager) == (0, 0, 0)

    # Short keeps (100/105)**3 of 1,000 USDC, long has 1,636.162401: a third of it is the vault's.
    market.commit(manager, LONG_BURN, 500 * TOKEN, vault)
    market.next_epoch(keeper, 105 * WAD)
    assert market.pool.balances() == (1_636_162_401 - 545_387_467, 863_837_599)
    assert market.claim(manager, vault, vault) == (545_387_467, 0, 0)
    assert cash(market, vault) == STAKE + 545_387_467
    assert cash(market, manager) == STAKE - 500 * USDC
    assert tokens(market, vault) == tokens(market, manager) == (0, 0)

    # What is committed for the vault stays the vault's, whoever may no longer claim it.
    market.commit(manager, SHORT_MINT, 100 * USDC, vault)
    market.set_operator(vault, manager, False)
    market.next_epoch(keeper)
    with pytest.raises(Refused, match="NotControllerOrOperator"):
        market.claim(manager, vault, manager)
    with pytest.raises(Refused, match="NotControllerOrOperator"):
        market.commit(manager, SHORT_MINT, 100 * USDC, vault)
    assert market.claim(vault) == (0, 0, 100 * USDC * 1_000 * TOKEN // 863_837_599)
