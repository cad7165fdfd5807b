"""What docs/known-issues.md says in numbers. Each scenario runs in the model."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from perpetual_pools.model import (
    ChainlinkOracle,
    CommitType,
    Feed,
    FixedOracle,
    Ledger,
    Pool,
    PoolParams,
    Refused,
    Round,
    SequencerFeed,
    maths,
)
from perpetual_pools.model.constants import DUST, MAX_PRICE, SHUTDOWN_DELAY, WAD
from tests.docs import claims
from tests.docs.setting import DEPLOYMENT, HOUR, LAUNCH, TWO_SIDES, Sides, at, clock, loss, moved
from tests.docs.text import TOKEN, USDC, cents, percent, usdc

FREE = replace(LAUNCH, management_fee=0)


def pool_of(sides: Sides, params: PoolParams = FREE, price: int = 100) -> tuple[Pool, FixedOracle]:
    """A pool with that much on its sides, last rebalanced at 12:00. Alice holds long, bob short, each USDC for more."""
    usd, oracle = Ledger(), FixedOracle(price * WAD)
    pool = Pool(params, settlement=usd, settlement_decimals=6, oracle=oracle, now=at("11:00:00"))
    for trader, kind, amount in (("alice", CommitType.LONG_MINT, sides[0]), ("bob", CommitType.SHORT_MINT, sides[1])):
        usd.mint(trader, amount + 1_000 * USDC)
        pool.commit(at("11:00:01"), trader, kind, amount, trader)
    pool.rebalance(at("12:00:00"))
    assert (pool.balances(), pool.next_rebalance) == (sides, at("13:00:00"))
    return pool, oracle


def rebalance(pool: Pool, oracle: FixedOracle, time: str, price: Fraction | int) -> None:
    oracle.price = int(price * WAD)
    pool.rebalance(at(time))


def refusal(action: Callable[[int], object], time: int) -> str | None:
    """The error with which the pool refuses, None if it does not."""
    try:
        action(time)
    except Refused as refused:
        return str(refused)
    return None


@claims.of("known-issues.md")
def the_launch() -> Iterator[str]:
    assert (LAUNCH.rebalance_interval, LAUNCH.front_running_interval, LAUNCH.leverage) == (HOUR, 5 * 60, 3)
    yield "hourly rebalances, a `frontRunningInterval` of 5 minutes, and 3x where the leverage matters."


@claims.of("known-issues.md")
def volatility_decay() -> Iterator[str]:
    long, short = moved(moved(TWO_SIDES, 100, 105), 105, 100)
    assert long + short == sum(TWO_SIDES)
    lost = Fraction(TWO_SIDES[0] - long, TWO_SIDES[0])
    yield (
        f"With 1,000 USDC on each side, a move of +5 % and back leaves long with {usdc(long)} USDC: "
        f"long has lost {percent(lost)}, and short has gained that amount."
    )
    sides = TWO_SIDES
    for _ in range(12):
        sides = moved(moved(sides, 100, 101), 101, 100)
    yield f"If the price alternates between 100 and 101 for 24 hours, long ends with {usdc(sides[0])} USDC."
    for _ in range(10_000):
        sides = moved(moved(sides, 100, 101), 101, 100)
    # L = k * (L + (1 - k) * (2000 - L)) gives L = 2000 * k / (1 + k); each round trip rounds by two units at most, and a
    # difference shrinks by k * k in each, so what is left of all of them is below 2 / (1 - k * k) = 35 units.
    k = Fraction(100, 101) ** 3
    limit = sum(TWO_SIDES) * k / (1 + k)
    assert abs(sides[0] - limit) < 2 / (1 - k * k)
    yield (
        "if the price goes on like that and nobody mints or burns, "
        f"long's balance approaches {float(limit) / USDC:.6f} USDC."
    )
    down_and_up = moved(moved(TWO_SIDES, 105, 100), 100, 105)
    assert down_and_up == (short, long), "if the first move is down, short loses instead"


@claims.of("known-issues.md")
def nearly_empty_side() -> Iterator[str]:
    sides = (1_000_000 * USDC, 10 * USDC)
    down, up = moved(sides, 100, 99), moved(sides, 100, 101)
    assert sides[0] - down[0] == sides[0] * loss(100, 99)
    yield (
        "With 1,000,000 USDC long and 10 USDC short, a move of -1 % turns the 10 USDC into "
        f"{cents(down[1])} USDC and costs long {cents(sides[0] - down[0])} USDC. "
        f"A move of +1 % costs short {usdc(sides[1] - up[1])} USDC, and long cannot win more than that."
    )
    assert up[0] - sides[0] == sides[1] - up[1]


@claims.of("known-issues.md")
def below_min_liquidity() -> Iterator[str]:
    yield (
        f"While a side holds less than {LAUNCH.min_liquidity // USDC} USDC, "
        "the pool stores the new price but moves no value."
    )
    thin = (1_000 * USDC, LAUNCH.min_liquidity - 1)
    pool, oracle = pool_of(thin)
    rebalance(pool, oracle, "13:00:00", 110)
    rebalance(pool, oracle, "14:00:00", 110)
    assert (pool.balances(), pool.last_price) == (thin, 110 * WAD), "not made up for later"


@claims.of("known-issues.md")
def commitments_that_wait() -> Iterator[str]:
    longest = LAUNCH.rebalance_interval + LAUNCH.front_running_interval
    yield "waits for its rebalance, at most 1 hour and 5 minutes when keepers are on time."
    waits = []
    for time in ("12:00:01", "12:54:59", "12:55:00", "12:59:59"):
        pool, _ = pool_of(TWO_SIDES)
        epoch = pool.commit(at(time), "alice", CommitType.LONG_MINT, USDC, "alice")
        while pool.epoch <= epoch:
            pool.rebalance(pool.next_rebalance)
        waits.append(pool.last_rebalance - at(time))
    assert max(waits) == longest == HOUR + 5 * 60

    yield "14 days after the missed rebalance, so the wait is at most 14 days, 1 hour and 5 minutes."
    pool, oracle = pool_of(TWO_SIDES)
    # As late as makes the pool skip a grid time: the longest that `next` can be away.
    pool.rebalance(at("13:55:00"))
    pool.commit(at("13:55:00"), "alice", CommitType.LONG_MINT, 1_000 * USDC, "alice")
    oracle.failure = Refused("dead")
    closes = at("13:55:00") + longest + SHUTDOWN_DELAY
    assert refusal(pool.shutdown, closes - 1) == f"ShutdownTooEarly(opensAt={closes})"
    assert not pool.is_shutdown
    pool.shutdown(closes)
    assert pool.is_shutdown
    assert pool.claim("alice", "alice", "alice")[0] == 1_000 * USDC, "refunded in full"


@claims.of("known-issues.md")
def skipped_grid_time() -> Iterator[str]:
    late = LAUNCH.rebalance_interval - LAUNCH.front_running_interval
    yield (
        f"When a rebalance comes {late // 60} minutes late or more "
        "(`rebalanceInterval - frontRunningInterval`), the next grid time is"
    )
    long = {}
    for time, following in (("13:54:59", "14:00:00"), ("13:55:00", "15:00:00")):
        pool, oracle = pool_of(TWO_SIDES)
        rebalance(pool, oracle, time, 100)
        assert clock(pool.next_rebalance) == following
        if following == "14:00:00":
            rebalance(pool, oracle, "14:00:00", 105)
        rebalance(pool, oracle, "15:00:00", 100)
        long[following] = usdc(pool.balances()[0])
    yield (
        f"+5 % and back would have left long with {long['14:00:00']} USDC, "
        f"but now leaves it with {long['15:00:00']} USDC."
    )
    at_maximum = (late - LAUNCH.keeper_reward_ramp) // 60
    yield f"By then the keeper reward has been at its maximum for {at_maximum} minutes"


@claims.of("known-issues.md")
def old_feed() -> Iterator[str]:
    max_age = next(feed.max_age for feed in DEPLOYMENT.feeds.values())
    yield f"`maxAge` is therefore {max_age // HOUR} hours."
    won = Fraction(moved(TWO_SIDES, 1_000, 1_001)[0] - TWO_SIDES[0], TWO_SIDES[0])
    yield (
        "If the gap is 0.1 % and is still there at the grid time, a trader who minted on the right side wins "
        f"{percent(won)} from the other side at 3x."
    )
    feed = Feed(8, [Round(1, 100 * 10**8, at("11:00:00"), at("11:00:00"))])
    oracle = ChainlinkOracle(feed, None, max_age, 0)
    pool = Pool(FREE, settlement=Ledger(), settlement_decimals=6, oracle=oracle, now=at("11:00:00"))
    feed.push(Round(2, 101 * 10**8, at("12:00:00"), at("12:00:00")))
    unchanged = -1  # the first of these sees the change
    while (refused := refusal(pool.rebalance, pool.next_rebalance)) is None:
        unchanged += 1
    assert refused.startswith("RoundStale(roundId=2")
    yield f"up to {unchanged} rebalances use an unchanged price, and the {unchanged + 1}th fails."
    yield f"If the feed then returns with a price that is 10 % higher, short pays {percent(loss(100, 110))} at once."


@claims.of("known-issues.md")
def choice_among_grid_times() -> Iterator[str]:
    prompt, oracle = pool_of(TWO_SIDES)
    rebalance(prompt, oracle, "13:10:00", 105)
    tardy, oracle = pool_of(TWO_SIDES)
    rebalance(tardy, oracle, "14:00:00", 100)
    assert tardy.balances() == TWO_SIDES
    yield (
        "With 1,000 USDC on each side and prices of 100 at 12:00, 105 at 13:00 and 100 at 14:00, "
        f"a call before 14:00 gives long {usdc(prompt.balances()[0] - TWO_SIDES[0])} USDC, "
        "and a call after 14:00 moves nothing."
    )


@claims.of("known-issues.md")
def sequencer_outage() -> Iterator[str]:
    feed = Feed(8, [Round(1, 100 * 10**8, at("11:00:00"), at("11:00:00"))])
    sequencer = SequencerFeed(0, at("01:00:00"))
    oracle = ChainlinkOracle(feed, sequencer, 25 * HOUR, HOUR)
    pool = Pool(FREE, settlement=Ledger(), settlement_decimals=6, oracle=oracle, now=at("12:00:00"))
    assert pool.next_rebalance == at("13:00:00")
    sequencer.started_at = at("13:10:00")
    for time in ("13:10:00", "14:00:00", "14:59:59"):
        assert "SequencerGracePeriod" in str(refusal(pool.rebalance, at(time)))
    pool.rebalance(at("15:00:00"))
    yield (
        "With a grace period of an hour and a sequencer that is back at 13:10, the wrapper refuses the price of 14:00, "
        f"and the first rebalance uses the price of {clock(pool.last_rebalance)[:5]}."
    )


@claims.of("known-issues.md")
def dust() -> Iterator[str]:
    yield "Each commitment leaves less than 0.000001 USDC or 10^-18 tokens in the pool, and they belong to nobody."
    assert USDC == 10**6
    worth = [DUST * price * USDC // TOKEN for price in (1, 1_000)]
    yield (
        f"less than {usdc(worth[0])} USDC at a token price of 1, "
        f"and less than {usdc(worth[1])} USDC at a token price of 1,000."
    )


@claims.of("known-issues.md")
def largest_price() -> Iterator[str]:
    assert MAX_PRICE == 2**96 - 1
    yield f"refuses a price of 2^96 in WAD, which is about {2**96 / WAD / 10**10:.1f} * 10^10, or above."


@claims.of("known-issues.md")
def small_pools() -> Iterator[str]:
    sides = (10**12, 10**12)
    reward = sum(maths.keeper_reward(*sides, 10**12, 0, 0, HOUR))
    hourly = Fraction(reward, sum(sides))
    yield f"at most {percent(hourly)} of the pool per hour, which is {percent(24 * hourly)} a day."
