"""A price feed and a sequencer feed that tests fill with rounds, and the wrapper over them, in an EVM at NOW."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.oracle import GRACE, MAX_AGE, NOW, SEQUENCER_UP, ZERO
from tests.support.revm import Instance, Revm


@pytest.fixture
def revm() -> Revm:
    return Revm(NOW)


@pytest.fixture
def feed(revm: Revm, project: Any) -> Instance:
    return revm.deploy(project.ReplayAggregator, 8, "BTC / USD")


@pytest.fixture
def sequencer(revm: Revm, project: Any) -> Instance:
    """Up since long ago."""
    feed = revm.deploy(project.ReplayAggregator, 0, "L2 Sequencer Uptime Status Feed")
    feed.pushRound(1, SEQUENCER_UP, NOW - 10**7, NOW - 10**7)
    return feed


@pytest.fixture
def deploy_oracle(revm: Revm, project: Any) -> Callable[..., Instance]:
    def deploy(
        feed: Instance, sequencer: Instance | str = ZERO, max_age: int = MAX_AGE, grace: int = GRACE
    ) -> Instance:
        return revm.deploy(project.ChainlinkOracleWrapper, feed, sequencer, max_age, grace)

    return deploy


@pytest.fixture
def oracle(deploy_oracle: Callable[..., Instance], feed: Instance, sequencer: Instance) -> Instance:
    return deploy_oracle(feed, sequencer)


@pytest.fixture
def push(feed: Instance) -> Callable[..., None]:
    """`push(id, dollars, updated_at)`: a round of `feed`."""

    def push_round(round_id: int, dollars: int, updated_at: int, started_at: int | None = None) -> None:
        feed.pushRound(round_id, dollars * 10**8, updated_at if started_at is None else started_at, updated_at)

    return push_round
