"""What a pool is refused for at deployment, and what it begins as. Specification, sections 3 and 8."""

import re
from dataclasses import astuple
from typing import Any

import pytest
from eth_utils import keccak

from perpetual_pools.model import ZERO_ADDRESS
from perpetual_pools.twin.pool import HOUR, PRICE, WAD, Twin, World
from tests.support.revm import reverts
from tests.support.world import NOW, OWNER, new_world

DAY = 86_400
TENTH = WAD // 10
NOBODY = "0x" + "00" * 19 + "99"
REFUSED = keccak(text="Refused()")[:4]
ORACLE_REVERTING = keccak(text="OracleReverting()")[:4]
DECIMALS = keccak(text="decimals()")[:4]


@pytest.fixture
def empty(project: Any) -> World:
    """Without pools, in the test's own process."""
    return new_world(project)


def deploy(world: World, price: int = PRICE, oracle: Any = None, **changes: Any) -> Any:
    """Through the factory, on the chain alone."""
    params = world.params(world.chain.deploy("FixedOracle", price) if oracle is None else oracle, **changes)
    address = world.contracts.factory.deployPool(astuple(params), sender=OWNER)
    return world.chain.at("LeveragedPool", address)


def refuses(world: World, error: str, **arguments: Any) -> Any:
    """The block reverts with this error of the pool."""
    return reverts(getattr(world.chain.at("LeveragedPool", ZERO_ADDRESS), error), **arguments)


# --- bounds ---


@pytest.mark.finding("C16")
@pytest.mark.parametrize(
    ("changes", "error", "arguments"),
    [
        ({"market": ""}, "MarketLengthOutOfBounds", {"length": 0, "minimum": 1, "maximum": 24}),
        ({"market": "M" * 25}, "MarketLengthOutOfBounds", {"length": 25, "minimum": 1, "maximum": 24}),
        ({"market": "é" * 13}, "MarketLengthOutOfBounds", {"length": 26, "minimum": 1, "maximum": 24}),
        ({"leverage": 0}, "LeverageOutOfBounds", {"leverage": 0, "minimum": 1, "maximum": 10}),
        ({"leverage": 11}, "LeverageOutOfBounds", {"leverage": 11, "minimum": 1, "maximum": 10}),
        ({"leverage": 255}, "LeverageOutOfBounds", {"leverage": 255, "minimum": 1, "maximum": 10}),
        *(
            (
                {"rebalance_interval": interval, "front_running_interval": 0, "keeper_reward_ramp": 0},
                "RebalanceIntervalOutOfBounds",
                {"interval": interval, "minimum": 600, "maximum": 604_800},
            )
            for interval in (0, 599, 604_801, 2**32 - 1)
        ),
        *(
            (
                {"front_running_interval": seconds},
                "FrontRunningIntervalTooLong",
                {"frontRunningInterval": seconds, "rebalanceInterval": HOUR},
            )
            for seconds in (HOUR, HOUR + 1, 2**32 - 1)
        ),
        *(
            ({name: fee}, error, {"fee": fee, "maximum": TENTH})
            for name, error in (
                ("management_fee", "ManagementFeeTooHigh"),
                ("mint_fee", "MintFeeTooHigh"),
                ("burn_fee", "BurnFeeTooHigh"),
            )
            for fee in (TENTH + 1, WAD, 2**64 - 1)
        ),
        *(
            (
                {"keeper_reward_ramp": ramp},
                "KeeperRewardRampTooLong",
                {"ramp": ramp, "rebalanceInterval": HOUR},
            )
            for ramp in (HOUR + 1, 2**32 - 1)
        ),
        *(
            ({"min_liquidity": units}, "MinLiquidityTooLow", {"minLiquidity": units, "minimum": 10**6})
            for units in (0, 10**6 - 1)
        ),
    ],
)
def test_deployment__beyond_a_bound__reverts(empty, changes, error, arguments):
    with refuses(empty, error, **arguments):
        deploy(empty, **changes)


@pytest.mark.parametrize(
    ("getter", "parameter", "value"),
    [
        ("leverage", "leverage", 1),
        ("leverage", "leverage", 10),
        ("rebalanceInterval", "rebalance_interval", 600),
        ("rebalanceInterval", "rebalance_interval", 7 * DAY),
        ("frontRunningInterval", "front_running_interval", 0),
        ("frontRunningInterval", "front_running_interval", HOUR - 1),
        ("managementFee", "management_fee", 0),
        ("managementFee", "management_fee", TENTH),
        ("mintFee", "mint_fee", 0),
        ("mintFee", "mint_fee", TENTH),
        ("burnFee", "burn_fee", 0),
        ("burnFee", "burn_fee", TENTH),
        ("keeperRewardMax", "keeper_reward_max", 0),
        ("keeperRewardMax", "keeper_reward_max", 2**128 - 1),
        ("keeperRewardRamp", "keeper_reward_ramp", 0),
        ("keeperRewardRamp", "keeper_reward_ramp", HOUR),
        ("minLiquidity", "min_liquidity", 10**6),
        ("minLiquidity", "min_liquidity", 2**128 - 1),
    ],
)
def test_deployment__at_a_bound__is_accepted(empty, getter, parameter, value):
    changes = {"keeper_reward_ramp": 600, "front_running_interval": 300, parameter: value}
    assert getattr(deploy(empty, **changes), getter)() == value


@pytest.mark.parametrize("decimals", [0, 5, 19, 255])
def test_deployment__settlement_token_with_other_than_6_to_18_decimals__reverts(empty, decimals):
    token = empty.chain.deploy("MockERC20", "", "", decimals)
    with refuses(empty, "SettlementDecimalsOutOfBounds", decimals=decimals, minimum=6, maximum=18):
        deploy(empty, settlement_token=token.address)


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_deployment__min_liquidity__is_at_least_one_whole_settlement_token(empty, decimals):
    token = empty.chain.deploy("MockERC20", "", "", decimals).address
    whole = 10**decimals
    with refuses(empty, "MinLiquidityTooLow", minLiquidity=whole - 1, minimum=whole):
        deploy(empty, settlement_token=token, min_liquidity=whole - 1)
    pool = deploy(empty, settlement_token=token, min_liquidity=whole)
    assert (pool.minLiquidity(), pool.settlementToken()) == (whole, token)


# --- who has to answer ---


@pytest.mark.parametrize("account", [ZERO_ADDRESS, NOBODY])
@pytest.mark.parametrize("parameter", ["settlement_token", "oracle"])
def test_deployment__token_or_oracle_without_code__reverts(empty, parameter, account):
    with refuses(empty, "NotAContract", account=account):
        deploy(empty, **{parameter: account})


@pytest.mark.parametrize("parameter", ["settlement_token", "oracle"])
def test_deployment__token_or_oracle_that_reverts__reverts_with_its_reason(empty, parameter):
    silent = empty.chain.deploy("RevertingReceiver").address
    with refuses(empty, "NoAnswer", target=silent, reason=REFUSED):
        deploy(empty, **{parameter: silent})


@pytest.mark.parametrize("answer", [b"\x06" * 31, b"\x00" * 31 + b"\x06" + b"\x00" * 32])
def test_deployment__token_that_does_not_answer_one_word__reverts_with_its_answer(empty, answer):
    token = empty.chain.deploy("GriefingPool", 3)
    token.setAnswer(DECIMALS, answer)
    with refuses(empty, "NoAnswer", target=token.address, reason=answer):
        deploy(empty, settlement_token=token.address)


def test_deployment__token_that_answers_a_number_beyond_uint8__reverts(empty):
    token = empty.chain.deploy("GriefingPool", 3)
    token.setAnswer(DECIMALS, b"\xff" * 32)
    with refuses(empty, "SettlementDecimalsOutOfBounds", decimals=2**256 - 1, minimum=6, maximum=18):
        deploy(empty, settlement_token=token.address)


def test_deployment__oracle_without_a_price_now__reverts_with_its_reason(empty):
    oracle = empty.chain.deploy("FixedOracle", PRICE)
    oracle.setReverting(True)
    with refuses(empty, "NoAnswer", target=oracle.address, reason=ORACLE_REVERTING):
        deploy(empty, oracle=oracle)


@pytest.mark.parametrize("price", [0, 2**96, 2**256 - 1])
def test_deployment__price_out_of_range__reverts(empty, price):
    with refuses(empty, "PriceOutOfRange", price=price):
        deploy(empty, price)


@pytest.mark.parametrize("price", [1, 2**96 - 1])
def test_deployment__price_at_the_edge_of_the_range__is_the_last_price(empty, price):
    assert deploy(empty, price).lastPrice() == price


# --- what it begins as ---


def test_deployment__getters__return_every_parameter(empty):
    oracle = empty.chain.deploy("FixedOracle", PRICE)
    parameters = {
        "leverage": 7,
        "rebalanceInterval": 2 * HOUR,
        "frontRunningInterval": 601,
        "managementFee": WAD // 50,
        "mintFee": WAD // 100,
        "burnFee": WAD // 200,
        "keeperRewardMax": 25 * 10**6,
        "keeperRewardRamp": 901,
        "minLiquidity": 3 * 10**6,
    }
    snake_case = {
        re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", name): value for name, value in parameters.items()
    }
    pool = deploy(empty, oracle=oracle, **snake_case)
    assert {name: getattr(pool, name)() for name in parameters} == parameters
    assert pool.factory() == empty.contracts.factory.address
    assert pool.settlementToken() == empty.token.address
    assert pool.oracle() == oracle.address


def test_deployment__opening__is_told_with_its_price_and_times(empty):
    pool = deploy(empty)
    opened = {"timestamp": NOW, "price": PRICE, "nextRebalance": NOW + 50 * 60}
    assert empty.chain.revm.events(pool) == [("Opened", opened)]


def test_deployment__state__is_that_of_an_empty_pool_in_epoch_1(market: Twin):
    pool = market.pool
    assert pool.lastPrice() == PRICE
    assert pool.lastRebalance() == NOW == 1_999_998_600
    assert pool.nextRebalance() == NOW + 50 * 60 == 2_000_001_600
    assert pool.epoch() == 1
    assert pool.protocolFees() == 0
    assert pool.mintPaused() is False
    assert pool.isShutdown() is False
    assert pool.balances() == (0, 0)
    assert pool.supplies() == (0, 0)
    assert pool.tokenPrices() == (WAD, WAD)
    assert pool.rebalancingRates() == (0, 0)
    assert pool.keeperReward() == 0
    assert [pool.batch(epoch, kind) for epoch in (0, 1, 2) for kind in range(6)] == [(0, 0)] * 18


@pytest.mark.parametrize(
    ("market", "leverage", "names"),
    [
        ("BTC/USDC", 1, ("1-BTC/USDC", "1L-BTC/USDC", "1S-BTC/USDC")),
        ("ETH/USDC", 3, ("3-ETH/USDC", "3L-ETH/USDC", "3S-ETH/USDC")),
        ("X", 10, ("10-X", "10L-X", "10S-X")),
        ("ABCDEFGHIJKL/MNOPQRSTUVW", 10, tuple(f"10{side}-ABCDEFGHIJKL/MNOPQRSTUVW" for side in ("", "L", "S"))),
    ],
)
def test_deployment__names__are_those_of_the_market_and_the_leverage(empty, market, leverage, names):
    pool = deploy(empty, market=market, leverage=leverage)
    tokens = [empty.chain.at("PoolToken", address) for address in (pool.longToken(), pool.shortToken())]
    assert (pool.name(), *(token.name() for token in tokens)) == names
    assert tuple(token.symbol() for token in tokens) == names[1:]


def test_deployment__pool_tokens__are_two_empty_tokens_of_this_pool_with_18_decimals(market: Twin):
    assert market.long_token.address != market.short_token.address
    for token in (market.long_token, market.short_token):
        assert token.pool() == market.pool.address
        assert token.decimals() == 18
        assert token.totalSupply() == 0
        assert token.balanceOf(market.pool) == 0


@pytest.mark.parametrize(
    ("second_of_the_hour", "front_running_interval", "opens_after"),
    [(0, 0, HOUR), (1, 0, HOUR), (3_599, 0, HOUR), (3_299, 300, HOUR), (3_300, 300, 2 * HOUR), (3_301, 300, 2 * HOUR)],
)
def test_deployment__next_rebalance__is_the_first_grid_time_after_now_and_the_front_running_interval(
    empty, second_of_the_hour, front_running_interval, opens_after
):
    hour = NOW - NOW % HOUR + DAY
    empty.move_to(hour + second_of_the_hour)
    pool = deploy(empty, front_running_interval=front_running_interval)
    assert pool.nextRebalance() == hour + opens_after
    assert pool.lastRebalance() == hour + second_of_the_hour


@pytest.mark.finding("K07")
@pytest.mark.parametrize(
    ("interval", "opens_at"), [(600, 1_999_999_200), (7 * DAY, 2_000_073_600), (601, 1_999_999_386)]
)
def test_deployment__grid__is_the_multiples_of_the_interval_since_the_unix_epoch(empty, interval, opens_at):
    pool = deploy(empty, rebalance_interval=interval)
    assert pool.nextRebalance() == opens_at
    assert opens_at % interval == 0
    assert opens_at - interval <= NOW + 300 < opens_at
