"""Gas of what a pool does, each under the conditions in conftest.py. `./dev gas` prints the table."""

from dataclasses import asdict, replace

import pytest

from perpetual_pools.model import CommitType
from tests.support.gas import TOKEN, USDC, GasMarket, Setting

DUST_COMMITMENTS = 1_000


def test_upkeep__nothing_committed(warm, enter):
    warm.upkeep(30_000)
    enter("upkeep, nothing committed", warm.upkeep(30_300))


def test_upkeep__through_real_feed_proxies(setting, enter):
    feed = setting.feed()
    oracle = setting.oracle(setting.behind_proxy(feed), setting.behind_proxy(setting.sequencer))
    market = setting.market(feed, oracle=oracle)
    setting.warm_up(market)
    market.upkeep(30_000)
    enter("upkeep, nothing committed, real feed proxies", market.upkeep(30_300))


def test_upkeep__mints_of_both_sides_pending(warm, enter):
    warm.commit(warm.alice, CommitType.LONG_MINT, 1_000 * USDC)
    warm.commit(warm.carol, CommitType.SHORT_MINT, 1_000 * USDC)
    enter("upkeep, LongMint and ShortMint pending", warm.upkeep(30_300))


def test_upkeep__all_six_kinds_pending(warm, enter):
    warm.commit_all(warm.alice)
    enter("upkeep, all six kinds pending", warm.upkeep(30_300))


@pytest.mark.finding("K06")
def test_upkeep__after_15_missed_intervals__costs_as_after_one(warm, enter):
    warm.commit_all(warm.alice)
    one = warm.upkeep(30_300)
    warm.commit_all(warm.alice)
    late = warm.upkeep(30_600, missed=15)
    enter("upkeep after 15 missed intervals, all six kinds pending", late)
    assert abs(late - one) <= one // 50


@pytest.mark.finding("C01")
def test_upkeep__with_1000_commitments_of_one_kind__costs_as_with_one(warm, enter):
    warm.commit(warm.carol, CommitType.LONG_MINT, 1)
    one = warm.upkeep(30_300)
    for _ in range(DUST_COMMITMENTS):
        warm.commit(warm.carol, CommitType.LONG_MINT, 1)
    amount_in, _ = warm.pool.batch(warm.pool.epoch(), CommitType.LONG_MINT)
    assert amount_in == DUST_COMMITMENTS
    many = warm.upkeep(30_600)
    enter("upkeep, 1,000 commitments of one kind pending", many)
    assert abs(many - one) <= one // 50
    assert warm.commit(warm.alice, CommitType.LONG_MINT, USDC) <= 105_000


def marginal(setting: Setting, markets: list[GasMarket]) -> int:
    """What a pool adds to an upkeep, on average over the last fifteen of sixteen."""
    setting.open(markets)
    setting.upkeep(markets, 30_000)
    setting.upkeep(markets, 30_300)
    all_of_them = setting.upkeep(markets, 30_600)
    return (all_of_them - setting.upkeep(markets[:1], 30_900)) // (len(markets) - 1)


def test_upkeep__of_16_pools_with_a_feed_each(setting, enter):
    markets = [setting.market(setting.feed(), name=f"M{number}/USDC") for number in range(16)]
    enter("marginal pool of 16, a feed each", marginal(setting, markets))


def test_upkeep__of_16_pools_with_a_shared_feed(setting, enter):
    feed = setting.feed()
    oracle = setting.oracle(feed, setting.sequencer)
    markets = [setting.market(feed, oracle=oracle, name=f"M{number}/USDC") for number in range(16)]
    enter("marginal pool of 16, a shared feed", marginal(setting, markets))


def test_commit__mint(warm, enter):
    enter("commit LongMint, first of its kind", warm.commit(warm.alice, CommitType.LONG_MINT, 1_000 * USDC))
    enter("commit LongMint, kind already there", warm.commit(warm.carol, CommitType.LONG_MINT, 1_000 * USDC))
    enter("commit LongMint, same user again", warm.commit(warm.carol, CommitType.LONG_MINT, 1_000 * USDC))


def test_commit__burn(warm, enter):
    warm.commit(warm.alice, CommitType.LONG_BURN, TOKEN)
    enter("commit LongBurn, kind already there", warm.commit(warm.carol, CommitType.LONG_BURN, TOKEN))


def test_claim__one_executed_commitment(warm, enter):
    warm.commit(warm.alice, CommitType.LONG_MINT, 1_000 * USDC)
    warm.upkeep(30_300)
    enter("claim one executed commitment", warm.claim(warm.alice))


def test_transfer__to_a_holder(warm, enter):
    token = warm.setting.chain.at("PoolToken", warm.pool.longToken())
    assert token.balanceOf(warm.carol) > 0
    receipt = warm.setting.send(token, "transfer", warm.carol, TOKEN, sender=warm.alice)
    enter("transfer of a pool token, to a holder", receipt.gas_used)


def test_deploy__a_pool_with_its_two_tokens(warm, enter):
    arguments = tuple(asdict(replace(warm.params, market="ETH/USDC")).values())
    setting = warm.setting
    receipt = setting.send(setting.contracts.factory, "deployPool", arguments, sender=setting.owner)
    enter("deploy a pool with its two tokens", receipt.gas_used)
