"""Charges: the management fee and the keeper's reward. Specification, section 3, steps 1 and 2."""

from fractions import Fraction
from random import Random

import pytest

from perpetual_pools.model import maths
from tests.support.numbers import any_size

WAD = 10**18
USDC = 10**6
HOUR = 3_600
YEAR = 365 * 24 * HOUR

# --- managementFeeDown ---


@pytest.mark.parametrize(
    ("balance", "fee", "elapsed", "charged"),
    [
        (1_000 * USDC, WAD // 100, YEAR, 10 * USDC),
        (1_000 * USDC, WAD // 100, HOUR, 1_141),  # 1,141.55...
        (990 * USDC, WAD // 10, HOUR, 11_301),  # 11,301.36...
        (1_000 * USDC, 0, YEAR, 0),
        (1_000 * USDC, WAD // 10, 0, 0),
        (0, WAD // 10, YEAR, 0),
        (1_000 * USDC, WAD // 10, 10 * YEAR - 1, 999_999_996),
        (1_000 * USDC, WAD // 10, 10 * YEAR, 1_000 * USDC),
        (1_000 * USDC, WAD // 10, 11 * YEAR, 1_000 * USDC),
        (1, WAD // 10, 10 * YEAR - 1, 0),
    ],
)
def test_management_fee_down__literal_cases__are_the_years_part_at_most_the_side(
    maths_harness, balance, fee, elapsed, charged
):
    assert maths_harness.managementFeeDown(balance, fee, elapsed) == charged


def test_management_fee_down__random_cases__round_down_the_exact_fraction(maths_harness):
    random = Random(3)
    for _ in range(2_000):
        balance, elapsed = any_size(random, 1, 2**122 - 1), any_size(random, 1, 2**40 - 1)
        fee = any_size(random, 1, WAD // 10)
        charged = maths_harness.managementFeeDown(balance, fee, elapsed)
        assert charged == maths.management_fee(balance, fee, elapsed)
        exact = min(Fraction(balance), Fraction(balance * fee * elapsed, YEAR * WAD))
        assert 0 <= exact - charged < 1


# --- keeperRewardDown ---


@pytest.mark.parametrize(
    ("sides", "maximum", "ramp", "lateness", "interval", "shares"),
    [
        # The auction: nothing at first, half of it half way, all of it from the ramp's end on.
        ((1_000_000 * USDC, 1_000_000 * USDC), 10 * USDC, 600, 0, HOUR, (0, 0)),
        ((1_000_000 * USDC, 1_000_000 * USDC), 10 * USDC, 600, 300, HOUR, (2_500_000, 2_500_000)),
        ((1_000_000 * USDC, 1_000_000 * USDC), 10 * USDC, 600, 599, HOUR, (4_991_666, 4_991_666)),
        ((1_000_000 * USDC, 1_000_000 * USDC), 10 * USDC, 600, 600, HOUR, (5_000_000, 5_000_000)),
        ((1_000_000 * USDC, 1_000_000 * USDC), 10 * USDC, 600, 2**40, HOUR, (5_000_000, 5_000_000)),
        # A ramp of 0: the maximum at once.
        ((1_000_000 * USDC, 1_000_000 * USDC), 10 * USDC, 0, 0, HOUR, (5_000_000, 5_000_000)),
        # The cap: 0.01 % of 2,000 USDC for an hour, a sixth of it for ten minutes, 168 times for a week.
        ((1_000 * USDC, 1_000 * USDC), 10 * USDC, 0, 0, HOUR, (100_000, 100_000)),
        ((1_000 * USDC, 1_000 * USDC), 10 * USDC, 0, 0, 600, (16_666, 16_666)),
        ((1_000 * USDC, 1_000 * USDC), 100 * USDC, 0, 0, 168 * HOUR, (16_800_000, 16_800_000)),
        # Each side by its part, both rounded down: 100 of 3 : 1, then of 2 : 1.
        ((750_000, 250_000), 10**9, 0, 0, HOUR, (75, 25)),
        ((666_667, 333_333), 10**9, 0, 0, HOUR, (66, 33)),
        ((1_000_000, 0), 10**9, 0, 0, HOUR, (100, 0)),
        ((0, 1_000_000), 10**9, 0, 0, HOUR, (0, 100)),
        # Too small to pay anything, and empty.
        ((5_000, 4_999), 10**9, 0, 0, HOUR, (0, 0)),
        ((0, 0), 10**9, 0, 0, HOUR, (0, 0)),
        ((1_000 * USDC, 1_000 * USDC), 0, 0, 0, HOUR, (0, 0)),
    ],
)
def test_keeper_reward_down__literal_cases__are_both_sides_shares(
    maths_harness, sides, maximum, ramp, lateness, interval, shares
):
    assert maths_harness.keeperRewardDown(*sides, maximum, ramp, lateness, interval) == shares


@pytest.mark.finding("M14")
def test_keeper_reward_down__random_cases__round_down_and_leave_every_side_something(maths_harness):
    random = Random(4)
    for _ in range(3_000):
        long, short = any_size(random, 0, 2**122 - 1), any_size(random, 0, 2**122 - 1)
        maximum, interval = any_size(random, 0, 2**128 - 1), random.randint(600, 7 * 86_400)
        ramp = random.choice((0, random.randint(1, interval)))
        lateness = any_size(random, 0, 2**40 - 1)
        shares = maths_harness.keeperRewardDown(long, short, maximum, ramp, lateness, interval)
        assert shares == maths.keeper_reward(long, short, maximum, ramp, lateness, interval)
        total = long + short
        reached = maximum if ramp == 0 else min(maximum, maximum * lateness // ramp)
        reward = min(reached, total * interval // 36_000_000)
        for side, share in zip((long, short), shares, strict=True):
            assert 0 <= Fraction(reward * side, max(total, 1)) - share < 1
            assert share < side or share == side == 0
        assert reward - 1 <= sum(shares) <= reward or total == 0
