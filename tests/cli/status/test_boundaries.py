"""The seconds and weeks at which something begins to be an alarm, and what must not hide another: on readings alone."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from perpetual_pools.chain.multicall import Block
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model import Market as M
from perpetual_pools.model import Round
from perpetual_pools.model.farm import WEEK
from perpetual_pools.status import facts
from perpetual_pools.status.alarms import Alarm, find_alarms
from perpetual_pools.status.reading import FarmReading, MarketReading, OracleReading, Reading
from perpetual_pools.status.view import print_status

NOW = 2_000_000_000
HOUR, DAY = 3_600, 86_400
MAX_AGE = 90_000
ADDRESS = "0x00000000000000000000000000000000000000A1"
TOKEN = facts.Token(ADDRESS, "USDC", 6)
ORACLE = facts.Oracle(ADDRESS, ADDRESS, None, MAX_AGE, 0)
MARKET = facts.Market("3-BTC/USDC", ADDRESS, TOKEN, TOKEN, TOKEN, ORACLE, 3, HOUR, 600)
FRESH = Round(1, 10**8, NOW - 60, NOW - 60)


def market(late: int = -600, ramp: int = 600, interval: int = HOUR, **oracle: Any) -> MarketReading:
    answers = {"price": 10**18, "error": "", "round": FRESH, "sequencer": None} | oracle
    return MarketReading(
        facts=replace(MARKET, ramp=ramp, interval=interval),
        now=NOW,
        oracle=OracleReading(ORACLE, **answers),
        pending=(),
        last_price=10**18,
        next_rebalance=NOW - late,
        last_rebalance=NOW - late - interval,
        epoch=1,
        balances=(0, 0),
        supplies=(0, 0),
        token_prices=(0, 0),
        rates=(0, 0),
        protocol_fees=0,
        keeper_reward=0,
        mint_paused=False,
        is_shutdown=False,
    )


def alarms(*markets: MarketReading, farm: FarmReading | None = None) -> list[Alarm]:
    return find_alarms(Reading(Block(1, NOW), markets, farm))


def ids(*markets: MarketReading, farm: FarmReading | None = None) -> list[str]:
    return [alarm.id for alarm in alarms(*markets, farm=farm)]


# --- markets ---


@pytest.mark.parametrize(
    ("ramp", "interval", "patience", "why"),
    [
        (600, HOUR, 600, "10 min in which the keeper's reward rises"),
        (0, HOUR, 360, "6 min that keepers have"),  # a tenth of the interval
        (HOUR, HOUR, 3_240, "54 min that keepers have"),  # nine tenths: six minutes before it is skipped
        (0, 600, 60, "1 min that keepers have"),
        (600, 600, 540, "9 min that keepers have"),
    ],
)
def test_late__any_ramp__alarms_after_keepers_had_time_and_before_the_grid_time_is_skipped(
    ramp: int, interval: int, patience: int, why: str
) -> None:
    assert ids(market(patience, ramp, interval)) == []
    (alarm,) = alarms(market(patience + 1, ramp, interval))
    assert alarm.id == "late"
    assert f"longer than the {why}. Check the keeper" in alarm.text


def test_shutdown__14_days_after_the_missed_rebalance__may_be_done_by_anybody() -> None:
    assert ids(market(14 * DAY - 1)) == ["late"]
    late, closing = alarms(market(14 * DAY))
    assert (late.id, closing.id, closing.where) == ("late", "may-be-shut-down", "3-BTC/USDC")
    assert closing.text == (
        "nothing has rebalanced the pool for 14 d. Since 2033-05-18 03:33 UTC anybody may close it for good with "
        "`ape run shutdown --market 3-BTC/USDC`; if the pool can still rebalance, that command rebalances it instead"
    )


def test_oracle__gives_no_price_while_its_round_is_soon_too_old__both_are_told() -> None:
    """That the round will be too old explains nothing that is wrong now."""
    none: dict[str, Any] = {"price": None, "error": "InvalidAnswer(0)"}
    old = NOW - MAX_AGE + 600
    assert ids(market(**none)) == ["oracle-unavailable"]
    assert ids(market(-601, round=Round(1, 10**8, old, old))) == ["feed-stale-soon"]
    soon, gone = alarms(market(-601, **none, round=Round(1, 0, old, old)))
    assert (soon.id, gone.id) == ("feed-stale-soon", "oracle-unavailable")
    assert gone.text == (
        f"the oracle {ADDRESS} has no price: InvalidAnswer(0). The pool cannot rebalance until it has one"
    )
    # One that is too old now does explain it.
    assert ids(market(**none, round=Round(1, 0, NOW - MAX_AGE - 1, NOW - MAX_AGE - 1))) == ["feed-stale"]


# --- farm ---


def farm(week: int, scheduled: int) -> FarmReading:
    """In the middle of a week; the weeks from it on emit what the programme says."""
    weights = {M.PRIMARY: 1, M.SECONDARY: 1}
    return FarmReading(
        facts=facts.Farm(ADDRESS, NOW - week * WEEK - WEEK // 2, TOKEN, ()),
        now=NOW,
        weeks_scheduled=scheduled,
        amounts={number: weekly_amounts()[number] for number in range(week, scheduled)},
        undistributed=0,
        bps={M.PRIMARY: 4_000, M.SECONDARY: 6_000},
        weights=weights,
        staked=(),
    )


@pytest.mark.parametrize(
    ("week", "scheduled", "expected"),
    [
        (254, 259, []),
        (255, 259, ["weeks-running-out"]),  # 256 to 258 are funded, and 259 is not
        (255, 260, []),
        (258, 260, []),
        (258, 259, ["weeks-running-out"]),
        (259, 260, []),
        (259, 259, ["week-without-emission"]),
        (260, 260, []),
    ],
)
def test_weeks__the_programme_ends_with_week_259__nothing_more_is_asked_for(
    week: int, scheduled: int, expected: list[str]
) -> None:
    assert ids(farm=farm(week, scheduled)) == expected


def test_weeks__all_of_the_programme_is_funded__says_so() -> None:
    def funded(week: int, scheduled: int) -> str:
        output = io.StringIO()
        reading = Reading(Block(1, NOW), (), farm(week, scheduled))
        print_status("net", reading, [], [], Console(file=output, width=80, markup=False))
        return next(line for line in output.getvalue().splitlines() if line.startswith("Funded"))

    assert funded(257, 259) == "Funded weeks from week 258 on: 1. Undistributed: 0 TCR"
    assert funded(257, 260) == "Funded weeks from week 258 on: 2, the programme's last. Undistributed: 0 TCR"
