"""The chains and markets that gas is measured on, and the book of measurements."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ape
import pytest
from ethpm_types import ContractType

from tests.gas.rows import ROWS, Row
from tests.support.gas import GasMarket, Setting, gas_chain

SNAPSHOT = Path(__file__).parents[2] / "snapshots" / "gas.json"
SLACK, DEPLOYMENT_SLACK = 150, 2_000
"""Gas by which a measurement may differ: an address or a hash of the sources with a zero byte more or less costs 12 (in
calldata) or 200 (in code)."""


class Book:
    """Compares what is measured with the snapshot; `./dev gas` also writes it."""

    def __init__(self) -> None:
        self.snapshot: dict[str, int] = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
        self.measured: dict[str, int] = {}

    def enter(self, row: Row, gas: int, *, update: bool) -> None:
        """Fails when the goal is missed, and when the snapshot says another number (unless it is being updated)."""
        self.measured[row.name] = gas
        assert gas <= row.goal, f"{row.name}: {gas:,} gas, the goal is {row.goal:,}"
        if not update:
            slack = DEPLOYMENT_SLACK if row.name.startswith("deploy") else SLACK
            recorded = self.snapshot.get(row.name, 0)
            assert abs(gas - recorded) <= slack, (
                f"{row.name}: {gas:,} gas, the snapshot says {recorded:,}. "
                "If that is meant, run ./dev gas and say why in the commit"
            )


BOOK = pytest.StashKey[Book]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[BOOK] = Book()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    book = config.stash[BOOK]
    if not (config.getoption("--update-gas") and book.measured):
        return
    write = terminalreporter.write_line
    write(f"{'action':58} {'goal':>10} {'measured':>10} {'before':>10} {'of peer':>8}")
    for row in ROWS:
        if row.name in book.measured:
            gas = book.measured[row.name]
            ratio = f"{gas / row.peer:8.2f}" if row.peer else f"{'-':>8}"
            before = f"{book.snapshot[row.name]:>10,}" if row.name in book.snapshot else f"{'-':>10}"
            write(f"{row.name:58} {row.goal:>10,} {gas:>10,} {before} {ratio}")
    SNAPSHOT.parent.mkdir(exist_ok=True)
    merged = {row.name: book.measured.get(row.name, book.snapshot.get(row.name)) for row in ROWS}
    known = {name: gas for name, gas in merged.items() if gas is not None}
    SNAPSHOT.write_text(json.dumps(known, indent=2) + "\n")
    write(f"written: {SNAPSHOT.relative_to(Path(config.rootpath))}")


@pytest.fixture(scope="session")
def project() -> Any:
    """Ape's own."""
    return ape.project


@pytest.fixture
def enter(request: pytest.FixtureRequest) -> Any:
    """`enter("name of the row", gas)`"""
    book, rows = request.config.stash[BOOK], {row.name: row for row in ROWS}

    def enter_row(name: str, gas: int) -> None:
        book.enter(rows[name], gas, update=request.config.getoption("--update-gas"))

    return enter_row


@pytest.fixture(scope="session")
def users(owner: Any, keeper: Any, alice: Any, bob: Any, carol: Any) -> list[str]:
    """Their addresses."""
    return [account.address for account in (owner, keeper, alice, bob, carol)]


@pytest.fixture(scope="session")
def new_setting(project: Any, users: list[str], proxy_type: ContractType) -> Iterator[Setting]:
    with gas_chain(project, users[0]) as chain:
        yield Setting(chain, users, proxy_type)


@pytest.fixture(scope="session")
def warm_market(project: Any, users: list[str], proxy_type: ContractType) -> Iterator[GasMarket]:
    with gas_chain(project, users[0]) as chain:
        setting = Setting(chain, users, proxy_type)
        market = setting.market(setting.feed())
        setting.warm_up(market)
        yield market


@pytest.fixture
def setting(new_setting: Setting) -> Iterator[Setting]:
    """Without pools. What the test does on the chain is undone after it."""
    with new_setting.chain.undone():
        yield new_setting


@pytest.fixture
def warm(warm_market: GasMarket) -> Iterator[GasMarket]:
    """A market on a chain of its own, warmed up. What the test does there is undone after it."""
    with warm_market.setting.chain.undone():
        yield warm_market
