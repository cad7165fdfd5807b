"""`earned`: what an account could claim now. Specification, section 6; invariant F3."""

import pytest

from perpetual_pools.model import Market
from tests.support.farm import ALICE, BOB, CAROL, DAY, HOUR, NOBODY, OWNER, STRANGER, TCR, WEEKLY, farm_twin
from tests.support.revm import reverts

BLOCK = 12
"""Seconds."""


def test_earned__token_without_farm__reverts(farm, pool_token):
    for token in (NOBODY, farm.reward.address):
        with reverts(farm.farm.UnknownFarm, token=token):
            farm.farm.earned(ALICE, token)


def test_earned__by_who_never_staked__is_0(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, HOUR)
    assert farm.earned(STRANGER, pool_token) == 0


@pytest.mark.parametrize("seconds", [0, 1, 25, DAY, 7 * DAY, 7 * DAY + 1, 27 * DAY, 28 * DAY, 35 * DAY])
def test_earned__at_any_time__is_what_claim_pays_and_what_exit_pays(farm, pool_token, lp_token, seconds):
    for user, amount in ((ALICE, 7), (BOB, 11), (CAROL, 13)):
        farm.stake(user, lp_token, amount)
    farm.move_to_week(0, seconds)
    earned = [farm.earned(user, lp_token) for user in (ALICE, BOB, CAROL)]
    elapsed = min(seconds, 28 * DAY)
    # Thirty-firsts: in full weeks e divides by 31 only if the rest does.
    exact = [6 * TCR * elapsed * amount for amount in (7, 11, 13)]
    assert all(0 <= units - 31 * found <= 31 for units, found in zip(exact, earned, strict=True))
    assert farm.claim(ALICE, lp_token) == earned[0]
    assert farm.exit(BOB, lp_token) == earned[1]
    assert farm.earned(CAROL, lp_token) == earned[2]


@pytest.mark.finding("F02")
def test_earned__poked_in_every_block_of_a_day__is_as_never_poked_within_a_unit_a_poke(project):
    """165 TCR a week over a million staked: a rate per staked unit in whole units would be 0."""
    poked, calm = farm_twin(project), farm_twin(project)
    tokens = []
    for farm in (poked, calm):
        token = farm.new_farm()
        farm.set_allocation(OWNER, 10_000)
        farm.schedule(OWNER, 165 * TCR)
        farm.stake(ALICE, token, 10**24 - 10**6)
        farm.stake(BOB, token, 10**6)
        farm.move_to_week(0)
        tokens.append(token)
    poked.checks = False
    pokes = DAY // BLOCK
    assert pokes == 7_200
    for number in range(pokes):
        poked.advance(BLOCK)
        # By settling the farm and its stakers, a part of them, and the rules.
        if number % 3 == 0:
            poked.stake(CAROL, tokens[0], 1)
            poked.withdraw(CAROL, tokens[0], 1)
        elif number % 3 == 1:
            poked.claim(CAROL, tokens[0])
            poked.set_weight(OWNER, tokens[0], 1)
        else:
            poked.set_allocation(OWNER, 10_000)
    poked.checks = True
    poked.compare()
    calm.advance(DAY)
    exact = 165 * TCR // 7
    for user, staked in ((ALICE, 10**24 - 10**6), (BOB, 10**6)):
        undisturbed, disturbed = calm.earned(user, tokens[1]), poked.earned(user, tokens[0])
        assert undisturbed == exact * staked // 10**24
        # Pokes by others lose 2**-128ths each, and here not even a unit altogether.
        assert undisturbed - 1 <= disturbed <= undisturbed


@pytest.mark.finding("F02")
def test_earned__claimed_in_every_block_of_an_hour__loses_less_than_a_unit_a_claim(farm, pool_token):
    farm.stake(ALICE, pool_token, 3)
    farm.stake(BOB, pool_token, 4)
    farm.move_to_week(0)
    claimed = 0
    for _ in range(HOUR // BLOCK):
        farm.advance(BLOCK)
        claimed += farm.claim(ALICE, pool_token)
    exact = 4 * HOUR * TCR * 3 // 7
    assert exact - HOUR // BLOCK <= claimed < exact
    assert farm.earned(BOB, pool_token) == 4 * HOUR * TCR * 4 // 7


@pytest.mark.finding("F01")
def test_earned__long_and_much_poked__never_exceeds_what_was_emitted(farm):
    """Rewards that compound with the number of pokes would: they are linear in time here."""
    tokens = [farm.new_farm(market, weight) for market in Market for weight in (3, 7)]
    for token in tokens:
        farm.stake(ALICE, token, 3)
        farm.stake(BOB, token, 8)
    for hour in range(1, 49):
        farm.move_to_week(0, hour * HOUR)
        for token in tokens[: hour % 5]:
            farm.stake(ALICE, token, 1)
            farm.withdraw(ALICE, token, 1)
        earned = sum(farm.earned(user, token) for user in (ALICE, BOB) for token in tokens)
        emitted = 10 * hour * HOUR * TCR
        # A unit for each settlement, and one for each of the eight views.
        assert emitted - 2 * 4 * hour - 8 <= earned <= emitted == farm.farm.emitted(farm.now)


def test_earned__in_a_farm_of_the_greatest_emission_and_the_smallest_stake__is_all_of_it(unscheduled):
    farm = unscheduled
    token = farm.new_farm(Market.SECONDARY, 2**64 - 1)
    farm.set_allocation(OWNER, 0)
    farm.schedule(OWNER, 2**96 - 1)
    farm.stake(ALICE, token, 1)
    farm.move_to_week(1)
    assert farm.earned(ALICE, token) == 2**96 - 2
    assert farm.exit(ALICE, token) == 2**96 - 2


def test_earned__at_a_week_of_one_unit__is_that_unit_when_the_week_is_over(unscheduled):
    farm = unscheduled
    token = farm.new_farm()
    farm.set_allocation(OWNER, 10_000)
    farm.schedule(OWNER, 1, WEEKLY)
    farm.stake(ALICE, token, 1)
    for seconds, earned in ((7 * DAY - 1, 0), (7 * DAY, 1)):
        farm.move_to_week(0, seconds)
        assert farm.earned(ALICE, token) == earned
