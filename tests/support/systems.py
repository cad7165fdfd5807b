"""Deployed systems, each on a chain of its own: they are deployed once, and tests undo what they do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ape

from perpetual_pools.chain import amm, contracts
from perpetual_pools.deployment.system import deploy_system
from perpetual_pools.parameters import Amm, Parameters, Sequencer, load
from perpetual_pools.records import Record
from tests.support.anvil import anvil, connected, request, undone
from tests.support.commands import MARKETS, ROOT, Done, examples, run
from tests.support.records import loaded

LOCAL = ROOT / "deploy" / "local.yaml"
HOUR = 3_600
PARAMS = ("--params", "deploy/local.yaml")


@dataclass(frozen=True)
class System:
    """A deployment.

    Args:
        url: its chain.
        path: the file of its record.
        deployed: what the command that deployed it printed.
    """

    url: str
    path: Path
    deployed: Done

    @property
    def record(self) -> Record:
        return loaded(self.path)

    @property
    def pools(self) -> list[str]:
        """Their addresses, in the order of MARKETS."""
        return [self.record.address(market) for market in MARKETS]

    def run(self, verb: str, *options: object, answer: str = "", **more: str) -> Done:
        """Run the command in this process, on this record."""
        return run(self.url, verb, *options, "--record", self.path, answer=answer, **more)

    def move_to(self, timestamp: int) -> None:
        """Mine a block of that time."""
        request(self.url, "evm_setNextBlockTimestamp", timestamp)
        request(self.url, "evm_mine")

    @contextmanager
    def undone(self) -> Iterator["System"]:
        """Undo on the way out what happens within to chain and record."""
        text = self.path.read_text()
        with undone(self.url):
            yield self
        self.path.write_text(text)


def load_small() -> Parameters:
    """One feed and one market of the local system: eighteen steps."""
    local = load(LOCAL)
    return local.model_copy(update={"feeds": {"BTC/USD": local.feeds["BTC/USD"]}, "markets": [local.markets[1]]})


def early_in_an_hour() -> tuple[str, str]:
    """anvil's option for a chain that begins ten minutes after a full hour: nothing is due for 50 minutes."""
    return "--timestamp", str((int(time.time()) // HOUR + 1) * HOUR + 600)


@contextmanager
def local_system(folder: Path) -> Iterator[System]:
    """The system of `deploy/local.yaml`.

    The command is the example of the help as it is written, but for what keeps the test to itself: where the chain and the
    record are, no question, and JSON.
    """
    example, *_ = examples("deploy")
    assert tuple(example) == PARAMS
    path = folder / "record.json"
    with anvil(*early_in_an_hour()) as url:
        done = run(url, "deploy", *example, "--record", path, "--yes", "--json")
        assert done.returncode == 0, done.stderr
        yield System(url, path, done)


@contextmanager
def small_system(folder: Path) -> Iterator[System]:
    """The system of `load_small`."""
    path = folder / "record.json"
    with anvil(*early_in_an_hour()) as url:
        with connected(url):
            deploy_system(ape.accounts.test_accounts[0], load_small(), path)
        yield System(url, path, Done(0, "", ""))


@dataclass(frozen=True)
class HandedOver:
    """A small system whose factory and farm are offered to another owner, who has not accepted them yet.

    Args:
        parameters: those of `load_small` with that owner and another share of the primary market.
        record: what was recorded.
        foretold_gas: what the plan said that all would take.
    """

    parameters: Parameters
    record: Record
    foretold_gas: int


def hand_over(owner: str, path: Path) -> HandedOver:
    """Deploy it on the connected chain."""
    small = load_small()
    farm = small.farm.model_copy(update={"primary": 5_000})
    parameters = small.model_copy(update={"owner": owner, "fee_recipient": "owner", "farm": farm})
    gas: list[int] = []
    deployer = ape.accounts.test_accounts[0]
    record = deploy_system(deployer, parameters, path, review=lambda run: gas.append(run.gas()))
    return HandedOver(parameters, record, gas[0])


def deploy_existing() -> Parameters:
    """Deploy tokens, a feed, a sequencer feed and an AMM on the connected chain; `load_small` on these."""
    owner, small, now = ape.accounts.test_accounts[0], load_small(), ape.chain.blocks.head.timestamp
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
            "sequencer": Sequencer.model_validate({"feed": sequencer.address, "grace_period": "1 hour"}),
        }
    )


@dataclass(frozen=True)
class RealNetwork:
    """A chain that Ape takes for Arbitrum One, where money is real: nothing is deployed there, and no account is named."""

    url: str

    def run(self, verb: str, *options: object, **more: str) -> Done:
        """Run the command in this process on that network."""
        return run("", verb, *options, "--network", "arbitrum:mainnet:node", WEB3_PROVIDER_URI=self.url, **more)
