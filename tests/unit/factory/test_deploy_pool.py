"""`deployPool` and the registry: open to anyone, once for each deployer."""

from dataclasses import replace

import pytest
from eth_utils import keccak

from perpetual_pools.twin.chain import Reverted
from tests.support.factory import STRANGER, ZERO, struct
from tests.support.revm import reverts
from tests.support.world import ALICE, OWNER, TREASURY


def test_deploy_pool__same_parameters_and_deployer_again__reverts(factory, params):
    pool = factory.deployPool(struct(params), sender=ALICE)
    with reverts(factory.PoolExists, pool=pool):
        factory.deployPool(struct(params), sender=ALICE)
    assert factory.poolCount() == 1


@pytest.mark.finding("C16")
def test_deploy_pool__parameter_beyond_a_bound__reverts_with_the_pools_error_and_registers_nothing(
    world, factory, params
):
    refused = struct(replace(params, leverage=11))
    pool = world.chain.at("LeveragedPool", ZERO)
    with reverts(pool.LeverageOutOfBounds, leverage=11, minimum=1, maximum=10):
        factory.deployPool(refused, sender=ALICE)
    assert factory.poolCount() == 0
    assert factory.isPool(factory.poolAddress(refused, ALICE)) is False
    with pytest.raises(Reverted):
        factory.pools(0)


def test_deploy_pool__oracle_that_recovers__is_deployed_at_the_same_address_later(world, factory, params):
    oracle = world.chain.at("FixedOracle", params.oracle)
    foretold = factory.poolAddress(struct(params), ALICE)
    oracle.setReverting(True)
    reason = keccak(text="OracleReverting()")[:4]
    with reverts(world.chain.at("LeveragedPool", ZERO).NoAnswer, target=params.oracle, reason=reason):
        factory.deployPool(struct(params), sender=ALICE)
    assert factory.isPool(foretold) is False
    oracle.setReverting(False)
    assert factory.deployPool(struct(params), sender=ALICE) == foretold


@pytest.mark.parametrize("deployer", [OWNER, TREASURY, STRANGER])
def test_deploy_pool__by_anyone__is_registered_and_told(world, factory, params, deployer):
    first = factory.deployPool(struct(replace(params, leverage=1)), sender=ALICE)
    address = factory.deployPool(struct(params), sender=deployer)
    events = world.chain.revm.events(factory)
    pool = world.chain.at("LeveragedPool", address)
    assert events == [
        (
            "PoolDeployed",
            {
                "pool": address,
                "deployer": deployer,
                "longToken": pool.longToken(),
                "shortToken": pool.shortToken(),
                "params": struct(params),
            },
        )
    ]
    assert (factory.isPool(first), factory.isPool(address)) == (True, True)
    assert (factory.poolCount(), factory.pools(0), factory.pools(1)) == (2, first, address)


def test_deploy_pool__pool__has_this_factory_and_two_tokens_of_its_own(world, factory, params):
    pool = world.chain.at("LeveragedPool", factory.deployPool(struct(params), sender=ALICE))
    assert pool.factory() == factory.address
    for side, address in (("L", pool.longToken()), ("S", pool.shortToken())):
        token = world.chain.at("PoolToken", address)
        assert (token.pool(), token.symbol()) == (pool.address, f"3{side}-BTC/USDC")


# --- the registry ---


@pytest.mark.parametrize("index", [1, 2**256 - 1])
def test_pools__number_that_is_none__reverts(factory, params, index):
    factory.deployPool(struct(params), sender=ALICE)
    with pytest.raises(Reverted) as revert:
        factory.pools(index)
    assert (revert.value.name, revert.value.arguments) == ("", (b"",))


def test_is_pool__what_this_factory_did_not_deploy__is_none(world, factory, params):
    other = world.chain.deploy("PoolFactory", ALICE, ALICE)
    pool = other.deployPool(struct(params), sender=ALICE)
    strangers = [pool, other.address, factory.address, params.oracle, ALICE, ZERO]
    assert [factory.isPool(address) for address in strangers] == [False] * 6
    assert (factory.poolCount(), other.poolCount()) == (0, 1)
