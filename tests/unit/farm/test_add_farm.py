"""`addFarm`. Specification, section 6."""

import pytest

from perpetual_pools.model import Market
from tests.support.farm import ALICE, BOB, HOUR, NOBODY, OWNER, TCR, WEEKLY, ZERO, refuses, tells

MAX_WEIGHT = 2**64 - 1

# --- refusals ---


@pytest.mark.parametrize("account", [NOBODY, ZERO, OWNER])
def test_add_farm__account_without_code__reverts(farm, account):
    with refuses(farm, "NotAContract", account=account):
        farm.add_farm(OWNER, account, Market.PRIMARY, 1)


def test_add_farm__token_that_has_one__reverts_for_either_market(farm, pool_token):
    for market in Market:
        with refuses(farm, "FarmExists", token=pool_token):
            farm.add_farm(OWNER, pool_token, market, 1)


@pytest.mark.parametrize("market", [2, 255])
def test_add_farm__third_market__reverts(farm, market):
    token = farm.new_token()
    with refuses(farm, "InvalidMarket", market=market):
        farm.add_farm(OWNER, token, market, 1)


@pytest.mark.parametrize("weight", [2**64, 2**256 - 1])
def test_add_farm__weight_of_2_to_the_64__reverts(farm, weight):
    token = farm.new_token()
    with refuses(farm, "WeightTooLarge", weight=weight, maximum=MAX_WEIGHT):
        farm.add_farm(OWNER, token, Market.SECONDARY, weight)


# --- what it does and tells ---


@pytest.mark.parametrize("market", Market)
@pytest.mark.parametrize("weight", [0, 1, MAX_WEIGHT])
def test_add_farm__opens_the_farm_and_tells(farm, market, weight):
    token = farm.new_token()
    with tells(farm, ("FarmAdded", {"token": token, "market": market, "weight": weight})):
        assert farm.add_farm(OWNER, token, market, weight) is None
    assert farm.farm.farm(token) == (market, weight)
    assert [farm.farm.totalWeight(which) for which in Market] == [weight if which == market else 0 for which in Market]
    assert (farm.farm.farmCount(), farm.farm.farms(0)) == (1, token.address)
    assert farm.farm.totalStaked(token) == 0


def test_add_farm__one_after_another__are_listed_in_their_order(farm):
    tokens = [farm.new_farm(number % 2, 10 * number) for number in range(1, 6)]
    assert farm.farm.farmCount() == 5
    assert [farm.farm.farms(index) for index in range(5)] == [token.address for token in tokens]
    assert [farm.farm.totalWeight(market) for market in Market] == [20 + 40, 10 + 30 + 50]


# --- what it earns ---


def test_add_farm__amid_a_week__gets_its_part_from_then_on_only(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, HOUR)
    second = farm.new_farm(Market.PRIMARY, 3)
    farm.stake(BOB, second, TCR)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, second)) == (4 * HOUR * TCR, 0)
    farm.advance(HOUR)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, second)) == (5 * HOUR * TCR, 3 * HOUR * TCR)


def test_add_farm__first_of_its_market__finds_what_came_before_undistributed(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, HOUR)
    assert farm.undistributed() == 6 * HOUR * TCR
    token = farm.new_farm(Market.SECONDARY)
    farm.stake(BOB, token, TCR)
    farm.advance(HOUR)
    assert farm.undistributed() == 6 * HOUR * TCR
    assert farm.earned(BOB, token) == 6 * HOUR * TCR


def test_add_farm__of_the_smallest_and_the_greatest_weight__share_to_the_unit(farm):
    small, great = farm.new_farm(Market.PRIMARY, 1), farm.new_farm(Market.PRIMARY, MAX_WEIGHT)
    farm.stake(ALICE, small, 1)
    farm.stake(BOB, great, 1)
    farm.move_to_week(4)
    # One 2**64th of 9,676,800 TCR is 524,580.6 units; the rest less the fraction, and less one for what the index rounds.
    primary = 4 * WEEKLY * 4 // 10
    assert primary == 9_676_800 * TCR
    assert farm.earned(ALICE, small) == primary // 2**64 == 524_580
    assert farm.earned(BOB, great) == primary - 524_580 - 1
