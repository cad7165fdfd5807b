import ape
import pytest

from perpetual_pools.twin.chain import Reverted
from tests.support.oracle import ZERO
from tests.support.revm import Revm
from tests.support.world import NOW

NOBODY = "0x" + "00" * 19 + "99"


@pytest.fixture
def feed(owner, project):
    return owner.deploy(project.ReplayAggregator, 8, "BTC / USD")


@pytest.fixture
def sequencer(owner, project):
    return owner.deploy(project.ReplayAggregator, 0, "L2 Sequencer Uptime Status Feed")


@pytest.fixture
def oracle(owner, project, feed):
    """Any wrapper, for its errors."""
    return owner.deploy(project.ChainlinkOracleWrapper, feed, ZERO, 1, 0)


def test_constructor__feed_without_code__reverts(project, owner, oracle):
    with ape.reverts(oracle.NotAContract, account=NOBODY):
        owner.deploy(project.ChainlinkOracleWrapper, NOBODY, ZERO, 1, 0)


def test_constructor__zero_feed__reverts(project, owner, oracle):
    with ape.reverts(oracle.NotAContract, account=ZERO):
        owner.deploy(project.ChainlinkOracleWrapper, ZERO, ZERO, 1, 0)


def test_constructor__sequencer_feed_without_code__reverts(project, owner, oracle, feed):
    with ape.reverts(oracle.NotAContract, account=NOBODY):
        owner.deploy(project.ChainlinkOracleWrapper, feed, NOBODY, 1, 0)


def test_constructor__max_age_0__reverts(project, owner, oracle, feed):
    with ape.reverts(oracle.ZeroMaxAge):
        owner.deploy(project.ChainlinkOracleWrapper, feed, ZERO, 0, 0)


@pytest.mark.parametrize("decimals", [37, 255])
def test_constructor__feed_with_more_than_36_decimals__reverts(project, decimals):
    # Not through Ape, which reads errors as those of what an earlier test had at the new contract's address.
    chain = Revm(NOW)
    feed = chain.deploy(project.ReplayAggregator, decimals, "")
    with pytest.raises(Reverted) as reverted:
        chain.deploy(project.ChainlinkOracleWrapper, feed, ZERO, 1, 0)
    assert (reverted.value.name, reverted.value.arguments) == ("FeedDecimalsTooLarge", (decimals, 36))


def test_constructor__contract_without_decimals__reverts(project, owner):
    no_feed = owner.deploy(project.RevertingReceiver)
    with ape.reverts(no_feed.Refused):
        owner.deploy(project.ChainlinkOracleWrapper, no_feed, ZERO, 1, 0)


@pytest.mark.parametrize("decimals", [0, 8, 18, 36])
def test_constructor__stores_its_arguments_and_the_feeds_decimals(project, owner, sequencer, decimals):
    feed = owner.deploy(project.ReplayAggregator, decimals, "")
    oracle = owner.deploy(project.ChainlinkOracleWrapper, feed, sequencer, 90_000, 3_600)
    assert oracle.feed() == feed.address
    assert oracle.sequencerFeed() == sequencer.address
    assert oracle.maxAge() == 90_000
    assert oracle.gracePeriod() == 3_600
    assert oracle.feedDecimals() == decimals


def test_constructor__chain_without_sequencer_feed__stores_zero(project, owner, feed):
    oracle = owner.deploy(project.ChainlinkOracleWrapper, feed, ZERO, 1, 0)
    assert oracle.sequencerFeed() == ZERO
    assert oracle.maxAge() == 1
    assert oracle.gracePeriod() == 0
