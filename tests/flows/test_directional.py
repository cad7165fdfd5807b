"""Long or short for a move of 5 %: three traders enter, the price moves, all leave; profit and loss to the unit.

The side that the price moves against keeps (lower price / higher price)**leverage of its balance, rounded up to a unit; the
other side gets the rest.
"""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import WAD
from tests.support.orders import TOKEN, cash, tokens, trade
from tests.support.world import STAKE, USDC

LONG_MINT, LONG_BURN, SHORT_BURN = CommitType.LONG_MINT, CommitType.LONG_BURN, CommitType.SHORT_BURN


@pytest.mark.parametrize(
    ("leverage", "path", "sides", "profits"),
    [
        # Short keeps (100/105)**3 of 1,000 USDC: 863.8375985. Of long, alice has 9/10 and carol 1/10.
        (3, [105], (1_136_162_401, 863_837_599), (122_546_160, 13_616_240, -136_162_401)),
        # Long keeps 0.95**3: 857.375.
        (3, [95], (857_375_000, 1_142_625_000), (-128_362_500, -14_262_500, 142_625_000)),
        # Up and back: what long won is lost with it. It keeps (100/105)**3 of 1,136.162401, 981.4598.
        (3, [105, 100], (981_459_801, 1_018_540_199), (-16_686_180, -1_854_020, 18_540_199)),
        # Down and back: short keeps 0.95**3 of 1,142.625, 979.6581.
        (3, [95, 100], (1_020_341_890, 979_658_110), (18_307_701, 2_034_189, -20_341_890)),
        # The same at leverage 1: 100/105 of 1,000 USDC is 952.380952..., 0.95 of it 950.
        (1, [105], (1_047_619_047, 952_380_953), (42_857_142, 4_761_904, -47_619_047)),
        (1, [95], (950_000_000, 1_050_000_000), (-45_000_000, -5_000_000, 50_000_000)),
        (1, [105, 100], (997_732_426, 1_002_267_574), (-2_040_817, -226_758, 2_267_574)),
        (1, [95, 100], (1_002_500_000, 997_500_000), (2_250_000, 250_000, -2_500_000)),
    ],
)
def test_directional__enter_move_and_leave__pays_to_the_unit_what_the_sides_moved(
    deploy_market, alice, bob, carol, keeper, leverage, path, sides, profits
):
    market = deploy_market(leverage=leverage)
    market.commit(carol, LONG_MINT, 100 * USDC)
    market.open_with(alice, 900 * USDC, bob, 1_000 * USDC, keeper)
    assert market.claim(carol) == (0, 100 * TOKEN, 0)
    assert market.pool.rebalancingRates() == (0, 0)

    for price in path:
        market.next_epoch(keeper, price * WAD)
    assert market.pool.balances() == sides
    # A thousand tokens a side.
    assert market.pool.tokenPrices() == (sides[0] * 10**9, sides[1] * 10**9)

    trade(
        market,
        keeper,
        (alice, LONG_BURN, 900 * TOKEN),
        (carol, LONG_BURN, 100 * TOKEN),
        (bob, SHORT_BURN, 1_000 * TOKEN),
    )
    assert tuple(cash(market, trader) - STAKE for trader in (alice, carol, bob)) == profits
    assert market.pool.balances() == market.pool.supplies() == (0, 0)
    # What is not paid out are the fractions of a unit that alice and carol are not paid: one unit at most.
    assert cash(market, market.pool) == -sum(profits)
    assert cash(market, market.pool) == sides[0] - sides[0] * 9 // 10 - sides[0] // 10 <= 1


def test_directional__one_who_joins_after_a_move__has_no_part_in_it_but_in_the_next(market, alice, bob, carol, keeper):
    market.open_with(alice, 1_000 * USDC, bob, 1_000 * USDC, keeper)
    # Carol commits at 100; her batch executes at 105, and the move to 105 happens before it.
    assert trade(market, keeper, (carol, LONG_MINT, 100 * USDC), price=105 * WAD) == [
        (0, 88_015_586_426_715_418_124, 0)
    ]
    assert market.pool.balances() == (1_236_162_401, 863_837_599)
    # Worth what she put in, but for the fraction of a unit that her tokens were rounded down by.
    assert 88_015_586_426_715_418_124 * 1_236_162_401 // 1_088_015_586_426_715_418_124 == 99_999_999

    # Another 5 %: short keeps (100/105)**3 of 863.837599: 746.215397...
    market.next_epoch(keeper, 11_025 * WAD // 100)
    assert market.pool.balances() == (1_353_784_602, 746_215_398)

    # She has 100 of 1,236.162401 USDC of the long side: 9.515109 of the 117.622201 USDC that it won.
    trade(market, keeper, (carol, LONG_BURN, 88_015_586_426_715_418_124))
    assert cash(market, carol) - STAKE == 9_515_109
    trade(market, keeper, (alice, LONG_BURN, 1_000 * TOKEN), (bob, SHORT_BURN, 1_000 * TOKEN))
    assert cash(market, alice) - STAKE == 1_353_784_602 - 109_515_109 - 1_000 * USDC
    assert cash(market, bob) - STAKE == 746_215_398 - 1_000 * USDC
    assert cash(market, market.pool) == 0


@pytest.mark.anvil
def test_directional__flip_at_the_top__wins_on_the_way_up_and_on_the_way_down(market, alice, bob, carol, keeper):
    market.commit(carol, LONG_MINT, 100 * USDC)
    market.open_with(alice, 900 * USDC, bob, 1_000 * USDC, keeper)
    market.claim(carol)
    market.next_epoch(keeper, 105 * WAD)

    # 100 of 1,000 L-tokens are worth 113.616240; for them 113.616240 * 1,000 / 863.837599 S-tokens.
    short = 131_524_999_758_664_128_255
    assert trade(market, keeper, (carol, CommitType.LONG_BURN_SHORT_MINT, 100 * TOKEN)) == [(0, 0, short)]
    assert market.pool.balances() == (1_136_162_401 - 113_616_240, 863_837_599 + 113_616_240)
    assert tokens(market, carol) == (0, short)

    # Long keeps (100/105)**3 of 1,022.546161: 883.313821. Carol has 113.616240 / 977.453839 of short's 1,116.686179.
    market.next_epoch(keeper, 100 * WAD)
    assert market.pool.balances() == (883_313_821, 1_116_686_179)
    trade(market, keeper, (carol, SHORT_BURN, short))
    assert cash(market, carol) - STAKE == 29_800_180
    trade(market, keeper, (alice, LONG_BURN, 900 * TOKEN), (bob, SHORT_BURN, 1_000 * TOKEN))
    assert cash(market, alice) - STAKE == 883_313_821 - 900 * USDC
    # Bob leaves with all that carol's rounded share has left on the side.
    assert cash(market, bob) - STAKE == 1_116_686_179 - 129_800_180 - 1_000 * USDC
    assert cash(market, market.pool) == 0
