"""Lives in which the property tests once failed, each cut down to the least that matters."""

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import HOUR, PRICE, WAD
from tests.property.pool.book import Book
from tests.property.pool.feeds import ChainlinkFeed
from tests.support.world import ALICE, BOB, CAROL, KEEPER, new_market, new_world, opened_market

DAY = 24 * HOUR
USDC = 10**6
FEES_LIMIT = 2**34
"""Settlement units of fees that fit the slot of the pool's state."""


def gas_of_rebalance(market, moment):
    with market.chain.aside(moment):
        market.chain.send(market.pool, "rebalance", [0, "0x" + "00" * 20], KEEPER)
        return market.chain.revm.evm.result.gas_used


def test_rebalance__fees_of_missed_intervals_outgrow_the_state__costs_one_slot_more_and_no_more_with_time(project):
    # 10 % a year of 100,000,000 USDC are 1,141.55 USDC an hour; 17,179.869184 fit the state: those of 15 hours.
    market = opened_market(project, 50_000_000 * USDC, 50_000_000 * USDC, management_fee=WAD // 10)
    opens = market.model.next_rebalance
    fees = {hours: 2 * (50_000_000 * USDC * hours // 87_600) for hours in (2, 15, 16, 51)}
    assert fees[15] < FEES_LIMIT < fees[16]
    gas = {hours: gas_of_rebalance(market, opens + (hours - 1) * HOUR) for hours in fees}
    assert gas[15] == gas[2]
    assert gas[51] == gas[16]
    # A slot read for the first time (2,100) and filled (20,000), less what the empty bits of the state save.
    assert 20_000 < gas[16] - gas[15] <= 22_100 + 100

    market.world.move_to(opens + 50 * HOUR)
    market.rebalance(KEEPER)
    assert market.pool.protocolFees() == fees[51]
    # The slot is there now: changing it is 2,100 and 2,900.
    opens = market.model.next_rebalance
    assert gas_of_rebalance(market, opens + 50 * HOUR) - gas_of_rebalance(market, opens) <= 5_000 + 100


@pytest.fixture
def market_on_feed(project, proxy_type):
    """On a real proxy with one round of now, good for 30 days; alice and bob have 1,000 USDC on a side each."""
    world = new_world(project)
    feed = ChainlinkFeed(world.chain, proxy_type, 30 * DAY, absent_reverts=True)
    market = world.deploy_pool_on(feed.oracle, feed.model)
    market.open_with(ALICE, 1_000 * USDC, BOB, 1_000 * USDC, KEEPER)
    return feed, market


@pytest.mark.parametrize("fault", ["incomplete", "sequencer just back"])
def test_shutdown__feed_that_failed_14_days_ago_and_has_a_price_now__rebalances_instead(market_on_feed, fault):
    feed, market = market_on_feed
    opens = market.model.next_rebalance
    feed.publish(PRICE * 2, opens, opens)
    feed.break_(fault, opens)
    market.world.move_to(opens + 14 * DAY)
    market.shutdown(CAROL)
    assert not market.pool.isShutdown()
    # 3x: short keeps an eighth.
    assert market.pool.lastPrice() == PRICE * 2
    assert market.pool.balances() == (1_875 * USDC, 125 * USDC)


def test_claim_for__two_controllers__are_two_claims_of_one_transaction_and_of_all_their_batches(project):
    market, seen = new_market(project), 1
    book = Book(market.model.params.front_running_interval)
    for trader in (ALICE, BOB):
        market.set_operator(trader, market.world.contracts.keeper)
    for action in (
        lambda: market.commit(ALICE, CommitType.LONG_MINT, 100 * USDC),
        lambda: market.commit(BOB, CommitType.LONG_MINT, 50 * USDC),
        lambda: market.commit(BOB, CommitType.SHORT_MINT, 200 * USDC),
        lambda: market.next_epoch(KEEPER),
        lambda: market.claim_for(CAROL, [ALICE, BOB]),
    ):
        action()
        events, seen = market.model.events[seen:], len(market.model.events)
        book.follow(market.world.now, events)
    paid = [(event.arguments["longAmount"], event.arguments["shortAmount"]) for event in events]
    assert paid == [(100 * WAD, 0), (50 * WAD, 200 * WAD)]
    book.require_all_claimed()
