"""The check of a deployment: it compares chain, record and parameters, and the deployed code with the artifacts here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ape

from perpetual_pools.chain.contracts import compiler, is_own, verify_artifacts
from perpetual_pools.chain.multicall import Failure, Multicall, question
from perpetual_pools.chain.networks import connected_network
from perpetual_pools.deployment.expectations import Expectation, expectations, undistributed_weeks, weeks_expectations
from perpetual_pools.deployment.facts import (
    CHAIN_BY_PARAMETERS,
    CHAIN_BY_RECORD,
    RECORD_BY_PARAMETERS,
    Fact,
    chain_facts,
    code_facts,
    entry_of,
    parameter_facts,
)
from perpetual_pools.deployment.plan import FARM, FunctionCall, Step, plan
from perpetual_pools.deployment.preflight import verify_contracts
from perpetual_pools.parameters import Parameters
from perpetual_pools.records import Record

MISSING = "not recorded"


def check(parameters: Parameters, record: Record) -> list[Fact]:
    """Return all facts of a deployment to the connected chain. The facts that differ are the mistakes.

    Raises:
        ContractError: the sources in this checkout have changed since the artifacts were written.
        ParametersError: a feed, a token or the AMM on the chain does not match the parameters.
    """
    verify_artifacts()
    verify_contracts(parameters)
    steps = plan(parameters, record.deployer)
    facts = list(_of_record(steps, record))
    for step in steps:
        facts += parameter_facts(step, record)
        found = list(chain_facts(step, record))
        facts += found
        if not any(fact.differs for fact in found):  # otherwise the transaction or the address is already wrong
            facts += code_facts(step, record)
    facts += _compilers(steps, record)
    multicall = Multicall()
    facts += _answers(multicall, expectations(steps, parameters, record))
    if FARM in record.deployments:
        farm = record.address(FARM)
        views = ("start", "weeksScheduled")
        block, answers = multicall.ask({view: question("StakingFarm", farm, view) for view in views})
        if not any(isinstance(answer, Failure) for answer in answers.values()):
            of_farm = record, answers["start"], answers["weeksScheduled"], block.timestamp
            weeks = list(_answers(multicall, weeks_expectations(*of_farm, {})))
            if any(week.differs for week in weeks):  # only then read the farm's past events, which not every node has
                weeks = list(_answers(multicall, weeks_expectations(*of_farm, undistributed_weeks(record))))
            facts += weeks
    return facts


def _of_record(steps: list[Step], record: Record) -> Iterator[Fact]:
    """Yield facts about the record itself: it must have all steps and no others, and no step may be unfinished."""
    network = ape.chain.provider.network
    if not network.is_fork:  # a fork has the blocks of its network, but another name
        yield Fact("record", "network", record.network, connected_network(), CHAIN_BY_RECORD)
    names = {step.name for step in steps}
    for step in steps:
        # After the hand-over the owner sends these steps, so they are not in the record. The farm itself shows them.
        if not (isinstance(step, FunctionCall) and step.of_owner):
            found = "recorded" if entry_of(step, record) else MISSING
            yield Fact(step.name, "step", "recorded", found, RECORD_BY_PARAMETERS)
    for name in (*record.deployments, *record.calls):
        if name not in names:
            yield Fact(name, "step", "nothing", "recorded", RECORD_BY_PARAMETERS)
    if record.intent is not None:
        found = "under way: run `ape run deploy` again"
        yield Fact(record.intent.step, "step", "recorded", found, RECORD_BY_PARAMETERS)


def _compilers(steps: list[Step], record: Record) -> Iterator[Fact]:
    """Compare the recorded compiler with the one here. The compiler of a pool is that of its factory."""
    for step in steps:
        entry = record.deployments.get(step.name)
        if entry is not None and is_own(step.contract):
            yield Fact(step.name, "compiler", str(entry.compiler), compiler(), "artifacts against record")


def _answers(multicall: Multicall, expected: Iterator[Expectation]) -> Iterator[Fact]:
    all_of_them = list(expected)
    _, answers = multicall.ask({number: it.question for number, it in enumerate(all_of_them)})
    for number, it in enumerate(all_of_them):
        yield Fact(it.name, it.what, _text(it.answer), _text(answers[number]), CHAIN_BY_PARAMETERS)


def _text(value: Any) -> str:
    return "no answer" if isinstance(value, Failure) else str(value)
