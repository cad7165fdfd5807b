"""Checks before a deployment continues: chain, account, parameters and code must fit the record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import ape

from perpetual_pools.artifacts import artifact
from perpetual_pools.chain import sending
from perpetual_pools.chain.contracts import creation_address
from perpetual_pools.chain.networks import connected_network, genesis
from perpetual_pools.deployment.facts import chain_facts, code_facts, parameter_facts
from perpetual_pools.deployment.plan import Step
from perpetual_pools.errors import PerpetualPoolsError
from perpetual_pools.records import Record


class DeploymentError(PerpetualPoolsError):
    """The deployment cannot continue. The message says why and what to do."""


def verify_record(record: Record, path: Path, account: str, steps: Sequence[Step]) -> None:
    """Raise DeploymentError if the record belongs to another chain, account or parameters, or if the chain disagrees."""
    recorded = f"{record.network}, id {record.chain_id}, block 0 {record.genesis}"
    connected = f"{connected_network()}, id {ape.chain.chain_id}, block 0 {genesis()}"
    if recorded != connected:
        raise DeploymentError(
            f"{path} is the record of another chain: {recorded}. The connected chain is {connected}. "
            "Name another file for this chain's record, or remove that file if its chain is gone"
        )
    if record.deployer != account:
        raise DeploymentError(
            f"{path} is the record of {record.deployer}: continue with that account, not with {account}"
        )
    names = {step.name for step in steps}
    for name in (*record.deployments, *record.calls):
        if name not in names:
            raise DeploymentError(f"{path} has {name!r}, which the parameters do not ask for")
    for step in steps:
        verify_step(record, path, step)


def verify_step(record: Record, path: Path, step: Step) -> None:
    """Raise DeploymentError if the step's entry in the record differs from the parameters or from the chain."""
    for fact in parameter_facts(step, record):
        if fact.differs:
            raise DeploymentError(
                f"{path}: {fact.name!r} has {fact.what} = {fact.found}, but the parameters say {fact.expected}. "
                "Deployed contracts cannot change: name another file to deploy new ones"
            )
    for fact in chain_facts(step, record):
        if fact.differs:
            mend = "Restore the record as it was written"
            if fact.what == "transaction":
                mend += "; if the chain dropped its last blocks, remove this entry and those after it. Then run again"
            raise DeploymentError(
                f"{path}: {fact.name!r} has the {fact.what} {fact.expected}, but the chain says {fact.found}. {mend}"
            )


def recorded_nonce(record: Record, account: str) -> int:
    """Return the account's next nonce according to the record."""
    made = [entry for entry in record.deployments.values() if entry.deployer == account]
    last = [*made[-1:], *list(record.calls.values())[-1:]]
    transactions = [cast(Any, entry).transaction for entry in last]
    return max((1 + ape.chain.provider.web3.eth.get_transaction(it)["nonce"] for it in transactions), default=0)


def verify_nonce(record: Record, path: Path, account: str, recorded: int, open_steps: Sequence[Step]) -> None:
    """Raise DeploymentError if the node is behind, or if the account has continued with another record.

    Args:
        recorded: the account's next nonce according to the record.
    """
    block = sending.latest_block()
    nonce = sending.nonce_at(account, block)
    if nonce < recorded:
        raise DeploymentError(
            f"{path} has a transaction with nonce {recorded - 1}, but the node is behind: it expects nonce {nonce} from "
            f"{account}. Wait, then run again"
        )
    if not record.deployments:
        return
    sizes = {artifact(step.contract).runtime_size for step in open_steps} - {0}
    for number in range(recorded, nonce):
        address = creation_address(account, number)
        if len(ape.chain.provider.get_code(address, block_id=block)) in sizes:
            raise DeploymentError(
                f"{path} ends before nonce {recorded}, but with nonce {number} {account} has deployed {address}, which "
                "looks like one of the remaining steps. Is there a newer record?"
            )


def verify_code(record: Record, path: Path, steps: Sequence[Step]) -> None:
    """Raise DeploymentError if the recorded contracts were deployed from other code than this version's."""
    for step in steps:
        for fact in code_facts(step, record):
            if fact.differs:
                raise DeploymentError(
                    f"{path}: {fact.name!r} was deployed from {fact.found}. Check out that commit, then run again"
                )
