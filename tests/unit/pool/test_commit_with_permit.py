"""`commitWithPermit`. Specification, section 4."""

from typing import Any

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from perpetual_pools.twin.chain import address_of
from tests.support.permits import Permit, sign
from tests.support.pool import TOKEN, act, approve, close, logs_of, reverts, to_window
from tests.support.world import ALICE, STAKE, USDC, new_world

AMOUNT = 100 * USDC
OTHERS = [int(kind) for kind in CommitType if not kind.is_mint]


@pytest.fixture
def unapproved(market, alice, bob):
    """`market`, to which neither alice nor bob gave an allowance of the settlement token."""
    for trader in (alice, bob):
        approve(market, trader, 0)
    return market


@pytest.fixture
def permit(market):
    """`permit(signer, ...)`: deadline and signature of an EIP-2612 permit to the pool for AMOUNT, valid for an hour."""

    def of(signer: Any, amount: int = AMOUNT, spender: Any = market.pool, deadline: int | None = None) -> Permit:
        token = market.world.token
        return sign(
            token,
            signer,
            name="USD Coin",
            chainId=market.chain.id,
            spender=address_of(spender),
            value=amount,
            nonce=token.nonces(signer),
            deadline=market.world.now + 3_600 if deadline is None else deadline,
        )

    return of


# --- refusals ---


@pytest.mark.parametrize("commit_type", [*OTHERS, 6, 255])
def test_commit_with_permit__type_that_puts_in_no_settlement_tokens__reverts(market, alice, permit, commit_type):
    with reverts(market, "PermitOnlyForMints", commitType=commit_type):
        market.pool.commitWithPermit(commit_type, AMOUNT, alice, *permit(alice), sender=alice)


def test_commit_with_permit__amount_0__reverts(market, alice, permit):
    with reverts(market, "ZeroAmount"):
        market.pool.commitWithPermit(0, 0, alice, *permit(alice, amount=0), sender=alice)


def test_commit_with_permit__for_another_without_consent__reverts(market, alice, bob, permit):
    for controller in (alice.address, ZERO_ADDRESS):
        with reverts(market, "NotControllerOrOperator", caller=bob, controller=controller):
            market.pool.commitWithPermit(0, AMOUNT, controller, *permit(bob), sender=bob)


def test_commit_with_permit__mints_paused__reverts_and_leaves_the_permit_unused(unapproved, alice, owner, permit):
    unapproved.set_mint_paused(owner, True)
    with reverts(unapproved, "MintIsPaused"):
        unapproved.pool.commitWithPermit(0, AMOUNT, alice, *permit(alice), sender=alice)
    assert unapproved.world.token.nonces(alice) == 0


def test_commit_with_permit__closed_pool__reverts(market, alice, keeper, permit):
    close(market, keeper)
    with reverts(market, "PoolIsShutdown"):
        market.pool.commitWithPermit(2, AMOUNT, alice, *permit(alice), sender=alice)


def test_commit_with_permit__more_than_a_batch_holds__reverts(market, alice, permit):
    amount = 2**126 + 1
    with reverts(market, "BatchTooLarge", amountIn=0, amount=amount, maximum=2**126):
        market.pool.commitWithPermit(0, amount, alice, *permit(alice, amount=amount), sender=alice)


def test_commit_with_permit__more_than_held__reverts(unapproved, alice, permit):
    with reverts(unapproved, "TransferFromFailed"):
        unapproved.pool.commitWithPermit(0, STAKE + 1, alice, *permit(alice, amount=STAKE + 1), sender=alice)


@pytest.mark.parametrize("amount", [AMOUNT - 1, AMOUNT + 1])
def test_commit_with_permit__permit_of_another_amount_and_no_allowance__reverts(unapproved, alice, permit, amount):
    with reverts(unapproved, "TransferFromFailed"):
        unapproved.pool.commitWithPermit(0, AMOUNT, alice, *permit(alice, amount=amount), sender=alice)


def test_commit_with_permit__permit_to_another_spender_and_no_allowance__reverts(unapproved, alice, bob, permit):
    with reverts(unapproved, "TransferFromFailed"):
        unapproved.pool.commitWithPermit(0, AMOUNT, alice, *permit(alice, spender=bob), sender=alice)


def test_commit_with_permit__permit_of_another_than_the_caller__reverts(unapproved, alice, bob, permit):
    unapproved.set_operator(alice, bob)
    with reverts(unapproved, "TransferFromFailed"):
        unapproved.pool.commitWithPermit(0, AMOUNT, alice, *permit(alice), sender=bob)
    assert unapproved.world.token.nonces(alice) == 0


def test_commit_with_permit__expired_and_no_allowance__reverts(unapproved, alice, permit):
    expired = permit(alice, deadline=unapproved.world.now - 1)
    with reverts(unapproved, "TransferFromFailed"):
        unapproved.pool.commitWithPermit(0, AMOUNT, alice, *expired, sender=alice)


def test_commit_with_permit__used_and_spent_already__reverts(unapproved, alice, permit):
    once = permit(alice)
    act(unapproved, alice, "commitWithPermit", 0, AMOUNT, alice, *once)
    with reverts(unapproved, "TransferFromFailed"):
        unapproved.pool.commitWithPermit(0, AMOUNT, alice, *once, sender=alice)
    assert unapproved.pool.batch(1, 0) == (AMOUNT, 0)


# --- what it returns, tells and moves ---


@pytest.mark.anvil
@pytest.mark.parametrize("commit_type", [0, 2])
def test_commit_with_permit__no_allowance__commits_and_leaves_no_allowance(unapproved, alice, permit, commit_type):
    market, token = unapproved, unapproved.world.token
    pool = market.pool.address
    committed = {"controller": alice, "epoch": 1, "commitType": commit_type, "payer": alice, "amount": AMOUNT}
    assert logs_of(market, alice, "commitWithPermit", commit_type, AMOUNT, alice, *permit(alice)) == [
        (token.address, "Approval", {"owner": alice, "spender": pool, "amount": AMOUNT}),
        (pool, "Committed", committed),
        (token.address, "Transfer", {"from": alice, "to": pool, "amount": AMOUNT}),
    ]
    assert token.balanceOf(alice) == STAKE - AMOUNT
    assert token.balanceOf(pool) == AMOUNT
    assert token.allowance(alice, pool) == 0
    assert token.nonces(alice) == 1
    assert market.pool.batch(1, commit_type) == (AMOUNT, 0)
    assert market.pool.commitment(alice, commit_type, 1) == AMOUNT


def test_commit_with_permit__deadline_now__is_in_time(unapproved, alice, permit):
    now = permit(alice, deadline=unapproved.world.now)
    assert act(unapproved, alice, "commitWithPermit", 0, AMOUNT, alice, *now).value == 1


def test_commit_with_permit__inside_front_running_interval__executes_one_epoch_later(unapproved, alice, permit):
    to_window(unapproved)
    assert act(unapproved, alice, "commitWithPermit", 0, AMOUNT, alice, *permit(alice)).value == 2
    assert unapproved.pool.batch(2, 0) == (AMOUNT, 0)


@pytest.mark.finding("C18")
def test_commit_with_permit__permit_used_by_somebody_else_before__goes_on(unapproved, alice, stranger, permit):
    market, token = unapproved, unapproved.world.token
    signed = permit(alice)
    market.chain.send(token, "permit", [alice, market.pool, AMOUNT, *signed], stranger)
    assert (token.nonces(alice), token.allowance(alice, market.pool)) == (1, AMOUNT)

    sent = act(market, alice, "commitWithPermit", 0, AMOUNT, alice, *signed)

    assert sent.value == 1
    assert sent.events == [
        ("Committed", {"controller": alice, "epoch": 1, "commitType": 0, "payer": alice, "amount": AMOUNT})
    ]
    assert (token.nonces(alice), token.allowance(alice, market.pool)) == (1, 0)
    assert token.balanceOf(alice) == STAKE - AMOUNT
    assert token.balanceOf(market.pool) == AMOUNT


@pytest.mark.parametrize("wrong", [{"amount": AMOUNT - 1}, {"spender": ZERO_ADDRESS}, {"deadline": 1}])
def test_commit_with_permit__permit_that_fails_beside_an_allowance__is_ignored(unapproved, alice, permit, wrong):
    token = unapproved.world.token
    approve(unapproved, alice, AMOUNT + 1)
    sent = act(unapproved, alice, "commitWithPermit", 0, AMOUNT, alice, *permit(alice, **wrong))
    assert sent.value == 1
    assert token.nonces(alice) == 0
    assert token.allowance(alice, unapproved.pool) == 1
    assert unapproved.pool.batch(1, 0) == (AMOUNT, 0)


def test_commit_with_permit__permit_that_burns_its_gas_beside_an_allowance__is_ignored(project):
    market = new_world(project, token="CostlyPermitToken").deploy_pool()
    signature = 0, 27, bytes(32), bytes(32)
    assert market.pool.commitWithPermit(0, AMOUNT, ALICE, *signature, sender=ALICE, gas=600_000) == 1
    assert 300_000 < market.chain.revm.evm.result.gas_used < 600_000
    assert market.pool.batch(1, 0) == (AMOUNT, 0)


def test_commit_with_permit__by_an_operator__is_paid_with_the_callers_permit(unapproved, alice, bob, permit):
    token = unapproved.world.token
    unapproved.set_operator(alice, bob)
    sent = act(unapproved, bob, "commitWithPermit", 2, AMOUNT, alice, *permit(bob))
    assert sent.value == 1
    assert sent.events == [
        ("Committed", {"controller": alice, "epoch": 1, "commitType": 2, "payer": bob, "amount": AMOUNT})
    ]
    assert (token.balanceOf(alice), token.balanceOf(bob)) == (STAKE, STAKE - AMOUNT)
    assert [unapproved.pool.commitment(account, 2, 1) for account in (alice, bob)] == [AMOUNT, 0]


def test_commit_with_permit__over_an_executed_commitment__pays_that_one_out_first(market, bob, keeper, permit):
    market.commit(bob, CommitType.LONG_MINT, AMOUNT)
    market.next_epoch(keeper)
    market.next_epoch(keeper)
    approve(market, bob, 0)
    sent = act(market, bob, "commitWithPermit", 0, AMOUNT, bob, *permit(bob))
    paid = {"settlementAmount": 0, "longAmount": 100 * TOKEN, "shortAmount": 0}
    assert sent.events == [
        ("Committed", {"controller": bob, "epoch": 3, "commitType": 0, "payer": bob, "amount": AMOUNT}),
        ("Claimed", {"controller": bob, "receiver": bob, **paid}),
    ]
    assert market.long_token.balanceOf(bob) == 100 * TOKEN
