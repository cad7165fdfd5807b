"""Uniswap V2 as it is published, and the addresses of one that is there already."""

from typing import Any

import pytest
from eth_utils import keccak

from perpetual_pools.chain import amm
from perpetual_pools.chain.amm import Amm, AmmError
from perpetual_pools.model import ZERO_ADDRESS

NOBODY = "0x" + "77" * 20


@pytest.fixture
def uniswap(owner: Any) -> Amm:
    return amm.deploy(owner)


@pytest.fixture
def tokens(project: Any, owner: Any) -> list[Any]:
    return [owner.deploy(project.MockERC20, "Token", "TKN", decimals) for decimals in (18, 6)]


def test_published__code_of_pairs__is_what_the_router_expects() -> None:
    # The router computes a pair's address from this hash, and knows no other pairs.
    code_hash = keccak(hexstr=str(amm.container(amm.PAIR).contract_type.deployment_bytecode.bytecode))
    assert code_hash.hex() == "96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"
    assert code_hash.hex() in str(amm.container(amm.ROUTER).contract_type.deployment_bytecode.bytecode)


def test_deploy__chain_whose_clock_the_caller_sets__is_asked_before_each_of_three_transactions(owner: Any) -> None:
    asked: list[int] = []
    uniswap = amm.deploy(owner, lambda: asked.append(owner.nonce))
    assert [nonce - asked[0] for nonce in asked] == [0, 1, 2]
    assert owner.nonce == asked[0] + 3
    assert (uniswap.router.factory(), uniswap.factory.feeToSetter()) == (uniswap.factory.address, owner.address)
    # PairModel knows no fee to the factory.
    assert uniswap.factory.feeTo() == ZERO_ADDRESS


def test_create_pair__two_tokens__is_found_in_either_order(uniswap: Amm, tokens: list[Any], owner: Any) -> None:
    first, second = (token.address for token in tokens)
    with pytest.raises(AmmError) as none:
        uniswap.pair(first, second)
    assert str(none.value) == f"the factory {uniswap.factory.address} has no pair of {first} and {second}"
    pair = uniswap.create_pair(owner, first, second)
    assert uniswap.pair(second, first).address == pair.address
    assert {pair.token0(), pair.token1()} == {first, second}
    assert pair.decimals() == 18


def test_at__factory_and_router_of_parameters__serve_as_those_that_were_deployed(
    uniswap: Amm, tokens: list[Any], owner: Any
) -> None:
    first, second = (token.address for token in tokens)
    pair = uniswap.create_pair(owner, first, second)
    found = amm.at(uniswap.factory.address, uniswap.router.address)
    assert (found.factory.address, found.router.address) == (uniswap.factory.address, uniswap.router.address)
    assert found.pair(first, second).address == pair.address


def test_at__router_of_another_exchange__is_refused(uniswap: Amm, owner: Any) -> None:
    other = amm.deploy(owner)
    with pytest.raises(AmmError) as refused:
        amm.at(uniswap.factory.address, other.router.address)
    assert str(refused.value) == (
        f"the router {other.router.address} works for the factory {other.factory.address}, not for {uniswap.factory.address}"
    )


def test_at__no_contract_there__is_refused_by_name(uniswap: Amm) -> None:
    for name, addresses in (
        ("factory", (NOBODY, uniswap.router.address)),
        ("router", (uniswap.factory.address, NOBODY)),
    ):
        with pytest.raises(AmmError) as refused:
            amm.at(*addresses)
        assert str(refused.value) == f"there is no contract at {NOBODY}, which should be the {name}"
