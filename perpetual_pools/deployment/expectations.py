"""The answers that the contracts of a deployment must give, derived from the parameters and the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ape
from eth_abi.abi import decode
from eth_utils.conversions import to_hex
from eth_utils.crypto import keccak

from perpetual_pools.chain.contracts import container
from perpetual_pools.chain.multicall import Question, question
from perpetual_pools.deployment.facts import entry_of, wanted_arguments
from perpetual_pools.deployment.plan import FACTORY, FARM, FunctionCall, PairCreation, PoolCreation, Step
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.model.farm import WEEK
from perpetual_pools.parameters import Parameters
from perpetual_pools.records import Record

NOT_VIEWS = frozenset({"market", "owner"})
"""Constructor arguments without a view of the same name, or whose view may change its answer."""


@dataclass(frozen=True)
class Expectation:
    """A question to the contract with that name in the record, and the answer that it must give."""

    name: str
    what: str
    question: Question
    answer: Any


def expectations(steps: list[Step], parameters: Parameters, record: Record) -> Iterator[Expectation]:
    """Yield the expectations for each recorded contract, except for the weeks of the farm."""
    for step in steps:
        if not isinstance(step, FunctionCall) and entry_of(step, record):
            yield from _of_arguments(step, record)
            if isinstance(step, PoolCreation):
                yield from _of_pool(step, record)
            if step.contract == "UniswapV2Factory":
                yield _expect(record, step.name, step.contract, "feeTo", ZERO_ADDRESS)
    owner = record.deployer if parameters.owner == "deployer" else parameters.owner
    for name, contract in ((FACTORY, "PoolFactory"), (FARM, "StakingFarm")):
        if name in record.deployments:
            yield _expect(record, name, contract, "owner", owner)
            yield _expect(record, name, contract, "pendingOwner", ZERO_ADDRESS)
    if FARM in record.deployments:
        yield from _of_farm(steps, parameters, record)


def _expect(record: Record, name: str, contract: str, view: str, answer: Any, *arguments: Any) -> Expectation:
    what = f"{view}({', '.join(map(str, arguments))})" if arguments else view
    return Expectation(name, what, question(contract, record.address(name), view, *arguments), answer)


def _of_arguments(step: Step, record: Record) -> Iterator[Expectation]:
    """Yield the views that must answer the arguments of the constructor."""
    if isinstance(step, PairCreation):
        tokens = sorted(wanted_arguments(step, record).values(), key=str.lower)
        for view, token in zip(("token0", "token1"), tokens, strict=True):
            yield _expect(record, step.name, step.contract, view, token)
        return
    entry = record.deployments[step.name]
    for name, value in (entry.arguments | wanted_arguments(step, record)).items():
        if (view := name.strip("_")) not in NOT_VIEWS:
            yield _expect(record, step.name, step.contract, view, value)


def _of_pool(step: PoolCreation, record: Record) -> Iterator[Expectation]:
    pool = record.address(step.name)
    yield _expect(record, step.name, step.contract, "name", step.name)
    yield _expect(record, step.name, step.contract, "factory", record.address(FACTORY))
    yield _expect(record, step.name, step.contract, "mintPaused", False)
    yield _expect(record, step.name, step.contract, "isShutdown", False)
    yield _expect(record, FACTORY, "PoolFactory", "isPool", True, pool)
    for view, token in zip(("longToken", "shortToken"), step.tokens, strict=True):
        yield _expect(record, step.name, step.contract, view, record.address(token))
        yield _expect(record, token, "PoolToken", "name", token)
        yield _expect(record, token, "PoolToken", "symbol", token)
        yield _expect(record, token, "PoolToken", "pool", pool)


def _of_farm(steps: list[Step], parameters: Parameters, record: Record) -> Iterator[Expectation]:
    yield _expect(record, FARM, "StakingFarm", "primaryBps", parameters.farm.primary)
    added = [step for step in steps if isinstance(step, FunctionCall) and step.function == "addFarm"]
    yield _expect(record, FARM, "StakingFarm", "farmCount", len(added))
    for step in added:
        wanted = wanted_arguments(step, record)
        if wanted["token"] in record.addresses.values():
            token = step.name.removesuffix(" farm")
            asked = question("StakingFarm", record.address(FARM), "farm", wanted["token"])
            answer = (int(wanted["market"]), int(wanted["weight"]))
            yield Expectation(FARM, f"market and weight of {token}", asked, answer)


def weeks_expectations(
    record: Record, start: int, scheduled: int, now: int, undistributed: Mapping[int, int]
) -> Iterator[Expectation]:
    """Yield the expected amount of each week that is scheduled or has begun: the programme's amount for that week.

    Args:
        undistributed: amounts by week, for the weeks that the owner filled with undistributed TCR instead.
    """
    programme = weekly_amounts()
    begun = max(0, (now - start) // WEEK + 1)
    for week in range(max(scheduled, begun)):
        amount = undistributed.get(week, programme[week] if week < len(programme) else 0)
        asked = question("StakingFarm", record.address(FARM), "weekAmount", week)
        yield Expectation(FARM, f"amount of week {week}", asked, amount)


def undistributed_weeks(record: Record) -> dict[int, int]:
    """Return the amount of each week that the owner filled with `scheduleUndistributed`, according to the farm's events."""
    event = container("StakingFarm").contract_type.events["UndistributedScheduled"]
    farm = record.deployments[FARM]
    topics = [to_hex(keccak(text=event.selector))]
    logs = ape.chain.provider.web3.eth.get_logs({"address": farm.address, "fromBlock": farm.block, "topics": topics})
    amounts: dict[int, int] = {}
    for log in logs:
        first = int.from_bytes(log["topics"][1])
        count, amount = decode(["uint256", "uint256"], log["data"])
        amounts |= dict.fromkeys(range(first, first + count), amount)
    return amounts
