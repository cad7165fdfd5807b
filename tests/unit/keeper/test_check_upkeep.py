"""`checkUpkeep`: what Chainlink Automation is told to do, to the byte, and that `performUpkeep` then does it."""

import pytest
from eth_abi import encode

from perpetual_pools.model import ChainlinkOracle, Feed, Round
from perpetual_pools.twin.chain import Reverted
from tests.support.keeper import (
    GRIEFING_MODES,
    HOUR,
    NOBODY,
    OPENS,
    REWARD,
    USDC,
    VIEW_GAS,
    WAD,
    ZERO,
    events_of,
    failed,
    follow,
    gas_used,
    griefer,
    impostor,
    performance,
    pool_on,
    pools_of,
    reason,
    selector,
    word,
)
from tests.support.revm import reverts
from tests.support.world import CAROL, KEEPER, OWNER

FEW_VIEWS = 200_000
"""Gas, with room, for what the keeper asks of two pools and their oracles."""
MAX_AGE = 2 * HOUR


def check(keeper, pools, recipient=CAROL, **options):
    """Given `data`, laid out by hand: the heads, then the length of the array and its items."""
    data = word(0x40) + bytes(12) + bytes.fromhex(recipient[2:]) + word(len(pools))
    return keeper.checkUpkeep(data + b"".join(word(int(pool, 16)) for pool in pools), **options)


@pytest.fixture
def ready(world, markets):
    """`markets` at the time of their rebalance; their oracles find the rounds 7, 8 and 9."""
    for number, market in enumerate(markets, start=7):
        market.oracle.setRound(number)
    world.move_to(OPENS)
    return markets


# --- what it takes and gives ---


@pytest.mark.parametrize("data", [b"", bytes(63), b"\xff" * 64])
def test_check_upkeep__data_that_is_not_encoded_so__reverts(keeper, data):
    with pytest.raises(Reverted):
        keeper.checkUpkeep(data)


def test_check_upkeep__due_pools__are_returned_with_hints_and_recipient_to_the_byte(keeper, ready):
    first, second, third = (word(int(pool, 16)) for pool in pools_of(ready))
    # Three heads of 32 bytes; pools from byte 0x60, four words; hints after them.
    expected = word(0x60) + word(0xE0) + bytes(12) + bytes.fromhex(CAROL[2:])
    expected += word(3) + first + second + third + word(3) + word(7) + word(8) + word(9)
    assert check(keeper, pools_of(ready)) == (True, expected)


def test_check_upkeep__no_pools__is_needed_by_nobody(keeper):
    assert check(keeper, []) == (False, performance([], [], CAROL))


def test_check_upkeep__a_second_early__lists_none(world, keeper, markets):
    world.move_to(OPENS - 1)
    assert check(keeper, pools_of(markets)) == (False, performance([], [], CAROL))


def test_check_upkeep__some_due__lists_these_alone_in_the_order_given(world, keeper, ready):
    ready[1].rebalance(KEEPER)
    first, second, third = pools_of(ready)
    assert check(keeper, [third, second, first], ZERO) == (True, performance([third, first], [9, 7], ZERO))


def test_check_upkeep__closed_pool__is_left_out(world, keeper, markets):
    markets[1].set_oracle_failing(True)
    world.move_to(OPENS + 14 * 86_400)
    markets[1].shutdown(KEEPER)
    markets[1].set_oracle_failing(False)
    first, _, third = pools_of(markets)
    assert check(keeper, pools_of(markets)) == (True, performance([first, third], [0, 0], CAROL))


def test_check_upkeep__encoding_by_the_standard__is_read_alike(keeper, ready):
    data = encode(["address[]", "address"], [pools_of(ready), CAROL])
    assert keeper.checkUpkeep(data) == check(keeper, pools_of(ready))


# --- what performUpkeep then does ---


def test_perform_upkeep__with_what_check_returned__rebalances_these_and_pays_the_recipient(world, keeper, ready):
    ready[1].set_oracle_failing(True)
    needed, data = check(keeper, pools_of(ready))
    first, _, third = pools_of(ready)
    assert (needed, data) == (True, performance([first, third], [7, 9], CAROL))
    keeper.performUpkeep(data, sender=KEEPER)
    assert events_of(world, keeper) == []
    follow(world, [ready[0], ready[2]], CAROL)
    # Carol had a billion.
    assert world.token.balanceOf(CAROL) == 10**9 * USDC + 2 * REWARD
    assert [world.token.balanceOf(account) for account in (KEEPER, keeper)] == [0, 0]
    assert check(keeper, pools_of(ready)) == (False, performance([], [], CAROL))


def test_perform_upkeep__with_what_check_returned_before_another_keeper__reports_and_changes_nothing(
    world, keeper, ready
):
    _, data = check(keeper, pools_of(ready))
    keeper.upkeep(pools_of(ready), [0, 0, 0], OWNER, sender=OWNER)
    follow(world, ready, OWNER)
    keeper.performUpkeep(data, sender=KEEPER)
    not_due = reason("RebalanceNotDue(uint256)", OPENS + HOUR)
    assert events_of(world, keeper) == [failed(market.pool, not_due) for market in ready]
    follow(world, [])


# --- on a Chainlink feed ---


class FeedMarket:
    """An empty pool on the wrapper of a feed, both also in the model. The feed has round 1 at 100. Opens with `markets`."""

    def __init__(self, world):
        self.feed = world.chain.deploy("ReplayAggregator", 8, "BTC / USD")
        self.rounds = Feed(8)
        self.push(1, 100, world.now)
        self.wrapper = world.chain.deploy("ChainlinkOracleWrapper", self.feed, ZERO, MAX_AGE, 0)
        self.market = world.deploy_pool_on(self.wrapper, ChainlinkOracle(self.rounds, None, MAX_AGE, 0))
        assert self.market.model.next_rebalance == OPENS

    def push(self, number, dollars, at):
        self.feed.pushRound(number, dollars * 10**8, at, at)
        self.rounds.push(Round(number, dollars * 10**8, at, at))


@pytest.mark.finding("O05")
@pytest.mark.parametrize(
    ("later", "hint_needed"),
    [(0, False), (3, False), (32, False), (33, True), (200, True)],
)
def test_check_upkeep__rounds_after_the_grid_time__gives_the_hint_to_the_one_before(
    world, keeper, markets, later, hint_needed
):
    on_feed = FeedMarket(world)
    market, wrapper = on_feed.market, on_feed.wrapper
    on_feed.push(2, 90, OPENS - 600)
    on_feed.push(3, 105, OPENS - 1)
    for number in range(later):
        on_feed.push(4 + number, 999, OPENS + 1 + number)
    world.move_to(OPENS + 1_800)
    assert wrapper.findRound(OPENS) == 3
    needed, data = check(keeper, pools_of([markets[0], market]))
    assert (needed, data) == (True, performance(pools_of([markets[0], market]), [0, 3], CAROL))

    if hint_needed:
        keeper.upkeep(pools_of([market]), [0], ZERO, sender=KEEPER)
        assert events_of(world, keeper) == [failed(market.pool, reason("CallFindRound(uint256)", OPENS))]
    else:
        assert wrapper.priceAt(OPENS, 0) == 105 * WAD
    keeper.performUpkeep(data, sender=KEEPER)
    assert events_of(world, keeper) == []
    assert (market.pool.lastPrice(), market.pool.lastRebalance()) == (105 * WAD, OPENS)
    market.model.rebalance(world.now, 3, CAROL)
    follow(world, markets[:1], CAROL)


@pytest.mark.usefixtures("markets")
def test_check_upkeep__missed_intervals__asks_for_the_latest_grid_time(world, keeper):
    on_feed = FeedMarket(world)
    for number in range(10):
        on_feed.push(2 + number, 101 + number, OPENS + number * HOUR - 60)
    world.move_to(OPENS + 7 * HOUR + 1_800)
    # Round 9, of a minute before the eighth grid time.
    assert check(keeper, pools_of([on_feed.market])) == (True, performance(pools_of([on_feed.market]), [9], CAROL))
    on_feed.market.rebalance(KEEPER, hint=9)
    assert on_feed.market.model.last_price == 108 * WAD


@pytest.mark.finding("O01")
@pytest.mark.parametrize(("age", "ready"), [(MAX_AGE, True), (MAX_AGE + 1, False)])
def test_check_upkeep__stale_feed__is_left_out(world, keeper, markets, age, ready):
    on_feed = FeedMarket(world)
    world.move_to(OPENS)
    on_feed.push(1, 100, OPENS - age)
    pools = pools_of([markets[0], on_feed.market] if ready else markets[:1])
    data = performance(pools, [0, 1] if ready else [0], CAROL)
    assert check(keeper, pools_of([markets[0], on_feed.market])) == (True, data)
    if not ready:
        with reverts(on_feed.wrapper.RoundStale, roundId=1, updatedAt=OPENS - age, timestamp=OPENS, maxAge=MAX_AGE):
            on_feed.market.pool.rebalance(1, ZERO, sender=KEEPER)
    # It does not matter that the feed has come back since: the price as of the grid time is what counts.
    on_feed.push(2, 100, OPENS + 1)
    world.advance(1)
    assert check(keeper, pools_of([markets[0], on_feed.market])) == (True, data)


@pytest.mark.usefixtures("markets")
def test_check_upkeep__feed_that_fails_or_has_no_valid_answer__is_left_out_until_it_has(world, keeper):
    on_feed = FeedMarket(world)
    pools = pools_of([on_feed.market])
    none, one = (False, performance([], [], CAROL)), (True, performance(pools, [1], CAROL))
    world.move_to(OPENS)
    assert check(keeper, pools) == one
    on_feed.feed.setReverting(True)
    assert check(keeper, pools) == none
    on_feed.feed.setReverting(False)
    for dollars in (0, -1, 2**96 // 10**18 + 1):
        on_feed.push(1, dollars, OPENS - 60)
        assert check(keeper, pools) == none
    on_feed.push(1, 1, OPENS - 60)
    assert check(keeper, pools) == one


def test_check_upkeep__price_that_no_pool_takes__is_left_out(world, keeper, markets):
    world.move_to(OPENS)
    pools = pools_of(markets[:1])
    for price, listed in ((2**96 - 1, pools), (2**96, []), (2**256 - 1, []), (0, []), (1, pools)):
        markets[0].set_price(price)
        assert check(keeper, pools) == (bool(listed), performance(listed, [0] * len(listed), CAROL))


# --- harm ---


@pytest.mark.finding("K14")
@pytest.mark.parametrize("mode", GRIEFING_MODES.values(), ids=GRIEFING_MODES)
def test_check_upkeep__griefing_oracle__is_left_out_and_costs_at_most_two_views(world, keeper, markets, mode):
    oracle = griefer(world, mode)
    oracle.setAnswer(selector("latestPrice()"), word(100 * WAD))
    pool = pool_on(world, oracle)
    world.move_to(OPENS)
    first, second, _ = pools_of(markets)
    answer = check(keeper, [first, pool, second], gas=2 * VIEW_GAS + FEW_VIEWS)
    assert answer == (True, performance([first, second], [0, 0], CAROL))
    assert (gas_used(world) > 2 * VIEW_GAS) is (mode != GRIEFING_MODES["reverts with nothing"])


@pytest.mark.finding("K14")
@pytest.mark.parametrize("mode", GRIEFING_MODES.values(), ids=GRIEFING_MODES)
def test_check_upkeep__oracle_that_finds_no_round_but_has_a_price__is_listed_without_a_hint(world, keeper, mode):
    oracle = griefer(world, mode)
    for signature in ("latestPrice()", "priceAt(uint256,uint80)"):
        oracle.setAnswer(selector(signature), word(100 * WAD))
    pool = pool_on(world, oracle)
    world.move_to(OPENS)
    assert check(keeper, [pool], gas=VIEW_GAS + FEW_VIEWS) == (True, performance([pool], [0], CAROL))
    assert keeper.upkeep([pool], [0], ZERO) == (True,)


@pytest.mark.finding("K14")
@pytest.mark.parametrize("mode", GRIEFING_MODES.values(), ids=GRIEFING_MODES)
@pytest.mark.parametrize(
    ("views", "asked"),
    [
        ({}, 1),
        # Says when it opens: asked whether it is closed, again when it opens, for the interval and for the oracle.
        ({"nextRebalance": OPENS}, 3),
        ({"nextRebalance": OPENS, "isShutdown": 0}, 2),
        ({"nextRebalance": OPENS, "isShutdown": 0, "rebalanceInterval": HOUR}, 1),
        ({"nextRebalance": OPENS, "isShutdown": 0, "rebalanceInterval": 0, "oracle": 0}, 0),
        ({"nextRebalance": OPENS, "isShutdown": 0, "rebalanceInterval": HOUR, "oracle": 0}, 0),
        ({"nextRebalance": OPENS, "isShutdown": 0, "rebalanceInterval": HOUR, "oracle": int(NOBODY, 16)}, 0),
        ({"nextRebalance": OPENS, "isShutdown": 0, "rebalanceInterval": 2**256 - 1, "oracle": 2**256 - 1}, 0),
        ({"nextRebalance": OPENS, "isShutdown": 1}, 0),
        ({"nextRebalance": 2**256 - 1}, 0),
    ],
)
def test_check_upkeep__griefing_pool__is_left_out_and_costs_at_most_its_views(
    world, keeper, markets, mode, views, asked
):
    world.move_to(OPENS)
    first, second, _ = pools_of(markets)
    pool = impostor(world, mode, **views).address
    answer = check(keeper, [first, pool, second], gas=asked * VIEW_GAS + FEW_VIEWS)
    assert answer == (True, performance([first, second], [0, 0], CAROL))
    if mode != GRIEFING_MODES["reverts with nothing"]:
        assert asked * VIEW_GAS < gas_used(world)


@pytest.mark.parametrize("address", [ZERO, NOBODY, KEEPER])
def test_check_upkeep__address_without_code__is_left_out(world, keeper, markets, address):
    world.move_to(OPENS)
    first, second, _ = pools_of(markets)
    assert check(keeper, [first, address, second]) == (True, performance([first, second], [0, 0], CAROL))


def test_check_upkeep__asked_in_a_transaction__changes_nothing(world, keeper, ready):
    check(keeper, pools_of(ready), sender=KEEPER)
    follow(world, [])
