"""What docs/mechanism.md says in numbers."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from perpetual_pools.model import CommitType, FixedOracle, Ledger, Pool, maths
from perpetual_pools.model.constants import WAD, YEAR
from tests.docs import claims
from tests.docs.setting import HOUR, LAUNCH, TWO_SIDES, at, clock, loss, moved
from tests.docs.text import TOKEN, USDC, cents, change, flat, percent, tokens, usdc

UP = moved(TWO_SIDES, 100, 105)
BACK = moved(UP, 105, 100)
SUPPLY = 1_000 * TOKEN


@claims.of("mechanism.md")
def worked_example() -> Iterator[str]:
    sides, paid = TWO_SIDES, ""
    for hour, (price, after) in enumerate(((100, TWO_SIDES), (105, UP), (100, BACK))):
        if hour:
            paid = usdc(abs(after[0] - sides[0]))
        sides = after
        prices = (tokens(maths.token_price(side, SUPPLY, 6)) for side in sides)
        cells = [str(hour), str(price), paid, *map(usdc, sides), *prices]
        yield flat(f"| {' | '.join(cells)} |")
    kept = Fraction(100, 105) ** 3
    assert UP[1] == -(-1_000 * USDC * kept // 1)
    yield f"It keeps `(100 / 105)^3 = {float(kept):.6f}` of its balance"
    yield (
        f"The way back costs long {(UP[0] - BACK[0]) / USDC:.2f} USDC, "
        f"and the round trip costs it {percent(1 - Fraction(BACK[0], TWO_SIDES[0]))}"
    )


@claims.of("mechanism.md")
def loss_of_the_loser() -> Iterator[str]:
    moves = [(100, 101), (100, 99), (100, 105), (100, 95), (100, 110), (100, 90), (100, 200), (100, 50)]
    yield "| p | +1 % | -1 % | +5 % | -5 % | +10 % | -10 % | doubles | halves |"
    for p in (1, 3, 10):
        yield f"| {p} | {' | '.join(percent(loss(before, after, p)) for before, after in moves)} |"


@claims.of("mechanism.md")
def rebalancing_rate() -> Iterator[str]:
    long, short = 1_100 * USDC, 1_000 * USDC
    yield "With 1,100 USDC long, 1,000 USDC short and `p` = 3"
    for name, price in (("+1 %", 101), ("-1 %", 99)):
        new_long, new_short = moved((long, short), 100, price)
        gains = ((new_long - long, long), (new_short - short, short))
        cells = (f"{change(gain)} | {percent(Fraction(gain, own), sign=True)}" for gain, own in gains)
        yield f"| {name} | {' | '.join(cells)} |"
    yield f"Short's percentage gain is {long / short} times long's percentage loss."
    long_rate, short_rate = (Fraction(rate, WAD) for rate in maths.rebalancing_rates(long, short))
    yield f"Here it is {percent(short_rate, sign=True)} for short and {percent(long_rate, sign=True)} for long."


@claims.of("mechanism.md")
def when_commitments_execute() -> Iterator[str]:
    yield "With a `frontRunningInterval` of 5 minutes, as at launch, and a rebalance due at 13:00:"
    assert LAUNCH.front_running_interval == 5 * 60
    for time, note in (
        ("12:00:01", ""),
        ("12:54:59", ""),
        ("12:55:00", ""),
        ("13:20:00", ", before anyone called the rebalance"),
    ):
        usd = Ledger()
        usd.mint("alice", USDC)
        pool = Pool(LAUNCH, settlement=usd, settlement_decimals=6, oracle=FixedOracle(WAD), now=at("11:00:00"))
        pool.rebalance(at("12:00:00"))
        assert pool.next_rebalance == at("13:00:00")
        epoch = pool.commit(at(time), "alice", CommitType.LONG_MINT, USDC, "alice")
        while pool.epoch <= epoch:
            executed_at = max(at(time), pool.next_rebalance)
            pool.rebalance(executed_at)
        waited = pool.last_rebalance - at(time)
        yield f"| {time}{note} | {clock(pool.last_rebalance)} | {waited // 60}:{waited % 60:02d} |"


@claims.of("mechanism.md")
def charges() -> Iterator[str]:
    fee = LAUNCH.management_fee
    hourly, yearly = (maths.management_fee(1_000 * USDC, fee, seconds) for seconds in (HOUR, YEAR))
    yield (
        f"At {100 * fee // WAD} % a year, a side of 1,000 USDC pays {usdc(hourly)} USDC an hour "
        f"and {cents(yearly)} USDC a year."
    )
    yield "at 0.01 % of the pool per hour of the interval."
    assert sum(maths.keeper_reward(10**9, 10**9, 10**12, 0, 0, HOUR)) == 2 * 10**9 // 10_000
    assert (LAUNCH.keeper_reward_max, LAUNCH.keeper_reward_ramp) == (2 * USDC, 10 * 60)
    yield "With a `keeperRewardMax` of 2 USDC and a `keeperRewardRamp` of 10 minutes:"
    yield "| seconds late | reward, pool of 2,000 USDC | reward, pool of 2,000,000 USDC |"
    for late in (0, 6, 60, 600):
        rewards = (
            sum(maths.keeper_reward(side, side, LAUNCH.keeper_reward_max, LAUNCH.keeper_reward_ramp, late, HOUR))
            for side in (1_000 * USDC, 1_000_000 * USDC)
        )
        yield f"| {late} | {' | '.join(map(usdc, rewards))} |"


@claims.of("mechanism.md")
def batches() -> Iterator[str]:
    yield "once without fees and once with a mint fee and a burn fee of 1 % each:"
    yield "| batch | formula | no fees | 1 % and 1 % |"
    rows = (
        ("mint with 100 USDC, long", "`amount * supply / balance`", CommitType.LONG_MINT, 100 * USDC, tokens, " L"),
        ("burn 100 S-tokens", "`amount * balance / supply`", CommitType.SHORT_BURN, 100 * TOKEN, usdc, " USDC"),
        (
            "flip 100 S-tokens to long",
            "a burn, then a mint with its proceeds",
            CommitType.SHORT_BURN_LONG_MINT,
            100 * TOKEN,
            tokens,
            " L",
        ),
    )
    for name, formula, kind, amount, write, unit in rows:
        outs = (maths.price_batch(kind, amount, UP, (SUPPLY, SUPPLY), fee, fee, 6).out for fee in (0, WAD // 100))
        yield f"| {name} | {formula} | {' | '.join(write(out) + unit for out in outs)} |"


@claims.of("mechanism.md")
def opening() -> Iterator[str]:
    """The pool of the example, made as a user would."""
    usd = Ledger()
    params = replace(LAUNCH, management_fee=0)
    pool = Pool(params, settlement=usd, settlement_decimals=6, oracle=FixedOracle(100 * WAD), now=at("11:00:00"))
    for trader, kind in (("alice", CommitType.LONG_MINT), ("bob", CommitType.SHORT_MINT)):
        usd.mint(trader, 1_000 * USDC)
        pool.commit(at("11:00:01"), trader, kind, 1_000 * USDC, trader)
    pool.rebalance(at("12:00:00"))
    assert (pool.balances(), pool.supplies(), pool.token_prices()) == (TWO_SIDES, (SUPPLY, SUPPLY), (WAD, WAD))
    yield (
        f"A pool `{pool.name}` holds 1,000 USDC on each side. There are 1,000 `3L-BTC/USDC` and 1,000 `3S-BTC/USDC`, "
        "so each token is worth 1 USDC."
    )
