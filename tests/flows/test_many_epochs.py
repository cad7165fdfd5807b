"""A day and more of a busy pool: four traders, 24 rebalances, many of them late, all kinds of commitments, claims when it
suits. At the end all leave, and the books are closed: what was paid in has been paid out, to the last unit of dust."""

from collections import defaultdict

import pytest

from perpetual_pools.model import CommitType
from perpetual_pools.twin.pool import HOUR, WAD, Twin
from tests.property.pool.book import Book
from tests.support.orders import cash
from tests.support.world import ALICE, BOB, CAROL, KEEPER, TRADERS, TREASURY, new_world

LONG_MINT, LONG_BURN, SHORT_MINT, SHORT_BURN, LONG_TO_SHORT, SHORT_TO_LONG = CommitType
USDC = 10**6
FRONT_RUNNING_INTERVAL = 300
PRICES = [100, 105, 104, 98, 98, 91, 95, 103, 112, 112, 108, 101, 90, 77, 85, 92, 92, 99, 110, 124, 118, 107, 103, 100]
LATENESS = [20, 0, 299, 600, 1, 3_000, 3_301, 20, 2 * HOUR + 5, 0, 20, 59, 3_599, 20, 20, 5 * HOUR, 0, 600, 20, 1, 20]
"""Seconds. From 3,300 on the next hour is too near and passed over; from 3,600 on hours have been missed."""
CLAIMS_EVERY = {ALICE: 1, BOB: 3, CAROL: 7}
"""Epochs. Dave never claims of his own accord: he is paid when he needs a slot again."""


class Day:
    """The pool, and what can be counted of it from outside: rewards, and who commits what."""

    def __init__(self, project) -> None:
        world = new_world(project)
        self.market: Twin = world.deploy_pool(
            management_fee=WAD // 50,
            mint_fee=WAD // 1_000,
            burn_fee=WAD // 1_000,
            keeper_reward_max=5 * USDC,
            front_running_interval=FRONT_RUNNING_INTERVAL,
        )
        self.had = {trader: cash(self.market, trader) for trader in TRADERS}
        self.book = Book(FRONT_RUNNING_INTERVAL)
        self.parts: defaultdict[tuple[int, CommitType], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        """By epoch and type: what each trader has put in."""
        self.displaced = 0
        self._seen = 0

    def commit(self, trader: str, kind: CommitType, amount: int) -> None:
        epoch = self.market.commit(trader, kind, amount)
        self.parts[epoch, kind][trader] += amount
        self._follow()

    def claim(self, trader: str) -> None:
        self.market.claim(trader)
        self._follow()

    def rebalance(self, price: int, late: int) -> None:
        self.market.set_price(price * WAD)
        self.market.move_to_rebalance(late)
        pool, intended = sum(self.market.pool.balances()), self.market.pool.nextRebalance()
        reward = self.market.rebalance(KEEPER, recipient=KEEPER)
        assert reward * 10_000 <= pool
        assert (self.market.pool.lastRebalance() - intended) == late // HOUR * HOUR, "no drift"
        self._follow()

    def held(self, trader: str, kind: CommitType) -> int:
        """Token units that a commitment of this kind could put in."""
        return (self.market.long_token, self.market.short_token)[kind.burned_side or 0].balanceOf(trader)

    def _follow(self) -> None:
        """P6 and P7, from the events of the one call since."""
        events = self.market.model.events[self._seen :]
        self._seen += len(events)
        self.book.follow(self.market.world.now, events)
        self.displaced += [event.name for event in events] == ["Committed", "Claimed"]

    def paid(self, trader: str) -> int:
        """Settlement units, more than was put in: what the trader has won."""
        return cash(self.market, trader) - self.had[trader]


def kinds_of(number: int, place: int) -> tuple[CommitType, CommitType]:
    """What the trader in that place commits in that epoch: both mints at first, then each type in its turn, in pairs."""
    if number < 2:
        return LONG_MINT, SHORT_MINT
    return CommitType((number + place // 2) % 6), CommitType((number + 3 + place % 2) % 6)


@pytest.fixture
def day(project) -> Day:
    """After 24 rebalances; everybody has claimed."""
    day = Day(project)
    for number, price in enumerate(PRICES):
        for place, trader in enumerate(TRADERS):
            if place == number % 4:
                # Too late for this epoch.
                day.market.world.move_to(day.market.model.next_rebalance - 299)
            for kind in kinds_of(number, place):
                amount = 1_000_003 * USDC // (7 + place) + number if kind.is_mint else day.held(trader, kind) * 3 // 7
                if amount:
                    day.commit(trader, kind, amount)
        day.rebalance(price, LATENESS[number % len(LATENESS)])
        for trader, every in CLAIMS_EVERY.items():
            if number % every == 0:
                day.claim(trader)
    # What was committed in the last window.
    day.rebalance(PRICES[-1], 0)
    for trader in TRADERS:
        day.claim(trader)
    return day


@pytest.mark.finding("C06")
@pytest.mark.finding("K07")
def test_many_epochs__day_of_four_traders__has_everything_that_can_happen(day):
    executed = defaultdict(int)
    for event in day.market.model.events:
        if event.name == "BatchExecuted":
            executed[CommitType(event.arguments["commitType"])] += 1
            assert event.arguments["amountOut"] > 0
    # Each type in every second epoch at least, batches of up to all four, commitments that push out older ones.
    assert min(executed[kind] for kind in CommitType) >= 12
    assert {len(parts) for parts in day.parts.values()} == {1, 2, 3, 4}
    assert day.displaced >= 24
    assert (day.market.pool.epoch(), len(PRICES)) == (26, 24)
    # First open at 2,000,001,600. 25 rebalances, and the hours that were missed or passed over, on the grid to the end.
    first, skipped = 2_000_001_600, 0
    for number in range(24):
        late = LATENESS[number % len(LATENESS)]
        skipped += late // HOUR + (late % HOUR >= HOUR - FRONT_RUNNING_INTERVAL)
    assert skipped == 9
    assert day.market.pool.lastRebalance() == first + (24 + skipped) * HOUR
    assert day.market.pool.nextRebalance() == first + (25 + skipped) * HOUR


@pytest.mark.finding("M08")
def test_many_epochs__everybody_leaves__what_was_paid_in_is_paid_out_but_for_known_dust(day):
    market = day.market
    for trader in TRADERS:
        for kind in (LONG_BURN, SHORT_BURN):
            day.commit(trader, kind, day.held(trader, kind))
    day.rebalance(PRICES[-1], 0)
    for trader in TRADERS:
        day.claim(trader)
    day.book.require_all_claimed()
    assert all(day.held(trader, kind) == 0 for trader in TRADERS for kind in (LONG_BURN, SHORT_BURN))

    # Nobody holds a token but the pool: less than one unit for each commitment to a batch that minted. So few are no supply,
    # and what they were worth went to the fees.
    minted = [len(parts) for (_, kind), parts in day.parts.items() if kind.minted_side is not None]
    assert sum(market.pool.supplies()) <= sum(minted)
    assert market.pool.balances() == (0, 0)

    fees = market.collect_fees(KEEPER)
    assert fees == cash(market, TREASURY) > 0
    rewards, dust = cash(market, KEEPER), cash(market, market.pool)
    assert rewards > 0
    assert -sum(day.paid(trader) for trader in TRADERS) == fees + rewards + dust

    # The dust is what the claims of burns were rounded down by, and nothing else: less than a unit for each but the last.
    burned = [(epoch, kind, parts) for (epoch, kind), parts in day.parts.items() if kind.is_burn]
    rounded = 0
    for epoch, kind, parts in burned:
        amount_in, amount_out = market.pool.batch(epoch, int(kind))
        assert amount_in == sum(parts.values())
        rounded += amount_out - sum(part * amount_out // amount_in for part in parts.values())
    assert dust == rounded
    assert 0 < dust <= sum(len(parts) - 1 for _, _, parts in burned)
