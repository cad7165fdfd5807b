"""Bounds of a pool's parameters: the last value that passes, the first that is refused."""

from dataclasses import replace

import pytest

from tests.support.model import HOUR, PARAMS, USDC, WAD
from tests.support.refusals import refusal, refused

TENTH = WAD // 10
REFUSED = [
    ({"market": ""}, 6, refusal("MarketLengthOutOfBounds", length=0, minimum=1, maximum=24)),
    ({"market": "x" * 25}, 6, refusal("MarketLengthOutOfBounds", length=25, minimum=1, maximum=24)),
    # 13 letters of two bytes each: bytes count, as on the chain
    ({"market": "é" * 13}, 6, refusal("MarketLengthOutOfBounds", length=26, minimum=1, maximum=24)),
    ({"leverage": 0}, 6, refusal("LeverageOutOfBounds", leverage=0, minimum=1, maximum=10)),
    ({"leverage": 11}, 6, refusal("LeverageOutOfBounds", leverage=11, minimum=1, maximum=10)),
    (
        {"rebalance_interval": 599},
        6,
        refusal("RebalanceIntervalOutOfBounds", interval=599, minimum=600, maximum=604_800),
    ),
    (
        {"rebalance_interval": 604_801},
        6,
        refusal("RebalanceIntervalOutOfBounds", interval=604_801, minimum=600, maximum=604_800),
    ),
    (
        {"front_running_interval": HOUR},
        6,
        refusal("FrontRunningIntervalTooLong", frontRunningInterval=HOUR, rebalanceInterval=HOUR),
    ),
    ({"management_fee": TENTH + 1}, 6, refusal("ManagementFeeTooHigh", fee=TENTH + 1, maximum=TENTH)),
    ({"mint_fee": TENTH + 1}, 6, refusal("MintFeeTooHigh", fee=TENTH + 1, maximum=TENTH)),
    ({"burn_fee": TENTH + 1}, 6, refusal("BurnFeeTooHigh", fee=TENTH + 1, maximum=TENTH)),
    (
        {"keeper_reward_ramp": HOUR + 1},
        6,
        refusal("KeeperRewardRampTooLong", ramp=HOUR + 1, rebalanceInterval=HOUR),
    ),
    ({}, 5, refusal("SettlementDecimalsOutOfBounds", decimals=5, minimum=6, maximum=18)),
    ({}, 19, refusal("SettlementDecimalsOutOfBounds", decimals=19, minimum=6, maximum=18)),
    ({"min_liquidity": USDC - 1}, 6, refusal("MinLiquidityTooLow", minLiquidity=USDC - 1, minimum=USDC)),
    ({}, 7, refusal("MinLiquidityTooLow", minLiquidity=USDC, minimum=10**7)),
]


@pytest.mark.parametrize(("changes", "decimals", "expected"), REFUSED, ids=[row[-1].error for row in REFUSED])
def test_validate__first_value_beyond_a_bound__is_refused(changes, decimals, expected):
    with refused(expected):
        replace(PARAMS, **changes).validate(decimals)


@pytest.mark.parametrize(
    ("changes", "decimals"),
    [
        ({"market": "x"}, 6),
        ({"market": "é" * 12}, 6),
        ({"leverage": 1}, 6),
        ({"leverage": 10}, 6),
        ({"rebalance_interval": 600}, 6),
        ({"rebalance_interval": 604_800}, 6),
        ({"front_running_interval": 0}, 6),
        ({"front_running_interval": HOUR - 1}, 6),
        ({"management_fee": TENTH, "mint_fee": TENTH, "burn_fee": TENTH}, 6),
        ({"keeper_reward_ramp": 0}, 6),
        ({"keeper_reward_ramp": HOUR, "keeper_reward_max": 2**128 - 1}, 6),
        ({"min_liquidity": 10**18}, 18),
    ],
)
def test_validate__last_value_within_a_bound__passes(changes, decimals):
    assert replace(PARAMS, **changes).validate(decimals) is None


def test_validate__several_bounds_broken__names_the_first_in_the_contracts_order():
    broken = replace(PARAMS, leverage=0, rebalance_interval=0, mint_fee=WAD, min_liquidity=0)
    with refused(refusal("LeverageOutOfBounds", leverage=0, minimum=1, maximum=10)):
        broken.validate(0)


def test_name__of_a_pool__is_leverage_and_market():
    assert PARAMS.name == "3-BTC/USDC"
