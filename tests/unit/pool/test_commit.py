"""`commit`. Specification, section 4."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType, Refused
from tests.support.pool import TOKEN, act, approve, asset_of, close, logs_of, reverts, to_window
from tests.support.world import STAKE, USDC

HOUR = 3_600
WAD = 10**18
MINTS = [kind for kind in CommitType if kind.is_mint]
OTHERS = [kind for kind in CommitType if not kind.is_mint]


def amount_of(kind: CommitType) -> int:
    return 100 * USDC if kind.is_mint else 100 * TOKEN


# --- refusals ---


@pytest.mark.finding("C14")
@pytest.mark.parametrize("commit_type", [6, 255])
def test_commit__type_that_does_not_exist__reverts(market, alice, commit_type):
    with reverts(market, "InvalidCommitType", commitType=commit_type):
        market.pool.commit(commit_type, 1, alice, sender=alice)


def test_commit__amount_0__reverts(market, alice):
    for kind in CommitType:
        with reverts(market, "ZeroAmount"):
            market.pool.commit(int(kind), 0, alice, sender=alice)


def test_commit__for_another_without_consent__reverts(market, alice, stranger):
    with reverts(market, "NotControllerOrOperator", caller=stranger, controller=alice):
        market.pool.commit(CommitType.LONG_MINT.value, 1, alice, sender=stranger)


def test_commit__for_ones_operator__reverts(market, alice, bob):
    market.set_operator(alice, bob)
    with reverts(market, "NotControllerOrOperator", caller=alice, controller=bob):
        market.pool.commit(CommitType.LONG_MINT.value, 1, bob, sender=alice)


def test_commit__for_the_zero_address__reverts(market, alice):
    with reverts(market, "NotControllerOrOperator", caller=alice, controller=ZERO_ADDRESS):
        market.pool.commit(CommitType.LONG_MINT.value, 1, ZERO_ADDRESS, sender=alice)


def test_commit__closed_pool__reverts(opened, alice, keeper):
    close(opened, keeper)
    for kind in CommitType:
        with reverts(opened, "PoolIsShutdown"):
            opened.pool.commit(int(kind), 1, alice, sender=alice)


def test_commit__mint_while_mints_are_paused__reverts(market, alice, owner):
    market.set_mint_paused(owner, True)
    for kind in MINTS:
        with reverts(market, "MintIsPaused"):
            market.pool.commit(int(kind), 1, alice, sender=alice)


def test_commit__burns_and_flips_while_mints_are_paused__are_taken(opened, alice, owner):
    opened.set_mint_paused(owner, True)
    assert [opened.commit(alice, kind, TOKEN) for kind in OTHERS] == [2, 2, 2, 2]
    assert [opened.pool.batch(2, int(kind)) for kind in OTHERS] == [(TOKEN, 0)] * 4


@pytest.mark.parametrize("amount", [2**126 + 1, 2**256 - 1])
@pytest.mark.parametrize("kind", [CommitType.LONG_MINT, CommitType.SHORT_BURN])
def test_commit__more_than_a_batch_holds__reverts(market, alice, kind, amount):
    with reverts(market, "BatchTooLarge", amountIn=0, amount=amount, maximum=2**126):
        market.pool.commit(int(kind), amount, alice, sender=alice)


def test_commit__full_batch__takes_no_unit_more_and_the_next_epochs_batch_does(opened, alice, bob):
    opened.world.fund(bob, 2**126)
    assert opened.commit(bob, CommitType.LONG_MINT, 2**126 - 1) == 2
    with pytest.raises(Refused, match="BatchTooLarge"):
        opened.commit(alice, CommitType.LONG_MINT, 2)
    assert opened.commit(alice, CommitType.LONG_MINT, 1) == 2
    assert opened.pool.batch(2, CommitType.LONG_MINT.value) == (2**126, 0)
    to_window(opened)
    assert opened.commit(alice, CommitType.LONG_MINT, 1) == 3
    opened.next_epoch(bob)
    with reverts(opened, "BatchTooLarge", amountIn=1, amount=2**126, maximum=2**126):
        opened.pool.commit(CommitType.LONG_MINT.value, 2**126, alice, sender=alice)


def test_commit__mint_beyond_the_allowance__reverts(market, alice):
    approve(market, alice, 100 * USDC - 1)
    for kind in MINTS:
        with reverts(market, "TransferFromFailed"):
            market.pool.commit(int(kind), 100 * USDC, alice, sender=alice)


def test_commit__mint_of_more_than_held__reverts(market, dave):
    with reverts(market, "TransferFromFailed"):
        market.pool.commit(CommitType.LONG_MINT.value, STAKE + 1, dave, sender=dave)


def test_commit__more_pool_tokens_than_held__reverts(opened, alice):
    for kind in OTHERS:
        with reverts(opened, "InsufficientBalance"):
            opened.pool.commit(int(kind), 1_000 * TOKEN + 1, alice, sender=alice)


@pytest.mark.finding("C07")
@pytest.mark.parametrize("kind", [CommitType.LONG_BURN_SHORT_MINT, CommitType.SHORT_BURN_LONG_MINT])
def test_commit__the_same_tokens_twice__reverts(market, alice, keeper, kind):
    market.open_with(alice, 100 * USDC, alice, 100 * USDC, keeper)
    assert market.commit(alice, kind, 100 * TOKEN) == 2
    with reverts(market, "InsufficientBalance"):
        market.pool.commit(int(kind), 100 * TOKEN, alice, sender=alice)


def test_commit__by_an_operator__takes_no_token_of_the_controller(opened, alice, bob):
    opened.set_operator(alice, bob)
    with reverts(opened, "InsufficientBalance"):
        opened.pool.commit(CommitType.LONG_BURN.value, 1, alice, sender=bob)


# --- what it returns, tells and moves ---


@pytest.mark.parametrize("kind", CommitType)
def test_commit__each_type__moves_the_payers_tokens_into_the_pool_and_nothing_else(opened, alice, kind):
    asset, amount = asset_of(opened, kind), amount_of(kind)
    held, in_pool = asset.balanceOf(alice), asset.balanceOf(opened.pool)
    assert (held, in_pool) == ((STAKE - 2_000 * USDC, 2_000 * USDC) if kind.is_mint else (1_000 * TOKEN, 0))

    sent = act(opened, alice, "commit", kind, amount, alice)

    assert sent.value == 2
    assert sent.events == [
        (
            "Committed",
            {
                "controller": alice.address,
                "epoch": 2,
                "commitType": kind,
                "payer": alice.address,
                "amount": amount,
            },
        )
    ]
    assert asset.balanceOf(alice) == held - amount
    assert asset.balanceOf(opened.pool) == in_pool + amount
    assert opened.pool.batch(2, int(kind)) == (amount, 0)
    assert opened.pool.commitment(alice, int(kind), 2) == amount
    assert opened.pool.balances() == (1_000 * USDC, 1_000 * USDC)
    assert opened.pool.supplies() == (1_000 * TOKEN, 1_000 * TOKEN)
    assert opened.long_token.totalSupply() == opened.short_token.totalSupply() == 1_000 * TOKEN
    assert opened.pool.tokenPrices() == (WAD, WAD)


@pytest.mark.parametrize("kind", [CommitType.LONG_BURN, CommitType.SHORT_BURN_LONG_MINT])
def test_commit__pool_tokens__need_no_approval(opened, alice, kind):
    assert asset_of(opened, kind).allowance(alice, opened.pool) == 0
    assert opened.commit(alice, kind, 1_000 * TOKEN) == 2
    assert asset_of(opened, kind).balanceOf(alice) == 0


def test_commit__exactly_the_allowance__is_taken_and_used_up(opened, alice):
    approve(opened, alice, 100 * USDC)
    opened.commit(alice, CommitType.SHORT_MINT, 100 * USDC)
    assert opened.world.token.allowance(alice, opened.pool) == 0


def test_commit__twice_in_an_epoch__adds_up(opened, bob):
    opened.commit(bob, CommitType.LONG_MINT, 30 * USDC)
    sent = act(opened, bob, "commit", CommitType.LONG_MINT, 12 * USDC, bob)
    assert sent.events == [
        ("Committed", {"controller": bob, "epoch": 2, "commitType": 0, "payer": bob, "amount": 12 * USDC})
    ]
    assert opened.pool.commitment(bob, 0, 2) == 42 * USDC
    assert opened.pool.batch(2, 0) == (42 * USDC, 0)


def test_commit__by_an_operator__is_paid_by_the_caller_and_owed_to_the_controller(opened, alice, bob):
    opened.set_operator(alice, bob)
    sent = act(opened, bob, "commit", CommitType.SHORT_MINT, 100 * USDC, alice)
    assert sent.value == 2
    assert sent.events == [
        ("Committed", {"controller": alice, "epoch": 2, "commitType": 2, "payer": bob, "amount": 100 * USDC})
    ]
    assert opened.world.token.balanceOf(bob) == STAKE - 100 * USDC
    assert opened.world.token.balanceOf(alice) == STAKE - 2_000 * USDC
    assert opened.pool.commitment(alice, 2, 2) == 100 * USDC
    assert opened.pool.commitment(bob, 2, 2) == 0


# --- the front-running rule ---


@pytest.mark.finding("C04")
@pytest.mark.parametrize(
    ("front_running_interval", "seconds_before", "epoch"),
    [
        (300, 301, 1),
        (300, 300, 2),
        (300, 299, 2),
        (300, 0, 2),
        (0, 1, 1),
        (0, 0, 2),
        (0, -1, 2),
        (HOUR - 1, HOUR, 1),
        (HOUR - 1, HOUR - 1, 2),
        (HOUR - 1, HOUR - 2, 2),
    ],
)
def test_commit__inside_front_running_interval__executes_one_epoch_later(
    deploy_market, alice, front_running_interval, seconds_before, epoch
):
    market = deploy_market(front_running_interval=front_running_interval)
    market.move_to_rebalance(late=-seconds_before)
    assert market.commit(alice, CommitType.LONG_MINT, 100 * USDC) == epoch
    assert market.pool.batch(epoch, 0) == (100 * USDC, 0)
    assert market.pool.batch(3 - epoch, 0) == (0, 0)
    assert market.pool.commitment(alice, 0, epoch) == 100 * USDC


def test_commit__before_and_inside_the_window__stands_in_both_live_epochs(opened, bob, keeper):
    assert opened.commit(bob, CommitType.LONG_MINT, 100 * USDC) == 2
    to_window(opened)
    assert opened.commit(bob, CommitType.LONG_MINT, 50 * USDC) == 3
    assert [opened.pool.commitment(bob, 0, epoch) for epoch in (2, 3)] == [100 * USDC, 50 * USDC]
    opened.next_epoch(keeper)
    assert opened.pool.claimable(bob) == (0, 100 * TOKEN, 0)
    assert opened.pool.batch(3, 0) == (50 * USDC, 0)
    assert opened.commit(bob, CommitType.LONG_MINT, 7 * USDC) == 3
    opened.next_epoch(keeper)
    assert opened.claim(bob) == (0, 157 * TOKEN, 0)


@pytest.mark.finding("C02")
def test_commit__pool_3_hours_late_and_price_known_to_be_up_10_percent__gains_nothing(opened, carol, keeper):
    opened.set_price(110 * WAD)
    opened.move_to_rebalance(late=3 * HOUR)
    assert opened.commit(carol, CommitType.LONG_MINT, 1_000 * USDC) == 3

    opened.rebalance(keeper)
    assert opened.pool.balances() == (1_248_685_199, 751_314_801)
    assert opened.pool.batch(3, 0) == (1_000 * USDC, 0)
    assert opened.pool.claimable(carol) == (0, 0, 0)

    opened.next_epoch(keeper)
    tokens = 1_000 * USDC * 1_000 * TOKEN // 1_248_685_199
    assert tokens == 800_842_358_667_214_409_738
    assert opened.claim(carol) == (0, tokens, 0)
    opened.commit(carol, CommitType.LONG_BURN, tokens)
    opened.next_epoch(keeper)
    assert opened.claim(carol) == (1_000 * USDC - 1, 0, 0), "rounded down once"


# --- over an executed, unclaimed commitment ---


@pytest.fixture
def unclaimed(opened, bob, keeper):
    """Epoch 4. Of epoch 2, at 105: bob is owed the L-tokens of 100 USDC."""
    opened.commit(bob, CommitType.LONG_MINT, 100 * USDC)
    opened.next_epoch(keeper, 105 * WAD)
    opened.next_epoch(keeper)
    return opened


OWED = 88_015_586_426_715_418_124
assert OWED == 100 * USDC * 1_000 * TOKEN // 1_136_162_401


def test_commit__over_an_executed_commitment__pays_that_one_out_first(unclaimed, bob):
    market, pool = unclaimed, unclaimed.pool.address
    assert market.pool.claimable(bob) == (0, OWED, 0)
    assert logs_of(market, bob, "commit", 0, 50 * USDC, bob) == [
        (pool, "Committed", {"controller": bob, "epoch": 4, "commitType": 0, "payer": bob, "amount": 50 * USDC}),
        (
            pool,
            "Claimed",
            {"controller": bob, "receiver": bob, "settlementAmount": 0, "longAmount": OWED, "shortAmount": 0},
        ),
        (market.long_token.address, "Transfer", {"from": pool, "to": bob, "amount": OWED}),
        (market.world.token.address, "Transfer", {"from": bob, "to": pool, "amount": 50 * USDC}),
    ]
    assert market.long_token.balanceOf(bob) == OWED
    assert market.long_token.balanceOf(pool) == 0
    assert market.world.token.balanceOf(bob) == STAKE - 150 * USDC
    assert [market.pool.commitment(bob, 0, epoch) for epoch in (2, 4)] == [0, 50 * USDC]
    assert market.pool.claimable(bob) == (0, 0, 0)


def test_commit__by_an_operator_over_an_executed_commitment__pays_the_controller(unclaimed, bob, carol):
    market = unclaimed
    market.set_operator(bob, carol)
    sent = act(market, carol, "commit", CommitType.LONG_MINT, 50 * USDC, bob)
    assert sent.events == [
        ("Committed", {"controller": bob, "epoch": 4, "commitType": 0, "payer": carol, "amount": 50 * USDC}),
        (
            "Claimed",
            {"controller": bob, "receiver": bob, "settlementAmount": 0, "longAmount": OWED, "shortAmount": 0},
        ),
    ]
    assert market.long_token.balanceOf(bob) == OWED
    assert market.long_token.balanceOf(carol) == 0
    assert market.world.token.balanceOf(bob) == STAKE - 100 * USDC
    assert market.world.token.balanceOf(carol) == STAKE - 50 * USDC


def test_commit__in_another_slot_or_of_another_type__pays_nothing_out(unclaimed, bob):
    market = unclaimed
    market.commit(bob, CommitType.SHORT_MINT, 10 * USDC)
    to_window(market)
    assert market.commit(bob, CommitType.LONG_MINT, 10 * USDC) == 5
    assert [event.name for event in market.model.events[-2:]] == ["Committed", "Committed"]
    assert market.pool.claimable(bob) == (0, OWED, 0)
    assert [market.pool.commitment(bob, 0, epoch) for epoch in (2, 5)] == [100 * USDC, 10 * USDC]


def test_commit__over_an_executed_burn__pays_that_one_and_no_other(opened, alice, keeper):
    opened.commit(alice, CommitType.LONG_BURN, 100 * TOKEN)
    opened.commit(alice, CommitType.SHORT_BURN, 100 * TOKEN)
    opened.next_epoch(keeper, 105 * WAD)
    opened.next_epoch(keeper)
    assert opened.pool.claimable(alice) == (113_616_240 + 86_383_759, 0, 0)
    held = opened.world.token.balanceOf(alice)

    sent = act(opened, alice, "commit", CommitType.LONG_BURN, 200 * TOKEN, alice)

    paid = {"settlementAmount": 113_616_240, "longAmount": 0, "shortAmount": 0}
    assert sent.events == [
        ("Committed", {"controller": alice, "epoch": 4, "commitType": 1, "payer": alice, "amount": 200 * TOKEN}),
        ("Claimed", {"controller": alice, "receiver": alice, **paid}),
    ]
    assert opened.world.token.balanceOf(alice) == held + 113_616_240
    assert opened.long_token.balanceOf(alice) == 700 * TOKEN
    assert opened.pool.claimable(alice) == (86_383_759, 0, 0)


def test_commit__over_a_refunded_commitment__can_be_paid_with_the_refund(opened, dave, keeper):
    everything = 2**120
    opened.world.fund(dave, everything - STAKE)
    opened.commit(dave, CommitType.LONG_MINT, everything)
    opened.next_epoch(keeper)
    opened.next_epoch(keeper)
    assert opened.pool.batch(2, 0) == (everything, 0)
    assert opened.world.token.balanceOf(dave) == 0

    sent = act(opened, dave, "commit", CommitType.LONG_MINT, everything, dave)

    refund = {"settlementAmount": everything, "longAmount": 0, "shortAmount": 0}
    assert sent.events == [
        ("Committed", {"controller": dave, "epoch": 4, "commitType": 0, "payer": dave, "amount": everything}),
        ("Claimed", {"controller": dave, "receiver": dave, **refund}),
    ]
    assert opened.world.token.balanceOf(dave) == 0
    assert opened.pool.commitment(dave, 0, 4) == everything
