"""What the wrapper is refused for at deployment, and what it keeps."""

import pytest

from tests.support.oracle import ZERO
from tests.support.revm import reverts

NOBODY = "0x" + "00" * 19 + "99"


def test_constructor__feed_without_code__reverts(revm, project, oracle):
    with reverts(oracle.NotAContract, account=NOBODY):
        revm.deploy(project.ChainlinkOracleWrapper, NOBODY, ZERO, 1, 0)


def test_constructor__zero_feed__reverts(revm, project, oracle):
    with reverts(oracle.NotAContract, account=ZERO):
        revm.deploy(project.ChainlinkOracleWrapper, ZERO, ZERO, 1, 0)


def test_constructor__sequencer_feed_without_code__reverts(revm, project, oracle, feed):
    with reverts(oracle.NotAContract, account=NOBODY):
        revm.deploy(project.ChainlinkOracleWrapper, feed, NOBODY, 1, 0)


def test_constructor__max_age_0__reverts(revm, project, oracle, feed):
    with reverts(oracle.ZeroMaxAge):
        revm.deploy(project.ChainlinkOracleWrapper, feed, ZERO, 0, 0)


@pytest.mark.parametrize("decimals", [37, 255])
def test_constructor__feed_with_more_than_36_decimals__reverts(revm, project, oracle, decimals):
    feed = revm.deploy(project.ReplayAggregator, decimals, "")
    with reverts(oracle.FeedDecimalsTooLarge, decimals=decimals, maximum=36):
        revm.deploy(project.ChainlinkOracleWrapper, feed, ZERO, 1, 0)


def test_constructor__contract_without_decimals__reverts(revm, project):
    no_feed = revm.deploy(project.RevertingReceiver)
    with reverts(no_feed.Refused):
        revm.deploy(project.ChainlinkOracleWrapper, no_feed, ZERO, 1, 0)


@pytest.mark.parametrize("decimals", [0, 8, 18, 36])
def test_constructor__stores_its_arguments_and_the_feeds_decimals(revm, project, sequencer, decimals):
    feed = revm.deploy(project.ReplayAggregator, decimals, "")
    oracle = revm.deploy(project.ChainlinkOracleWrapper, feed, sequencer, 90_000, 3_600)
    assert oracle.feed() == feed.address
    assert oracle.sequencerFeed() == sequencer.address
    assert oracle.maxAge() == 90_000
    assert oracle.gracePeriod() == 3_600
    assert oracle.feedDecimals() == decimals


def test_constructor__chain_without_sequencer_feed__stores_zero(revm, project, feed):
    oracle = revm.deploy(project.ChainlinkOracleWrapper, feed, ZERO, 1, 0)
    assert oracle.sequencerFeed() == ZERO
    assert oracle.maxAge() == 1
    assert oracle.gracePeriod() == 0
