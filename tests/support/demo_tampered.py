"""The demo, disturbed: one thing is done behind its back before the second rebalance."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import ape

from perpetual_pools.demo.run import Demo
from perpetual_pools.demo.scenario import Trader
from perpetual_pools.model.farm import TCR
from tests.support.commands import run_demo


def mint(demo: Demo, token: Any, receiver: str, amount: int) -> None:
    """On the chain alone."""
    demo.stage.chain.send(token, "mint", [receiver, amount], demo.stage.deployer)


def money_goes_and_comes(demo: Demo) -> None:
    """One unit leaves the first pool, one enters the second, in the model too: only P1 can tell."""
    world, poorer, richer = demo.stage.world, demo.markets[0].model.address, demo.markets[1].model.address
    ape.chain.provider.set_balance(poorer, 10**18)
    world.chain.send(world.token, "transfer", [richer, 1], ape.accounts[poorer])
    world.ledger.transfer(poorer, richer, 1)


def chain_and_model_part(demo: Demo) -> None:
    """A trader and the farm get a unit on the chain alone; the last pool gets one of fees in the model alone."""
    mint(demo, demo.stage.world.token, demo.stage.addresses[Trader.STRADDLER], 1)
    mint(demo, demo.mining.twin.reward, demo.mining.model.address, 1)
    demo.markets[3].model.protocol_fees += 1


def rewards_come_from_nowhere(demo: Demo) -> None:
    """Somebody has 1,000 TCR more, in the model too: only F2 can tell."""
    mint(demo, demo.mining.twin.reward, demo.stage.addresses[Trader.FLIPPER], 1_000 * TCR)
    demo.mining.reward_ledger.mint(demo.stage.addresses[Trader.FLIPPER], 1_000 * TCR)


def mints_are_paused(demo: Demo) -> None:
    """On the chain alone."""
    demo.stage.chain.send(demo.markets[3].twin.pool, "setMintPaused", [True], demo.stage.deployer)


def sequencer_goes_down(demo: Demo) -> None:
    """On the chain alone."""
    chain, oracle = demo.stage.chain, demo.markets[0].twin.oracle
    feed = chain.at("ReplayAggregator", oracle.sequencerFeed())
    chain.send(feed, "pushRound", [2, 1, chain.now, chain.now], demo.stage.deployer)


DISTURBANCES: list[Callable[[Demo], None]] = [
    money_goes_and_comes,
    chain_and_model_part,
    rewards_come_from_nowhere,
    mints_are_paused,
    sequencer_goes_down,
]


@dataclass(frozen=True)
class Ended:
    """How a disturbed run ended."""

    code: int
    failures: list[str]
    report: dict[str, Any]


def run_disturbed(disturb: Callable[[Demo], None], folder: Path) -> Ended:
    """Run the demo for two hours, and disturb it before the second rebalance."""
    undisturbed = Demo.run_hour

    def run_hour(demo: Demo, hour: int) -> bool:
        if hour == 1:
            disturb(demo)
        return undisturbed(demo, hour)

    with mock.patch.object(Demo, "run_hour", run_hour):
        done = run_demo("--hours", 2, "--out", folder)
    failures = re.findall(r"^FAILED: (.*)$", done.stdout, re.MULTILINE)
    return Ended(done.returncode, failures, json.loads((folder / "report.json").read_text()))
