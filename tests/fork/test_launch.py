"""The launch on a fork of Arbitrum One, with the parameters that are shipped for it. Its first day: `test_day`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools.chain import amm
from perpetual_pools.chain.contracts import container, instance
from perpetual_pools.chain.networks import default_record_path
from perpetual_pools.deployment.plan import plan
from perpetual_pools.deployment.rehearsal import rehearsal
from perpetual_pools.deployment.system import deploy_system
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.parameters import Parameters, ParametersError, load
from tests.support.fork import MAINNET
from tests.support.upstream import AMM_FACTORY, AMM_ROUTER, CHAIN_ID, TCR, USDC, WETH

STEPS = 2 + 2 + 4 + 1 + 8 + 16 + 2
"""Oracles, factory and keeper, pools, farm, pairs, farms, offers of ownership."""


def test_launch__rehearsed_then_done__has_the_same_addresses(
    operator: Any, safe: Any, fork: Any, tmp_path: Path, launch: Parameters
) -> None:
    nonce = operator.nonce
    assert default_record_path().name == "arbitrum-mainnet-fork.json"
    with rehearsal(operator.address) as account:
        rehearsed = deploy_system(account, launch, tmp_path / "rehearsed" / "record.json")
    assert operator.nonce == nonce
    assert len(plan(launch, operator.address)) == STEPS
    with rehearsal(operator.address) as account:  # the key of the operator is nowhere here
        path = tmp_path / "record.json"
        record = deploy_system(account, launch, path)
        assert record.addresses == rehearsed.addresses
        assert (record.network, record.chain_id) == ("arbitrum:mainnet-fork", CHAIN_ID)
        assert account.nonce == nonce + STEPS
        assert deploy_system(account, launch, path) == record
        assert account.nonce == nonce + STEPS

        exchange = amm.at(AMM_FACTORY, AMM_ROUTER)
        farm = instance("StakingFarm", record.address("farm"))
        assert farm.rewardToken() == TCR
        assert farm.farmCount() == 16
        for market in launch.markets:
            pool = instance("LeveragedPool", record.address(market.name))
            feed = launch.feeds[market.feed].address
            _, answer, _, _, _ = instance("IAggregatorV3", feed).latestRoundData()
            assert (pool.settlementToken(), pool.lastPrice()) == (USDC, answer * 10**10)
            for name, token in zip(market.tokens, (pool.longToken(), pool.shortToken()), strict=True):
                assert record.address(name) == token
                assert record.address(f"{name} pair") == exchange.pair(token, USDC).address
        for owned in (instance("PoolFactory", record.address("factory")), farm):
            assert (owned.owner(), owned.pendingOwner()) == (operator, safe)
            owned.acceptOwnership(sender=safe)
            assert (owned.owner(), owned.pendingOwner()) == (safe, ZERO_ADDRESS)


def test_launch__owner_that_is_no_safe__is_told(
    operator: Any, person: Callable[[str], Any], fork: Any, tmp_path: Path, launch: Parameters
) -> None:
    """A typing mistake hits no Safe; nor is an account one that has the code of a Safe by delegation, and one key."""
    line = (
        MAINNET.read_text()
        .splitlines()
        .index("owner: null # set your Safe: it is offered factory and farm at the end, and accepts them")
        + 1
    )

    def problem(owner: str) -> str:
        nonce = operator.nonce
        with pytest.raises(ParametersError) as raised:
            deploy_system(operator, launch.model_copy(update={"owner": owner}), tmp_path / "record.json")
        ((where, message),) = raised.value.problems
        assert (where, operator.nonce) == (line, nonce)
        return message

    nobody, delegated = person("nobody").address, person("delegated").address
    assert problem(nobody) == f"expected a Safe: there is no contract at {nobody}"
    fork.set_code(delegated, bytes.fromhex("ef0100" + launch.owner[2:]))
    assert instance("MockSafe", delegated).getThreshold() == 1  # it answers
    assert problem(delegated) == (
        f"expected a Safe: {delegated} is an account with a key, and only delegates to code (EIP-7702)"
    )
    for other in (USDC, WETH):  # WETH answers everything, with nothing
        assert problem(other).startswith(
            f"expected a Safe: the contract at {other} does not answer getThreshold() and getOwners(): "
        )
    for owners, threshold in (([], 1), ([nobody], 0)):
        safe = operator.deploy(container("MockSafe"), owners, threshold).address
        assert problem(safe) == (
            f"expected a Safe with owners and a threshold of at least 1: {safe} has {len(owners)} owners and "
            f"the threshold {threshold}"
        )


def test_parameters_as_shipped__ask_for_the_safe() -> None:
    with pytest.raises(ParametersError) as raised:
        load(MAINNET)
    ((_, message),) = raised.value.problems
    assert message == "set your Safe: the address that will own the factory and the farm"
