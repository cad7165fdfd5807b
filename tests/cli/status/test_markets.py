"""The status of markets: every number, and every alarm at the second from which it is one."""

import io
from pathlib import Path
from typing import Any

import ape
import pytest
from rich.console import Console

from perpetual_pools.model import CommitType
from perpetual_pools.status.alarms import find_alarms
from perpetual_pools.status.reader import Reader
from perpetual_pools.status.view import print_status
from perpetual_pools.twin.pool import HOUR, WAD, Twin
from tests.support.records import loaded, record_of
from tests.support.status import (
    AT_1,
    AT_3,
    GRACE,
    LONG_BURN,
    LONG_MINT,
    LONG_TO_SHORT,
    MAX_AGE,
    RAMP,
    SECOND,
    SHORT_BURN,
    SHORT_MINT,
    SHORT_TO_LONG,
    THIRD,
    TOKEN,
    UP_SINCE,
    Scene,
    shown,
    text_of,
    told,
)
from tests.support.world import USDC


def test_status__commitments_of_all_types_and_a_late_rebalance__every_number(
    scene: Scene, read: Any, alice: Any, bob: Any, carol: Any, dave: Any
) -> None:
    world, tame, wild = scene.world, scene.tame, scene.wild
    world.move_to(SECOND + 60)
    tame.commit(carol, LONG_MINT, 50 * USDC)
    tame.commit(dave, LONG_MINT, 20 * USDC)
    tame.commit(alice, LONG_BURN, 100 * TOKEN)
    tame.commit(carol, SHORT_MINT, 60 * USDC)
    tame.commit(bob, SHORT_BURN, 9 * TOKEN // 2)
    tame.commit(bob, SHORT_TO_LONG, 30 * TOKEN)
    wild.commit(alice, LONG_TO_SHORT, 3 * TOKEN)
    world.move_to(THIRD - 300)  # too near to the rebalance: for the one after it
    assert tame.commit(alice, LONG_TO_SHORT, 7 * TOKEN) == 4
    assert tame.commit(carol, LONG_MINT, 5 * USDC) == 4
    world.move_to(THIRD - 100)
    scene.push(3, 121)
    world.move_to(THIRD + 720)
    report = read()
    assert report["timestamp"] == THIRD + 720
    assert report["block"] == ape.chain.blocks.head.number
    market = report["markets"][0]
    usdc = world.token.address
    empty = dict.fromkeys(
        (
            *("long_mint_settlement_units", "long_burn_token_units", "short_mint_settlement_units"),
            *("short_burn_token_units", "long_burn_short_mint_token_units", "short_burn_long_mint_token_units"),
        ),
        "0",
    )
    assert market == {
        "name": "1-BTC/USDC",
        "address": tame.pool.address,
        "leverage": 1,
        "settlement_token": {"address": usdc, "symbol": "USDC", "decimals": 6},
        "price_wad": str(121 * WAD),
        "last_price_wad": str(110 * WAD),
        "oracle": {
            "address": scene.oracle.address,
            "error": None,
            "feed": scene.feed.address,
            "max_age_seconds": MAX_AGE,
            "round": {
                "round_id": "3",
                "answer_feed_units": "12100000000",
                "started_at": THIRD - 100,
                "updated_at": THIRD - 100,
            },
            "sequencer_feed": scene.sequencer.address,
            "grace_period_seconds": GRACE,
            "sequencer_round": {
                "round_id": "1",
                "answer_feed_units": "0",
                "started_at": UP_SINCE,
                "updated_at": UP_SINCE,
            },
        },
        "round_age_seconds": 820,
        "epoch": 3,
        "next_rebalance": THIRD,
        "last_rebalance": SECOND,
        "late_seconds": 720,
        "skipped_grid_times": 0,
        "keeper_reward_settlement_units": "99999",  # a share of 0.1 USDC from either side, each down
        "protocol_fees_settlement_units": "0",
        "mint_paused": False,
        "is_shutdown": False,
        "sides": {
            "long": {
                "token": tame.long_token.address,
                "symbol": "1L-BTC/USDC",
                "balance_settlement_units": "1090909090",
                "supply_token_units": str(1_000 * TOKEN),
                "token_price_wad": "1090909090000000000",
                "rebalancing_rate_wad": str(909_090_910 * WAD // 1_090_909_090 - WAD),
            },
            "short": {
                "token": tame.short_token.address,
                "symbol": "1S-BTC/USDC",
                "balance_settlement_units": "909090910",
                "supply_token_units": str(1_000 * TOKEN),
                "token_price_wad": "909090910000000000",
                "rebalancing_rate_wad": str(1_090_909_090 * WAD // 909_090_910 - WAD),
            },
        },
        "pending": [
            {
                "epoch": 3,
                "long_mint_settlement_units": "70000000",
                "long_burn_token_units": str(100 * TOKEN),
                "short_mint_settlement_units": "60000000",
                "short_burn_token_units": str(9 * TOKEN // 2),
                "long_burn_short_mint_token_units": "0",
                "short_burn_long_mint_token_units": str(30 * TOKEN),
            },
            empty
            | {
                "epoch": 4,
                "long_mint_settlement_units": "5000000",
                "long_burn_short_mint_token_units": str(7 * TOKEN),
            },
        ],
    }
    other = report["markets"][1]
    assert (other["name"], other["leverage"], other["keeper_reward_settlement_units"]) == ("3-BTC/USDC", 3, "99999")
    assert [other["sides"][side]["balance_settlement_units"] for side in ("long", "short")] == [*map(str, AT_3)]
    assert other["pending"] == [
        empty | {"epoch": 3, "long_burn_short_mint_token_units": str(3 * TOKEN)},
        empty | {"epoch": 4},
    ]
    for shown_, twin in zip(report["markets"], (tame, wild), strict=True):
        model = twin.model
        assert int(shown_["keeper_reward_settlement_units"]) == model.keeper_reward(world.now)
        assert int(shown_["price_wad"]) == scene.model.latest_price(world.now)
        sides = shown_["sides"].values()
        assert tuple(int(side["token_price_wad"]) for side in sides) == model.token_prices()
        assert tuple(int(side["rebalancing_rate_wad"]) for side in sides) == model.rebalancing_rates()
        for pending in shown_["pending"]:
            amounts = [int(amount) for amount in list(pending.values())[1:]]
            assert amounts == [model.batch(pending["epoch"], kind)[0] for kind in CommitType]

    assert told(report) == [("late", "1-BTC/USDC"), ("late", "3-BTC/USDC")]
    assert text_of(report, "late") == (
        "the rebalance of 2033-05-18 06:00 UTC is 12 min late, longer than the 10 min in which the keeper's reward rises. "
        "Check the keeper, or run `ape run upkeep`: at 2033-05-18 07:00 UTC the pool skips the grid time before and uses "
        "the price as of then"
    )


def test_status__tables__show_the_same(scene: Scene, alice: Any, carol: Any, owner: Any, tmp_path: Path) -> None:
    world, tame, wild = scene.world, scene.tame, scene.wild
    world.move_to(SECOND + 60)
    tame.commit(carol, LONG_MINT, 50 * USDC)
    tame.commit(alice, LONG_BURN, 100 * TOKEN)
    wild.set_mint_paused(owner, True)
    world.move_to(THIRD - 300)
    wild.commit(alice, LONG_TO_SHORT, 7 * TOKEN)
    world.move_to(THIRD - 100)
    scene.push(3, 121)
    world.move_to(THIRD + 300)
    reading = Reader(loaded(record_of(tmp_path / "record.json", {}, scene.pools))).read()
    assert shown(lambda console: print_status("arbitrum:local", reading, [], find_alarms(reading), console)) == [
        f"arbitrum:local, block {reading.block.number}, 2033-05-18 06:05 UTC",
        "Markets",
        "price round's age next (UTC) late keeper reward",
        "1-BTC/USDC 121.00 6 min 40 s 05-18 06:00 5 min 0.04 USDC",  # half the ramp: 0.05, less what is rounded and cut
        "3-BTC/USDC 121.00 6 min 40 s 05-18 06:00 5 min 0.04 USDC",
        "Sides",
        "balance token price rebalancing rate",
        "1L-BTC/USDC 1,090.90 USDC 1.0909 -16.66 %",
        "1S-BTC/USDC 909.09 USDC 0.9090 +19.99 %",
        "3L-BTC/USDC 1,248.68 USDC 1.2486 -39.83 %",
        "3S-BTC/USDC 751.31 USDC 0.7513 +66.19 %",
        "3-BTC/USDC: new mints are paused",
        "Pending commitments",
        "epoch commitments amount",
        "1-BTC/USDC 3 long mint 50.00 USDC",
        "1-BTC/USDC 3 long burn 100.00 1L-BTC/USDC",
        "3-BTC/USDC 4 long burn short mint 7.00 3L-BTC/USDC",
        "No alarms",
    ]


def test_status__narrow_terminal__cuts_no_number_off(scene: Scene, tmp_path: Path) -> None:
    scene.world.move_to(SECOND + 60)
    reading = Reader(loaded(record_of(tmp_path / "record.json", {}, scene.pools))).read()
    output = io.StringIO()
    console = Console(file=output, width=30, markup=False)
    print_status("arbitrum:local", reading, [], [], console)
    assert console.width == 30
    rows = [" ".join(line.split()) for line in output.getvalue().splitlines()]
    assert "1-BTC/USDC 110.00 11 min 05-18 06:00 - 0.00 USDC" in rows
    assert "3S-BTC/USDC 751.31 USDC 0.7513 +66.19 %" in rows


def test_status__refresh__is_one_call_and_changes_nothing(
    scene: Scene, tmp_path: Path, keeper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a rebalance, and after so many that what was asked for was too little."""
    scene.world.move_to(SECOND + 60)
    reader = Reader(loaded(record_of(tmp_path / "record.json", {}, scene.pools)))
    reader.read()
    sent = []
    provider = type(ape.chain.provider)
    make_request = provider.make_request

    def watched(self: Any, rpc: str, parameters: Any = None) -> Any:
        sent.append(rpc)
        return make_request(self, rpc, parameters or [])

    def epochs() -> list[tuple[int, list[int]]]:
        """What a reading has, by market; and what it took."""
        with monkeypatch.context() as patch:
            patch.setattr(provider, "make_request", watched)
            reading = reader.read()
        return [(market.epoch, [pending.epoch for pending in market.pending]) for market in reading.markets]

    before = ape.chain.blocks.head.number
    assert epochs() == [(3, [3, 4]), (3, [3, 4])]
    assert sent == ["eth_call"]
    assert ape.chain.blocks.head.number == before
    assert ape.chain.provider.get_code("0xcA11bde05977b3631167028862bE2a173976CA11") == b""

    def rebalance(time: int, number: int) -> None:
        scene.world.move_to(time - 60)
        scene.push(number, 110)
        scene.world.move_to(time)
        scene.tame.rebalance(keeper)

    rebalance(THIRD, 3)
    assert epochs() == [(4, [4, 5]), (3, [3, 4])]
    assert sent == ["eth_call"] * 2
    rebalance(THIRD + HOUR, 4)
    rebalance(THIRD + 2 * HOUR, 5)
    assert epochs() == [(6, [6, 7]), (3, [3, 4])]
    assert len(sent) > 3  # asked again with what was learned
    del sent[:]
    assert epochs() == [(6, [6, 7]), (3, [3, 4])]
    assert sent == ["eth_call"]


# --- alarms of markets ---


def test_late__at_the_end_of_the_ramp_and_a_second_later__alarms_then(scene: Scene, read: Any) -> None:
    scene.world.move_to(THIRD - 100)
    scene.push(3, 110)
    scene.world.move_to(THIRD + RAMP)
    assert told(read()) == []
    scene.world.move_to(THIRD + RAMP + 1)
    assert told(read()) == [("late", "1-BTC/USDC"), ("late", "3-BTC/USDC")]


def test_late__grid_times_passed__says_how_many_are_skipped_and_which_is_next(scene: Scene, read: Any) -> None:
    scene.world.move_to(THIRD + HOUR - 1)
    scene.push(3, 110)
    for late, skipped, said in (
        (HOUR - 1, 0, "is 59 min 59 s late, longer than the 10 min in which the keeper's reward rises. Check"),
        (HOUR, 1, "is 1 h late, longer than the 10 min in which the keeper's reward rises; one grid time was skipped"),
        (
            2 * HOUR + 61,
            2,
            "is 2 h 1 min late, longer than the 10 min in which the keeper's reward rises; 2 grid times",
        ),
    ):
        scene.world.move_to(THIRD + late)
        report = read()
        assert (report["markets"][0]["late_seconds"], report["markets"][0]["skipped_grid_times"]) == (late, skipped)
        assert said in text_of(report, "late")
        assert f"at 2033-05-18 0{7 + skipped}:00 UTC the pool skips the grid time before" in text_of(report, "late")


def test_feed__round_ages__stale_only_above_the_greatest_age_and_soon_when_it_will_be(scene: Scene, read: Any) -> None:
    """The round is of 600 seconds before SECOND: at THIRD it is 4,200 seconds old, an hour later 7,800."""
    names = ["1-BTC/USDC", "3-BTC/USDC"]
    world, both = scene.world, (scene.tame, scene.wild)
    world.move_to(THIRD)
    assert told(read()) == []
    for market in both:
        market.rebalance(world.owner)
    report = read()
    assert told(report) == [("feed-stale-soon", name) for name in names]
    assert text_of(report, "feed-stale-soon") == (
        "the feed's latest round is 1 h 10 min old. At the rebalance of 2033-05-18 07:00 UTC it will be 2 h 10 min old, and "
        "the oracle accepts at most 1 h 30 min, unless a new round comes first"
    )
    world.move_to(SECOND - 600 + MAX_AGE)
    report = read()
    assert (report["markets"][0]["price_wad"], report["markets"][0]["round_age_seconds"]) == (str(110 * WAD), MAX_AGE)
    assert told(report) == [("feed-stale-soon", name) for name in names]
    world.move_to(SECOND - 600 + MAX_AGE + 1)
    report = read()
    assert told(report) == [("feed-stale", name) for name in names]
    market = report["markets"][0]
    assert (market["price_wad"], market["last_price_wad"], market["round_age_seconds"]) == (
        None,
        str(110 * WAD),
        MAX_AGE + 1,
    )
    assert market["oracle"]["error"] == f"RoundStale(2, {SECOND - 600}, {world.now}, {MAX_AGE})"
    assert text_of(report, "feed-stale") == (
        "the feed's latest round is 1 h 30 min old, and the oracle accepts at most 1 h 30 min. "
        "It has no price until the feed has a new round"
    )
    world.move_to(THIRD + HOUR - 1)
    scene.push(3, 120)
    assert told(read()) == []


def test_sequencer__down_and_up_again__alarms_until_the_grace_period_is_over(scene: Scene, read: Any) -> None:
    names = ["1-BTC/USDC", "3-BTC/USDC"]
    world = scene.world
    world.move_to(SECOND + 100)
    scene.set_sequencer(2, 1, SECOND + 40)
    report = read()
    assert told(report) == [("sequencer-down", name) for name in names]
    assert text_of(report, "sequencer-down") == (
        "the sequencer has been down since 2033-05-18 05:00 UTC (its feed answers 1). The oracle has no price until it is "
        "up again"
    )
    assert report["markets"][0]["price_wad"] is None
    assert report["markets"][0]["oracle"]["error"] == "SequencerDown(1)"
    scene.set_sequencer(3, 0, SECOND + 100)
    world.move_to(SECOND + 100 + GRACE - 1)
    report = read()
    assert told(report) == [("sequencer-grace-period", name) for name in names]
    assert text_of(report, "sequencer-grace-period") == (
        "the sequencer has been up again since 2033-05-18 05:01 UTC. The oracle has no price until the grace period ends at "
        "2033-05-18 05:11 UTC, in 1 s. The pool rebalances at the next grid time after that"
    )
    assert report["markets"][0]["price_wad"] is None
    world.move_to(SECOND + 100 + GRACE)
    report = read()
    assert told(report) == []
    assert report["markets"][0]["price_wad"] == str(scene.model.latest_price(world.now)) == str(110 * WAD)


def test_sequencer__invalid_round__alarms(scene: Scene, read: Any) -> None:
    scene.world.move_to(SECOND + 100)
    scene.set_sequencer(2, 0, 0)
    report = read()
    assert [alarm["id"] for alarm in report["alarms"]] == ["sequencer-down"] * 2
    assert text_of(report, "sequencer-down") == (
        "the sequencer feed's round is invalid: it says 0, but not since when. The oracle has no price until it does"
    )


def test_feeds__do_not_answer__are_unavailable_and_the_rest_is_shown(scene: Scene, read: Any, owner: Any) -> None:
    world, both = scene.world, ["1-BTC/USDC", "3-BTC/USDC"]
    world.move_to(SECOND + 60)
    scene.feed.setReverting(True, sender=owner)
    report = read()
    assert told(report) == [("feed-unavailable", name) for name in both]
    market = report["markets"][0]
    assert (market["price_wad"], market["round_age_seconds"], market["oracle"]["round"]) == (None, None, None)
    assert market["oracle"]["error"] == f"FeedUnavailable({scene.feed.address.lower()})"
    assert market["sides"]["long"]["balance_settlement_units"] == str(AT_1[0])
    scene.sequencer.setReverting(True, sender=owner)
    report = read()
    assert told(report) == [(alarm, name) for name in both for alarm in ("sequencer-unavailable", "feed-unavailable")]
    assert report["markets"][0]["oracle"]["sequencer_round"] is None


def test_oracle__of_another_kind_gives_no_price__alarms_with_its_reason(market: Twin, tmp_path: Path) -> None:
    """One that is no wrapper has no feed to look at."""
    reader = Reader(loaded(record_of(tmp_path / "record.json", {}, {"odd": market.pool.address})))
    reading = reader.read()
    assert (find_alarms(reading), reading.markets[0].oracle.price) == ([], 100 * WAD)
    market.set_oracle_failing(True)
    (alarm,) = find_alarms(reader.read())
    assert (alarm.id, alarm.where) == ("oracle-unavailable", "odd")
    assert alarm.text.startswith(f"the oracle {market.oracle.address} has no price: 0x")


def test_shutdown__alarms_alone(scene: Scene, read: Any, stranger: Any) -> None:
    scene.world.move_to(THIRD + 14 * 86_400)
    scene.tame.shutdown(stranger)
    report = read()
    assert [alarm for alarm in told(report) if alarm[1] == "1-BTC/USDC"] == [("shutdown", "1-BTC/USDC")]
    market = report["markets"][0]
    assert (market["is_shutdown"], market["late_seconds"], market["keeper_reward_settlement_units"]) == (True, 0, "0")


def test_old_block__alarms_where_there_is_a_clock(scene: Scene, read: Any) -> None:
    scene.world.move_to(SECOND + 60)
    assert told(read(clock=SECOND + 60 + 300)) == []
    report = read(clock=SECOND + 60 + 301)
    assert told(report) == [("old-block", "chain")]
    assert text_of(report, "old-block") == (
        f"the latest block, {report['block']}, is 5 min 1 s old: the sequencer is down, or the node is behind. "
        "Everything shown is as of that block"
    )
