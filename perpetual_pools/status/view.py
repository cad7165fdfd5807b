"""The tables of `ape run status`. All lines but alarms fit into 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from perpetual_pools.emissions.amounts import LAUNCH
from perpetual_pools.formatting import as_utc, decimal, duration, new_table, print_whole, rate, tcr, tcr_to_four_places
from perpetual_pools.model import CommitType
from perpetual_pools.operations.schedule import HOURS_IN_A_WEEK
from perpetual_pools.status.alarms import Alarm
from perpetual_pools.status.reading import FarmReading, MarketReading, Reading
from perpetual_pools.status.yields import Yield

MISSING = "-"
UNAVAILABLE = "unavailable"


def print_status(
    network: str, reading: Reading, yields: Sequence[Yield], alarms: Sequence[Alarm], console: Console
) -> None:
    """Print markets, farm and alarms. Names come from contracts, so the console must not interpret markup."""
    block = reading.block
    _line(console, f"{network}, block {block.number}, {as_utc(block.timestamp)}")
    if reading.markets:
        print_whole(console, _markets(reading.markets))
        print_whole(console, _sides(reading.markets))
        _line(console, *_notes(reading.markets))
        waiting = _pending(reading.markets)
        if waiting.row_count:
            print_whole(console, waiting)
        else:
            _line(console, "No commitments are pending", "")
    if reading.farm is not None:
        _line(console, *_weeks(reading.farm))
        print_whole(console, _farms(reading.farm, yields))
    for alarm in alarms:
        _line(console, f"ALARM {alarm.id}, {alarm.where}: {alarm.text}")
    if not alarms:
        _line(console, "No alarms")


def _line(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _markets(markets: Sequence[MarketReading]) -> Table:
    table = new_table("Markets", "", "price", "round's age", "next (UTC)", "late", "keeper reward")
    for market in markets:
        price, age = market.oracle.price, market.round_age
        has_feed = market.oracle.facts.feed is not None
        table.add_row(
            market.facts.name,
            UNAVAILABLE if price is None else decimal(price, 18),
            duration(age) if age is not None else UNAVAILABLE if has_feed else MISSING,
            "closed" if market.is_shutdown else as_utc(market.next_rebalance)[5:16],
            duration(market.late) if market.late else MISSING,
            _settlement(market, market.keeper_reward),
        )
    return table


def _sides(markets: Sequence[MarketReading]) -> Table:
    table = new_table("Sides", "", "balance", "token price", "rebalancing rate")
    for market in markets:
        for number, token in enumerate((market.facts.long, market.facts.short)):
            table.add_row(
                token.symbol,
                _settlement(market, market.balances[number]),
                decimal(market.token_prices[number], 18, 4),
                rate(market.rates[number]),
            )
    return table


def _notes(markets: Sequence[MarketReading]) -> Iterator[str]:
    for market in markets:
        if market.mint_paused:
            yield f"{market.facts.name}: new mints are paused"


def _pending(markets: Sequence[MarketReading]) -> Table:
    table = new_table("Pending commitments", "", "epoch", "commitments", "amount")
    for market in markets:
        facts = market.facts
        puts_in = {
            CommitType.LONG_MINT: facts.settlement,
            CommitType.LONG_BURN: facts.long,
            CommitType.SHORT_MINT: facts.settlement,
            CommitType.SHORT_BURN: facts.short,
            CommitType.LONG_BURN_SHORT_MINT: facts.long,
            CommitType.SHORT_BURN_LONG_MINT: facts.short,
        }
        for pending in market.pending:
            for kind, amount in pending.amounts.items():
                if amount:
                    token = puts_in[kind]
                    written = f"{decimal(amount, token.decimals)} {token.symbol}"
                    table.add_row(facts.name, str(pending.epoch), kind.name.replace("_", " ").lower(), written)
    return table


def _weeks(farm: FarmReading) -> Iterator[str]:
    if farm.week is None:
        yield f"Farm: week 0 begins {as_utc(farm.begin(0))}. Nothing is emitted before"
    else:
        hourly = tcr_to_four_places(farm.week_amount // HOURS_IN_A_WEEK)
        ends = as_utc(farm.begin(farm.week + 1))
        yield f"Farm: week {farm.week} emits {tcr(farm.week_amount)} until {ends}, {hourly} TCR per hour"
    last = ", the programme's last" if farm.next_week + farm.funded_weeks >= len(LAUNCH.amounts) else ""
    yield f"Funded weeks from week {farm.next_week} on: {farm.funded_weeks}{last}. Undistributed: {tcr(farm.undistributed)}"
    yield ""


def _farms(farm: FarmReading, yields: Sequence[Yield]) -> Table:
    table = new_table("Farms", "", "market", "TCR/hour", "staked", "worth USD", "APR")
    for staked, earns in zip(farm.staked, yields, strict=True):
        table.add_row(
            staked.facts.name,
            staked.share.market,
            tcr_to_four_places(earns.per_hour),
            # one whole LP token is worth millions where the settlement token has few decimals
            decimal(staked.share.staked, staked.facts.token.decimals, 9 if staked.facts.pair else 2),
            MISSING if earns.value is None else decimal(earns.value, 18),
            MISSING if earns.apr is None else f"{decimal(100 * earns.apr, 18)} %",
        )
    return table


def _settlement(market: MarketReading, amount: int) -> str:
    token = market.facts.settlement
    return f"{decimal(amount, token.decimals)} {token.symbol}"
