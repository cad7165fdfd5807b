"""The system on a fork of Arbitrum One, with the feeds and the USDC that are there."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from perpetual_pools.chain.contracts import deploy_wrapper, instance
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model import ChainlinkOracle, CommitType, Ledger, Market, SequencerFeed
from perpetual_pools.twin.anvil import AnvilChain
from perpetual_pools.twin.farm import FarmTwin
from perpetual_pools.twin.pool import Contracts, World
from tests.fork.feeds import PHASE, ReplayedFeed
from tests.support.fork import deal
from tests.support.upstream import BTC_USD, SEQUENCER, TCR, USDC

HOUR = 3_600
UNIT = 10**6
WAD = 10**18
MAX_AGE, GRACE = 90_000, HOUR
STAKE = 1_000_000 * UNIT


def test_fork__pool_on_the_real_feed_and_usdc__rebalances_as_in_the_model(
    project: Any, chain: Any, fork: Any, person: Callable[[str], Any], proxy_type: Any
) -> None:
    """From deployment to a claim, with the feed moved to a new aggregator in between; every step beside the model."""
    owner, keeper, fee_recipient = person("owner"), person("keeper"), person("fee recipient")
    alice, bob = person("alice"), person("bob")
    now = (chain.blocks.head.timestamp // HOUR + 1) * HOUR + 600
    anvil = AnvilChain(project, chain, owner, now)
    anvil.move_to(now)

    # the market: contracts of ours on contracts that are there
    usdc = instance("MockERC20", USDC)
    factory = anvil.deploy("PoolFactory", owner.address, fee_recipient.address)
    contracts = Contracts(6, usdc, factory, anvil.deploy("PoolKeeper"), anvil.deploy("PoolLens"))
    world = World(anvil, contracts, [owner, keeper, fee_recipient, alice, bob], owner, fee_recipient)
    for trader in (alice, bob):
        deal(fork, usdc, trader, STAKE)
        world.ledger.mint(trader.address, STAKE)
    world.ledger.mint("everybody else", usdc.totalSupply() - 2 * STAKE)

    feed = ReplayedFeed(anvil, proxy_type, BTC_USD, owner)
    first = feed.latest
    _, status, status_since, _, _ = instance("IAggregatorV3", SEQUENCER).latestRoundData()
    model = ChainlinkOracle(feed.model, SequencerFeed(status, status_since), MAX_AGE, GRACE)
    anvil.set_time()
    oracle = deploy_wrapper(owner, BTC_USD, SEQUENCER, MAX_AGE, GRACE)
    market = world.deploy_pool_on(
        oracle,
        model,
        leverage=3,
        management_fee=2 * WAD // 100,
        mint_fee=WAD // 1_000,
        burn_fee=WAD // 1_000,
        keeper_reward_max=2 * UNIT,
        min_liquidity=10 * UNIT,
    )
    assert market.model.last_price == first.answer * 10**10
    assert market.model.name == "3-BTC/USDC"

    # both sides, at the price as it is; half a minute late, so that the keeper earns something
    market.commit(alice, CommitType.LONG_MINT, STAKE)
    market.commit(bob, CommitType.SHORT_MINT, STAKE // 2)
    market.move_to_rebalance(late=30)
    market.rebalance(keeper, recipient=keeper)
    market.claim(alice)
    market.claim(bob)
    long, short = 999_000 * UNIT, 499_500 * UNIT  # less 0.1 %
    assert market.model.balances() == (long, short)
    assert (usdc.balanceOf(alice), usdc.balanceOf(bob)) == (0, STAKE // 2)

    # 5 % more, from a new aggregator: the first round of the next phase
    world.advance(600)
    second = feed.move(fork, first.answer * 105 // 100)
    assert second.round_id == ((first.round_id >> 64) + 1) * PHASE + 1

    # the transfer; and a burn of half of what alice has
    held = market.long_token.balanceOf(alice)
    market.commit(alice, CommitType.LONG_BURN, held // 2)
    market.move_to_rebalance(late=30)
    hint = oracle.findRound(market.model.next_rebalance)
    assert hint == second.round_id
    fees = [balance * 2 * HOUR // (100 * 365 * 24 * HOUR) for balance in (long, short)]
    before_burn = market.pool.previewRebalance(second.answer * 10**10)
    reward = market.rebalance(keeper, hint, recipient=keeper)
    charged = [long - fees[0], short - fees[1]]
    shares = [30 * 2 * UNIT // 600 * side // sum(charged) for side in charged]  # both rounded down
    assert reward == sum(shares)
    kept = Fraction(first.answer, second.answer) ** 3 * (charged[1] - shares[1])
    assert 0 <= market.model.balances()[1] - kept < 1
    assert sum(before_burn) == sum(charged) - reward

    # out again
    settlement, _, _ = market.claim(alice)
    gross = before_burn[0] * (held // 2) // held
    assert settlement == usdc.balanceOf(alice) == gross - gross // 1_000
    assert market.model.balances() == (before_burn[0] - gross, before_burn[1])


def test_fork__staking_for_the_real_tcr__accrues_by_the_second_as_in_the_model(
    project: Any, chain: Any, fork: Any, person: Callable[[str], Any]
) -> None:
    """Week 0 of the programme, in TCR as it is there; what is staked are USDC in one market and TCR itself in the other."""
    owner, alice, bob = person("owner"), person("alice"), person("bob")
    now = (chain.blocks.head.timestamp // HOUR + 1) * HOUR
    anvil = AnvilChain(project, chain, owner, now)
    anvil.move_to(now)
    tcr, usdc = instance("MockERC20", TCR), instance("MockERC20", USDC)
    assert (tcr.decimals(), usdc.decimals()) == (18, 6)
    week = weekly_amounts()[0]

    farm = FarmTwin(anvil, tcr, now + HOUR, owner, [owner, alice, bob])
    farm.ledgers[USDC] = Ledger()
    for token, account, amount in (
        (tcr, owner, week),
        (usdc, alice, 5 * UNIT),
        (usdc, bob, 95 * UNIT),
        (tcr, bob, WAD),
    ):
        deal(fork, token, account, amount)
        farm.ledgers[token.address].mint(account.address, amount)
        anvil.send(token, "approve", [farm.farm.address, amount], account)
    farm.add_farm(owner, usdc, Market.PRIMARY, 1)
    farm.add_farm(owner, tcr, Market.SECONDARY, 1)
    farm.schedule(owner, week)
    farm.stake(alice, usdc, 5 * UNIT)
    farm.stake(bob, usdc, 95 * UNIT)
    farm.stake(bob, tcr, WAD)

    # Hour by hour: 5 % of 40 %, 95 % of 40 %, and 60 % of what 168 hours share.
    for hours in (1, 2, 3):
        farm.move_to(now + HOUR + hours * HOUR)
        parts = [Fraction(week * hours, 168) * share / 10_000 for share in (200, 3_800, 6_000)]
        assert [farm.earned(alice, usdc), farm.earned(bob, usdc), farm.earned(bob, tcr)] == list(map(int, parts))
    paid = farm.claim(bob, usdc, tcr)
    assert paid == tcr.balanceOf(bob) == int(parts[1]) + int(parts[2])
    assert farm.exit(alice, usdc) == tcr.balanceOf(alice) == int(parts[0])
    assert usdc.balanceOf(alice) == 5 * UNIT
    farm.withdraw(bob, tcr, WAD)
    assert tcr.balanceOf(bob) == paid + WAD
