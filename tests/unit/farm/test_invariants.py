"""F1 to F5 where a scenario shows them best. The twin checks F1, F2 and F5 after every action of every test."""

from fractions import Fraction

import pytest

from perpetual_pools.model import Market
from perpetual_pools.model.farm import MAX_STAKE, WEEK
from perpetual_pools.twin.farm import PLENTY, FarmTwin
from tests.support.farm import ALICE, BOB, CAROL, OWNER, TCR, enrich, farm_twin

HOUR = 3_600
OF_PRIMARY = Fraction(8_000_000 * TCR, 168) * 4 / 10
OF_SECONDARY = Fraction(8_000_000 * TCR, 168) * 6 / 10
"""Reward units an hour of week 0, exactly; none of the parts below is whole, so all are the floor of the exact part."""


@pytest.fixture
def twin(project) -> FarmTwin:
    """Week 0 emits 8,000,000 TCR, week 1 7,500,000."""
    twin = farm_twin(project)
    twin.schedule(OWNER, 8_000_000 * TCR, 7_500_000 * TCR)
    return twin


@pytest.fixture
def token(twin):
    """Alice has 5 of the 100 staked, bob 95; the whole primary market is this farm's."""
    token = twin.new_farm(Market.PRIMARY, 10)
    twin.stake(ALICE, token, 5 * TCR)
    twin.stake(BOB, token, 95 * TCR)
    return token


def pay_all(twin, *tokens) -> int:
    """Everybody claims everything."""
    return sum(twin.claim(account, *tokens) for account in twin.people)


def test_f1__claim_and_then_emergency_withdraw__is_not_paid_to_those_who_stay_as_well(twin, token):
    # Bob has taken his 95 % of the hour. What alice gets for it must stay 5 %.
    twin.move_to_week(0, HOUR)
    assert twin.claim(BOB, token) == int(OF_PRIMARY * 95 / 100)
    twin.emergency_withdraw(BOB, token)
    assert twin.earned(ALICE, token) == int(OF_PRIMARY * 5 / 100)
    twin.move_to_week(0, 3 * HOUR)
    # The second hour and the third are hers alone.
    assert twin.earned(ALICE, token) == int(OF_PRIMARY * 5 / 100 + 2 * OF_PRIMARY)


def test_f2__emergency_withdraw_after_others_came__leaves_nothing_behind(twin, token):
    # Carol touches the farm, so bob's 95 % of the hour are settled, although not stored in his account.
    twin.move_to_week(0, HOUR)
    twin.stake(CAROL, token, 100 * TCR)
    # The secondary market has no weight.
    assert twin.undistributed() == int(OF_SECONDARY)
    twin.emergency_withdraw(BOB, token)
    assert twin.undistributed() == int(OF_SECONDARY + int(OF_PRIMARY * 95 / 100))
    # Of what accrued since the farm was touched, those who stay get his part.
    twin.move_to_week(0, 3 * HOUR)
    assert twin.earned(CAROL, token) == int(2 * OF_PRIMARY * 100 / 105)
    twin.emergency_withdraw(CAROL, token)
    assert twin.earned(ALICE, token) == int(OF_PRIMARY * 5 / 100 + 2 * OF_PRIMARY)


def test_f3__poked_every_minute_for_a_day__earns_what_it_earns_left_alone(project):
    def earned(pokes: int) -> list[int]:
        twin = farm_twin(project)
        twin.schedule(OWNER, 8_000_000 * TCR)
        farms = [twin.new_farm(market, weight) for market, weight in ((0, 3), (0, 7), (1, 11))]
        for amount, token in enumerate(farms, start=3):
            twin.stake(ALICE, token, amount * TCR + 1)
            twin.stake(BOB, token, 10**9 * TCR + 7)
        twin.checks = False
        for poke in range(1, pokes):
            twin.move_to_week(0, 24 * HOUR * poke // pokes)
            # Another's claims, and rules that stay what they are.
            twin.claim(CAROL, *farms)
            twin.set_weight(OWNER, farms[poke % 3], (3, 7, 11)[poke % 3])
            twin.set_allocation(OWNER, 4_000)
        twin.move_to_week(0, 24 * HOUR)
        twin.checks = True
        twin.compare()
        return [twin.earned(account, token) for account in (ALICE, BOB) for token in farms]

    alone, poked = earned(1), earned(24 * 60)
    for before, after in zip(alone, poked, strict=True):
        # Three calls a minute, each worth a unit at most; with 18 decimals none of them is.
        assert 0 <= before - after <= 1, "F3"


def test_f4__weights_allocation_and_weeks_change__what_was_earned_before_stays(twin, token):
    other = twin.new_farm(Market.PRIMARY, 30)
    twin.stake(CAROL, other, TCR)
    twin.move_to_week(0, 5 * HOUR)
    before = [twin.earned(account, of) for account, of in ((ALICE, token), (BOB, token), (CAROL, other))]
    assert before == [int(5 * OF_PRIMARY / 4 * part / 100) for part in (5, 95)] + [int(5 * OF_PRIMARY * 3 / 4)]
    for change in (
        lambda: twin.set_weight(OWNER, token, 10_000),
        lambda: twin.set_weight(OWNER, other, 0),
        lambda: twin.set_allocation(OWNER, 0),
        lambda: twin.set_allocation(OWNER, 10_000),
        lambda: twin.schedule(OWNER, 10**27),
        lambda: twin.new_farm(Market.PRIMARY, 2**64 - 1),
    ):
        change()
        after = [twin.earned(account, of) for account, of in ((ALICE, token), (BOB, token), (CAROL, other))]
        # A stretch is cut in two, and each part is rounded down: 2**-64 units, which can be the last one.
        assert all(0 <= was - now <= 1 for was, now in zip(before, after, strict=True)), "F4"


def test_f5__everybody_leaves_by_whatever_way__has_their_stake_again(twin, token):
    held = {account: twin.ledgers[token.address].balance_of(account) for account in twin.people}
    twin.stake(CAROL, token, 7 * TCR)
    twin.move_to_week(1, 3)
    twin.exit(ALICE, token)
    twin.withdraw(BOB, token, 95 * TCR)
    twin.emergency_withdraw(CAROL, token)
    staked = {ALICE: 5, BOB: 95}
    for account in twin.people:
        expected = held[account] + staked.get(account, 0) * TCR
        assert twin.ledgers[token.address].balance_of(account) == expected, "F5"
    # And nothing of the two weeks is left but what is undistributed, or not emitted yet.
    pay_all(twin, token)
    left = twin.ledgers[twin.model.reward_token].balance_of(twin.model.address)
    remaining = 7_500_000 * TCR - 7_500_000 * TCR * 3 // WEEK
    assert 0 <= left - remaining - twin.undistributed() <= 4


def greatest_stake(project) -> tuple[FarmTwin, object]:
    """Alice has 2**128 - 1 units staked, all there can be. 1.5 units a second are emitted, all to her."""
    twin = farm_twin(project)
    twin.schedule(OWNER, 15 * WEEK // 10)
    token = twin.new_farm()
    twin.set_allocation(OWNER, 10_000)
    enrich(twin, ALICE, token, MAX_STAKE - PLENTY)
    twin.stake(ALICE, token, MAX_STAKE)
    return twin, token


def test_f3__own_claim_with_the_greatest_stake__costs_two_units_at_most(project):
    twin, token = greatest_stake(project)
    twin.move_to_week(0, 2_002)
    alone = twin.earned(ALICE, token)
    twin, token = greatest_stake(project)
    twin.move_to_week(0, 1_001)
    paid = twin.claim(ALICE, token)
    twin.move_to_week(0, 2_002)
    # Of 1,501.5 units each time: one for what a unit staked gets, rounded down, one for the half.
    assert (alone, paid, twin.earned(ALICE, token)) == (3_002, 1_500, 1_500), "F3"


def test_f2__claims_of_the_greatest_stake__lose_less_than_two_units_each(project):
    twin, token = greatest_stake(project)
    paid = 0
    for number in range(1, 101):
        twin.move_to_week(0, 1_001 * number)
        paid += twin.claim(ALICE, token)
    assert (twin.model.emitted(twin.now), paid) == (150_150, 150_000), "F2"
