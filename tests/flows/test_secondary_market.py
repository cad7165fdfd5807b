"""A pool token trades on Uniswap V2, deployed from the bytecode that Uniswap publishes; who provides liquidity stakes the LP
tokens and earns, beside those who stake the pool token itself."""

from typing import Any

import pytest

from perpetual_pools.model import CommitType, Ledger, Market
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.farm import FarmTwin
from perpetual_pools.twin.pool import WAD
from tests.flows.balancer import BalancerPool
from tests.support.exchange import Exchange, Uniswap
from tests.support.farm import TCR
from tests.support.orders import TOKEN, cash, trade
from tests.support.world import STAKE, USDC

WEEK_ONE = 8_000_000 * TCR
PRICES = [103, 98, 101, 97]
"""After each hour: what a pool token is worth changes, what it earns does not."""
LP = 10**12
"""LP token units of one pool token and one USDC: the root of 10**18 * 10**6."""
LOCKED = 1_000


@pytest.fixture
def opened(market, alice, bob, carol, dave, keeper):
    """Alice has 10 L-tokens, bob 190, carol 2, at 1 USDC each; dave is the short side."""
    longs = [(alice, 10), (bob, 190), (carol, 2)]
    orders = [(holder, CommitType.LONG_MINT, amount * USDC) for holder, amount in longs]
    trade(market, keeper, *orders, (dave, CommitType.SHORT_MINT, 202 * USDC))
    assert market.pool.tokenPrices() == (WAD, WAD)
    return market


@pytest.fixture
def exchange(project, opened, owner, carol):
    """Carol was there first, with 1 L-token and 1 USDC, and does not stake."""
    uniswap = Uniswap(opened.chain, project.path, owner)
    uniswap.create_pair(owner, opened.long_token.address, opened.world.token.address)
    exchange = Exchange(opened, uniswap)
    assert exchange.add(carol, 1 * TOKEN, 1 * USDC) == 1 * LP - LOCKED
    return exchange


@pytest.fixture
def farm(opened, owner, people):
    """Week 0 begins at the next rebalance and emits 8,000,000 TCR; no farms yet."""
    reward = opened.chain.deploy("MockERC20", "Tracer", "TCR", 18)
    farm = FarmTwin(opened.chain, reward, opened.model.next_rebalance, owner, people)
    farm.introduce(reward)
    farm.schedule(owner, WEEK_ONE)
    return farm


def open_farm(farm: FarmTwin, token: Any, ledger: Ledger, market: Market, weight: int, stakes: dict[Any, int]) -> None:
    """A farm of a token that is on the chain already, with stakes (token units)."""
    farm.ledgers[address_of(token)] = ledger
    farm.add_farm(farm.owner, token, market, weight)
    for staker, amount in stakes.items():
        farm.chain.send(token, "approve", [address_of(farm.farm), amount], staker)
        farm.stake(staker, token, amount)


@pytest.fixture
def staked(opened, exchange, farm, alice, bob):
    """In either market alice has 5 of 100 staked tokens, bob 95: L-tokens, and LP tokens of 5 and 95 L-tokens and USDC."""
    assert exchange.add(bob, 95 * TOKEN, 95 * USDC) == 95 * LP
    assert exchange.add(alice, 5 * TOKEN, 5 * USDC) == 5 * LP
    stakes = {alice: 5 * TOKEN, bob: 95 * TOKEN}
    open_farm(farm, opened.long_token, opened.model.long_token, Market.PRIMARY, 1, stakes)
    open_farm(farm, exchange.pair, exchange.ledger, Market.SECONDARY, 1, {alice: 5 * LP, bob: 95 * LP})
    assert [farm.model.total_staked(token) for token in farm.model.farms] == [100 * TOKEN, 100 * LP]
    return farm


@pytest.mark.anvil
def test_secondary_market__5_of_100_staked_tokens__earn_5_percent_of_each_hour_in_both_markets(
    opened, exchange, staked, alice, bob, dave, keeper
):
    tokens = opened.long_token, exchange.pair
    opened.next_epoch(keeper)
    assert opened.world.now == staked.model.start
    assert [staked.earned(alice, token) for token in tokens] == [0, 0]
    # 8,000,000 TCR a week are 47,619.047619... an hour: 40 % for the L-token, 60 % for the LP token, 5 % of either hers. She
    # claims every hour, which leaves the part of a wei behind.
    hourly = 952_380952380952380952, 1_428_571428571428571428
    assert hourly == (WEEK_ONE * 40 * 5 // 168 // 10**4, WEEK_ONE * 60 * 5 // 168 // 10**4)
    for hour, price in enumerate(PRICES, start=1):
        # People buy and sell meanwhile: the LP token is worth something else, and earns the same.
        exchange.buy(dave, USDC)
        opened.next_epoch(keeper, price * WAD)
        assert tuple(staked.earned(alice, token) for token in tokens) == hourly
        assert staked.claim(alice, *tokens) == sum(hourly)
        # He does not claim, and loses nothing to rounding but at the end.
        share = WEEK_ONE * 95 * hour
        assert tuple(staked.earned(bob, token) for token in tokens) == (
            share * 40 // 168 // 10**4,
            share * 60 // 168 // 10**4,
        )
        assert staked.model.emitted(staked.now) == WEEK_ONE * hour // 168
    assert staked.chain.read(staked.reward, "balanceOf", alice) - 10**30 == len(PRICES) * sum(hourly)
    assert staked.undistributed() == 0


def test_secondary_market__another_farm_in_it__splits_the_hour_by_weight_and_leaves_the_primary_market_alone(
    opened, exchange, staked, alice, bob, keeper
):
    # A third of the secondary market's weight is new, and idle: alice's hour there falls to 60 % * 3/4, what the other
    # farm gets waits for a staker.
    staked.set_weight(staked.owner, exchange.pair, 3)
    idle = staked.new_farm(Market.SECONDARY, weight=1)
    opened.next_epoch(keeper)
    opened.next_epoch(keeper, 103 * WAD)
    assert staked.earned(alice, opened.long_token) == 952_380952380952380952
    assert staked.earned(alice, exchange.pair) == WEEK_ONE * 45 * 5 // 168 // 10**4 == 1_071_428571428571428571
    assert staked.undistributed() == 0
    staked.stake(bob, idle, TOKEN)
    assert staked.undistributed() == WEEK_ONE * 15 // 168 // 10**2 == 7_142_857142857142857142


def test_secondary_market__from_usdc_to_liquidity_and_back__fees_of_the_pair_and_tcr_are_both_hers(
    opened, exchange, staked, alice, bob, dave, keeper
):
    opened.next_epoch(keeper)
    # 101 L-tokens and 101 USDC are in the pair: 9.97 of dave's 10 USDC count, 9.97 / 110.97 of the L-tokens are his.
    assert exchange.buy(dave, 10 * USDC) == 9_97 * 101 * TOKEN // 110_97 == 9_074254302964765251
    opened.next_epoch(keeper)
    assert staked.exit(alice, exchange.pair) == 1_428_571428571428571428
    # 5 of 101 of what is there now: 91.925745697035234749 L-tokens and 111 USDC.
    tokens, usdc = exchange.remove(alice, 5 * LP)
    assert (tokens, usdc) == (4_550779489952239344, 5_495049)
    # The fee of 0.03 USDC stays in the pair, 5/101 of it for her: that is why the product has grown.
    assert tokens * usdc > 5 * TOKEN * 5 * USDC
    assert staked.exit(alice, opened.long_token) == 952_380952380952380952
    held = opened.long_token.balanceOf(alice)
    assert held == 5 * TOKEN + tokens
    # An L-token is worth 1 USDC still: she leaves with what her tokens are worth, rounded down.
    ((paid, _, _),) = trade(opened, keeper, (alice, CommitType.LONG_BURN, held))
    assert paid == held // 10**12 == 9_550779
    assert cash(opened, alice) == STAKE - 10 * USDC - 5 * USDC + usdc + paid
    # Bob is the only staker in both farms now, and gets all of this hour.
    assert staked.earned(bob, exchange.pair) == WEEK_ONE * 60 * (95 + 100) // 168 // 10**4


def test_secondary_market__token_of_a_balancer_pool__earns_as_any_lp_token(
    project, opened, farm, owner, alice, bob, keeper
):
    balancer = BalancerPool(opened.chain, project.path, owner, [opened.long_token, opened.world.token])
    # Balancer scales USDC to 18 decimals; of a, b in equal parts the first liquidity is 2 * (a * b)**0.5 less 10**6 units
    # that are locked, up to the rounding of its powers.
    tokens = balancer.join(bob, {opened.long_token: 100 * TOKEN, opened.world.token: 100 * USDC})
    assert 0 <= 200 * TOKEN - 10**6 - tokens < 10**7
    ledger = Ledger("TransferFromFailed")
    ledger.mint(address_of(bob), tokens)
    share = tokens // 20
    opened.chain.send(balancer.pool, "transfer", [address_of(alice), share], bob)
    ledger.transfer(address_of(bob), address_of(alice), share)
    opened.model.long_token.transfer(address_of(bob), balancer.vault.address, 100 * TOKEN)
    opened.world.ledger.transfer(address_of(bob), balancer.vault.address, 100 * USDC)
    opened.compare()

    # Every nineteenth of bob's is hers: 5 of 100.
    open_farm(farm, balancer.pool, ledger, Market.SECONDARY, 1, {alice: share, bob: 19 * share})
    opened.next_epoch(keeper)
    for hour, price in enumerate(PRICES, start=1):
        opened.next_epoch(keeper, price * WAD)
        assert farm.earned(alice, balancer.pool) == WEEK_ONE * 60 * 5 * hour // 168 // 10**4
        assert farm.earned(bob, balancer.pool) == WEEK_ONE * 60 * 95 * hour // 168 // 10**4
    farm.exit(alice, balancer.pool)
    assert balancer.pool.balanceOf(alice) == share
