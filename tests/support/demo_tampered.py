"""The demo, disturbed: one thing is done behind its back before the second rebalance.

`python -m tests.support.demo_tampered OUT` runs it once for each disturbance and prints, as JSON, how each run ended.
"""

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import ape

from perpetual_pools.demo.__main__ import main
from perpetual_pools.demo.run import Demo
from perpetual_pools.demo.scenario import Trader
from perpetual_pools.model.farm import TCR


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


def run(disturb: Callable[[Demo], None], folder: Path) -> dict[str, Any]:
    undisturbed = Demo.run_hour

    def run_hour(demo: Demo, hour: int) -> bool:
        if hour == 1:
            disturb(demo)
        return undisturbed(demo, hour)

    output = io.StringIO()
    with mock.patch.object(Demo, "run_hour", run_hour), contextlib.redirect_stdout(output):
        code = main(["--hours", "2", "--out", str(folder)])
    return {"exit code": code, "output": output.getvalue()}


if __name__ == "__main__":
    out = Path(sys.argv[1])
    print(json.dumps({disturb.__name__: run(disturb, out / disturb.__name__) for disturb in DISTURBANCES}))
