"""Two markets on one feed, which tests move on, and what is reported of them."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from perpetual_pools import records
from perpetual_pools.model import ChainlinkOracle, CommitType, Feed, Round, SequencerFeed
from perpetual_pools.status.alarms import find_alarms
from perpetual_pools.status.reader import Reader
from perpetual_pools.status.report import build_report
from perpetual_pools.twin.pool import HOUR, Twin, World
from tests.support.records import record_of
from tests.support.world import NOW, USDC

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, LONG_TO_SHORT, SHORT_TO_LONG = CommitType
TOKEN = 10**18
FIRST = NOW + 3_000
"""The full hour at which the pools rebalance first; then hourly."""
SECOND, THIRD = FIRST + HOUR, FIRST + 2 * HOUR
MAX_AGE = 5_400
GRACE = 600
RAMP = 600
REWARD = 100_000
"""Settlement units: 0.1 USDC."""
AT_1 = 1_090_909_090, 909_090_910
"""Settlement units after 100 -> 110: short keeps 10/11 of 1,000 USDC, up."""
AT_3 = 1_248_685_199, 751_314_801
"""The same with (10/11)**3."""
UP_SINCE = NOW - 86_400


@dataclass
class Scene:
    """Two pools on one feed and one sequencer feed; all on the chain and in the model."""

    world: World
    tame: Twin
    wild: Twin
    feed: Any
    sequencer: Any
    oracle: Any
    model: ChainlinkOracle

    @property
    def pools(self) -> dict[str, str]:
        return {"1-BTC/USDC": self.tame.pool.address, "3-BTC/USDC": self.wild.pool.address}

    def push(self, number: int, dollars: int, at: int | None = None) -> None:
        """A round of the feed."""
        time = self.world.now if at is None else at
        self._send(self.feed, "pushRound", number, dollars * 10**8, time, time)
        self.model.feed.push(Round(number, dollars * 10**8, time, time))

    def set_sequencer(self, number: int, answer: int, since: int) -> None:
        """Another round of the sequencer's feed."""
        self._send(self.sequencer, "pushRound", number, answer, since, since)
        self.model.sequencer = SequencerFeed(answer, since)

    def _send(self, feed: Any, function: str, *arguments: Any) -> None:
        self.world.chain.send(feed, function, arguments, self.world.owner)


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


def loaded(path: Path) -> records.Record:
    record = records.load(path)
    assert record is not None
    return record


def told(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Alarms, in short."""
    return [(alarm["id"], alarm["where"]) for alarm in report["alarms"]]


def text_of(report: dict[str, Any], identity: str) -> str:
    """Of the first alarm of that id."""
    return str(next(alarm["text"] for alarm in report["alarms"] if alarm["id"] == identity))


def shown(print_it: Callable[[Console], None]) -> list[str]:
    """The lines that say something, with single spaces."""
    output = io.StringIO()
    print_it(Console(file=output, width=80, markup=False))
    assert max(map(len, (line for line in output.getvalue().splitlines() if "ALARM" not in line))) <= 80
    lines = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    return [line for line in lines if line.strip("─")]
