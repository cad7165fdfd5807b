"""The rebalancing rate: what the smaller side gains over what it risks.

Long is 10 % larger than short. When the price falls, what long loses is 1.1 times as much of short; when it rises, short
loses its own fraction. For a small move m: a gain of 1.1 * leverage * m, a loss of leverage * m.
"""

from fractions import Fraction

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import WAD
from tests.support.orders import TOKEN, cash, trade
from tests.support.world import STAKE, USDC

LONG, SHORT = 1_100_000 * USDC, 1_000_000 * USDC
MOVE = Fraction(1, 1_000)
FALLEN, RISEN = 999 * WAD // 10, 1_001 * WAD // 10


@pytest.fixture
def skewed(deploy_market, alice, bob, keeper):
    """`skewed(leverage)`: alice is long with 1,100,000 USDC, bob short with 1,000,000, at 100."""

    def open_market(leverage):
        market = deploy_market(leverage=leverage)
        market.open_with(alice, LONG, bob, SHORT, keeper)
        # 1,000,000 / 1,100,000 - 1, the quotient rounded down: -1/11
        assert market.pool.rebalancingRates() == (909_090_909_090_909_090 - WAD, WAD // 10)
        return market

    return open_market


# 0.999 of 1,100,000 stay, or 0.997002999
@pytest.mark.parametrize(("leverage", "gain"), [(1, 1_100_000_000), (3, 3_296_701_100)])
def test_rebalancing_rate__price_falls__short_gains_its_leverage_and_a_tenth_more(skewed, bob, keeper, leverage, gain):
    market = skewed(leverage)
    market.next_epoch(keeper, FALLEN)
    assert market.pool.balances() == (LONG - gain, SHORT + gain)
    # 1 - (1 - m)**p lies between p * m - p * (p - 1) / 2 * m**2 and p * m.
    most = Fraction(11, 10) * leverage * MOVE
    assert most * (1 - (leverage - 1) * MOVE / 2) <= Fraction(gain, SHORT) <= most

    trade(market, keeper, (bob, CommitType.SHORT_BURN, 1_000_000 * TOKEN))
    assert cash(market, bob) == STAKE + gain


# 1 / 1.001 of 1,000,000 stay, rounded up to a unit, or 1 / 1.001**3
@pytest.mark.parametrize(("leverage", "loss"), [(1, 999_000_999), (3, 2_994_009_985)])
def test_rebalancing_rate__price_rises__short_loses_its_leverage_and_no_more(skewed, bob, keeper, leverage, loss):
    market = skewed(leverage)
    market.next_epoch(keeper, RISEN)
    assert market.pool.balances() == (LONG + loss, SHORT - loss)
    # 1 - (1 + m)**-p lies between p * m - p * (p + 1) / 2 * m**2 and p * m.
    most = leverage * MOVE
    assert most * (1 - (leverage + 1) * MOVE / 2) <= Fraction(loss, SHORT) <= most

    trade(market, keeper, (bob, CommitType.SHORT_BURN, 1_000_000 * TOKEN))
    assert cash(market, bob) == STAKE - loss


@pytest.mark.parametrize(
    ("leverage", "there", "gain"),
    [
        # 1,100 won; then 0.999 of 1,001,100 is kept
        (1, FALLEN, 98_900_000),
        # 999.000999 lost; then 1,099.899101 won, 1 / 1,001 of 1,100,999.000999
        (1, RISEN, 100_898_102),
        (3, FALLEN, 289_819_884),
        (3, RISEN, 308_365_094),
    ],
)
def test_rebalancing_rate__there_and_back__the_smaller_side_is_ahead_both_ways(
    skewed, bob, keeper, leverage, there, gain
):
    market = skewed(leverage)
    market.next_epoch(keeper, there)
    market.next_epoch(keeper, 100 * WAD)
    assert market.pool.balances() == (LONG - gain, SHORT + gain)
    # Gain and loss differ by the rate times p * m, and by terms of the second order.
    first_order = Fraction(1, 10) * leverage * MOVE
    assert abs(Fraction(gain, SHORT) - first_order) < 2 * (leverage * MOVE) ** 2


def test_rebalancing_rate__money_that_comes_for_it__evens_the_sides_and_ends_it(skewed, carol, keeper):
    market = skewed(3)
    assert trade(market, keeper, (carol, CommitType.SHORT_MINT, 100_000 * USDC)) == [(0, 0, 100_000 * TOKEN)]
    assert market.pool.balances() == (LONG, LONG)
    assert market.pool.rebalancingRates() == (0, 0)
    # A fall now yields short what it costs long, 0.2997001 %: carol has 1/11 of 3,296.701100.
    market.next_epoch(keeper, FALLEN)
    trade(market, keeper, (carol, CommitType.SHORT_BURN, 100_000 * TOKEN))
    assert cash(market, carol) == STAKE + 299_700_100
