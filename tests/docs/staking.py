"""What docs/staking.md says in numbers. The worked example runs in the model."""

from collections.abc import Iterator

from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model import Ledger, Market, StakingFarm
from perpetual_pools.model.farm import BPS, LAUNCH_PRIMARY_BPS, MAX_WEEKS, WEEK
from tests.docs import claims
from tests.docs.setting import HOUR
from tests.docs.text import TOKEN, tokens

DAY = 24 * HOUR
ALICE, BOB, OWNER, TCR = "alice", "bob", "owner", "TCR"
MARKETS = {"primary": Market.PRIMARY, "secondary": Market.SECONDARY}
WEEK_0 = weekly_amounts()[0]


def example() -> StakingFarm:
    """Week 0 begins at second 0. In each market a farm has a quarter of the weight, alice 5 of its 100 tokens, bob 95."""
    ledgers = {name: Ledger() for name in (TCR, *MARKETS, *(f"other {name}" for name in MARKETS))}
    farm = StakingFarm(ledgers, TCR, OWNER, start=0, now=0)
    ledgers[TCR].mint(OWNER, WEEK_0)
    farm.schedule(0, OWNER, [WEEK_0])
    for name, market in MARKETS.items():
        farm.add_farm(0, OWNER, name, market, 1)
        farm.add_farm(0, OWNER, f"other {name}", market, 3)
        for staker, amount in ((ALICE, 5), (BOB, 95)):
            ledgers[name].mint(staker, amount * TOKEN)
            farm.stake(0, staker, name, amount * TOKEN)
    return farm


@claims.of("staking.md")
def shares() -> Iterator[str]:
    primary = LAUNCH_PRIMARY_BPS * 100 // BPS
    yield (
        f"At launch the primary market (pool tokens) gets {primary} % of every second's emission, "
        f"and the secondary market (AMM LP tokens) gets {100 - primary} %."
    )
    yield f"| allocation | `setAllocation` | of {BPS} | 0 | {BPS} | {LAUNCH_PRIMARY_BPS} |"
    yield f"week 0: {WEEK_0 // TOKEN:,} TCR"


@claims.of("staking.md")
def worked_example() -> Iterator[str]:
    farm = example()
    hour = farm.emitted(HOUR)
    yield f"A week of {WEEK_0 // TOKEN:,} TCR emits {tokens(hour)} TCR an hour:"
    # The primary market's four quarters; the secondary's.
    quarters = {name: farm.earned(HOUR, ALICE, name) + farm.earned(HOUR, BOB, name) for name in MARKETS}
    primary, secondary = (tokens(4 * quarters[name]) for name in MARKETS)
    yield f"{primary} go to the primary market and {secondary} to the secondary."
    yield "She has 5 % of the farm, and earns in an hour:"
    for name in MARKETS:
        earned = farm.earned(HOUR, ALICE, name)
        assert abs(earned * 20 - quarters[name]) <= 20
        assert abs(farm.earned(HOUR // 2, ALICE, name) * 2 - earned) <= 2
        yield f"| {name} | {tokens(quarters[name])} | {tokens(earned)} |"
    farm.tokens["primary"].mint(BOB, 100 * TOKEN)
    farm.stake(HOUR, BOB, "primary", 100 * TOKEN)
    earned = farm.earned(HOUR, ALICE, "primary")
    assert abs(2 * (farm.earned(2 * HOUR, ALICE, "primary") - earned) - earned) <= 2
    yield "When someone stakes another 100 tokens, Alice earns half as much from that second on."


@claims.of("staking.md")
def idle_day() -> Iterator[str]:
    farm = example()
    for staker in (ALICE, BOB):
        farm.exit(0, staker, "primary")
    farm.stake(DAY, BOB, "primary", TOKEN)
    yield (
        f"in a week of {WEEK_0 // TOKEN:,} TCR, a farm has a quarter of the primary market's weight "
        "and no stakers on the first day. "
        f"It leaves {tokens(farm.undistributed(DAY))} TCR that the owner can schedule again."
    )


@claims.of("staking.md")
def gas_of_a_skipped_week() -> Iterator[str]:
    # A slot filled anew costs 22,100.
    yield "Each skipped week costs the next `schedule` about 22,000 gas, and one call has to pay for all of them."
    assert 14 * 365 // 7 * 22_100 < 2**24 < 15 * 365 // 7 * 22_100
    yield "After 14 years without scheduling, the call no longer fits into a block of 2^24 gas"
    yield f"An owner who schedules all {MAX_WEEKS:,} weeks leaves no room"


@claims.of("staking.md")
def rounding_of_very_large_stakes() -> Iterator[str]:
    yield f"Such a farm loses at most {WEEK:,} units a week to rounding."


@claims.of("staking.md")
def bounds() -> Iterator[str]:
    assert (MAX_WEEKS * WEEK + 1 < 2**32) and MAX_WEEKS * 7 // 365 == 134
    yield f"| weeks | `schedule` | | 0 | {MAX_WEEKS - 1}, which is after 134 years | 0 to {len(weekly_amounts()) - 1} |"


@claims.of("architecture.md")
def last_week() -> Iterator[str]:
    yield f"a week would come after week {MAX_WEEKS - 1} |"


@claims.of("glossary.md")
def week() -> Iterator[str]:
    yield f"| week | {WEEK:,} seconds; weeks run from `start` and are numbered from 0 |"
