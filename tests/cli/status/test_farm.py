"""The status of the farm: what is staked, what it yields, and how long there is something to earn."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools import records
from perpetual_pools.chain import amm
from perpetual_pools.model import Ledger
from perpetual_pools.model.farm import WEEK
from perpetual_pools.status.alarms import find_alarms
from perpetual_pools.status.facts import StatusError
from perpetual_pools.status.reader import Reader
from perpetual_pools.status.report import build_report
from perpetual_pools.status.view import print_status
from perpetual_pools.status.yields import Prices, find_yields, parse_price
from perpetual_pools.twin.comparison import WORD
from perpetual_pools.twin.farm import FarmTwin
from perpetual_pools.twin.pool import WAD
from tests.support.farm import TCR
from tests.support.records import loaded, record_of
from tests.support.status import TOKEN, Scene, shown, told
from tests.support.world import NOW, USDC

START = NOW + 86_400
AMOUNTS = 168_000 * TCR, 84_000 * TCR, 42_000 * TCR
"""Of three weeks: 1,000, 500 and 250 TCR per hour."""
PRICED = Prices(tcr=WAD // 20)
"""A TCR is 5 cents."""


@dataclass
class Farming:
    """The farm, on the chain and in the model, and its record."""

    twin: FarmTwin
    scene: Scene
    pair: Any
    record: records.Record

    @property
    def tokens(self) -> list[Any]:
        return [self.scene.tame.long_token, self.scene.wild.short_token, self.pair]


@pytest.fixture
def farming(scene: Scene, owner: Any, alice: Any, bob: Any, tmp_path: Path) -> Farming:
    """1L and 3S in the primary market with weights 1 and 3, LP of 3L in the secondary one with weight 5.

    Alice has staked 100 1L, and a quarter of the pair, which has 90 USDC and 40 3L. Nobody stakes 3S.
    """
    chain, wild = scene.world.chain, scene.wild
    reward = chain.deploy("MockERC20", "Tracer", "TCR", 18)
    twin = FarmTwin(chain, reward, START, owner, [owner, alice, bob])
    twin.introduce(reward)
    exchange = amm.deploy(owner, chain.set_time)
    chain.set_time()
    pair = exchange.create_pair(owner, wild.long_token.address, scene.world.token.address)
    chain.send(scene.world.token, "transfer", [pair.address, 90 * USDC], alice)
    scene.world.ledger.transfer(alice.address, pair.address, 90 * USDC)
    wild.claim(alice)
    chain.send(wild.long_token, "transfer", [pair.address, 40 * TOKEN], alice)
    wild.model.long_token.transfer(alice.address, pair.address, 40 * TOKEN)
    chain.send(pair, "mint", [alice.address], alice)
    lp_token = Ledger("TransferFromFailed")
    lp_token.mint(alice.address, 60 * 10**12 - 1_000)  # the square root of both; Uniswap keeps the first 1,000
    twin.ledgers |= {
        scene.tame.long_token.address: scene.tame.model.long_token,
        wild.short_token.address: wild.model.short_token,
        pair.address: lp_token,
    }
    record = loaded(record_of(tmp_path / "farm.json", {"farm": twin.farm.address}, scene.pools))
    farming = Farming(twin, scene, pair, record)
    for token, market, weight in zip(farming.tokens, (0, 0, 1), (1, 3, 5), strict=True):
        twin.add_farm(owner, token, market, weight)
        chain.send(token, "approve", [twin.farm.address, WORD - 1], alice)
    twin.schedule(owner, *AMOUNTS)
    twin.stake(alice, farming.tokens[0], 100 * TOKEN)
    twin.stake(alice, pair, 15 * 10**12)
    return farming


def farm_report(farming: Farming, prices: Prices = PRICED, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """What is reported of the farm, and the ids of its alarms."""
    reading = Reader(farming.record).read()
    assert reading.farm is not None
    report = build_report("", reading, find_yields(reading, reading.farm, prices), find_alarms(reading, **options))
    return report["farm"], [alarm for alarm, where in told(report) if where == "farm"]


def aprs(farming: Farming, prices: Prices) -> list[tuple[str | None, str | None]]:
    farm, _ = farm_report(farming, prices)
    return [(staked["value_usd_wad"], staked["apr_wad"]) for staked in farm["farms"]]


WORTH_1L = 109_090_909 * 10**12
"""100 1L at 1.09090909 USD."""
APR_1L = 21_900 * WAD * WAD // WORTH_1L
"""A tenth (0.4 * 1/4) of 84,000 TCR * 365 / 7, so 438,000 TCR at 5 cents."""
WORTH_LP = 45 * WAD
"""A quarter of twice 90 USDC."""
APR_LP = 2_920 * WAD
"""0.6 of 4,380,000 TCR at 5 cents are 131,400 USD."""


def test_farm__in_week_1__every_number(farming: Farming) -> None:
    twin, scene = farming.twin, farming.scene
    twin.move_to_week(1, 3 * 86_400)
    farm, alarms = farm_report(farming)
    tokens = [token.address for token in farming.tokens]
    assert farm == {
        "address": twin.farm.address,
        "reward_token": twin.reward.address,
        "start": START,
        "week": 1,
        "week_amount_tcr_wei": str(84_000 * TCR),
        "weeks_scheduled": 3,
        "funded_weeks_ahead": 1,
        "undistributed_tcr_wei": "0",  # what the idle farm accrues counts from its next touch on
        "markets": {
            "primary": {"allocation_bps": 4_000, "weight": "4"},
            "secondary": {"allocation_bps": 6_000, "weight": "5"},
        },
        "farms": [
            {
                "token": tokens[0],
                "name": "1L-BTC/USDC",
                "symbol": "1L-BTC/USDC",
                "market": "primary",
                "weight": "1",
                "staked_token_units": str(100 * TOKEN),
                "per_hour_tcr_wei": str(50 * TCR),
                "value_usd_wad": str(WORTH_1L),
                "apr_wad": str(APR_1L),
            },
            {
                "token": tokens[1],
                "name": "3S-BTC/USDC",
                "symbol": "3S-BTC/USDC",
                "market": "primary",
                "weight": "3",
                "staked_token_units": "0",
                "per_hour_tcr_wei": str(150 * TCR),
                "value_usd_wad": "0",
                "apr_wad": None,
            },
            {
                "token": tokens[2],
                "name": "LP 3L-BTC/USDC",
                "symbol": "UNI-V2",
                "market": "secondary",
                "weight": "5",
                "staked_token_units": str(15 * 10**12),
                "per_hour_tcr_wei": str(300 * TCR),
                "value_usd_wad": str(WORTH_LP),
                "apr_wad": str(APR_LP),
            },
        ],
    }
    assert alarms == ["weeks-running-out"]
    for staked in farm["farms"]:
        assert int(staked["staked_token_units"]) == twin.model.total_staked(staked["token"])
    # The 3S farm is touched: what it accrued is undistributed.
    twin.set_weight(twin.owner, farming.tokens[1], 3)
    idle = 300 * 168 * TCR + 150 * 72 * TCR
    undistributed = int(farm_report(farming)[0]["undistributed_tcr_wei"])
    assert undistributed == twin.undistributed()
    assert idle - 1 <= undistributed <= idle  # what a farm accrues is rounded down
    assert scene.world.now == START + WEEK + 3 * 86_400


def test_farm__prices__decide_about_worth_and_apr(farming: Farming) -> None:
    farming.twin.move_to_week(1)
    nobody = ("0", None)
    assert aprs(farming, Prices()) == [(str(WORTH_1L), None), nobody, (str(WORTH_LP), None)]
    # 15 millionths of an LP token at 6,000,000 USD are 90 USD: twice as much, half the APR.
    for name in ("LP 3L-BTC/USDC", "UNI-V2", farming.pair.address, farming.pair.address.lower()):
        given = Prices(tcr=WAD // 20, lp={name: 6_000_000 * WAD})
        assert aprs(farming, given) == [(str(WORTH_1L), str(APR_1L)), nobody, (str(90 * WAD), str(1_460 * WAD))]
    with pytest.raises(StatusError) as raised:
        aprs(farming, Prices(lp={"UNI": WAD}))
    assert str(raised.value) == (
        "0 farms are called 'UNI'. Use the name or address of one of these: 1L-BTC/USDC, 3S-BTC/USDC, LP 3L-BTC/USDC"
    )


def test_farm__s_tokens_are_staked__are_worth_the_short_sides_price(farming: Farming, bob: Any) -> None:
    token = farming.tokens[1]
    farming.scene.wild.claim(bob)
    farming.scene.world.chain.send(token, "approve", [farming.twin.farm.address, WORD - 1], bob)
    farming.twin.stake(bob, token, 10 * TOKEN)
    farming.twin.move_to_week(1)
    # 10 at 0.751314801 USD. Three tenths of 4,380,000 TCR a year at 5 cents are 65,700 USD.
    worth = 7_513_148_010 * 10**9
    assert aprs(farming, PRICED)[1] == (str(worth), str(65_700 * WAD * WAD // worth))


def test_farm__other_tokens__are_worth_what_is_said_or_unknown(farming: Farming, alice: Any) -> None:
    """TCR itself at its own price, a second pair of one name, a token that nobody knows."""
    twin, chain = farming.twin, farming.scene.world.chain
    other = chain.deploy("MockERC20", "Odd", "UNI-V2", 18)
    twin.introduce(other)
    for token in (twin.reward, other):
        twin.add_farm(twin.owner, token, 0, 2)
        twin.stake(alice, token, 10 * TOKEN)
    twin.move_to_week(0)
    # Of 1,000 TCR per hour 400 are for weights of 1, 3, 2 and 2: a quarter of 8,760,000 * 0.4 each, 43,800 USD.
    assert aprs(farming, PRICED)[3:] == [(str(WAD // 2), str(87_600 * WAD)), (None, None)]
    assert aprs(farming, Prices())[3:] == [(None, None)] * 2
    with pytest.raises(StatusError) as raised:
        aprs(farming, Prices(lp={"UNI-V2": WAD}))
    assert str(raised.value).startswith(
        "2 farms are called 'UNI-V2'. Use the name or address of one of these: 1L-BTC/USDC,"
    )
    assert aprs(farming, Prices(tcr=WAD // 20, lp={other.address: 438 * WAD}))[4] == (str(4_380 * WAD), str(10 * WAD))


def test_farm__weeks__run_out_and_end(farming: Farming) -> None:
    twin = farming.twin

    def weeks(**options: Any) -> tuple[Any, ...]:
        farm, alarms = farm_report(farming, **options)
        return farm["week"], farm["funded_weeks_ahead"], farm["week_amount_tcr_wei"], alarms

    twin.move_to(START - 1)
    assert weeks(weeks=3) == (None, 3, "0", [])
    assert weeks(weeks=4) == (None, 3, "0", ["weeks-running-out"])
    twin.move_to(START)
    assert weeks(weeks=2) == (0, 2, str(AMOUNTS[0]), [])
    assert weeks(weeks=3) == (0, 2, str(AMOUNTS[0]), ["weeks-running-out"])
    twin.move_to(START + 3 * WEEK - 1)
    assert weeks(weeks=0) == (2, 0, str(AMOUNTS[2]), [])
    assert weeks(weeks=1) == (2, 0, str(AMOUNTS[2]), ["weeks-running-out"])
    twin.move_to(START + 3 * WEEK)
    assert weeks(weeks=0) == (3, 0, "0", ["week-without-emission"])
    # Scheduled again, two weeks later than it should have been, with a week of nothing in between.
    twin.schedule(twin.owner, TCR, TCR, 0, TCR)  # at the second a week begins it can still be scheduled
    assert weeks(weeks=2) == (3, 1, str(TCR), ["weeks-running-out"])
    alarm = find_alarms(Reader(farming.record).read(), 2)[-1]
    assert alarm.text == (
        "funded weeks ahead: 1, fewer than 2. The farm emits nothing from 2033-06-23 03:10 UTC on, when "
        "week 5 begins. Schedule more weeks: ape run schedule"
    )


def test_farm__market_without_weight__alarms_while_it_has_an_allocation(farming: Farming) -> None:
    twin = farming.twin
    twin.move_to_week(0, 3_600)
    assert farm_report(farming, weeks=2)[1] == []
    twin.set_weight(twin.owner, farming.pair, 0)
    farm, alarms = farm_report(farming, weeks=2)
    assert alarms == ["market-without-weight"]
    assert (farm["farms"][2]["per_hour_tcr_wei"], farm["farms"][2]["apr_wad"]) == ("0", "0")
    (text,) = [alarm.text for alarm in find_alarms(Reader(farming.record).read(), 2) if alarm.where == "farm"]
    assert text == (
        "the secondary market gets 6000 of 10000 of the emission, but its farms have no weight, so its part stays "
        "undistributed. Set a weight, or change the allocation"
    )
    twin.set_allocation(twin.owner, 10_000)
    farm, alarms = farm_report(farming, weeks=2)
    assert alarms == []
    assert farm["farms"][0]["per_hour_tcr_wei"] == str(250 * TCR)


def test_farm__changes_between_two_refreshes__are_in_the_second(farming: Farming) -> None:
    twin = farming.twin
    twin.move_to_week(0, 3_600)
    reader = Reader(farming.record)

    def seen() -> tuple[int, int, int]:
        farm = reader.read().farm
        assert farm is not None
        return len(farm.staked), farm.weeks_scheduled, farm.funded_weeks

    assert seen() == (3, 3, 2)
    twin.schedule(twin.owner, TCR, TCR)
    assert seen() == (3, 5, 4)
    twin.new_farm()
    assert seen() == (4, 5, 4)
    twin.move_to_week(4)
    assert seen() == (4, 5, 0)


def test_farm__tables__show_the_same(farming: Farming) -> None:
    farming.twin.move_to_week(1, 3 * 86_400)
    reading = replace(Reader(farming.record).read(), markets=())
    full = Reader(farming.record).read()
    assert full.farm is not None
    yields = find_yields(full, full.farm, PRICED)
    assert shown(lambda console: print_status("net", reading, yields, find_alarms(reading), console)) == [
        f"net, block {reading.block.number}, 2033-05-29 03:10 UTC",
        "Farm: week 1 emits 84,000 TCR until 2033-06-02 03:10 UTC, 500.0000 TCR per hour",
        "Funded weeks from week 2 on: 1. Undistributed: 0 TCR",
        "Farms",
        "market TCR/hour staked worth USD APR",
        "1L-BTC/USDC primary 50.0000 100.00 109.09 20,075.00 %",
        "3S-BTC/USDC primary 150.0000 0.00 0.00 -",
        "LP 3L-BTC/USDC secondary 300.0000 0.000015000 45.00 292,000.00 %",
        "ALARM weeks-running-out, farm: funded weeks ahead: 1, fewer than 4. The farm emits nothing from "
        "2033-06-09 03:10 UTC on, when week 3 begins. Schedule more weeks: ape run schedule",
    ]


@pytest.mark.parametrize(
    ("text", "wad"), [("0.05", WAD // 20), ("30000", 30_000 * WAD), ("1.000000000000000001", WAD + 1)]
)
def test_parse_price__number__is_exact(text: str, wad: int) -> None:
    assert parse_price(text) == wad


@pytest.mark.parametrize(
    "text", ["", "0", "0.0", "-1", "1e3", "1,000", ".5", "5.", "0.0000000000000000001", "nan", "٣"]
)
def test_parse_price__no_price__is_refused(text: str) -> None:
    with pytest.raises(StatusError) as raised:
        parse_price(text)
    assert str(raised.value) == (
        f"{text!r} is not a price: expected a number above zero with up to 18 decimals, like 0.05"
    )
