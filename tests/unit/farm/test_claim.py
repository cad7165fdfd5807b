"""`claim`. Specification, section 6; invariant F3."""

import pytest

from perpetual_pools.model import Market
from tests.support.farm import ALICE, BOB, DAY, HOUR, NOBODY, OWNER, STRANGER, TCR, WEEKLY, gained, refuses, tells


def claimed(account, token, amount):
    return "Claimed", {"account": account, "token": token, "amount": amount}


# --- refusals ---


@pytest.mark.finding("F12")
def test_claim__a_token_without_farm_among_others__reverts_and_pays_nothing(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, HOUR)
    for token in (NOBODY, farm.reward.address):
        with refuses(farm, "UnknownFarm", token=token):
            farm.claim(ALICE, pool_token, token)
    assert gained(farm, ALICE) == 0


# --- what it pays and tells ---


def test_claim__pays_what_was_earned_and_tells(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    with tells(farm, claimed(ALICE, pool_token, 400 * TCR)):
        assert farm.claim(ALICE, pool_token) == 400 * TCR
    assert gained(farm, ALICE) == 400 * TCR
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY - 400 * TCR
    assert farm.earned(ALICE, pool_token) == 0
    assert farm.farm.stakeOf(ALICE, pool_token) == TCR


def test_claim__twice_in_a_second__pays_once(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    assert farm.claim(ALICE, pool_token) == 400 * TCR
    with tells(farm, claimed(ALICE, pool_token, 0)):
        assert farm.claim(ALICE, pool_token) == 0
    assert gained(farm, ALICE) == 400 * TCR


def test_claim__of_several_tokens__is_one_payment_and_an_event_each(farm, pool_token, lp_token):
    other = farm.new_farm(Market.SECONDARY)
    for token in (pool_token, lp_token):
        farm.stake(ALICE, token, TCR)
    farm.move_to_week(0, 100)
    expected = claimed(ALICE, lp_token, 300 * TCR), claimed(ALICE, other, 0), claimed(ALICE, pool_token, 400 * TCR)
    with tells(farm, *expected):
        assert farm.claim(ALICE, lp_token, other, pool_token) == 700 * TCR
    farm.advance(100)
    sent = farm.chain.send(farm.farm, "claim", [[lp_token.address, pool_token.address]], ALICE, farm.reward)
    assert sent.events[2:] == [("Transfer", {"from": farm.farm.address, "to": ALICE, "amount": 700 * TCR})]


def test_claim__a_token_named_three_times__pays_once(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    with tells(farm, *[claimed(ALICE, pool_token, amount) for amount in (400 * TCR, 0, 0)]):
        assert farm.claim(ALICE, pool_token, pool_token, pool_token) == 400 * TCR
    assert gained(farm, ALICE) == 400 * TCR


def test_claim__of_no_tokens__pays_nothing(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    with tells(farm):
        assert farm.claim(ALICE) == 0
    assert farm.earned(ALICE, pool_token) == 400 * TCR


def test_claim__by_who_never_staked__pays_nothing(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    with tells(farm, claimed(STRANGER, pool_token, 0)):
        assert farm.claim(STRANGER, pool_token) == 0
    farm.advance(100)
    assert farm.claim(STRANGER, pool_token) == 0
    assert farm.earned(ALICE, pool_token) == 800 * TCR


def test_claim__and_stake_more__pays_each_second_once(farm, pool_token):
    farm.stake(ALICE, pool_token, 50)
    farm.stake(BOB, pool_token, 50)
    farm.move_to_week(0, 100)
    assert farm.claim(ALICE, pool_token) == 200 * TCR
    farm.advance(100)
    farm.stake(ALICE, pool_token, 300)
    farm.advance(100)  # 350 : 50
    assert farm.claim(ALICE, pool_token) == (200 + 350) * TCR
    assert farm.claim(BOB, pool_token) == (200 + 200 + 50) * TCR
    assert farm.reward.balanceOf(farm.farm) == 4 * WEEKLY - 1_200 * TCR


def test_claim__by_one__changes_nothing_for_another(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.stake(BOB, pool_token, 3 * TCR)
    farm.move_to_week(0, 100)
    farm.claim(BOB, pool_token)
    assert farm.earned(ALICE, pool_token) == 100 * TCR
    farm.advance(100)
    assert (farm.earned(ALICE, pool_token), farm.earned(BOB, pool_token)) == (200 * TCR, 300 * TCR)


def test_claim__between_changes_of_the_rules__pays_every_stretch_at_its_own(farm, pool_token):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(0, 100)
    assert farm.claim(ALICE, pool_token) == 400 * TCR
    farm.advance(100)
    farm.set_allocation(OWNER, 8_000)
    farm.advance(100)
    assert farm.claim(ALICE, pool_token) == (400 + 800) * TCR
    farm.new_farm(Market.PRIMARY, 3)
    farm.advance(100)
    assert farm.claim(ALICE, pool_token) == 200 * TCR
    farm.set_allocation(OWNER, 0)
    farm.advance(100)
    assert farm.claim(ALICE, pool_token) == 0


@pytest.mark.parametrize("week", [5, 1_000, 6_999, 7_000, 9_000])
def test_claim__long_after_the_last_week__pays_all_of_the_market(farm, pool_token, week):
    farm.stake(ALICE, pool_token, TCR)
    farm.move_to_week(week)
    assert farm.claim(ALICE, pool_token) == 4 * 2_419_200 * TCR
    farm.advance(100 * DAY)
    assert farm.claim(ALICE, pool_token) == 0
