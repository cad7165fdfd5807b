"""Parameters of small systems, and where their records are."""

from pathlib import Path
from typing import Any

import pytest

from perpetual_pools.chain import amm, contracts
from perpetual_pools.parameters import Amm, Parameters, Sequencer, load

LOCAL = Path(__file__).parents[2] / "deploy" / "local.yaml"
HOUR = 3_600


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.json"


@pytest.fixture(scope="module")
def local() -> Parameters:
    return load(LOCAL)


@pytest.fixture(scope="module")
def small(local: Parameters) -> Parameters:
    """One feed and one market of the local system: eighteen steps."""
    return local.model_copy(update={"feeds": {"BTC/USD": local.feeds["BTC/USD"]}, "markets": [local.markets[1]]})


@pytest.fixture
def existing(owner: Any, chain: Any, small: Parameters) -> Parameters:
    """`small` on tokens, a feed, a sequencer feed and an AMM that are there."""
    now = chain.blocks.head.timestamp
    token = contracts.deploy_settlement_token(owner, "USD Coin", "USDC", 6)
    feed = contracts.deploy_feed(owner, 8, "BTC / USD")
    feed.pushRound(1, 30_000 * 10**8, now, now, sender=owner)
    sequencer = contracts.deploy_feed(owner, 0, "L2 Sequencer Uptime Status Feed")
    sequencer.pushRound(1, 0, now - 2 * HOUR, now - 2 * HOUR, sender=owner)
    tcr = contracts.deploy_settlement_token(owner, "Tracer", "TCR", 18)
    exchange = amm.deploy(owner)
    changed = {"address": feed.address, "first_price": None}
    reward_token = small.farm.reward_token.model_copy(update={"address": tcr.address})
    return small.model_copy(
        update={
            "settlement_token": small.settlement_token.model_copy(update={"address": token.address}),
            "feeds": {"BTC/USD": small.feeds["BTC/USD"].model_copy(update=changed)},
            "farm": small.farm.model_copy(update={"reward_token": reward_token}),
            "amm": Amm(factory=exchange.factory.address, router=exchange.router.address),
            "sequencer": Sequencer(feed=sequencer.address, grace_period="1 hour"),
        }
    )
