"""`redeem`: how holders leave a closed pool. Specification, section 4, wind-down."""

import pytest

from perpetual_pools.model import ZERO_ADDRESS, CommitType
from perpetual_pools.twin.pool import WAD
from tests.support.pool import TOKEN, act, close, reverts
from tests.support.world import ALICE, BOB, KEEPER, TREASURY, USDC, new_world, open_sides, opened_market

SIDE = 1_000 * USDC
LONG, SHORT = 1_136_162_401, 863_837_599


@pytest.fixture
def closed(opened, keeper):
    """Alice holds 1,000 L-tokens worth LONG and 1,000 S-tokens worth SHORT; the pool has closed."""
    opened.next_epoch(keeper, 105 * WAD)
    close(opened, keeper)
    return opened


def closed_market(project, long, short, price=105 * WAD, **changes):
    """Alice is long, bob is short, in an EVM of the test's own."""
    market = opened_market(project, long, short, **changes)
    market.next_epoch(KEEPER, price)
    close(market, KEEPER)
    return market


# --- refusals ---


def test_redeem__open_pool__reverts(opened, alice):
    with reverts(opened, "PoolIsOpen"):
        opened.pool.redeem(TOKEN, TOKEN, alice, sender=alice)


def test_redeem__zero_receiver__reverts(closed, alice):
    with reverts(closed, "ZeroAddress"):
        closed.pool.redeem(TOKEN, TOKEN, ZERO_ADDRESS, sender=alice)


def test_redeem__nothing__reverts(closed, alice):
    with reverts(closed, "ZeroAmount"):
        closed.pool.redeem(0, 0, alice, sender=alice)


@pytest.mark.parametrize(
    ("long", "short"),
    [(1_000 * TOKEN + 1, 0), (0, 1_000 * TOKEN + 1), (1, 1_000 * TOKEN + 1), (2**256 - 1, 1), (1, 2**256 - 1)],
)
def test_redeem__more_than_held__reverts(closed, alice, long, short):
    with reverts(closed, "InsufficientBalance"):
        closed.pool.redeem(long, short, alice, sender=alice)


def test_redeem__of_another_holder__reverts_even_for_the_operator(closed, alice, bob, stranger):
    closed.set_operator(alice, bob)
    for caller in (bob, stranger):
        with reverts(closed, "InsufficientBalance"):
            closed.pool.redeem(TOKEN, 0, caller, sender=caller)


def test_redeem__token_that_refuses_the_receiver__reverts_and_another_receiver_is_paid(project):
    world = new_world(project, token="BlacklistToken")
    market = world.deploy_pool()
    open_sides(market, SIDE, SIDE)
    close(market, KEEPER)
    world.token.setBlacklisted(ALICE, True)
    with reverts(market, "TransferFailed"):
        market.pool.redeem(1_000 * TOKEN, 0, ALICE, sender=ALICE)
    assert market.long_token.balanceOf(ALICE) == 1_000 * TOKEN
    assert market.redeem(ALICE, 1_000 * TOKEN, 0, receiver=TREASURY) == SIDE


# --- what it pays ---


@pytest.mark.finding("G04")
@pytest.mark.parametrize(
    ("long", "short", "paid"),
    [
        # each leg rounded down: 113.6162401 and 86.3837599
        (100 * TOKEN, 0, (113_616_240, 0)),
        (0, 100 * TOKEN, (0, 86_383_759)),
        (100 * TOKEN, 100 * TOKEN, (113_616_240, 86_383_759)),
        (1_000 * TOKEN, 1_000 * TOKEN, (LONG, SHORT)),
        # worth less than a unit
        (1, 1, (0, 0)),
    ],
)
def test_redeem__tokens__pay_their_part_of_each_side_and_are_burned(closed, alice, stranger, long, short, paid):
    token, pool = closed.world.token, closed.pool
    sent = act(closed, alice, "redeem", long, short, stranger)
    assert sent.value == sum(paid)
    assert sent.events == [
        (
            "Redeemed",
            {
                "holder": alice.address,
                "receiver": stranger.address,
                "longAmount": long,
                "shortAmount": short,
                "longSettlement": paid[0],
                "shortSettlement": paid[1],
            },
        )
    ]
    assert token.balanceOf(stranger) == sum(paid)
    assert token.balanceOf(pool) == 2 * SIDE - sum(paid)
    assert pool.balances() == (LONG - paid[0], SHORT - paid[1])
    assert pool.supplies() == (1_000 * TOKEN - long, 1_000 * TOKEN - short), "P5"
    for pool_token, redeemed in ((closed.long_token, long), (closed.short_token, short)):
        assert pool_token.balanceOf(alice) == pool_token.totalSupply() == 1_000 * TOKEN - redeemed


def test_redeem__one_holder_after_the_other__pays_all_of_both_sides_and_the_last_gets_the_rest(project):
    market = closed_market(project, SIDE, SIDE)
    # 333/1,000 of LONG, 333/667 of the 757,820,322 left, 333/334 of the 379,478,243 left: each rounded down, so that no
    # token of those who stay is worth less.
    price = market.pool.tokenPrices()[0]
    for paid in (378_342_079, 378_342_079, 378_342_080):
        assert market.redeem(ALICE, 333 * TOKEN, 0) == paid
        assert market.pool.tokenPrices()[0] >= price
        price = market.pool.tokenPrices()[0]
    assert market.redeem(ALICE, TOKEN, 0) == 1_136_163
    assert market.redeem(BOB, 0, 1_000 * TOKEN) == SHORT
    assert (market.pool.balances(), market.pool.supplies()) == ((0, 0), (0, 0))
    assert market.world.token.balanceOf(market.pool) == 0, "P1"


def test_redeem__side_without_value__pays_nothing_and_stops_nobody(project):
    market = opened_market(project, SIDE, SIDE, management_fee=WAD // 10)
    market.move_to_rebalance(late=10 * 365 * 86_400)
    market.rebalance(KEEPER)
    close(market, KEEPER)
    assert market.redeem(ALICE, 1_000 * TOKEN, 0) == 0
    assert market.collect_fees(KEEPER) == 2 * SIDE
    assert market.redeem(BOB, 0, 1_000 * TOKEN) == 0
    assert market.world.token.balanceOf(market.pool) == 0


def test_redeem__tokens_of_refunded_burns__count_like_all_others(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(ALICE, CommitType.LONG_BURN, 400 * TOKEN)
    close(market, KEEPER)
    with reverts(market, "InsufficientBalance"):
        market.pool.redeem(1_000 * TOKEN, 0, ALICE, sender=ALICE)
    assert market.redeem(ALICE, 600 * TOKEN, 0) == 600 * USDC
    assert market.claim(ALICE) == (0, 400 * TOKEN, 0)
    assert market.redeem(ALICE, 400 * TOKEN, 0) == 400 * USDC


def test_redeem__tokens_that_were_minted_but_not_claimed__are_claimed_first(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(BOB, CommitType.LONG_MINT, 500 * USDC)
    market.next_epoch(KEEPER)
    close(market, KEEPER)
    assert market.redeem(ALICE, 1_000 * TOKEN, 0) == SIDE
    assert market.claim(BOB) == (0, 500 * TOKEN, 0)
    assert market.redeem(BOB, 500 * TOKEN, 1_000 * TOKEN) == 1_500 * USDC
    assert market.world.token.balanceOf(market.pool) == 0


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_redeem__any_settlement_decimals__pays_in_the_tokens_own_units(project, decimals):
    whole = 10**decimals
    market = closed_market(project, 1_000 * whole, 1_000 * whole, price=200 * WAD, decimals=decimals)
    # short kept an eighth
    assert market.redeem(BOB, 0, 10 * TOKEN) == 10 * whole // 8
    assert market.redeem(ALICE, 10 * TOKEN, 0) == 10 * whole * 15 // 8
