"""The value transfer of `rebalance`. Specification, section 3, step 3; invariants P3 and P4."""

import random
from fractions import Fraction

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import PRICE, WAD
from tests.support.revm import reverts
from tests.support.world import CAROL, KEEPER, USDC, opened_market

SIDE = 1_000 * USDC
# What the loser of 1,000 USDC keeps, in units, by leverage: of the price 100 to 105 and 100 to 95, rounded up.
KEPT_AFTER_5_UP = {
    1: 952_380_953,
    2: 907_029_479,
    3: 863_837_599,
    4: 822_702_475,
    5: 783_526_167,
    6: 746_215_397,
    7: 710_681_331,
    8: 676_839_363,
    9: 644_608_917,
    10: 613_913_254,
}
KEPT_AFTER_5_DOWN = {
    1: 950_000_000,
    2: 902_500_000,
    3: 857_375_000,
    4: 814_506_250,
    5: 773_780_938,
    6: 735_091_891,
    7: 698_337_297,
    8: 663_420_432,
    9: 630_249_410,
    10: 598_736_940,
}


# --- the worked example, every leverage ---


def test_value_transfer__worked_example__moves_the_numbers_of_the_specification(market, alice, bob, keeper):
    market.open_with(alice, SIDE, bob, SIDE, keeper)
    market.next_epoch(keeper, 105 * WAD)
    assert market.pool.balances() == (1_136_162_401, 863_837_599)
    market.next_epoch(keeper, 100 * WAD)
    assert market.pool.balances() == (981_459_801, 1_018_540_199)


@pytest.mark.parametrize("leverage", range(1, 11))
def test_value_transfer__5_up__short_keeps_its_power_of_100_by_105(project, leverage):
    market = opened_market(project, SIDE, SIDE, leverage=leverage)
    market.next_epoch(KEEPER, 105 * WAD)
    kept = KEPT_AFTER_5_UP[leverage]
    assert market.pool.balances() == (2 * SIDE - kept, kept)


@pytest.mark.parametrize("leverage", range(1, 11))
def test_value_transfer__5_down__long_keeps_its_power_of_95_by_100(project, leverage):
    market = opened_market(project, SIDE, SIDE, leverage=leverage)
    market.next_epoch(KEEPER, 95 * WAD)
    kept = KEPT_AFTER_5_DOWN[leverage]
    assert market.pool.balances() == (kept, 2 * SIDE - kept)


@pytest.mark.parametrize(
    ("price", "balances"),
    [(110 * WAD, (1_124_342_599, 375_657_401)), (90 * WAD, (729_000_000, 771_000_000))],
)
def test_value_transfer__unequal_sides__loser_pays_its_own_fraction_and_winner_gains_just_that(
    project, price, balances
):
    # (100/110)**3 of 500 USDC are 375.657401 (rounded up); (90/100)**3 of 1,000 USDC are 729
    market = opened_market(project, SIDE, SIDE // 2)
    market.next_epoch(KEEPER, price)
    assert market.pool.balances() == balances


def test_value_transfer__random_moves__keep_the_exact_power_within_1_unit(project):
    # P3, over 60 moves at random prices and leverages, from a thousandth of a percent to a factor of 2
    rng = random.Random(3)
    for leverage in (1, 3, 10):
        market = opened_market(project, 10**6 * USDC, 10**6 * USDC, leverage=leverage)
        for _ in range(20):
            before, last_price = market.pool.balances(), market.pool.lastPrice()
            price = int(last_price * (1 + rng.choice([-0.3, -0.01, -1e-5, 1e-5, 0.01, 1.0]) * rng.random()))
            market.next_epoch(KEEPER, price)
            after, loser = market.pool.balances(), int(price > last_price)
            exact = before[loser] * Fraction(*sorted((price, last_price))) ** leverage
            assert 0 <= after[loser] - exact < 1, "P3: rounded up"
            assert sum(after) == sum(before), "P3: the winner gains what the loser pays"


def test_value_transfer__two_moves_in_one_direction__cost_the_loser_what_one_does(project):
    markets = [opened_market(project, 10**6 * USDC, 10**6 * USDC) for _ in range(2)]
    for price in (103, 110):
        markets[0].next_epoch(KEEPER, price * WAD)
    markets[1].next_epoch(KEEPER, 110 * WAD)
    # (100/110)**3 of 10**12 units; the first in two steps, each rounded up
    assert [market.pool.balances()[1] for market in markets] == [751_314_800_903, 751_314_800_902]


# --- never all ---


@pytest.mark.parametrize(("price", "balances"), [(2**96 - 1, (2 * SIDE - 1, 1)), (1, (1, 2 * SIDE - 1))])
@pytest.mark.parametrize("leverage", [1, 3, 10])
def test_value_transfer__greatest_possible_move__leaves_the_loser_1_unit(project, leverage, price, balances):
    market = opened_market(project, SIDE, SIDE, leverage=leverage, price=2**96 - 1 if price == 1 else 1)
    market.next_epoch(KEEPER, price)
    assert market.pool.balances() == balances


def test_value_transfer__smallest_possible_move__rounds_in_favour_of_the_loser(project):
    # 1 part in 10**20: the loser of 10**9 units would pay a thirtieth of a millionth of a unit
    market = opened_market(project, SIDE, SIDE)
    market.next_epoch(KEEPER, PRICE + 1)
    assert market.pool.balances() == (SIDE, SIDE)
    assert market.pool.lastPrice() == PRICE + 1


# --- when nothing is moved ---


@pytest.mark.parametrize(("long", "short"), [(SIDE, SIDE), (10 * SIDE, SIDE), (SIDE, 10 * SIDE)])
def test_value_transfer__unchanged_price__moves_nothing(project, long, short):
    market = opened_market(project, long, short)
    for _ in range(3):
        market.next_epoch(KEEPER, PRICE)
        assert market.pool.balances() == (long, short), "P4"


MINIMUM = 5 * USDC


@pytest.mark.parametrize(
    ("long", "short", "balances"),
    [
        # (100/200)**3 = 1/8 of the short side stays
        (MINIMUM, MINIMUM, (9_375_000, 625_000)),
        (MINIMUM - 1, MINIMUM, (MINIMUM - 1, MINIMUM)),
        (MINIMUM, MINIMUM - 1, (MINIMUM, MINIMUM - 1)),
        (MINIMUM - 1, 10**6 * USDC, (MINIMUM - 1, 10**6 * USDC)),
        (10**6 * USDC, MINIMUM - 1, (10**6 * USDC, MINIMUM - 1)),
    ],
)
def test_value_transfer__min_liquidity__both_sides_need_it(project, long, short, balances):
    market = opened_market(project, long, short, min_liquidity=MINIMUM)
    market.next_epoch(KEEPER, 200 * WAD)
    assert market.pool.balances() == balances, "P4"
    assert market.pool.lastPrice() == 200 * WAD


def test_value_transfer__min_liquidity__is_measured_before_fee_and_reward(project):
    # 10 % a year for an hour are 57 of 5,000,000 units: both sides end below, and still transfer
    market = opened_market(project, MINIMUM, MINIMUM, min_liquidity=MINIMUM, management_fee=WAD // 10)
    market.next_epoch(KEEPER, 200 * WAD)
    assert market.pool.protocolFees() == 2 * 57
    assert market.pool.balances() == (4_999_943 + 4_999_943 - 624_993, 624_993)


def test_value_transfer__min_liquidity_lost_in_a_transfer__moves_nothing_from_then_on(project):
    market = opened_market(project, MINIMUM, MINIMUM, min_liquidity=MINIMUM)
    market.next_epoch(KEEPER, 200 * WAD)
    market.next_epoch(KEEPER, 100 * WAD)
    assert market.pool.balances() == (9_375_000, 625_000)


@pytest.mark.finding("M03")
def test_value_transfer__empty_long_side__short_keeps_all_and_the_first_minter_owns_what_they_put_in(project):
    market = opened_market(project, 0, SIDE)
    market.next_epoch(KEEPER, 110 * WAD)
    assert market.pool.balances() == (0, SIDE)

    market.commit(CAROL, CommitType.LONG_MINT, USDC)
    market.next_epoch(KEEPER, 121 * WAD)
    assert market.pool.balances() == (USDC, SIDE)
    assert market.pool.tokenPrices() == (WAD, WAD)
    market.claim(CAROL)
    assert market.pool.supplies() == (10**18, 1_000 * 10**18)
    market.commit(CAROL, CommitType.LONG_BURN, 10**18)
    market.next_epoch(KEEPER)
    assert market.claim(CAROL) == (USDC, 0, 0)


@pytest.mark.finding("M04")
def test_value_transfer__price_0_in_between__is_refused_and_the_whole_move_is_applied_later(project):
    market = opened_market(project, SIDE, SIDE)
    market.set_price(0)
    market.move_to_rebalance()
    with reverts(market.pool.PriceOutOfRange, price=0):
        market.pool.rebalance(0, KEEPER, sender=KEEPER)
    assert market.pool.lastPrice() == 100 * WAD
    assert market.pool.balances() == (SIDE, SIDE)
    market.next_epoch(KEEPER, 150 * WAD)
    # (100/150)**3 of 1,000 USDC = 296.296296...
    assert market.pool.balances() == (1_703_703_703, 296_296_297)
