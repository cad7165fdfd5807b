"""A straddle: the same amount long and short. What one leg loses the other wins, times the counterparty's size.

With a fraction k moved, the leg on the losing side loses k of itself. The other gains k times (losing side / winning side):
in all k * holding * rebalancing rate of the winning side. So it is the sizes of the sides that decide what a straddle
yields: even sides nothing, the rare sides of two pools a gain both ways, the crowded ones a loss both ways.
"""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import WAD
from tests.support.orders import TOKEN, cash, markets_on_one_oracle, trade, trade_together
from tests.support.world import STAKE, USDC

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN = (
    CommitType.LONG_MINT,
    CommitType.LONG_BURN,
    CommitType.SHORT_MINT,
    CommitType.SHORT_BURN,
)
HELD = 100 * USDC
"""What dave puts into each leg."""


def open_straddle(market, alice, bob, dave, keeper, long, short):
    """Dave has 100 USDC of each side, alice the rest of long, bob the rest of short."""
    market.commit(dave, LONG_MINT, HELD)
    market.commit(dave, SHORT_MINT, HELD)
    market.open_with(alice, long - HELD, bob, short - HELD, keeper)
    assert market.claim(dave) == (0, 100 * TOKEN, 100 * TOKEN)


def orders(longs, shorts):
    """Mints of whole USDC."""
    return [
        *((holder, LONG_MINT, amount * USDC) for holder, amount in longs),
        *((holder, SHORT_MINT, amount * USDC) for holder, amount in shorts),
    ]


def leave(market, dave, keeper):
    return trade(market, keeper, (dave, LONG_BURN, 100 * TOKEN), (dave, SHORT_BURN, 100 * TOKEN))


@pytest.mark.parametrize(
    ("leverage", "price", "legs"),
    [
        # A tenth of either side: of 1,047.619047 and 952.380953 USDC, and so on.
        (1, 105, (104_761_904, 95_238_095)),
        (1, 95, (95_000_000, 105_000_000)),
        (3, 105, (113_616_240, 86_383_759)),
        (3, 95, (85_737_500, 114_262_500)),
    ],
)
def test_straddle__even_sides__neither_gains_nor_loses(deploy_market, alice, bob, dave, keeper, leverage, price, legs):
    market = deploy_market(leverage=leverage)
    open_straddle(market, alice, bob, dave, keeper, 1_000 * USDC, 1_000 * USDC)
    market.next_epoch(keeper, price * WAD)
    assert leave(market, dave, keeper)[0] == (sum(legs), 0, 0)
    # A tenth of the whole pool, as before, but for what two claims round down.
    assert cash(market, dave) - STAKE == sum(legs) - 2 * HELD
    assert sum(legs) - 2 * HELD in (0, -1)


@pytest.mark.parametrize(
    ("leverage", "price", "sides", "profit"),
    [
        # Long has 2,000, short 1,000 USDC: dave has 1/20 and 1/10. Rates: -50 % for long, +100 % for short.
        # Up: long wins at half of what short loses: -0.5 * k * 100, k = 1 - (100/105)**p.
        (1, 105, (2_047_619_047, 952_380_953), -2_380_953),
        (3, 105, (2_136_162_401, 863_837_599), -6_808_121),
        # Down: short wins twice what long loses: +1.0 * k * 100, k = 1 - 0.95**p.
        (1, 95, (1_900_000_000, 1_100_000_000), 5_000_000),
        (3, 95, (1_714_750_000, 1_285_250_000), 14_262_500),
    ],
)
def test_straddle__short_is_half_of_long__gains_down_twice_what_it_loses_up(
    deploy_market, alice, bob, dave, keeper, leverage, price, sides, profit
):
    market = deploy_market(leverage=leverage)
    open_straddle(market, alice, bob, dave, keeper, 2_000 * USDC, 1_000 * USDC)
    assert market.pool.rebalancingRates() == (-WAD // 2, WAD)
    market.next_epoch(keeper, price * WAD)
    assert market.pool.balances() == sides
    assert profit == sides[0] // 20 + sides[1] // 10 - 2 * HELD
    assert (profit > 0) == (price < 100)
    leave(market, dave, keeper)
    assert cash(market, dave) == STAKE + profit


@pytest.mark.parametrize(
    ("leverage", "price", "of_the_rare_sides", "of_the_crowded_sides"),
    [
        # In each pool one side of 1,000 and one of 2,000 USDC: k * 100 * (+1 or -0.5), k as above.
        (1, 105, (95_238_095 + 109_523_809, 4_761_904), (102_380_952 + 95_238_095, -2_380_953)),
        (1, 95, (110_000_000 + 95_000_000, 5_000_000), (95_000_000 + 102_500_000, -2_500_000)),
        (3, 105, (86_383_759 + 127_232_480, 13_616_239), (106_808_120 + 86_383_759, -6_808_121)),
        (3, 95, (128_525_000 + 85_737_500, 14_262_500), (85_737_500 + 107_131_250, -7_131_250)),
    ],
)
def test_straddle__over_two_pools__rare_sides_gain_both_ways_and_crowded_ones_lose_both_ways(
    world, alice, bob, carol, dave, keeper, leverage, price, of_the_rare_sides, of_the_crowded_sides
):
    few_shorts, few_longs = markets_on_one_oracle(
        world, {"leverage": leverage}, {"leverage": leverage, "front_running_interval": 60}
    )
    # Dave holds the rare sides, carol the crowded ones.
    trade_together(
        keeper,
        (few_shorts, orders([(alice, 1_900), (carol, 100)], [(bob, 900), (dave, 100)])),
        (few_longs, orders([(alice, 900), (dave, 100)], [(bob, 1_900), (carol, 100)])),
    )
    assert few_shorts.pool.rebalancingRates() == (-WAD // 2, WAD)
    assert few_longs.pool.rebalancingRates() == (WAD, -WAD // 2)

    for market in (few_shorts, few_longs):
        market.next_epoch(keeper, price * WAD)
    trade_together(
        keeper,
        (few_shorts, [(carol, LONG_BURN, 100 * TOKEN), (dave, SHORT_BURN, 100 * TOKEN)]),
        (few_longs, [(dave, LONG_BURN, 100 * TOKEN), (carol, SHORT_BURN, 100 * TOKEN)]),
    )
    for holder, (paid, profit) in ((dave, of_the_rare_sides), (carol, of_the_crowded_sides)):
        assert cash(few_longs, holder) == STAKE - 2 * HELD + paid
        assert profit == paid - 2 * HELD
    assert of_the_rare_sides[1] > 0 > of_the_crowded_sides[1]
