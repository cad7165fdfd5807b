"""The launched system lives for a day on a fork of Arbitrum One: upkeeps, trades, staking and claims beside the models."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from perpetual_pools.chain.contracts import instance
from perpetual_pools.deployment.system import deploy_system
from perpetual_pools.emissions.amounts import weekly_amounts
from perpetual_pools.model import CommitType
from perpetual_pools.parameters import Parameters
from tests.fork.day import DEALT, UNIT, Day
from tests.support.direct import DirectAnvilChain
from tests.support.fork import HOUR, deal

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, LONG_TO_SHORT, SHORT_TO_LONG = CommitType
TOKEN = 10**18
LP = 10**12
"""LP token units of one pool token and one USDC."""
WEEKS = weekly_amounts()[:4]
MINUTE = 60


@pytest.fixture
def day(
    project: Any,
    chain: Any,
    fork: Any,
    person: Callable[[str], Any],
    proxy_type: Any,
    operator: Any,
    safe: Any,
    launch: Parameters,
    tmp_path: Path,
) -> Day:
    """Ten minutes after the last but one full hour before week 0: deployed, handed over, four weeks scheduled."""
    anvil = DirectAnvilChain(project, chain, operator, launch.farm.start - 2 * HOUR + 10 * MINUTE)
    anvil.move_to(anvil.now)
    record = deploy_system(operator, launch, tmp_path / "record.json")
    for name, contract in (("factory", "PoolFactory"), ("farm", "StakingFarm")):
        owned = instance(contract, record.address(name))
        anvil.send(owned, "acceptOwnership", [], safe)
        assert owned.owner() == safe
    day = Day(anvil, fork, proxy_type, person, safe, launch, record)
    deal(fork, day.tcr, safe, sum(WEEKS))
    day.farm.ledgers[day.tcr.address].mint(safe.address, sum(WEEKS))
    anvil.send(day.tcr, "approve", [day.farm.model.address, sum(WEEKS)], safe)
    day.farm.schedule(safe, *WEEKS)
    return day


def test_day__launched_system__lives_24_hours_as_in_the_model(day: Day) -> None:
    alice, bob, carol = day.traders

    # Both sides of four pools open; at first a token is worth 1 USDC.
    opening = [
        (alice, "1-BTC/USDC", LONG_MINT, 95_000),
        (carol, "1-BTC/USDC", LONG_MINT, 5_000),
        (bob, "1-BTC/USDC", SHORT_MINT, 80_000),
        (alice, "3-BTC/USDC", LONG_MINT, 200_000),
        (carol, "3-BTC/USDC", LONG_MINT, 10_000),
        (bob, "3-BTC/USDC", SHORT_MINT, 150_000),
        (bob, "1-ETH/USDC", LONG_MINT, 50_000),
        (alice, "1-ETH/USDC", SHORT_MINT, 40_000),
        (carol, "3-ETH/USDC", LONG_MINT, 60_000),
        (bob, "3-ETH/USDC", SHORT_MINT, 70_000),
    ]
    for sender, market, kind, amount in opening:
        assert day.commit(sender, market, kind, amount * UNIT) == 0
    day.keep(-1)
    for sender, market, kind, amount in opening:
        day.markets[market].claim(sender)
        bought = day.token(f"{market[0]}{'L' if kind == LONG_MINT else 'S'}{market[1:]}")
        assert bought.balanceOf(sender) == amount * TOKEN

    # Stakes in four farms of sixteen: carol has 5 of 100 staked 1L-BTC/USDC, and a sixth of the liquidity of 3L-BTC/USDC.
    long, short, other = map(day.token, ("1L-BTC/USDC", "1S-BTC/USDC", "3L-ETH/USDC"))
    pair = day.exchange.pair
    assert day.exchange.add(alice, 50_000 * TOKEN, 50_000 * UNIT) == 50_000 * LP - 1_000
    assert day.exchange.add(carol, 10_000 * TOKEN, 10_000 * UNIT) == 10_000 * LP
    day.stake(alice, long, 95_000 * TOKEN)
    day.stake(carol, long, 5_000 * TOKEN)
    day.stake(bob, short, 60_000 * TOKEN)
    day.stake(carol, other, 30_000 * TOKEN)
    day.stake(alice, pair, 50_000 * LP - 1_000)
    day.stake(carol, pair, 10_000 * LP)
    day.keep(0, 1, 2)

    # Out of one side, into the other, from one to the other.
    day.move_to(2, 25 * MINUTE)
    assert day.commit(alice, "3-BTC/USDC", LONG_BURN, 40_000 * TOKEN) == 0
    assert day.commit(bob, "3-BTC/USDC", SHORT_MINT, 50_000 * UNIT) == 0
    assert day.commit(carol, "3-ETH/USDC", LONG_TO_SHORT, 10_000 * TOKEN) == 0
    day.keep(3)
    day.move_to(3, 20 * MINUTE)
    day.markets["3-BTC/USDC"].claim(alice)
    day.markets["3-BTC/USDC"].claim(bob)
    day.markets["3-ETH/USDC"].claim(carol)

    # 5 % of an eighth of 40 %, and a sixth of an eighth of 60 %, of what 200 minutes emit.
    emitted = Fraction(WEEKS[0] * 200 * MINUTE, 7 * 24 * HOUR)
    assert day.farm.claim(carol, long) == int(emitted * 5 / 100 * 5 / 100)
    assert day.farm.claim(carol, pair) == int(emitted * 75 / 1_000 * 10_000 * LP / (60_000 * LP - 1_000))
    day.keep(4)

    # A minute before the hour it is too late for it.
    day.move_to(4, 59 * MINUTE)
    assert day.commit(alice, "1-ETH/USDC", SHORT_MINT, 10_000 * UNIT) == 1
    day.keep(5, late=41 * MINUTE)
    assert day.markets["1-ETH/USDC"].claim(alice) == (0, 0, 0)
    day.keep(6)
    settlement, longs, shorts = day.markets["1-ETH/USDC"].claim(alice)
    assert (settlement, longs) == (0, 0) and shorts > 0
    day.keep(7, 8)

    # Nobody calls at 9: whoever commits in that hour waits for 11, the others' price is that of 10.
    day.move_to(8, 30 * MINUTE)
    assert day.commit(bob, "1-BTC/USDC", SHORT_BURN, 20_000 * TOKEN) == 0
    assert day.commit(carol, "1-BTC/USDC", LONG_MINT, 30_000 * UNIT) == 0
    day.move_to(9, 30 * MINUTE)
    assert day.commit(carol, "1-BTC/USDC", LONG_MINT, 5_000 * UNIT) == 1
    day.keep(10)
    assert day.markets["1-BTC/USDC"].claim(bob)[0] > 0
    (_, bought, _) = day.markets["1-BTC/USDC"].claim(carol)
    day.keep(11)
    (_, bought_later, _) = day.markets["1-BTC/USDC"].claim(carol)
    assert bought > bought_later > 0
    day.stake(carol, long, bought + bought_later)
    day.farm.withdraw(bob, short, 30_000 * TOKEN)
    day.keep(*range(12, 19))

    day.move_to(18, 10 * MINUTE)
    day.commit(alice, "1-ETH/USDC", SHORT_TO_LONG, 15_000 * TOKEN)
    day.commit(bob, "1-ETH/USDC", LONG_BURN, 20_000 * TOKEN)
    day.commit(bob, "3-BTC/USDC", SHORT_BURN, 30_000 * TOKEN)
    day.keep(19)
    for trader in (alice, bob):
        day.markets["1-ETH/USDC"].claim(trader)
    day.markets["3-BTC/USDC"].claim(bob)
    day.farm.claim(alice, long, pair)
    day.keep(20, 21, 22)
    # After the last change of liquidity: whether the factory takes a fee then makes no difference.
    assert day.exchange.buy(carol, 1_000 * UNIT) > 0
    day.keep(23)

    require_all_tcr(day, staked=[long, short, other, pair])
    day.keep(24)
    require_all_usdc(day)
    require_prices_later_than_orders(day)


def require_all_tcr(day: Day, staked: list[Any]) -> None:
    """24 hours after the begin: what was emitted is with the stakers, or goes to the DAO for the farms without any."""
    farm = day.farm
    day.move_to(24, 0)
    emitted = WEEKS[0] // 7
    assert day.chain.read(farm.farm, "emitted", day.chain.now) == farm.model.emitted(day.chain.now) == emitted
    idle = [token for token in farm.model.farms if token not in {token.address for token in staked}]
    assert len(idle) == 12
    for token in idle:
        farm.set_weight(day.safe, token, 1)
    pairs = [
        (account, token)
        for account in day.traders
        for token in staked
        if farm.model.stake_of(account.address, token.address)
    ]
    dust = len(farm.model.events)
    for account, token in pairs:
        farm.exit(account, token)
    paid = sum(day.tcr.balanceOf(trader) for trader in day.traders)
    # Three eighths of 40 % and one of 60 % have stakers.
    assert 0 <= Fraction(WEEKS[0], 7) * 225 / 1_000 - paid <= dust, "F2"
    assert 0 <= emitted - paid - farm.undistributed() <= dust, "F2"
    assert day.tcr.balanceOf(farm.farm) == sum(WEEKS) - paid


def require_all_usdc(day: Day) -> None:
    """Everybody leaves; what nobody can claim any more is less than a unit for each claim. Only the pair stays in a pool."""
    for twin in day.world.twins:
        for side, kind in ((twin.long_token, LONG_BURN), (twin.short_token, SHORT_BURN)):
            for trader in day.traders:
                if held := side.balanceOf(trader):
                    assert day.commit(trader, twin.model.name, kind, held) == 0
    day.keep(25)
    for twin in day.world.twins:
        for trader in day.traders:
            twin.claim(trader)
        assert twin.collect_fees(day.keeper) > 0
        if twin is day.exchange.market:
            assert twin.model.supplies() == (day.exchange.model.reserves[0], 0)
        else:
            assert (twin.model.supplies(), twin.model.balances()) == ((0, 0), (0, 0))
            assert 0 <= day.usdc.balanceOf(twin.pool) <= twin.claims, "P1"
    holders = [*day.people, day.exchange.pair, *(twin.pool for twin in day.world.twins)]
    assert sum(day.usdc.balanceOf(holder) for holder in holders) == sum(DEALT.values())


def require_prices_later_than_orders(day: Day) -> None:
    """P6, of all that was committed."""
    executed = {
        (twin, event.arguments["epoch"]): event.arguments["timestamp"]
        for twin in day.world.twins
        for event in twin.model.events
        if event.name == "Rebalanced"
    }
    assert len(executed) == 4 * 26  # from an hour before week 0 until an hour after the day, but for one
    for twin, epoch, made in day.orders:
        assert executed[twin, epoch] - made > 5 * MINUTE, "P6"
