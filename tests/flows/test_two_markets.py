"""1-BTC/USDC and 3-BTC/USDC on one oracle and one settlement token, kept by one keeper: one price, two lives."""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import HOUR, PRICE, WAD
from tests.support.keeper import reason
from tests.support.orders import TOKEN, cash, markets_on_one_oracle, trade_together
from tests.support.world import USDC

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, _, _ = CommitType
OPENS = 2_000_005_200
"""When both rebalance next."""
REWARD = 100_000
"""Settlement units that each pays at once: a tenth of a USDC, half of it from either side of 1,000 USDC."""
AT_1 = 1_047_566_666, 952_333_334
"""After reward and +5 %: short keeps 100/105 of 999.95 USDC, rounded up to a unit."""
AT_3 = 1_136_105_593, 863_794_407
"""The same with (100/105)**3."""


@pytest.fixture
def markets(world, alice, bob, keeper):
    """Leverage 1 and 3; in each alice is long and bob short with 1,000 USDC."""
    rewarded = {"keeper_reward_max": REWARD, "keeper_reward_ramp": 0}
    both = markets_on_one_oracle(world, {"leverage": 1, **rewarded}, {"leverage": 3, **rewarded})
    opening = [(alice, LONG_MINT, 1_000 * USDC), (bob, SHORT_MINT, 1_000 * USDC)]
    trade_together(keeper, *((market, opening) for market in both))
    return both


@pytest.mark.finding("C13")
def test_two_markets__kept_in_one_transaction__each_moves_by_its_own_leverage(markets, alice, bob, carol, keeper):
    tame, wild = markets
    # Carol joins one of them only.
    wild.commit(carol, LONG_MINT, 100 * USDC)
    tame.set_price(105 * WAD)
    tame.move_to_rebalance(late=60)
    assert tame.world.upkeep(keeper, {tame: 0, wild: 0}) == []
    assert tame.pool.balances() == AT_1
    assert wild.pool.balances() == (AT_3[0] + 100 * USDC, AT_3[1])
    assert [market.pool.lastPrice() for market in markets] == [105 * WAD] * 2
    assert [market.pool.nextRebalance() for market in markets] == [OPENS + HOUR] * 2
    assert cash(tame, keeper) == 2 * REWARD
    assert (tame.pool.claimable(carol), wild.pool.claimable(carol)) == (
        (0, 0, 0),
        (0, 100 * USDC * 1_000 * TOKEN // AT_3[0], 0),
    )

    # Everybody leaves the one: the other does not notice.
    before = wild.pool.balances(), wild.pool.supplies(), cash(tame, wild.pool)
    trade_together(keeper, (tame, [(alice, LONG_BURN, 1_000 * TOKEN), (bob, SHORT_BURN, 1_000 * TOKEN)]))
    assert (tame.pool.balances(), cash(tame, tame.pool)) == ((0, 0), 0)
    assert (wild.pool.balances(), wild.pool.supplies(), cash(tame, wild.pool)) == before
    assert cash(tame, wild.pool) == sum(AT_3) + 100 * USDC
    # The one without anybody goes on as well, unpaid. The other has missed an hour and catches up; of its uneven sides both
    # shares of the reward are rounded down.
    tame.move_to_rebalance()
    assert tame.world.upkeep(keeper, {tame: 0, wild: 0}) == []
    assert cash(tame, keeper) == 3 * REWARD - 1
    assert [market.pool.epoch() for market in markets] == [5, 4]
    assert [market.pool.lastRebalance() for market in markets] == [OPENS + 2 * HOUR] * 2


@pytest.mark.finding("K03")
@pytest.mark.finding("K08")
def test_two_markets__another_keeper_was_faster_with_one__the_other_is_rebalanced_all_the_same(
    markets, keeper, stranger
):
    tame, wild = markets
    tame.set_price(105 * WAD)
    tame.move_to_rebalance(late=60)
    assert wild.rebalance(stranger, recipient=stranger) == REWARD
    assert tame.world.upkeep(keeper, {wild: 0, tame: 0}) == [
        (wild.pool.address, reason("RebalanceNotDue(uint256)", OPENS + HOUR))
    ]
    assert (tame.pool.balances(), wild.pool.balances()) == (AT_1, AT_3)
    # Each is paid for what it did.
    assert (cash(tame, keeper), cash(tame, stranger)) == (REWARD, REWARD)


@pytest.mark.finding("K08")
@pytest.mark.finding("K09")
def test_two_markets__wrong_hint_for_one__it_catches_up_later_at_the_same_price(markets, owner, keeper):
    tame, wild = markets
    tame.oracle.setRound(7, sender=owner)
    tame.set_price(105 * WAD)
    tame.move_to_rebalance(late=60)
    assert tame.world.upkeep(keeper, {wild: 5, tame: 7}) == [
        (wild.pool.address, reason("WrongHint(uint80,uint80)", 5, 7))
    ]
    assert (tame.pool.balances(), wild.pool.balances()) == (AT_1, (1_000 * USDC, 1_000 * USDC))
    assert (wild.pool.lastPrice(), wild.pool.epoch()) == (PRICE, 2)
    assert cash(tame, keeper) == REWARD

    tame.world.advance(HOUR // 2)
    assert tame.world.upkeep(keeper, {tame: 7, wild: 7}) == [
        (tame.pool.address, reason("RebalanceNotDue(uint256)", OPENS + HOUR))
    ]
    assert (tame.pool.balances(), wild.pool.balances()) == (AT_1, AT_3)
    assert [market.pool.nextRebalance() for market in markets] == [OPENS + HOUR] * 2
    assert cash(tame, keeper) == 2 * REWARD
