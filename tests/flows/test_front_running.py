"""What it is worth to know the next price before one commits: nothing, whoever one is and whatever one does.

A million USDC a side at leverage 3, the price rises by 5 %. Joining long before that move with another million yields half
of what short loses, 68,081 USDC. Who commits while the move can be seen joins after it, at the price that has it already.
"""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import HOUR, WAD
from tests.support.orders import TOKEN, cash, trade
from tests.support.world import STAKE, USDC

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, LONG_TO_SHORT, _ = CommitType
MILLION = 1_000_000 * USDC
OPENS = 2_000_005_200
"""When `large` rebalances next."""
RISEN = 1_136_162_401_468, 863_837_598_532
"""After +5 %: short keeps (100/105)**3 of a million USDC, rounded up to a unit."""
FALLEN = 857_375_000_000, 1_142_625_000_000
"""After -5 %: long keeps 0.95**3."""


@pytest.fixture
def large(market, alice, bob, keeper):
    """Alice is long with a million, bob short."""
    market.open_with(alice, MILLION, bob, MILLION, keeper)
    assert market.model.next_rebalance == OPENS
    return market


# --- what it would be worth ---


@pytest.mark.parametrize(("price", "won"), [(105, 68_081_200_734), (95, -142_625_000_000)])
def test_front_running__who_joined_before_the_move__bears_it_either_way(large, carol, keeper, price, won):
    trade(large, keeper, (carol, LONG_MINT, MILLION))
    large.next_epoch(keeper, price * WAD)
    trade(large, keeper, (carol, LONG_BURN, 10**6 * TOKEN))
    assert cash(large, carol) - STAKE == won


# --- what is known is worth nothing ---


BOUGHT = [
    # A million USDC buy 10**12 * 10**24 / side tokens of 1.136162401468 or 1.142625 USDC, rounded down.
    (LONG_MINT, 105, RISEN, (0, 10**36 // 1_136_162_401_468, 0)),
    (SHORT_MINT, 95, FALLEN, (0, 0, 10**36 // 1_142_625_000_000)),
]


@pytest.mark.finding("C03")
@pytest.mark.parametrize("seconds_before", [300, 1, 0, -1_800])
@pytest.mark.parametrize(("kind", "price", "sides", "bought"), BOUGHT)
def test_front_running__known_5_percent_joined_with_a_million__gains_0(
    large, carol, keeper, kind, price, sides, bought, seconds_before
):
    large.set_price(price * WAD)
    large.world.move_to(OPENS - seconds_before)
    assert large.commit(carol, kind, MILLION) == 3
    large.world.move_to(max(OPENS, large.world.now))

    large.rebalance(keeper)
    # The move is between those who were in before it, as if carol had not been there.
    assert large.pool.balances() == sides
    assert large.pool.claimable(carol) == (0, 0, 0)

    large.next_epoch(keeper)
    assert large.claim(carol) == bought
    trade(large, keeper, (carol, CommitType(kind + 1), sum(bought)))
    # Tokens bought and USDC paid out are rounded down: 1 unit.
    assert cash(large, carol) == STAKE - 1


@pytest.mark.finding("C03")
@pytest.mark.parametrize(("kind", "price", "sides", "bought"), BOUGHT)
def test_front_running__committed_a_second_before_the_window__gains_0_too(
    large, carol, keeper, kind, price, sides, bought
):
    # Even to know the price of a rebalance 301 seconds ahead would be worth nothing: the move comes before the batch.
    large.set_price(price * WAD)
    large.world.move_to(OPENS - 301)
    assert large.commit(carol, kind, MILLION) == 2
    large.next_epoch(keeper)
    assert large.pool.balances() == (
        sides[0] + MILLION * (kind == LONG_MINT),
        sides[1] + MILLION * (kind == SHORT_MINT),
    )
    assert large.claim(carol) == bought
    trade(large, keeper, (carol, CommitType(kind + 1), sum(bought)))
    assert cash(large, carol) == STAKE - 1


@pytest.mark.parametrize("seconds_before", [300, 0, -1_800])
@pytest.mark.parametrize(
    ("kind", "paid"),
    [
        (LONG_BURN, (FALLEN[0], 0, 0)),
        # Long's 857,375 USDC for S-tokens of 1.142625: together with the other 1,142,625 they are the short side.
        (LONG_TO_SHORT, (0, 0, FALLEN[0] * 10**24 // FALLEN[1])),
    ],
)
def test_front_running__known_fall__long_holder_who_leaves_or_flips_bears_it_all_the_same(
    large, alice, keeper, kind, paid, seconds_before
):
    large.set_price(95 * WAD)
    large.world.move_to(OPENS - seconds_before)
    assert large.commit(alice, kind, 10**6 * TOKEN) == 3
    large.world.move_to(max(OPENS, large.world.now))
    large.rebalance(keeper)
    assert large.pool.balances() == FALLEN

    large.next_epoch(keeper)
    assert large.claim(alice) == paid
    if kind == LONG_TO_SHORT:
        trade(large, keeper, (alice, SHORT_BURN, paid[2]))
    # 142,625 USDC lost; with the flip 1 unit more, tokens and USDC being rounded down.
    assert cash(large, alice) - STAKE == -142_625_000_000 - (kind == LONG_TO_SHORT)


@pytest.mark.finding("C02")
@pytest.mark.parametrize("keeper_first", [True, False])
def test_front_running__pool_3_hours_late_and_up_10_percent__no_order_of_calls_in_a_block_gains(
    large, carol, keeper_first
):
    # Carol is the keeper too: she rebalances and commits within a second, in the order she likes.
    large.set_price(110 * WAD)
    large.move_to_rebalance(late=3 * HOUR)
    if keeper_first:
        large.rebalance(carol)
    assert large.commit(carol, LONG_MINT, MILLION) == 3
    if not keeper_first:
        large.rebalance(carol)

    # Short keeps (100/110)**3 of a million: 751,314.800902 USDC. All of the rest is alice's.
    assert large.pool.balances() == (1_248_685_199_098, 751_314_800_902)
    assert large.pool.batch(3, LONG_MINT) == (MILLION, 0)
    assert large.pool.claimable(carol) == (0, 0, 0)
    large.next_epoch(carol)
    bought = 10**36 // 1_248_685_199_098
    assert large.claim(carol) == (0, bought, 0)
    trade(large, carol, (carol, LONG_BURN, bought))
    assert cash(large, carol) == STAKE - 1


@pytest.mark.finding("C02")
@pytest.mark.parametrize(
    ("late", "opens"),
    [
        # 300 seconds before the following hour are too near: it is passed over.
        (3 * HOUR, 4 * HOUR),
        (4 * HOUR - 301, 4 * HOUR),
        (4 * HOUR - 300, 5 * HOUR),
        (4 * HOUR - 1, 5 * HOUR),
    ],
)
def test_front_running__late_upkeep__next_price_is_of_more_than_the_front_running_interval_ahead(
    large, carol, keeper, late, opens
):
    large.move_to_rebalance(late=late)
    large.rebalance(keeper)
    assert large.commit(carol, LONG_MINT, MILLION) == 3
    # What she might know of the price now is not what her commitment executes at.
    large.next_epoch(keeper, 105 * WAD)
    assert large.pool.lastRebalance() == OPENS + opens > OPENS + late + 300, "P6"
    assert large.pool.balances() == (RISEN[0] + MILLION, RISEN[1])
    assert large.claim(carol) == (0, 10**36 // RISEN[0], 0)
