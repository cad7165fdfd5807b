"""The launch on a fork of Arbitrum One, with the parameters that are shipped for it. Its first day: `test_day`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools import amm
from perpetual_pools.contracts import instance
from perpetual_pools.deployment import deploy_system
from perpetual_pools.deployment.plan import plan
from perpetual_pools.deployment.rehearsal import rehearsal
from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.networks import default_record_path
from perpetual_pools.parameters import Parameters, ParametersError, load
from tests.fork.conftest import MAINNET
from tests.fork.upstream import AMM_FACTORY, AMM_ROUTER, CHAIN_ID, TCR, USDC

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


def test_launch__owner_that_is_no_contract__is_told(
    operator: Any, person: Callable[[str], Any], tmp_path: Path, launch: Parameters
) -> None:
    """A typing mistake hits no Safe."""
    nobody = person("nobody").address
    with pytest.raises(ParametersError) as raised:
        deploy_system(operator, launch.model_copy(update={"owner": nobody}), tmp_path / "record.json")
    line = (
        MAINNET.read_text()
        .splitlines()
        .index("owner: null # set your Safe: it is offered factory and farm at the end, and accepts them")
        + 1
    )
    assert raised.value.problems == [(line, f"there is no contract at {nobody}: a Safe is one")]


def test_parameters_as_shipped__ask_for_the_safe() -> None:
    with pytest.raises(ParametersError) as raised:
        load(MAINNET)
    ((_, message),) = raised.value.problems
    assert message == "set your Safe: the address that is to own factory and farm"
