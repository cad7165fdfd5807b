"""`previewRebalance`. Specification, section 8."""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import HOUR, PRICE, WAD
from tests.support.revm import reverts
from tests.support.world import ALICE, CAROL, KEEPER, USDC, new_market, opened_market

SIDE = 1_000 * USDC
UP = 105 * WAD
DAY = 86_400


@pytest.mark.parametrize("price", [0, 2**96, 2**256 - 1])
def test_preview_rebalance__price_out_of_range__reverts(project, price):
    market = opened_market(project, SIDE, SIDE)
    with reverts(market.pool.PriceOutOfRange, price=price):
        market.pool.previewRebalance(price)


@pytest.mark.parametrize(
    ("price", "balances"),
    [
        (UP, (1_136_162_401, 863_837_599)),
        (95 * WAD, (857_375_000, 1_142_625_000)),
        (PRICE, (SIDE, SIDE)),
        (2**96 - 1, (2 * SIDE - 1, 1)),
        (1, (1, 2 * SIDE - 1)),
    ],
)
def test_preview_rebalance__any_price__moves_value_from_the_last_price_and_changes_nothing(project, price, balances):
    market = opened_market(project, SIDE, SIDE)
    assert market.pool.previewRebalance(price) == balances
    assert market.pool.balances() == (SIDE, SIDE)
    market.next_epoch(KEEPER, price)
    assert market.pool.balances() == balances


def test_preview_rebalance__on_the_chain_that_users_read__is_the_worked_example(opened):
    assert opened.pool.previewRebalance(UP) == (1_136_162_401, 863_837_599)


@pytest.mark.parametrize("early", [0, 1, 1_800, HOUR])
def test_preview_rebalance__before_it_is_due__is_as_at_next_without_a_reward(project, early):
    market = opened_market(
        project, SIDE, SIDE, management_fee=WAD // 10, keeper_reward_max=USDC, keeper_reward_ramp=HOUR
    )
    market.move_to_rebalance(late=-early)
    # an hour's fee, 11,415 units a side, however early; then the move of 5 %
    assert market.pool.previewRebalance(UP) == (1_136_149_432, 863_827_738)


def test_preview_rebalance__ramp_of_0__charges_the_reward_from_the_grid_time_on_and_before(project):
    market = opened_market(project, SIDE, SIDE, keeper_reward_max=50_000, keeper_reward_ramp=0)
    for early in (0, 1_000):
        market.move_to_rebalance(late=-1_000 + early)
        # lateness 0 pays the maximum: 25,000 units of each side
        assert market.pool.previewRebalance(UP) == (1_136_133_997, 863_816_003)


@pytest.mark.parametrize("missed", [0, 5])
def test_preview_rebalance__late__is_what_a_rebalance_now_makes_of_the_sides(project, missed):
    market = opened_market(project, SIDE, SIDE, management_fee=WAD // 10, keeper_reward_max=100_000)
    market.move_to_rebalance(late=missed * HOUR + 300)
    # an hour's fee (or six hours'), half of the reward, the move
    expected = {0: (1_136_121_028, 863_806_142), 5: (1_136_056_178, 863_756_836)}[missed]
    assert market.pool.previewRebalance(UP) == expected
    market.set_price(UP)
    assert market.rebalance(KEEPER, recipient=KEEPER) == 50_000
    assert market.pool.balances() == expected


def test_preview_rebalance__batches__are_left_out(project):
    market = opened_market(project, SIDE, SIDE)
    market.commit(CAROL, CommitType.LONG_MINT, 500 * USDC)
    market.commit(ALICE, CommitType.LONG_BURN, 400 * 10**18)
    assert market.pool.previewRebalance(UP) == (1_136_162_401, 863_837_599)


def test_preview_rebalance__side_below_min_liquidity__moves_nothing(project):
    market = opened_market(project, SIDE, SIDE - 1, min_liquidity=SIDE)
    assert market.pool.previewRebalance(2 * PRICE) == (SIDE, SIDE - 1)


def test_preview_rebalance__empty_pool__is_empty(project):
    assert new_market(project).pool.previewRebalance(UP) == (0, 0)


def test_preview_rebalance__closed_pool__still_answers(project):
    market = opened_market(project, SIDE, SIDE)
    market.set_oracle_failing(True)
    market.move_to_rebalance(late=14 * DAY)
    market.shutdown(KEEPER)
    assert market.pool.previewRebalance(UP) == (1_136_162_401, 863_837_599)
