"""Deployments of the small system that are cut off at a step."""

from pathlib import Path
from typing import Any

import pytest

from perpetual_pools import records
from perpetual_pools.deployment.system import deploy_system
from perpetual_pools.parameters import Parameters
from perpetual_pools.records import Record

POOL = "3-BTC/USDC"
TOKENS = ("3L-BTC/USDC", "3S-BTC/USDC")
PAIRS = [f"{token} pair" for token in TOKENS]
STEPS = [
    *("settlement token", "BTC/USD feed", "BTC/USD first round", "BTC/USD oracle", "factory", "keeper", POOL),
    *("reward token", "WETH", "AMM factory", "AMM router", "farm"),
    *(step for token in TOKENS for step in (f"{token} pair", f"{token} farm", f"{token} pair farm")),
]
"""Of the small system, in order."""


class Crash(BaseException):
    """Nothing in the deployment may catch it, like the end of the process."""


class Faults:
    """Makes `records.save` fail: at each call the next of `plan` decides. Afterwards it works."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.plan: list[str] = []
        save = records.save

        def faulty(path: Path, record: Record) -> None:
            fault = self.plan.pop(0) if self.plan else "none"
            if fault != "crash before":
                save(path, record)
            if fault != "none":
                raise Crash(fault)

        monkeypatch.setattr(records, "save", faulty)

    def stop_at(self, step: str, owner: Any, parameters: Parameters, path: Path, sent: bool) -> None:
        """Deploy until there, before or after the step's transaction is sent, which is not recorded."""
        saves = ["none"] * (2 * STEPS.index(step))
        self.plan = [*saves, *(["none", "crash before"] if sent else ["crash after"])]
        with pytest.raises(Crash):
            deploy_system(owner, parameters, path)
        record = records.load(path)
        assert record is not None
        assert record.intent is not None
        assert record.intent.step == step
