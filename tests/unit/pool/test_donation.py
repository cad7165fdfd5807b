"""Tokens sent to the pool past its functions change nothing. Specification, section 4."""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import WAD
from tests.support.world import ALICE, BOB, CAROL, KEEPER, TREASURY, USDC, new_market, opened_market

SIDE = 1_000 * USDC
GIFT = 500_000 * USDC
TOKEN = 10**18
VIEWS = [
    "balances",
    "supplies",
    "tokenPrices",
    "rebalancingRates",
    "protocolFees",
    "keeperReward",
    "lastPrice",
    "epoch",
]


def views(market):
    return {name: getattr(market.pool, name)() for name in VIEWS}


@pytest.mark.finding("M09")
def test_donation__500_000_usdc__changes_no_view_and_no_rebalance(project):
    market = opened_market(
        project, SIDE, SIDE, management_fee=WAD // 10, keeper_reward_max=100_000, keeper_reward_ramp=0
    )
    before, preview = views(market), market.pool.previewRebalance(105 * WAD)
    market.donate(CAROL, GIFT)
    assert views(market) == before
    assert market.pool.previewRebalance(105 * WAD) == preview
    assert before["tokenPrices"] == (WAD, WAD)

    market.set_price(105 * WAD)
    market.move_to_rebalance()
    assert market.rebalance(KEEPER, recipient=KEEPER) == 100_000
    # an hour's fee of 11,415 units and half of the reward from each side, then the move: as without the gift
    assert market.pool.balances() == (1_136_092_624, 863_784_546)
    assert market.pool.protocolFees() == 2 * 11_415
    assert market.world.token.balanceOf(market.pool) == 2 * SIDE + GIFT - 100_000


@pytest.mark.finding("M09")
@pytest.mark.parametrize("epoch", ["before the mint", "between commitment and execution", "after"])
def test_donation__whenever_it_comes__makes_no_mint_worth_more_or_less(project, epoch):
    market = opened_market(project, SIDE, SIDE)
    if epoch == "before the mint":
        market.donate(CAROL, GIFT)
    market.commit(BOB, CommitType.LONG_MINT, 100 * USDC)
    if epoch == "between commitment and execution":
        market.donate(CAROL, GIFT)
    market.next_epoch(KEEPER)
    if epoch == "after":
        market.donate(CAROL, GIFT)
    assert market.claim(BOB) == (0, 100 * TOKEN, 0)
    market.commit(BOB, CommitType.LONG_BURN, 100 * TOKEN)
    market.next_epoch(KEEPER)
    assert market.claim(BOB) == (100 * USDC, 0, 0)


@pytest.mark.finding("M09")
def test_donation__to_an_empty_pool__is_nobodys(project):
    market = new_market(project)
    market.donate(CAROL, GIFT)
    market.commit(ALICE, CommitType.LONG_MINT, 1)
    market.next_epoch(KEEPER)
    assert market.pool.balances() == (1, 0)
    assert market.claim(ALICE) == (0, 10**12, 0)
    assert market.collect_fees(KEEPER) == 0


@pytest.mark.finding("M09")
def test_donation__everyone_exits__stays_in_the_pool(project):
    market = opened_market(project, SIDE, SIDE, burn_fee=WAD // 100)
    market.donate(CAROL, GIFT)
    market.commit(ALICE, CommitType.LONG_BURN, 1_000 * TOKEN)
    market.commit(BOB, CommitType.SHORT_BURN, 1_000 * TOKEN)
    market.next_epoch(KEEPER)
    assert market.claim(ALICE) == market.claim(BOB) == (990 * USDC, 0, 0)
    assert market.collect_fees(KEEPER) == 20 * USDC
    assert market.world.token.balanceOf(TREASURY) == 20 * USDC
    assert market.world.token.balanceOf(market.pool) == GIFT


@pytest.mark.finding("M09")
def test_donation__in_a_closed_pool__is_redeemed_by_nobody(project):
    market = opened_market(project, SIDE, SIDE)
    market.set_oracle_failing(True)
    market.move_to_rebalance(late=14 * 86_400)
    market.donate(CAROL, GIFT)
    market.shutdown(KEEPER)
    assert market.redeem(ALICE, 1_000 * TOKEN, 0) == SIDE
    assert market.redeem(BOB, 0, 1_000 * TOKEN) == SIDE
    assert market.world.token.balanceOf(market.pool) == GIFT


@pytest.mark.parametrize("side", ["long", "short"])
def test_donation__of_pool_tokens__changes_no_price_and_burns_no_more_than_is_committed(opened, alice, keeper, side):
    token = opened.long_token if side == "long" else opened.short_token
    kind = CommitType.LONG_BURN if side == "long" else CommitType.SHORT_BURN
    ledger = opened.model.long_token if side == "long" else opened.model.short_token
    opened.chain.send(token, "transfer", [opened.pool.address, 300 * TOKEN], alice)
    ledger.transfer(alice.address, opened.pool.address, 300 * TOKEN)
    opened.compare()
    assert opened.pool.tokenPrices() == (WAD, WAD)

    opened.commit(alice, kind, 700 * TOKEN)
    opened.next_epoch(keeper)
    assert opened.claim(alice) == (700 * USDC, 0, 0)
    # those 300 belong to nobody any more, but count as supply
    assert token.totalSupply() == token.balanceOf(opened.pool) == 300 * TOKEN
    assert opened.pool.balances()[side == "short"] == 300 * USDC


def test_donation__one_real_transfer_to_the_pool__leaves_every_view(opened, bob):
    before = views(opened)
    opened.donate(bob, GIFT)
    assert opened.world.token.balanceOf(opened.pool) == 2_000 * USDC + GIFT
    assert views(opened) == before
