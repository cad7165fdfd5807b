"""`rebalancingRates`. Specification, sections 1 and 8."""

import pytest

from perpetual_pools.twin.pool import WAD
from tests.support.world import ALICE, KEEPER, USDC, new_world, open_sides, opened_market


def test_rebalancing_rates__long_10_percent_larger__pays_short_10_percent(market, alice, bob, keeper):
    market.open_with(alice, 1_100 * USDC, bob, 1_000 * USDC, keeper)
    # 1,000 / 1,100 - 1 = -0.0909..., rounded down
    assert market.pool.rebalancingRates() == (-90_909_090_909_090_910, WAD // 10)


@pytest.mark.parametrize(
    ("long", "short", "rates"),
    [
        (0, 0, (0, 0)),
        (1_000 * USDC, 0, (0, 0)),
        (0, 1_000 * USDC, (0, 0)),
        (1_000 * USDC, 1_000 * USDC, (0, 0)),
        (1_000 * USDC, 3_000 * USDC, (2 * WAD, -666_666_666_666_666_667)),
        (1, 10**9 * USDC, (10**15 * WAD - WAD, 1_000 - WAD)),
        (10**9 * USDC, 1, (1_000 - WAD, 10**15 * WAD - WAD)),
    ],
)
def test_rebalancing_rates__sides__are_counterparty_by_own_less_1_rounded_down(project, long, short, rates):
    assert opened_market(project, long, short).pool.rebalancingRates() == rates


def test_rebalancing_rates__largest_side_against_1_unit__are_exact(project):
    world = new_world(project, decimals=18)
    world.fund(ALICE, 2**120)
    market = world.deploy_pool()
    open_sides(market, 2**120 - 10**12, 10**12)
    # the largest side there can be, against the smallest that can be minted
    high = (2**120 - 10**12) * WAD // 10**12 - WAD
    assert market.pool.rebalancingRates() == (10**12 * WAD // (2**120 - 10**12) - WAD, high)
    assert high > 2**139


def test_rebalancing_rates__follow_the_value_that_moves(project):
    market = opened_market(project, 1_000 * USDC, 1_000 * USDC)
    market.next_epoch(KEEPER, 105 * WAD)
    # 863.837599 / 1,136.162401 - 1 and the reverse
    assert market.pool.rebalancingRates() == (-239_688_271_465_691_638, 315_249_998_744_266_281)
