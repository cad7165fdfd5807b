"""`claim`. Specification, section 4."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from tests.support.pool import TOKEN, act, asset_of, close, logs_of, reverts, to_window
from tests.support.world import ALICE, BOB, KEEPER, STAKE, USDC, new_market

WAD = 10**18
PAID = {
    CommitType.LONG_MINT: (0, 88_015_586_426_715_418_124, 0),
    CommitType.LONG_BURN: (113_616_240, 0, 0),
    CommitType.SHORT_MINT: (0, 0, 115_762_499_937_213_314_096),
    CommitType.SHORT_BURN: (86_383_759, 0, 0),
    CommitType.LONG_BURN_SHORT_MINT: (0, 0, 131_524_999_758_664_128_255),
    CommitType.SHORT_BURN_LONG_MINT: (0, 76_031_172_061_290_558_408, 0),
}
"""For 100 of each at 3x after +5 %: an L-token is worth 1.136162401, an S-token 0.863837599."""


def claimed(controller, receiver, settlement, long, short):
    amounts = {"settlementAmount": settlement, "longAmount": long, "shortAmount": short}
    return "Claimed", {"controller": controller, "receiver": receiver, **amounts}


def amount_of(kind: CommitType) -> int:
    return 100 * USDC if kind.is_mint else 100 * TOKEN


# --- refusals ---


@pytest.fixture
def owed(opened, bob, keeper):
    """Epoch 3: bob is owed 100 L-tokens."""
    opened.commit(bob, CommitType.LONG_MINT, 100 * USDC)
    opened.next_epoch(keeper)
    return opened


@pytest.mark.finding("C10")
def test_claim__by_a_stranger__reverts_and_changes_nothing(owed, bob, stranger):
    for receiver in (stranger.address, bob.address, ZERO_ADDRESS):
        with reverts(owed, "NotControllerOrOperator", caller=stranger, controller=bob):
            owed.pool.claim(bob, receiver, sender=stranger)
    assert owed.pool.claimable(bob) == (0, 100 * TOKEN, 0)


def test_claim__by_one_who_is_no_operator_any_more__reverts(owed, bob, carol):
    owed.set_operator(bob, carol)
    owed.set_operator(bob, carol, False)
    with reverts(owed, "NotControllerOrOperator", caller=carol, controller=bob):
        owed.pool.claim(bob, carol, sender=carol)


def test_claim__for_ones_operator__reverts(owed, bob, carol):
    owed.set_operator(carol, bob)
    with reverts(owed, "NotControllerOrOperator", caller=carol, controller=bob):
        owed.pool.claim(bob, carol, sender=carol)


def test_claim__for_the_zero_address__reverts(owed, bob):
    with reverts(owed, "NotControllerOrOperator", caller=bob, controller=ZERO_ADDRESS):
        owed.pool.claim(ZERO_ADDRESS, bob, sender=bob)


def test_claim__to_the_zero_address__reverts(owed, bob, carol):
    owed.set_operator(bob, carol)
    for caller in (bob, carol):
        with reverts(owed, "ZeroAddress"):
            owed.pool.claim(bob, ZERO_ADDRESS, sender=caller)
    assert owed.pool.claimable(bob) == (0, 100 * TOKEN, 0)


# --- what it returns, tells and moves ---


def test_claim__nothing_committed__pays_nothing_and_tells_nothing(opened, dave):
    sent = act(opened, dave, "claim", dave, dave)
    assert sent.value == (0, 0, 0)
    assert sent.events == []


@pytest.mark.parametrize("kind", CommitType)
def test_claim__each_type__pays_what_the_batch_yielded_to_the_receiver(opened, alice, dave, keeper, kind):
    opened.commit(alice, kind, amount_of(kind))
    opened.next_epoch(keeper, 105 * WAD)
    settlement, long, short = PAID[kind]
    tokens = opened.world.token, opened.long_token, opened.short_token
    of_alice = [token.balanceOf(alice) for token in tokens]
    of_pool = [token.balanceOf(opened.pool) for token in tokens]
    assert opened.pool.batch(2, int(kind)) == (amount_of(kind), settlement + long + short)

    sent = act(opened, alice, "claim", alice, dave)

    assert sent.value == (settlement, long, short)
    assert sent.events == [claimed(alice, dave, settlement, long, short)]
    assert [token.balanceOf(dave) for token in tokens] == [STAKE + settlement, long, short]
    assert [token.balanceOf(alice) for token in tokens] == of_alice
    assert [token.balanceOf(opened.pool) for token in tokens] == [
        before - paid for before, paid in zip(of_pool, PAID[kind], strict=True)
    ]
    assert opened.pool.commitment(alice, int(kind), 2) == 0


def test_claim__all_types__pays_all_in_one_call(opened, alice, dave, keeper):
    for kind in CommitType:
        opened.commit(alice, kind, amount_of(kind))
    opened.next_epoch(keeper, 105 * WAD)
    settlement, long, short = (sum(amounts) for amounts in zip(*PAID.values(), strict=True))
    assert (settlement, long, short) == (199_999_999, 164_046_758_488_005_976_532, 247_287_499_695_877_442_351)

    pool = opened.pool.address
    assert logs_of(opened, alice, "claim", alice, dave) == [
        (pool, *claimed(alice, dave, settlement, long, short)),
        (opened.long_token.address, "Transfer", {"from": pool, "to": dave, "amount": long}),
        (opened.short_token.address, "Transfer", {"from": pool, "to": dave, "amount": short}),
        (opened.world.token.address, "Transfer", {"from": pool, "to": dave, "amount": settlement}),
    ]
    assert [opened.pool.commitment(alice, int(kind), 2) for kind in CommitType] == [0] * 6


def test_claim__again__pays_nothing(owed, bob):
    assert act(owed, bob, "claim", bob, bob).value == (0, 100 * TOKEN, 0)
    sent = act(owed, bob, "claim", bob, bob)
    assert sent.value == (0, 0, 0)
    assert sent.events == []
    assert owed.long_token.balanceOf(bob) == 100 * TOKEN


def test_claim__before_execution__leaves_what_was_committed_in_the_pool(opened, alice, keeper):
    opened.commit(alice, CommitType.LONG_BURN, 100 * TOKEN)
    opened.commit(alice, CommitType.SHORT_MINT, 100 * USDC)
    to_window(opened)
    opened.commit(alice, CommitType.SHORT_BURN, 30 * TOKEN)
    opened.move_to_rebalance(late=3_599)
    assert opened.claim(alice) == (0, 0, 0)
    assert opened.model.events[-1].name == "Committed"
    assert opened.long_token.balanceOf(opened.pool) == 100 * TOKEN
    assert opened.short_token.balanceOf(opened.pool) == 30 * TOKEN
    assert opened.world.token.balanceOf(opened.pool) == 2_100 * USDC
    opened.rebalance(keeper)
    assert opened.claim(alice) == (100 * USDC, 0, 100 * TOKEN)
    assert opened.claim(alice) == (0, 0, 0), "the burn of the other live epoch waits"
    opened.next_epoch(keeper)
    assert opened.claim(alice) == (30 * USDC, 0, 0)


@pytest.mark.finding("C10")
@pytest.mark.finding("C09")
def test_claim__by_an_operator__pays_the_receiver_and_touches_nothing_of_the_operators_own(
    owed, bob, carol, dave, keeper
):
    owed.commit(carol, CommitType.SHORT_MINT, 70 * USDC)
    owed.next_epoch(keeper)
    owed.set_operator(bob, carol)
    sent = act(owed, carol, "claim", bob, dave)
    assert sent.value == (0, 100 * TOKEN, 0)
    assert sent.events == [claimed(bob, dave, 0, 100 * TOKEN, 0)]
    assert [owed.long_token.balanceOf(account) for account in (bob, carol, dave)] == [0, 0, 100 * TOKEN]
    assert owed.pool.claimable(bob) == (0, 0, 0)
    assert owed.pool.claimable(carol) == (0, 0, 70 * TOKEN)
    assert owed.pool.commitment(carol, 2, 3) == 70 * USDC


def test_claim__mints_paused_and_feed_dead__works(owed, bob, owner):
    owed.set_mint_paused(owner, True)
    owed.set_oracle_failing(True)
    assert owed.claim(bob) == (0, 100 * TOKEN, 0)
    assert owed.long_token.balanceOf(bob) == 100 * TOKEN


# --- rounding ---


def test_claim__shares_of_a_batch__are_rounded_down_and_sum_to_less_than_a_unit_each_below_it(
    opened, bob, carol, dave, keeper
):
    traders = {bob: USDC, carol: USDC, dave: USDC + 1}
    for trader, amount in traders.items():
        opened.commit(trader, CommitType.LONG_MINT, amount)
    opened.next_epoch(keeper, 105 * WAD)
    assert opened.pool.batch(2, 0) == (3_000_001, 2_640_468_472_957_326_810)
    shares = [opened.claim(trader)[1] for trader in traders]
    assert shares == [880_155_864_267_154_180, 880_155_864_267_154_180, 880_156_744_423_018_448]
    assert opened.long_token.balanceOf(opened.pool) == 2_640_468_472_957_326_810 - sum(shares) == 2


def test_claim__share_that_rounds_to_nothing__is_claimed_all_the_same(market, alice, bob, carol, keeper):
    market.commit(bob, CommitType.SHORT_MINT, 600 * USDC)
    market.commit(carol, CommitType.SHORT_MINT, 400 * USDC)
    market.next_epoch(keeper)
    for trader in (bob, carol):
        market.claim(trader)
    market.commit(bob, CommitType.SHORT_BURN, 1)
    market.commit(carol, CommitType.SHORT_BURN, 100 * TOKEN)
    market.next_epoch(keeper)
    assert market.pool.batch(2, 3) == (100 * TOKEN + 1, 100 * USDC)
    sent = act(market, bob, "claim", bob, bob)
    assert sent.value == (0, 0, 0)
    assert sent.events == [claimed(bob, bob, 0, 0, 0)]
    assert market.pool.commitment(bob, 3, 2) == 0
    assert act(market, carol, "claim", carol, carol).value == (100 * USDC - 1, 0, 0)


# --- fees ---


@pytest.mark.finding("C11")
def test_claim__flip_of_1000_at_1_percent_mint_fee_and_1_percent_burn_fee__pays_980_10(
    deploy_market, alice, keeper, fee_recipient
):
    market = deploy_market(mint_fee=WAD // 100, burn_fee=WAD // 100)
    market.open_with(alice, 2_000 * USDC, alice, 2_000 * USDC, keeper)
    assert market.pool.balances() == (1_980 * USDC, 1_980 * USDC)
    assert market.collect_fees(keeper) == 40 * USDC
    market.commit(alice, CommitType.LONG_BURN_SHORT_MINT, 1_000 * TOKEN)
    assert market.pool.protocolFees() == 0
    market.next_epoch(keeper)
    assert market.pool.protocolFees() == 19_900_000
    assert market.pool.balances() == (980 * USDC, 2_960_100_000)
    assert market.claim(alice) == (0, 0, 980_100 * TOKEN // 1_000)


# --- refunds ---


@pytest.mark.finding("C08")
@pytest.mark.finding("M12")
def test_claim__batches_that_yield_nothing__give_back_exactly_what_was_put_in(market, alice, keeper):
    market.open_with(alice, 10**6 * USDC, alice, 10**6 * USDC, keeper)
    market.next_epoch(keeper, 1)
    assert market.pool.balances() == (1, 2 * 10**6 * USDC - 1)
    market.world.fund(alice, 2**120 + 10**15)
    tokens = market.world.token, market.long_token, market.short_token
    held = [token.balanceOf(alice) for token in tokens]
    put_in = {
        CommitType.LONG_MINT: 10**15,
        CommitType.LONG_BURN: 100 * TOKEN,
        CommitType.SHORT_MINT: 2**120,
        CommitType.SHORT_BURN: 1,
        CommitType.LONG_BURN_SHORT_MINT: 200 * TOKEN,
        CommitType.SHORT_BURN_LONG_MINT: 2,
    }
    for kind, amount in put_in.items():
        market.commit(alice, kind, amount)
    market.next_epoch(keeper)
    assert [market.pool.batch(3, int(kind)) for kind in put_in] == [(amount, 0) for amount in put_in.values()]
    assert market.pool.balances() == (1, 2 * 10**6 * USDC - 1)
    assert market.pool.supplies() == (10**6 * TOKEN, 10**6 * TOKEN)

    sent = act(market, alice, "claim", alice, alice)

    assert sent.value == (2**120 + 10**15, 300 * TOKEN, 3)
    assert sent.events == [claimed(alice, alice, 2**120 + 10**15, 300 * TOKEN, 3)]
    assert [token.balanceOf(alice) for token in tokens] == held
    assert [token.balanceOf(market.pool) for token in tokens] == [2 * 10**6 * USDC, 0, 0]


@pytest.mark.finding("C08")
def test_claim__refunded_batch_of_two__gives_each_their_own(opened, bob, carol, keeper):
    opened.world.fund(carol, 2**120)
    opened.commit(bob, CommitType.LONG_MINT, 3 * USDC)
    opened.commit(carol, CommitType.LONG_MINT, 2**120)
    opened.next_epoch(keeper)
    assert opened.claim(bob) == (3 * USDC, 0, 0)
    assert opened.claim(carol) == (2**120, 0, 0)


# --- closed pool ---


@pytest.mark.parametrize("kind", CommitType)
def test_claim__closed_pool__refunds_what_never_executed_in_both_epochs(opened, alice, keeper, kind):
    held = asset_of(opened, kind).balanceOf(alice)
    opened.commit(alice, kind, amount_of(kind))
    to_window(opened)
    opened.commit(alice, kind, amount_of(kind) // 2)
    close(opened, keeper)
    total = amount_of(kind) * 3 // 2
    expected = [0, 0, 0]
    expected[0 if kind.burned_side is None else 1 + kind.burned_side] = total

    sent = act(opened, alice, "claim", alice, alice)

    assert sent.value == tuple(expected)
    assert sent.events == [claimed(alice, alice, *expected)]
    assert asset_of(opened, kind).balanceOf(alice) == held
    assert [opened.pool.commitment(alice, int(kind), epoch) for epoch in (2, 3)] == [0, 0]


def test_claim__closed_pool__pays_what_executed_and_refunds_the_rest(owed, bob, keeper):
    owed.commit(bob, CommitType.SHORT_MINT, 50 * USDC)
    close(owed, keeper)
    assert owed.claim(bob) == (50 * USDC, 100 * TOKEN, 0)
    assert owed.claim(bob) == (0, 0, 0)


# --- many epochs ---


@pytest.mark.finding("C17")
def test_claim__one_user_over_300_epochs__works_throughout(project):
    market = new_market(project)
    unit = market.world.unit
    market.open_with(ALICE, 1_000 * unit, ALICE, 1_000 * unit, KEEPER)
    claims = 0
    for round_ in range(300):
        market.commit(BOB, CommitType.LONG_MINT if round_ % 2 else CommitType.SHORT_MINT, 10 * unit)
        market.next_epoch(KEEPER)
        if round_ % 7 == 0:
            claims += market.claim(BOB) != (0, 0, 0)
    assert claims == 43
    assert market.pool.claimable(BOB)[0] == 0
    market.claim(BOB)
    assert market.long_token.balanceOf(BOB) == market.short_token.balanceOf(BOB) == 1_500 * TOKEN
    assert market.pool.epoch() == 302
    assert market.pool.claimable(BOB) == (0, 0, 0)
