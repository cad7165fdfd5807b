"""Deployed systems, each on a chain of its own: they are deployed once, and tests undo what they do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ape

from perpetual_pools.deployment.system import deploy_system
from perpetual_pools.parameters import Parameters, load
from perpetual_pools.records import Record
from tests.support.anvil import anvil, connected, request, undone
from tests.support.commands import MARKETS, ROOT, Done, examples, run
from tests.support.records import loaded

LOCAL = ROOT / "deploy" / "local.yaml"
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


@contextmanager
def local_system(folder: Path) -> Iterator[System]:
    """The system of `deploy/local.yaml`.

    The command is the example of the help as it is written, but for what keeps the test to itself: where the chain and the
    record are, no question, and JSON.
    """
    example, *_ = examples("deploy")
    assert tuple(example) == PARAMS
    path = folder / "record.json"
    with anvil() as url:
        done = run(url, "deploy", *example, "--record", path, "--yes", "--json")
        assert done.returncode == 0, done.stderr
        yield System(url, path, done)


@contextmanager
def small_system(folder: Path) -> Iterator[System]:
    """The system of `load_small`."""
    path = folder / "record.json"
    with anvil() as url:
        with connected(url):
            deploy_system(ape.accounts.test_accounts[0], load_small(), path)
        yield System(url, path, Done(0, "", ""))


@dataclass(frozen=True)
class RealNetwork:
    """A chain that Ape takes for Arbitrum One, where money is real: nothing is deployed there, and no account is named."""

    url: str

    def run(self, verb: str, *options: object, **more: str) -> Done:
        """Run the command in this process on that network."""
        return run("", verb, *options, "--network", "arbitrum:mainnet:node", WEB3_PROVIDER_URI=self.url, **more)
