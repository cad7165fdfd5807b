"""Emission: from what the schedule emits to what a stake earns. Specification, section 6."""

from fractions import Fraction
from random import Random

import pytest

from perpetual_pools.model.farm import per_weight
from tests.support.farm import TCR
from tests.support.numbers import any_size

WEEK = 604_800
Q = 2**128
MAX_EMISSION = (2**96 - 1) * WEEK
MAX_TOTAL_WEIGHT = 2**88 - 1
MAX_REWARDS = (2**96 - 1) * Q

# --- perWeightDown ---


@pytest.mark.parametrize(
    ("emission", "share", "total_weight", "index"),
    [
        # A week of one unit, all of it, halves, the two parts at launch, and two farms of weight 1.
        (WEEK, 10_000, 1, Q),
        (WEEK, 5_000, 1, Q // 2),
        (WEEK, 4_000, 1, Q * 2 // 5),
        (WEEK, 6_000, 1, Q * 3 // 5),
        (WEEK, 10_000, 2, Q // 2),
        # A second of a week of one unit; a week of 8,000,000 TCR.
        (1, 10_000, 1, Q // WEEK),
        (8_000_000 * TCR * WEEK, 4_000, 1, 3_200_000 * TCR * Q),
        (0, 10_000, 1, 0),
        (WEEK, 0, 1, 0),
        # The bounds: the most there is for the smallest and for the greatest weight, the least for the greatest.
        (MAX_EMISSION, 10_000, 1, MAX_REWARDS),
        (MAX_EMISSION, 10_000, MAX_TOTAL_WEIGHT, MAX_REWARDS // MAX_TOTAL_WEIGHT),
        (1, 1, MAX_TOTAL_WEIGHT, 181),
    ],
)
def test_per_weight_down__literal_cases__are_the_markets_share_of_a_unit_of_weight(
    maths_harness, emission, share, total_weight, index
):
    assert maths_harness.perWeightDown(emission, share, total_weight) == index


def test_per_weight_down__random_cases__round_down_the_exact_fraction(maths_harness):
    random = Random(11)
    for _ in range(3_000):
        emission, share = any_size(random, 0, MAX_EMISSION), any_size(random, 0, 10_000)
        total_weight = any_size(random, 1, MAX_TOTAL_WEIGHT)
        index = maths_harness.perWeightDown(emission, share, total_weight)
        assert index == per_weight(emission, share, total_weight)
        assert 0 <= Fraction(Q * emission * share, WEEK * 10_000 * total_weight) - index < 1
        assert index <= MAX_REWARDS


def test_per_weight_down__both_markets_together__never_exceed_what_was_emitted_and_lose_less_than_2_of_2_to_the_128(
    maths_harness,
):
    random = Random(12)
    for _ in range(1_000):
        emission, share = any_size(random, 0, MAX_EMISSION), random.randint(0, 10_000)
        parts = [maths_harness.perWeightDown(emission, part, 1) for part in (share, 10_000 - share)]
        assert 0 <= Fraction(Q * emission, WEEK) - sum(parts) < 2


def test_per_weight_down__of_a_period_cut_in_two__gives_no_more_than_the_whole(maths_harness):
    """Who touches a farm more often gets nothing more by it."""
    random = Random(13)
    for _ in range(1_000):
        share, total_weight = random.randint(0, 10_000), any_size(random, 1, MAX_TOTAL_WEIGHT)
        whole = any_size(random, 0, MAX_EMISSION)
        first = random.randint(0, whole)
        parts = [maths_harness.perWeightDown(part, share, total_weight) for part in (first, whole - first)]
        assert 0 <= maths_harness.perWeightDown(whole, share, total_weight) - sum(parts) <= 1


# --- perUnitDown ---


@pytest.mark.parametrize(
    ("rewards", "total_staked", "per_unit"),
    [
        (0, 1, 0),
        (Q, 1, Q),
        (Q, 3, Q // 3),
        (99, 100, 0),
        (100, 100, 1),
        (199, 100, 1),
        (MAX_REWARDS, 1, MAX_REWARDS),
        (MAX_REWARDS, 2**128 - 1, 2**96 - 1),
    ],
)
def test_per_unit_down__literal_cases__are_the_part_of_a_staked_unit(maths_harness, rewards, total_staked, per_unit):
    assert maths_harness.perUnitDown(rewards, total_staked) == per_unit


def test_per_unit_down__random_cases__never_give_more_than_there_is(maths_harness):
    random = Random(14)
    for _ in range(1_000):
        rewards, total_staked = any_size(random, 0, MAX_REWARDS), any_size(random, 1, 2**128 - 1)
        per_unit = maths_harness.perUnitDown(rewards, total_staked)
        assert 0 <= rewards - per_unit * total_staked < total_staked


# --- earnedDown ---


@pytest.mark.parametrize(
    ("staked", "per_unit", "earned"),
    [
        (0, MAX_REWARDS, 0),
        (1, Q - 1, 0),
        (1, Q, 1),
        (1, 2 * Q - 1, 1),
        (5, Q // 5, 0),  # a 2**128th short of one
        (5, Q // 5 + 1, 1),
        (3, Q // 2, 1),
        (1, MAX_REWARDS, 2**96 - 1),
        (2**128 - 1, 2**96 - 1, 2**96 - 2),
        (2**128 - 1, 1, 0),
    ],
)
def test_earned_down__literal_cases__are_whole_units(maths_harness, staked, per_unit, earned):
    assert maths_harness.earnedDown(staked, per_unit) == earned


def test_earned_down__of_all_who_stake__is_at_most_what_the_farm_got_and_short_of_it_by_less_than_a_unit_each(
    maths_harness,
):
    random = Random(15)
    for _ in range(1_000):
        rewards, stakes = any_size(random, 0, MAX_REWARDS), [any_size(random, 1, 2**125) for _ in range(5)]
        per_unit = maths_harness.perUnitDown(rewards, sum(stakes))
        earned = [maths_harness.earnedDown(staked, per_unit) for staked in stakes]
        # The sixth unit: what perUnitDown rounds away is less than one for all together.
        assert 0 <= Fraction(rewards, Q) - sum(earned) < 6
        for staked, units in zip(stakes, earned, strict=True):
            assert 0 <= Fraction(rewards * staked, Q * sum(stakes)) - units < 2
