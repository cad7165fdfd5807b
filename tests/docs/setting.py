"""What the worked examples start from: the parameters of the launch, two sides of 1,000 USDC, a clock."""

from fractions import Fraction

from perpetual_pools.model import PoolParams, maths
from perpetual_pools.model.constants import WAD
from perpetual_pools.parameters import load
from tests.docs.text import DOCS, USDC

HOUR = 3_600
DEPLOYMENT = load(DOCS.parent / "deploy" / "local.yaml")
LAUNCH = next(
    DEPLOYMENT.pool_params(market, "USDC", "oracle")
    for market in DEPLOYMENT.markets
    if (market.market, market.leverage) == ("BTC/USDC", 3)
)
assert isinstance(LAUNCH, PoolParams)
Sides = tuple[int, int]
TWO_SIDES: Sides = (1_000 * USDC, 1_000 * USDC)
MIDNIGHT = 2_000_000_000 // 86_400 * 86_400


def at(time: str) -> int:
    """`12:54:59`"""
    hours, minutes, seconds = map(int, time.split(":"))
    return MIDNIGHT + hours * HOUR + minutes * 60 + seconds


def clock(timestamp: int) -> str:
    hours, rest = divmod(timestamp - MIDNIGHT, HOUR)
    return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def moved(sides: Sides, before: Fraction | int, after: Fraction | int, p: int = 3) -> Sides:
    """The sides after a move of the price."""
    return maths.value_transfer(*sides, int(before * WAD), int(after * WAD), p)


def loss(before: int, after: int, p: int = 3) -> Fraction:
    """The fraction that the loser of a move pays, exactly."""
    return 1 - Fraction(min(before, after), max(before, after)) ** p
