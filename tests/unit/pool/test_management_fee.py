"""The management fee of `rebalance`. Specification, section 3, step 1."""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import HOUR, WAD
from tests.support.world import ALICE, BOB, KEEPER, USDC, opened_market

SIDE = 1_000 * USDC
DAY = 86_400
YEAR = 365 * DAY
PERCENT = WAD // 100


def late_by(market, seconds):
    """Rebalances so much later than the next rebalance opens, unpaid, at the price as it is."""
    market.move_to_rebalance(late=seconds)
    market.rebalance(KEEPER)


@pytest.mark.parametrize(
    ("long", "short", "fees"),
    [
        # 2 % a year for an hour: 0.02 / 8760 of each side, each rounded down
        (10**6 * USDC, 10**6 * USDC, (2_283_105, 2_283_105)),
        (3_000 * USDC, 1_000 * USDC, (6_849, 2_283)),
        (437_999, 438_000, (0, 1)),
    ],
)
def test_management_fee__an_hour__is_taken_from_each_side_and_rounded_down(project, long, short, fees):
    market = opened_market(project, long, short, management_fee=2 * PERCENT)
    market.next_epoch(KEEPER)
    assert market.pool.balances() == (long - fees[0], short - fees[1])
    assert market.pool.protocolFees() == sum(fees)


def test_management_fee__0__takes_nothing(project):
    market = opened_market(project, SIDE, SIDE, management_fee=0)
    late_by(market, YEAR)
    assert (market.pool.balances(), market.pool.protocolFees()) == ((SIDE, SIDE), 0)


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_management_fee__a_year__is_the_rate_itself(project, decimals):
    side = 1_000 * 10**decimals
    market = opened_market(project, side, side, decimals, management_fee=10 * PERCENT)
    late_by(market, YEAR - HOUR)
    assert market.pool.balances() == (side * 9 // 10, side * 9 // 10)
    assert market.pool.protocolFees() == side // 5


@pytest.mark.parametrize("late", [0, 600, HOUR - 1])
def test_management_fee__late_call__charges_until_the_grid_time_and_the_rest_the_next_time(project, late):
    market = opened_market(project, SIDE, SIDE, management_fee=10 * PERCENT, front_running_interval=0)
    late_by(market, 5 * HOUR + late)
    # six hours since the last rebalance: 1,000 USDC * 0.1 * 6 / 8760
    assert market.pool.balances() == (SIDE - 68_493, SIDE - 68_493)
    market.next_epoch(KEEPER)
    assert market.pool.balances() == (SIDE - 68_493 - 11_414, SIDE - 68_493 - 11_414)


def test_management_fee__first_rebalance__charges_nothing_of_the_empty_sides(project):
    market = opened_market(project, SIDE, SIDE, management_fee=10 * PERCENT)
    assert (market.pool.balances(), market.pool.protocolFees()) == ((SIDE, SIDE), 0)


def test_management_fee__52_weeks__charges_what_is_left_each_week(project):
    market = opened_market(project, 10**6 * USDC, 10**6 * USDC, management_fee=2 * PERCENT, rebalance_interval=7 * DAY)
    for _ in range(52):
        market.next_epoch(KEEPER)
    # (1 - 0.02 * 7 / 365)**52 of a million: less than with one charge a year, by rounding and compounding
    assert market.pool.balances() == (980_248_633_794, 980_248_633_794)
    assert market.pool.protocolFees() == 2 * 19_751_366_206


def test_management_fee__is_taken_before_value_moves(project):
    market = opened_market(project, SIDE, SIDE, management_fee=10 * PERCENT)
    market.next_epoch(KEEPER, 105 * WAD)
    # 11,415 units of each side; then short keeps (100/105)**3 of 999.988585
    assert market.pool.balances() == (1_136_149_432, 863_827_738)
    assert market.pool.protocolFees() == 2 * 11_415


def test_management_fee__below_min_liquidity__is_taken_all_the_same(project):
    market = opened_market(project, SIDE, SIDE, management_fee=10 * PERCENT, min_liquidity=SIDE + 1)
    market.next_epoch(KEEPER, 105 * WAD)
    assert market.pool.balances() == (SIDE - 11_415, SIDE - 11_415)


# --- never more than the side ---


@pytest.mark.parametrize(("years", "left"), [(10, 0), (25, 0)])
def test_management_fee__ten_years_at_the_maximum__takes_all_and_no_more(project, years, left):
    market = opened_market(project, SIDE, 3 * SIDE, management_fee=10 * PERCENT)
    late_by(market, years * YEAR - HOUR)
    assert market.pool.balances() == (left, left)
    assert market.pool.protocolFees() == 4 * SIDE


def test_management_fee__one_hour_short_of_ten_years__leaves_what_an_hour_costs(project):
    market = opened_market(project, SIDE, SIDE, management_fee=10 * PERCENT)
    late_by(market, 10 * YEAR - 2 * HOUR)
    assert market.pool.balances() == (11_416, 11_416)


@pytest.mark.finding("M07")
@pytest.mark.parametrize(("price", "balances"), [(WAD, (900, 1_799_999_100)), (10_000 * WAD, (1_799_999_100, 900))])
def test_management_fee__a_year_at_the_maximum_and_a_99_percent_move__never_reverts(project, price, balances):
    market = opened_market(project, SIDE, SIDE, management_fee=10 * PERCENT)
    market.set_price(price)
    late_by(market, YEAR - HOUR)
    # 900 USDC of each side are left; the loser keeps a millionth of it
    assert market.pool.balances() == balances
    assert market.pool.protocolFees() == 200 * USDC


@pytest.mark.finding("M07")
@pytest.mark.parametrize("price", [WAD, 10_000 * WAD])
def test_management_fee__sides_taken_whole_and_a_99_percent_move__never_reverts_nor_stops_burns(project, price):
    market = opened_market(project, SIDE, SIDE, management_fee=10 * PERCENT)
    market.commit(ALICE, CommitType.LONG_BURN, 10**18)
    market.set_price(price)
    late_by(market, 10 * YEAR)
    assert (market.pool.balances(), market.pool.lastPrice()) == ((0, 0), price)
    # worth nothing, so refunded
    assert market.claim(ALICE) == (0, 10**18, 0)
    market.next_epoch(KEEPER, 100 * WAD)
    assert market.pool.epoch() == 4
    assert market.claim(BOB) == (0, 0, 0)
