"""What is staked is worth, and what staking it yields. Prices are WAD: US dollars of a whole token."""

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
    """What people say that tokens are worth. `lp`: by the farm's name, or its token's symbol or address."""

    tcr: int | None = None
    lp: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Yield:
    """Of one farm, at the rate of now. None: nobody can tell."""

    per_hour: int
    """Reward units."""
    value: int | None
    """WAD, US dollars, of all that is staked."""
    apr: int | None
    """WAD."""


def parse_price(text: str) -> int:
    """WAD. Raises StatusError for what is no price above zero of up to 18 decimals."""
    match = _PRICE.fullmatch(text)
    price = int(match[1]) * WAD + int((match[2] or "").ljust(18, "0")) if match else 0
    if price == 0:
        raise StatusError(f"{text!r} is no price: expected a number above zero with up to 18 decimals, like 0.05")
    return price


def find_yields(reading: Reading, farm: FarmReading, prices: Prices) -> list[Yield]:
    """Of the farms, in their order. Raises StatusError when a price is of no farm, or could be of several."""
    given = _by_address(farm, prices.lp)
    return [_yield(reading.markets, farm, staked, prices.tcr, given) for staked in farm.staked]


def _by_address(farm: FarmReading, prices: Mapping[str, int]) -> dict[str, int]:
    result = {}
    for name, price in prices.items():
        meant = [staked.facts for staked in farm.staked if _is_called(staked.facts, name)]
        if len(meant) != 1:
            known = ", ".join(staked.facts.name for staked in farm.staked) or "none"
            raise StatusError(f"{len(meant)} farms are called {name!r}: use a name or address of one of these: {known}")
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
    # what a year at this rate pays: reward units = yearly / portions
    yearly, portions = (
        farm.week_amount * YEAR * share.market_bps * share.weight,
        WEEK * BPS * (share.market_weight or 1),
    )
    return Yield(per_hour, value, yearly * tcr * WAD // (portions * 10**farm.facts.reward.decimals * value))


def _value(
    markets: tuple[MarketReading, ...], reward: Token, staked: StakedReading, tcr: int | None, given: Mapping[str, int]
) -> int | None:
    """WAD, down: at the price that was given; else pool tokens at the pool's, a pair's at twice its settlement reserve."""
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
