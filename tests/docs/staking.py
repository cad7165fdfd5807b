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
    yield f"the primary market (pool tokens) gets {primary} % of every second's emission at launch, the secondary"
    yield f"(AMM LP tokens) {100 - primary} %."
    yield f"| allocation | `setAllocation` | of {BPS} | 0 | {BPS} | {LAUNCH_PRIMARY_BPS} |"
    yield f"week 0: {WEEK_0 // TOKEN:,} TCR"


@claims.of("staking.md")
def worked_example() -> Iterator[str]:
    farm = example()
    hour = farm.emitted(HOUR)
    yield f"A week of {WEEK_0 // TOKEN:,} TCR emits {tokens(hour)} an hour:"
    # The primary market's four quarters; the secondary's.
    quarters = {name: farm.earned(HOUR, ALICE, name) + farm.earned(HOUR, BOB, name) for name in MARKETS}
    yield f"{tokens(4 * quarters['primary'])} to the primary market, {tokens(4 * quarters['secondary'])} to the secondary."
    yield "She has 5 % of that farm, and earns, in an hour:"
    for name in MARKETS:
        earned = farm.earned(HOUR, ALICE, name)
        assert abs(earned * 20 - quarters[name]) <= 20
        assert abs(farm.earned(HOUR // 2, ALICE, name) * 2 - earned) <= 2
        yield f"| {name} | {tokens(quarters[name])} | {tokens(earned)} |"
    farm.tokens["primary"].mint(BOB, 100 * TOKEN)
    farm.stake(HOUR, BOB, "primary", 100 * TOKEN)
    earned = farm.earned(HOUR, ALICE, "primary")
    assert abs(2 * (farm.earned(2 * HOUR, ALICE, "primary") - earned) - earned) <= 2
    yield "her part of what comes after that second halves."


@claims.of("staking.md")
def idle_day() -> Iterator[str]:
    farm = example()
    for staker in (ALICE, BOB):
        farm.exit(0, staker, "primary")
    farm.stake(DAY, BOB, "primary", TOKEN)
    yield f"of a week of {WEEK_0 // TOKEN:,} TCR, a farm with a quarter of the primary market in which nobody stakes"
    yield f"on the first day leaves {tokens(farm.undistributed(DAY))} TCR to be scheduled again."


@claims.of("staking.md")
def gas_of_a_skipped_week() -> Iterator[str]:
    # A slot filled anew costs 22,100.
    yield "Each week that is skipped costs the next `schedule` about 22,000 gas, all in one call:"
    assert 14 * 365 // 7 * 22_100 < 2**24 < 15 * 365 // 7 * 22_100
    yield "after 14 years of silence a block of 2^24 gas does not hold it any more"
    yield f"and who schedules all {MAX_WEEKS:,} leaves no room"


@claims.of("staking.md")
def rounding_of_very_large_stakes() -> Iterator[str]:
    yield f"Such a farm loses at most {WEEK:,} units a week by it."


@claims.of("staking.md")
def bounds() -> Iterator[str]:
    assert (MAX_WEEKS * WEEK + 1 < 2**32) and MAX_WEEKS * 7 // 365 == 134
    yield f"| weeks | `schedule` | | 0 | {MAX_WEEKS - 1}, after 134 years | 0 to {len(weekly_amounts()) - 1} |"


@claims.of("architecture.md")
def last_week() -> Iterator[str]:
    yield f"beyond the week {MAX_WEEKS - 1} |"


@claims.of("glossary.md")
def week() -> Iterator[str]:
    yield f"| week | {WEEK:,} seconds from `start` on, numbered from 0 |"
