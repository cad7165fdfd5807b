"""The value of stakes, and the APR of staking. Prices are WAD: US dollars of one whole token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from perpetual_pools.model.constants import WAD, YEAR
from perpetual_pools.model.farm import BPS, WEEK
from perpetual_pools.status.facts import Staked, StatusError, Token
from perpetual_pools.status.reading import FarmReading, MarketReading, Reading, StakedReading

_PRICE = re.compile(r"([0-9]+)(?:\.([0-9]{1,18}))?")


@dataclass(frozen=True)
class Prices:
    """Prices that the caller gives. The keys of `lp` are a farm's name, or its token's symbol or address."""

    tcr: int | None = None
    lp: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Yield:
    """The yield of one farm at the current rate. None stands for unknown."""

    per_hour: int
    """Reward units."""
    value: int | None
    """The value of all stakes in US dollars, as WAD."""
    apr: int | None
    """The yearly rewards over the value, as WAD."""


def parse_price(text: str) -> int:
    """Return the price as WAD. Raises StatusError unless it is a number above zero with up to 18 decimals."""
    match = _PRICE.fullmatch(text)
    price = int(match[1]) * WAD + int((match[2] or "").ljust(18, "0")) if match else 0
    if price == 0:
        raise StatusError(f"{text!r} is not a price: expected a number above zero with up to 18 decimals, like 0.05")
    return price


def find_yields(reading: Reading, farm: FarmReading, prices: Prices) -> list[Yield]:
    """Return the yields of the farms, in their order. Raises StatusError if a given price matches no farm, or several."""
    given = _by_address(farm, prices.lp)
    return [_yield(reading.markets, farm, staked, prices.tcr, given) for staked in farm.staked]


def _by_address(farm: FarmReading, prices: Mapping[str, int]) -> dict[str, int]:
    result = {}
    for name, price in prices.items():
        meant = [staked.facts for staked in farm.staked if _is_called(staked.facts, name)]
        if len(meant) != 1:
            known = ", ".join(staked.facts.name for staked in farm.staked) or "none"
            raise StatusError(
                f"{len(meant)} farms are called {name!r}. Use the name or address of one of these: {known}"
            )
        result[meant[0].token.address] = price
    return result


def _is_called(staked: Staked, name: str) -> bool:
    return name in (staked.name, staked.token.symbol) or name.lower() == staked.token.address.lower()


def _yield(
    markets: tuple[MarketReading, ...],
    farm: FarmReading,
    staked: StakedReading,
    tcr: int | None,
    given: Mapping[str, int],
) -> Yield:
    per_hour = staked.share.per_hour(farm.week_amount)
    value = _value(markets, farm.facts.reward, staked, tcr, given)
    if not value or tcr is None:
        return Yield(per_hour, value, None)
    share = staked.share
    # a year at this rate pays yearly / portions reward units
    yearly, portions = (
        farm.week_amount * YEAR * share.market_bps * share.weight,
        WEEK * BPS * (share.market_weight or 1),
    )
    return Yield(per_hour, value, yearly * tcr * WAD // (portions * 10**farm.facts.reward.decimals * value))


def _value(
    markets: tuple[MarketReading, ...], reward: Token, staked: StakedReading, tcr: int | None, given: Mapping[str, int]
) -> int | None:
    """Return the value as WAD, rounded down.

    A given price counts first; else a pool token counts at its pool's price, and a pair at twice its settlement reserve.
    """
    token, amount = staked.facts.token, staked.share.staked
    price = given.get(token.address)
    for market in markets:
        if price is None and token in (market.facts.long, market.facts.short):
            price = market.token_prices[token == market.facts.short]
    if price is None and token == reward:
        price = tcr
    if price is not None:
        return amount * price // int(10**token.decimals)
    settlement = {market.facts.settlement.address: market.facts.settlement for market in markets}
    if staked.facts.pair is None or staked.reserves is None or not staked.supply:
        return None
    for side, reserve in zip(staked.facts.pair, staked.reserves, strict=True):
        if side in settlement:
            return 2 * reserve * WAD * amount // int(10 ** settlement[side].decimals * staked.supply)
    return None
