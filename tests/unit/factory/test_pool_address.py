"""`poolAddress`: where a pool will be. Its parameters and its deployer decide, all of them."""

from dataclasses import fields, replace

import pytest
from eth_abi import encode
from eth_utils import keccak

from perpetual_pools.model import PoolParams
from tests.support.factory import STRANGER, ZERO, struct
from tests.support.world import ALICE, BOB

TYPES = "(string,address,address,uint8,uint32,uint32,uint64,uint64,uint64,uint128,uint32,uint128)"


def other_values(world, params):
    """For each field another valid value."""
    return {
        "market": "ETH/USDC",
        "settlement_token": world.chain.deploy("MockERC20", "", "", 6).address,
        "oracle": world.chain.deploy("FixedOracle", 100 * 10**18).address,
        "leverage": 1,
        "rebalance_interval": 7_200,
        "front_running_interval": 301,
        "management_fee": params.management_fee + 1,
        "mint_fee": params.mint_fee + 1,
        "burn_fee": params.burn_fee + 1,
        "keeper_reward_max": params.keeper_reward_max + 1,
        "keeper_reward_ramp": params.keeper_reward_ramp + 1,
        "min_liquidity": params.min_liquidity + 1,
    }


def test_pool_address__any_deployer__is_that_of_eip_1014(project, factory, params):
    code = bytes.fromhex(project.LeveragedPool.contract_type.deployment_bytecode.bytecode.removeprefix("0x"))
    for deployer in (ALICE, STRANGER, ZERO):
        salt = keccak(encode([TYPES, "address"], [struct(params), deployer]))
        init_code = keccak(code + encode([TYPES], [struct(params)]))
        digest = keccak(b"\xff" + bytes.fromhex(factory.address[2:]) + salt + init_code)
        assert factory.poolAddress(struct(params), deployer) == "0x" + digest[-20:].hex()


def test_pool_address__pool_deployed__is_there(world, factory, params):
    foretold = factory.poolAddress(struct(params), ALICE)
    assert world.chain.revm.evm.get_code(foretold) is None
    assert factory.deployPool(struct(params), sender=ALICE) == foretold
    assert world.chain.at("LeveragedPool", foretold).name() == "3-BTC/USDC"
    assert factory.poolAddress(struct(params), ALICE) == foretold


@pytest.mark.finding("G03")
def test_pool_address__any_single_field_or_the_deployer_differs__is_another_and_all_deploy(world, factory, params):
    others = other_values(world, params)
    assert list(others) == [field.name for field in fields(PoolParams)]
    variants = [(replace(params, **{name: value}), ALICE) for name, value in others.items()]
    deployments = [(params, ALICE), (params, BOB), *variants]
    foretold = [factory.poolAddress(struct(variant), deployer) for variant, deployer in deployments]
    assert len(set(foretold)) == 14
    deployed = [factory.deployPool(struct(variant), sender=deployer) for variant, deployer in deployments]
    assert deployed == foretold
    assert [factory.pools(index) for index in range(14)] == foretold


def test_pool_address__another_factory__is_another(world, factory, params):
    other = world.chain.deploy("PoolFactory", ALICE, ALICE)
    assert other.poolAddress(struct(params), ALICE) != factory.poolAddress(struct(params), ALICE)


def test_pool_address__parameters_that_no_pool_may_have__has_one_too(factory, params):
    """A view that says where, not whether."""
    refused = replace(params, leverage=255)
    assert factory.poolAddress(struct(refused), ALICE) not in (ZERO, factory.poolAddress(struct(params), ALICE))
