"""`setOperator` and `isOperator`. Specification, section 4."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from tests.support.pool import TOKEN, act, reverts
from tests.support.world import USDC


def operator_set(controller, operator, approved):
    return "OperatorSet", {"controller": controller, "operator": operator, "approved": approved}


def test_is_operator__by_default__nobody_is(market, alice, bob, keeper):
    for operator in (alice, bob, keeper, ZERO_ADDRESS):
        assert market.pool.isOperator(alice, operator) is False


@pytest.mark.parametrize("approved", [True, False])
def test_set_operator__returns_true_and_tells(market, alice, bob, approved):
    sent = act(market, alice, "setOperator", bob, approved)
    assert sent.value is True
    assert sent.events == [operator_set(alice, bob, approved)]
    assert market.pool.isOperator(alice, bob) is approved


def test_set_operator__back_and_forth__the_last_counts(market, alice, bob):
    for approved in (True, True, False, False, True):
        assert act(market, alice, "setOperator", bob, approved).value is True
        assert market.pool.isOperator(alice, bob) is approved


def test_set_operator__holds_one_way_for_one_controller_and_is_not_passed_on(market, alice, bob, carol):
    market.set_operator(alice, bob)
    market.set_operator(bob, carol)
    market.set_operator(carol, bob)
    accounts = alice, bob, carol
    assert [[market.pool.isOperator(of, who) for who in accounts] for of in accounts] == [
        [False, True, False],
        [False, False, True],
        [False, True, False],
    ]
    with reverts(market, "NotControllerOrOperator", caller=carol, controller=alice):
        market.pool.claim(alice, carol, sender=carol)


def test_set_operator__in_one_pool__is_none_in_another(market, deploy_market, alice, bob):
    other = deploy_market(leverage=1)
    market.set_operator(alice, bob)
    assert market.pool.isOperator(alice, bob) is True
    assert other.pool.isOperator(alice, bob) is False
    with reverts(other, "NotControllerOrOperator", caller=bob, controller=alice):
        other.pool.claim(alice, bob, sender=bob)


def test_set_operator__two_operators__both_act_and_losing_one_keeps_the_other(opened, alice, bob, carol, keeper):
    opened.set_operator(alice, bob)
    opened.set_operator(alice, carol)
    opened.commit(bob, CommitType.LONG_MINT, 10 * USDC, controller=alice)
    opened.commit(carol, CommitType.SHORT_MINT, 20 * USDC, controller=alice)
    opened.set_operator(alice, bob, False)
    opened.next_epoch(keeper)
    assert opened.claim(carol, controller=alice) == (0, 10 * TOKEN, 20 * TOKEN)
    with reverts(opened, "NotControllerOrOperator", caller=bob, controller=alice):
        opened.pool.commit(0, USDC, alice, sender=bob)


def test_set_operator__the_controller_itself_needs_no_consent_and_cannot_lose_it(opened, alice):
    opened.set_operator(alice, alice, False)
    assert opened.commit(alice, CommitType.LONG_MINT, USDC) == 2


@pytest.mark.finding("C09")
def test_set_operator__the_keeper_contract__sends_each_controller_what_is_theirs(opened, bob, stranger, keeper):
    opened.commit(bob, CommitType.LONG_MINT, 10 * USDC)
    opened.next_epoch(keeper)
    opened.set_operator(bob, opened.world.contracts.keeper)
    opened.chain.send(opened.world.contracts.keeper, "claimFor", [opened.pool.address, [bob.address]], stranger)
    assert opened.long_token.balanceOf(bob) == 10 * TOKEN
    assert opened.pool.claimable(bob) == (0, 0, 0)
