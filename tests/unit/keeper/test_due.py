"""`due`: whose time has come, whatever stands in the list."""

import pytest

from tests.support.keeper import (
    GRIEFING_MODES,
    HALF,
    HOUR,
    NOBODY,
    OPENS,
    VIEW_GAS,
    ZERO,
    follow,
    gas_used,
    impostor,
    pools_of,
    returner,
    selector,
    word,
)
from tests.support.world import KEEPER

FEW_VIEWS = 100_000
"""Gas, with room, for what the keeper asks of two pools."""


def test_due__no_pools__is_empty(keeper):
    assert keeper.due([]) == ()


@pytest.mark.parametrize(("late", "is_due"), [(-HOUR + 1, False), (-1, False), (0, True), (1, True), (10**9, True)])
def test_due__from_the_second_it_opens_on__says_so(world, keeper, markets, late, is_due):
    world.move_to(OPENS + late)
    assert keeper.due(pools_of(markets)) == (is_due,) * 3


def test_due__some_of_many__are_told_in_the_order_given(world, keeper, markets):
    world.move_to(OPENS)
    markets[1].rebalance(KEEPER)
    first, second, third = pools_of(markets)
    assert keeper.due([first, second, third]) == (True, False, True)
    assert keeper.due([second, third, second, third, first]) == (False, True, False, True, True)


def test_due__pool_whose_oracle_fails__is_due_all_the_same(world, keeper, markets):
    markets[0].set_oracle_failing(True)
    world.move_to(OPENS)
    assert keeper.due(pools_of(markets)) == (True, True, True)


def test_due__closed_pool__is_never_due_again(world, keeper, markets):
    markets[1].set_oracle_failing(True)
    world.move_to(OPENS + 14 * 86_400)
    assert keeper.due(pools_of(markets)) == (True, True, True)
    markets[1].shutdown(KEEPER)
    assert keeper.due(pools_of(markets)) == (True, False, True)
    world.advance(10**9)
    assert keeper.due(pools_of(markets)) == (True, False, True)


def test_due__asked_in_a_transaction__changes_nothing(world, keeper, markets):
    world.move_to(OPENS)
    keeper.due(pools_of(markets), sender=KEEPER)
    follow(world, [])


# --- what is no pool ---


@pytest.mark.parametrize("address", [ZERO, NOBODY, KEEPER])
def test_due__address_without_code__is_not_due(world, keeper, markets, address):
    world.move_to(OPENS)
    first, second, _ = pools_of(markets)
    assert keeper.due([first, address, second]) == (True, False, True)


@pytest.mark.finding("K14")
@pytest.mark.parametrize("mode", GRIEFING_MODES.values(), ids=GRIEFING_MODES)
def test_due__griefing_contract__costs_at_most_one_view(world, keeper, markets, mode):
    world.move_to(OPENS)
    first, second, _ = pools_of(markets)
    batch = [first, impostor(world, mode).address, second]
    assert keeper.due(batch, gas=VIEW_GAS + FEW_VIEWS) == (True, False, True)
    assert (gas_used(world) > VIEW_GAS) is (mode != GRIEFING_MODES["reverts with nothing"])


@pytest.mark.finding("K14")
@pytest.mark.parametrize("mode", GRIEFING_MODES.values(), ids=GRIEFING_MODES)
def test_due__griefing_after_the_first_view__costs_at_most_one_view_more(world, keeper, markets, mode):
    world.move_to(OPENS)
    first, second, _ = pools_of(markets)
    # It says when it opens but not that it is closed, so it is due: an upkeep will report it.
    batch = [first, impostor(world, mode, nextRebalance=OPENS).address, second]
    assert keeper.due(batch, gas=VIEW_GAS + FEW_VIEWS) == (True, True, True)
    assert (gas_used(world) > VIEW_GAS) is (mode != GRIEFING_MODES["reverts with nothing"])


@pytest.mark.finding("K14")
@pytest.mark.parametrize("reverting", [False, True])
def test_due__half_a_megabyte_of_zeros__is_not_due_and_not_copied(world, keeper, markets, reverting):
    world.move_to(OPENS)
    first, second, _ = pools_of(markets)
    assert keeper.due([first, returner(world, HALF, reverting), second]) == (True, False, True)
    memory = 3 * (HALF // 32) + (HALF // 32) ** 2 // 512
    assert memory < gas_used(world) < memory + FEW_VIEWS


@pytest.mark.parametrize("length", [0, 1, 31, 32])
def test_due__answer_that_is_no_time__is_not_due(world, keeper, markets, length):
    # A time of 0, or less than a word.
    world.move_to(OPENS)
    assert keeper.due([returner(world, length, reverting=False), markets[0].pool.address]) == (False, True)


def test_due__answers_of_more_than_a_word__count_by_their_first(world, keeper):
    world.move_to(OPENS)
    contract = impostor(world, GRIEFING_MODES["reverts with nothing"], isShutdown=0)
    for opens, is_due in ((OPENS, True), (OPENS + 1, False)):
        contract.setAnswer(selector("nextRebalance()"), word(opens) + word(7))
        assert keeper.due([contract.address]) == (is_due,)


@pytest.mark.parametrize(
    ("opens", "closed", "is_due"),
    [
        (OPENS, 0, True),
        (1, 0, True),
        (OPENS + 1, 0, False),
        (2**256 - 1, 0, False),
        (OPENS, 1, False),
        (OPENS, 2**256 - 1, False),
    ],
)
def test_due__whatever_the_two_views_answer__is_read_as_a_time_and_a_flag(world, keeper, opens, closed, is_due):
    world.move_to(OPENS)
    contract = impostor(world, GRIEFING_MODES["reverts with nothing"], nextRebalance=opens, isShutdown=closed)
    assert keeper.due([contract.address]) == (is_due,)
