"""docs/architecture.md lists what there is, and all of it: errors, events, permissions, parameters, storage."""

import json
import re
from dataclasses import fields, replace

import pytest

from perpetual_pools.model import PoolParams, Refused
from tests.docs.setting import DEPLOYMENT, LAUNCH
from tests.docs.text import DOCS, USDC, Page
from tools.compiler import CONTRACTS

PAGE = Page("architecture.md")
LAYOUT = json.loads((DOCS.parent / "snapshots" / "layout.json").read_text())
POOL_STATE = (DOCS.parent / "contracts" / "libraries" / "PoolState.sol").read_text()


def abi(project, contract, kind):
    return [entry.model_dump() for entry in getattr(project.get_contract(contract).contract_type, kind)]


def signature(entry) -> str:
    """`PoolExists(address pool)`"""
    inputs = (
        " ".join([item["type"], *["indexed"] * bool(item.get("indexed")), item["name"]]) for item in entry["inputs"]
    )
    return f"{entry['name']}({', '.join(inputs)})"


def listed(section: str, contract: str) -> list[str]:
    """The first column of the contract's table below that heading."""
    rows = PAGE.table(f"`{contract}`", "when", section=section)
    assert all(when for _, when in rows)
    return [name.strip("`") for name, _ in rows]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_errors__of_each_contract__are_those_of_its_abi(project, contract):
    rows = listed("Errors", contract)
    assert sorted(rows) == sorted(signature(entry) for entry in abi(project, contract, "errors"))


@pytest.mark.parametrize("contract", [name for name in CONTRACTS if name != "ChainlinkOracleWrapper"])
def test_events__of_each_contract__are_those_of_its_abi(project, contract):
    rows = listed("Events", contract)
    assert sorted(rows) == sorted(signature(entry) for entry in abi(project, contract, "events"))


def test_events__of_the_wrapper__are_none(project):
    assert "`ChainlinkOracleWrapper` has no events." in PAGE.text
    assert abi(project, "ChainlinkOracleWrapper", "events") == []


def test_permissions__list__every_function_that_changes_anything(project):
    rows = PAGE.table("contract", "function", "who")
    assert sorted((row[0].strip("`"), row[1].strip("`")) for row in rows) == sorted(
        (contract, entry["name"]) for contract in CONTRACTS for entry in abi(project, contract, "mutable_methods")
    )
    assert all(row[2] for row in rows)


# --- parameters ---

BEYOND = 2**128
ROWS = PAGE.table("parameter", "unit", "from", "to", "at launch", "what happens at the edge")
CELLS = {row[0].strip("`"): row for row in ROWS}


def number(cell: str) -> int:
    """`10^17`, `2 * 10^16`, `2^128 - 1`, `3600`; the words stand for what they mean at launch."""
    words = {"the interval": str(LAUNCH.rebalance_interval), "one token": str(USDC)}
    for word, meaning in words.items():
        cell = cell.replace(word, meaning)
    assert re.fullmatch(r"[\d ^*-]+", cell), cell
    total = 0
    for term in cell.split(" - "):
        product = 1
        for factor in term.split(" * "):
            base, _, exponent = factor.partition("^")
            product *= int(base) ** int(exponent or 1)
        total = product if total == 0 else total - product
    return total


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def test_parameters__names_and_order__are_those_of_pool_params(project):
    (deploy,) = [entry for entry in abi(project, "PoolFactory", "mutable_methods") if entry["name"] == "deployPool"]
    assert [row[0].strip("`") for row in ROWS] == [item["name"] for item in deploy["inputs"][0]["components"]]
    assert [row[0].strip("`") for row in ROWS] == [camel(field.name) for field in fields(PoolParams)]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("leverage", "LeverageOutOfBounds"),
        ("rebalanceInterval", "RebalanceIntervalOutOfBounds"),
        ("frontRunningInterval", "FrontRunningIntervalTooLong"),
        ("managementFee", "ManagementFeeTooHigh"),
        ("mintFee", "MintFeeTooHigh"),
        ("burnFee", "BurnFeeTooHigh"),
        ("keeperRewardRamp", "KeeperRewardRampTooLong"),
        ("minLiquidity", "MinLiquidityTooLow"),
        ("keeperRewardMax", None),
    ],
)
def test_parameters__bounds__are_those_at_which_a_deployment_is_refused(name, error):
    lowest, highest = number(CELLS[name][2]), number(CELLS[name][3])
    field = snake(name)
    calm = replace(LAUNCH, front_running_interval=0, keeper_reward_ramp=0) if name == "rebalanceInterval" else LAUNCH
    for value in (lowest, highest):
        replace(calm, **{field: value}).validate(6)
    outside = [value for value in (lowest - 1, highest + 1) if 0 <= value < BEYOND]
    assert len(outside) + (lowest == 0) + (highest == BEYOND - 1) == 2
    for value in outside:
        with pytest.raises(Refused, match=error):
            replace(calm, **{field: value}).validate(6)


def test_parameters__market_and_decimals__are_bounded_as_listed():
    lowest, highest = number(CELLS["market"][2]), number(CELLS["market"][3])
    for length in (lowest, highest):
        replace(LAUNCH, market="x" * length).validate(6)
    for length in (lowest - 1, highest + 1):
        with pytest.raises(Refused, match="MarketLengthOutOfBounds"):
            replace(LAUNCH, market="x" * length).validate(6)
    lowest, highest = number(CELLS["settlementToken"][2]), number(CELLS["settlementToken"][3])
    rich = replace(LAUNCH, min_liquidity=10**19)
    for decimals in (lowest, highest):
        rich.validate(decimals)
    for decimals in (lowest - 1, highest + 1):
        with pytest.raises(Refused, match="SettlementDecimalsOutOfBounds"):
            rich.validate(decimals)


def test_parameters__at_launch__are_those_of_the_deployment():
    named = {"market", "settlementToken", "oracle", "leverage"}
    for name in CELLS.keys() - named:
        assert number(CELLS[name][4]) == getattr(LAUNCH, snake(name)), name
    assert CELLS["market"][4] == f"`{LAUNCH.market}`"
    assert number(CELLS["settlementToken"][4]) == DEPLOYMENT.settlement_token.decimals
    assert CELLS["leverage"][4] == " and ".join(map(str, sorted({market.leverage for market in DEPLOYMENT.markets})))


def test_parameters__of_the_wrapper__are_those_of_its_constructor(project):
    rows = PAGE.table("parameter", "unit", "from", "to", "what happens at the edge")
    inputs = project.ChainlinkOracleWrapper.contract_type.constructor.inputs
    assert [row[0].strip("`") + "_" for row in rows] == [item.name for item in inputs]
    source = (DOCS.parent / "contracts" / "oracles" / "ChainlinkOracleWrapper.sol").read_text()
    assert f"MAX_FEED_DECIMALS = {rows[0][3]};" in source
    assert "if (maxAge_ == 0) revert ZeroMaxAge();" in source and rows[2][2] == "1"


# --- storage ---


@pytest.mark.parametrize("contract", ["LeveragedPool", "PoolFactory", "StakingFarm"])
def test_storage__slots__are_those_of_the_compiler(contract):
    rows = PAGE.table(f"slot of `{contract}`", "content")
    assert {slot: re.match(r"`([^`]*)`", what)[1] for slot, what in rows} == LAYOUT[contract]["slot"]


def test_storage__contracts_without_a_table__have_none():
    assert {name for name, places in LAYOUT.items() if not places["slot"]} == {
        "PoolToken",
        "PoolKeeper",
        "ChainlinkOracleWrapper",
    }


def test_storage__bits_of_the_state__are_those_of_the_source():
    rows = PAGE.table("bits of `PoolState`", "field", "from bit")
    position, written = 0, []
    for bits, field, start in rows:
        assert int(start) == position, field
        position += int(bits)
        written.append((re.match(r"`([^`]*)`", field)[1], int(bits)))
    assert position == 256
    (drawn,) = re.findall(r"/// +(lastPrice .*) += 256", POOL_STATE)
    source = [(name, eval_product(bits)) for name, bits in (part.split(" ", 1) for part in drawn.split(" | "))]
    assert written == source
    starts = dict(re.findall(r"uint256 constant (\w+)_AT = (\d+);", POOL_STATE))
    assert [int(start) for _, _, start in rows[1:]] == sorted(map(int, starts.values()))


def eval_product(text: str) -> int:
    """`2 x 6`"""
    product = 1
    for factor in text.split(" x "):
        product *= int(factor)
    return product
