"""Two markets on one feed, which tests move on, and what is reported of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools.model import ChainlinkOracle, Feed, SequencerFeed
from perpetual_pools.status.alarms import find_alarms
from perpetual_pools.status.reader import Reader
from perpetual_pools.status.report import build_report
from perpetual_pools.twin.pool import World
from tests.support.records import loaded, record_of
from tests.support.status import (
    AT_1,
    AT_3,
    FIRST,
    GRACE,
    LONG_MINT,
    MAX_AGE,
    RAMP,
    REWARD,
    SECOND,
    SHORT_MINT,
    UP_SINCE,
    Scene,
)
from tests.support.world import USDC


@pytest.fixture
def scene(world: World, alice: Any, bob: Any, keeper: Any) -> Scene:
    """At SECOND both have rebalanced from 100 to 110. Alice has the L-tokens, bob the S-tokens, 1,000 each."""
    feed = world.chain.deploy("ReplayAggregator", 8, "BTC / USD")
    sequencer = world.chain.deploy("ReplayAggregator", 0, "L2 Sequencer Uptime Status Feed")
    model = ChainlinkOracle(Feed(8, address=feed.address), SequencerFeed(0, UP_SINCE), MAX_AGE, GRACE)
    oracle = world.chain.deploy("ChainlinkOracleWrapper", feed.address, sequencer.address, MAX_AGE, GRACE)
    scene = Scene(world, None, None, feed, sequencer, oracle, model)
    scene.set_sequencer(1, 0, UP_SINCE)
    scene.push(1, 100)
    rewarded = {"keeper_reward_max": REWARD, "keeper_reward_ramp": RAMP}
    scene.tame, scene.wild = (world.deploy_pool_on(oracle, model, leverage=p, **rewarded) for p in (1, 3))
    both = scene.tame, scene.wild
    for market in both:
        market.commit(alice, LONG_MINT, 1_000 * USDC)
        market.commit(bob, SHORT_MINT, 1_000 * USDC)
    world.move_to(FIRST)
    for market in both:
        market.rebalance(keeper)
        market.claim(alice)
        market.claim(bob)
    world.move_to(SECOND - 600)
    scene.push(2, 110)
    world.move_to(SECOND)
    for market in both:
        market.rebalance(keeper)
    assert (scene.tame.model.balances(), scene.wild.model.balances()) == (AT_1, AT_3)
    return scene


@pytest.fixture
def read(scene: Scene, tmp_path: Path) -> Callable[..., Any]:
    """`read()`: the report, with yields and alarms."""
    reader = Reader(loaded(record_of(tmp_path / "record.json", {}, scene.pools)))

    def report(**options: Any) -> dict[str, Any]:
        reading = reader.read()
        return build_report("arbitrum:local", reading, [], find_alarms(reading, **options))

    return report
