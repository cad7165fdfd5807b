"""The random life of one pool, on a chain and in the model. The twin compares both after every action.

Each life has its own token, feed and parameters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from perpetual_pools.model import ZERO_ADDRESS, CommitType, Event, Refused
from perpetual_pools.model.constants import MAX_BATCH, MAX_PRICE, MAX_TOTAL, SHUTDOWN_DELAY, WAD, YEAR
from perpetual_pools.model.maths import first_grid_time_after
from perpetual_pools.twin.pool import PRICE, Twin, World, deploy_contracts
from tests.property.machine import Machine
from tests.property.pool.book import Book
from tests.property.pool.feeds import MAX_AGES, ChainlinkFeed, Feed, FixedFeed
from tests.property.pool.tally import PoolTally
from tests.support.revm import RevmChain
from tests.support.third_party import read_proxy_type
from tests.support.world import ALICE, BOB, CAROL, KEEPER, NOW, OWNER, TREASURY

TRADERS = [ALICE, BOB, CAROL]
"""Carol is poor."""
PEOPLE = [KEEPER, TREASURY, *TRADERS]
"""Who can hold anything. `TREASURY` is the fee recipient."""
NAMES = {OWNER: "owner", KEEPER: "keeper", TREASURY: "treasury", ALICE: "alice", BOB: "bob", CAROL: "carol"}
INTERVALS = 600, 3_600, 86_400, 7 * 86_400
WRONG_HINTS = {"CallFindRound", "RoundIncomplete", "RoundSuperseded", "RoundTooLate"}
OLDER_FEES = 3
"""The storage slot for the fees that do not fit the state's any more."""
FEES_LIMIT = 2**34
"""Settlement units from which on they do not: the mint fee, at 10 %, of ten times as much."""
GROWN_UP = 45
"""Steps until a pool may close."""

PERCENT = st.integers(0, 99)
TRADER = st.integers(0, len(TRADERS) - 1)
ANYBODY = st.integers(0, len(PEOPLE) - 1)
WHEN = st.integers(0, 63)
"""See `_pass_time`."""
MOVE = st.integers(0, 999)
"""See `_price_after`."""
SHARE = PERCENT
"""See `_part_of`."""
MINTS = CommitType.LONG_MINT, CommitType.SHORT_MINT
BURNS = CommitType.LONG_BURN, CommitType.SHORT_BURN
FLIPS = CommitType.LONG_BURN_SHORT_MINT, CommitType.SHORT_BURN_LONG_MINT
Order = tuple[CommitType, int, int, int, int, int]
"""Kind, who pays, for whom, how much and a few units more, when."""


def orders(*kinds: CommitType) -> st.SearchStrategy[list[Order]]:
    order = st.tuples(st.sampled_from(kinds), TRADER, PERCENT, SHARE, st.integers(0, 10**6), WHEN)
    return st.lists(order, min_size=1, max_size=4)


def while_open(self: "Life") -> bool:
    return not self.model.is_shutdown


@dataclass(frozen=True)
class Outcome:
    """Of a rebalance."""

    gas: int
    case: list[bool]
    """What makes a difference in gas: whether fees fill a slot of their own, and of each amount whether it is 0."""
    result: list[Any]
    """All that does not depend on when the keeper calls."""


class Life(Machine):
    """Of a pool."""

    tally_type = PoolTally

    twin: Twin

    @initialize(
        decimals=st.sampled_from((6, 8, 18)),
        chainlink=st.booleans(),
        wild=PERCENT,
        max_age=st.sampled_from(MAX_AGES),
        absent_reverts=st.booleans(),
        start=st.integers(0, 10**6),
        leverage=st.integers(1, 10),
        interval=st.one_of(st.sampled_from(INTERVALS), st.integers(INTERVALS[0], INTERVALS[-1])),
        window=st.integers(0, 4),
        fees=st.integers(0, 26),
        reward=st.integers(0, 3),
        ramp=st.integers(0, 3),
        min_liquidity=st.sampled_from((1, 1_000)),
        first=orders(*MINTS),
    )
    def deploy(
        self,
        decimals: int,
        chainlink: bool,
        wild: int,
        max_age: int,
        absent_reverts: bool,
        start: int,
        leverage: int,
        interval: int,
        window: int,
        fees: int,
        reward: int,
        ramp: int,
        min_liquidity: int,
        first: list[Order],
    ) -> None:
        # Hypothesis begins every search with the simplest of all lives, in which nothing happens.
        assume(start > 0)
        chain = RevmChain(self.artifacts, NOW + start)
        self.world = World(chain, deploy_contracts(chain, OWNER, TREASURY, decimals), PEOPLE, OWNER, TREASURY)
        unit = self.world.unit
        for trader in (ALICE, BOB):
            self.world.fund(trader, 8 * MAX_BATCH)
        self.world.fund(CAROL, 1_000 * unit)
        self.feed: Feed = (
            ChainlinkFeed(chain, read_proxy_type(self.artifacts.path), max_age, absent_reverts)
            if chainlink
            else FixedFeed(chain)
        )
        self.twin = self.world.deploy_pool_on(
            self.feed.oracle,
            self.feed.model,
            leverage=leverage,
            rebalance_interval=interval,
            front_running_interval=(0, 1, interval // 12, interval // 2, interval - 1)[window],
            management_fee=(0, WAD // 50, WAD // 10)[fees % 3],
            mint_fee=(0, WAD // 1_000, WAD // 10)[fees // 3 % 3],
            burn_fee=(0, WAD // 1_000, WAD // 10)[fees // 9],
            keeper_reward_max=(0, 1, 5 * unit, 2**127)[reward],
            keeper_reward_ramp=(0, 1, 600, interval)[ramp],
            min_liquidity=min_liquidity * unit,
        )
        # What is refused, the EVM has undone.
        self.twin.compares_refused = False
        self.model = self.twin.model
        self.keeper_contract = self.world.contracts.keeper.address
        self.twin.accounts.append(self.keeper_contract)
        self.book = Book(self.model.params.front_running_interval)
        # Extreme moves end most of what there is to see, so not every pool lives through them.
        self.wild = wild >= 60
        self.broken = False
        self.stray_tokens = 0
        self.supplies = self.model.supplies()
        self.tally.begin(
            "Chainlink's proxy" if chainlink else "fixed oracle",
            f"{decimals} decimals",
            f"leverage {leverage}",
            "with fees" if fees else "without fees",
        )
        self.trade(first)

    @property
    def now(self) -> int:
        return self.world.now

    def unheard(self) -> object:
        return self.twin.donated, self.stray_tokens

    def follow(self, events: list[Event]) -> None:
        self.book.follow(self.now, events)
        changes_supplies = any(event.name in ("BatchExecuted", "Redeemed") for event in events)
        assert changes_supplies or self.model.supplies() == self.supplies, (
            "P5: a rebalance and redeem alone change them"
        )
        self.supplies = self.model.supplies()

    # --- what users do ---

    @precondition(while_open)
    @rule(orders=orders(*MINTS))
    def mint(self, orders: list[Order]) -> None:
        self.trade(orders)

    @precondition(while_open)
    @rule(orders=orders(*BURNS))
    def burn(self, orders: list[Order]) -> None:
        self.trade(orders)

    @precondition(while_open)
    @rule(orders=orders(*FLIPS))
    def flip(self, orders: list[Order]) -> None:
        self.trade(orders)

    @precondition(while_open)
    @rule(orders=orders(*CommitType))
    def trade(self, orders: list[Order]) -> None:
        for order in orders:
            self._commit(*order)

    def _commit(self, kind: CommitType, payer: int, controller: int, share: int, digits: int, when: int) -> None:
        who = TRADERS[payer]
        if kind.burned_side is not None and controller < 95:
            holders = self._holders(kind.burned_side)
            if holders:
                who = holders[payer % len(holders)]
            else:
                kind = MINTS[kind.burned_side]
        to = self._controller(who, controller)
        amount = (
            self._amount_to_mint(share, digits)
            if kind.is_mint
            else self._part_of(self._token(kind).balance_of(who), share, digits)
        )
        self._pass_time(when)
        refused = self.do(
            f"commit {kind.name}",
            f"{amount} by {NAMES[who]} for {NAMES[to]}",
            lambda: self.twin.commit(who, kind, amount, to),
        )
        if refused is not None and refused.error == "MintIsPaused":
            assert kind.is_mint, "P10: burns and flips cannot be paused"
            self._set_mint_paused(OWNER, False)

    def _holders(self, side: int) -> list[str]:
        """Those who have tokens of a side. If nobody has, the first who is owed some claims them."""
        token = (self.model.long_token, self.model.short_token)[side]
        holders = [trader for trader in TRADERS if token.balance_of(trader)]
        owed = [trader for trader in TRADERS if self.model.claimable(trader)[1 + side]] if not holders else []
        if owed:
            self.do("claim", f"by {NAMES[owed[0]]}", lambda: self.twin.claim(owed[0]))
        return holders or owed[:1]

    @precondition(lambda self: self.owed())
    @rule(of=TRADER)
    def claim(self, of: int) -> None:
        owed = self.owed()
        controller = owed[of % len(owed)]
        self.do("claim", f"by {NAMES[controller]}", lambda: self.twin.claim(controller))

    @precondition(lambda self: self.owed())
    @rule(of=TRADER, by=ANYBODY, to=ANYBODY, consent=PERCENT)
    def claim_as_operator(self, of: int, by: int, to: int, consent: int) -> None:
        owed = self.owed()
        controller, sender, receiver = owed[of % len(owed)], PEOPLE[by], PEOPLE[to]
        if consent < 95 and sender != controller and not self.model.is_operator(controller, sender):
            self._set_operator(controller, sender, True)
        self.do(
            "claim by an operator" if sender != controller else "claim",
            f"of {NAMES[controller]} by {NAMES[sender]} to {NAMES[receiver]}",
            lambda: self.twin.claim(sender, controller, receiver),
        )

    @precondition(lambda self: self.owed())
    @rule(by=ANYBODY, first=TRADER, consent=PERCENT)
    def claim_automatically(self, by: int, first: int, consent: int) -> None:
        controllers, owed = [*TRADERS[first:], *TRADERS[:first]], self.owed()
        if consent < 95 and not any(self.model.is_operator(who, self.keeper_contract) for who in owed):
            self._set_operator(owed[0], self.keeper_contract, True)
        self.do(
            "claim automatically",
            f"of {[NAMES[controller] for controller in controllers]} by {NAMES[PEOPLE[by]]}",
            lambda: self.twin.claim_for(PEOPLE[by], controllers),
        )

    @rule(controller=TRADER, operator=ANYBODY, approved=st.booleans())
    def set_operator(self, controller: int, operator: int, approved: bool) -> None:
        self._set_operator(TRADERS[controller], [self.keeper_contract, KEEPER, *TRADERS][operator], approved)

    def _set_operator(self, controller: str, operator: str, approved: bool) -> None:
        self._touching_nobody(
            "setOperator",
            f"{NAMES.get(operator, 'the keeper contract')} by {NAMES[controller]}: {approved}",
            lambda: self.twin.set_operator(controller, operator, approved),
        )

    @rule(giver=st.integers(0, 1), amount=st.integers(1, 10**12), side=st.integers(0, 3))
    def donate(self, giver: int, amount: int, side: int) -> None:
        who = TRADERS[giver]
        tokens = (self.model.long_token, self.model.short_token)[side % 2].balance_of(who)
        if side < 2 or tokens == 0:
            amount = amount * self.world.unit // 10**6
            self._touching_nobody("donate", f"{amount} by {NAMES[who]}", lambda: self.twin.donate(who, amount))
            return
        amount = min(amount, tokens)

        def give() -> None:
            self.stray_tokens += amount
            self.twin.donate(who, amount, side % 2)

        self.do("donate", f"{amount} tokens of side {side % 2} by {NAMES[who]}", give)

    @precondition(lambda self: self.model.is_shutdown)
    @rule(holder=TRADER, long=SHARE, short=SHARE, receiver=PERCENT)
    def redeem(self, holder: int, long: int, short: int, receiver: int) -> None:
        who = TRADERS[holder]
        self._redeem(
            who,
            self._part_of(self.model.long_token.balance_of(who), long, receiver),
            self._part_of(self.model.short_token.balance_of(who), short, receiver),
            [who, who, who, BOB][receiver % 4],
        )

    def _redeem(self, holder: str, long: int, short: int, receiver: str) -> None:
        self.do(
            "redeem",
            f"{long} and {short} by {NAMES[holder]} to {NAMES[receiver]}",
            lambda: self.twin.redeem(holder, long, short, receiver),
        )

    @rule(choice=st.integers(0, 11), who=TRADER)
    def attempt_nonsense(self, choice: int, who: int) -> None:
        """All of it is refused, or should have no effect."""
        twin, trader = self.twin, TRADERS[who]
        text, action = [
            ("claim to nobody", lambda: twin.claim(trader, receiver=ZERO_ADDRESS)),
            ("claim of another", lambda: twin.claim(TREASURY, trader)),
            ("commit for another", lambda: twin.commit(TREASURY, CommitType.LONG_MINT, 1, trader)),
            ("commit of nothing", lambda: twin.commit(trader, CommitType(2 * who), 0)),
            ("commit of too much", lambda: twin.commit(trader, CommitType.SHORT_MINT, MAX_BATCH + 1)),
            ("commit of type 6", lambda: twin.commit(trader, 6, 1)),
            ("commit of type 255", lambda: twin.commit(trader, 255, 1)),
            ("rebalance, most likely early", lambda: twin.rebalance(KEEPER)),
            ("pause by a stranger", lambda: twin.set_mint_paused(trader, True)),
            ("redeem to nobody", lambda: twin.redeem(trader, 1, 1, ZERO_ADDRESS)),
            ("redeem of nothing", lambda: twin.redeem(trader, 0, 0)),
            ("shutdown, most likely early", lambda: twin.shutdown(trader)),
        ][choice]
        if choice == 7 and not self.model.is_shutdown and self.now >= self.model.next_rebalance:
            return  # the feed has nothing to say yet, or too much
        if choice == 11 and not self.model.is_shutdown:
            self._move_to(self.model.next_rebalance + SHUTDOWN_DELAY - 1)
            if self.now >= self.model.next_rebalance + SHUTDOWN_DELAY:
                return
        self.do("nonsense", text, action)

    # --- what keepers do ---

    @precondition(while_open)
    @rule(move=MOVE, hint=PERCENT, age=PERCENT)
    def rebalance_on_time(self, move: int, hint: int, age: int) -> None:
        self._rebalance("rebalance on time", move, hint, late=0, age=age)

    @precondition(while_open)
    @rule(
        move=MOVE, hint=PERCENT, age=PERCENT, late=st.integers(0, 10**6), rounds=PERCENT, switch=PERCENT, other=PERCENT
    )
    def rebalance_late(self, move: int, hint: int, age: int, late: int, rounds: int, switch: int, other: int) -> None:
        late = 1 + late % (self.model.params.rebalance_interval - 1)
        self._rebalance("rebalance late", move, hint, late, age, rounds, switch, other)

    @precondition(while_open)
    @rule(
        move=MOVE, hint=PERCENT, intervals=st.integers(1, 50), late=st.integers(0, 10**6), switch=PERCENT, other=PERCENT
    )
    def rebalance_after_missed_intervals(
        self, move: int, hint: int, intervals: int, late: int, switch: int, other: int
    ) -> None:
        interval = self.model.params.rebalance_interval
        late = intervals * interval + late % interval
        if self.wild and intervals == 50:
            late = 12 * YEAR  # at 10 % a year nothing is left of a side
        self._rebalance("rebalance after missed intervals", move, hint, late, switch=switch, other=other)

    def _rebalance(
        self, name: str, move: int, hint: int, late: int, age: int = 0, rounds: int = 0, switch: int = 0, other: int = 0
    ) -> None:
        """Publishes a price and rebalances, whatever the feed was like before.

        rounds: see the feed; above 90 more than can be looked through without a hint. other: in a part of the cases,
        another keeper at another second is compared with.
        """
        self._mend()
        opens = self._grid_time_from(self.feed.ready_from)
        now = max(self.now, opens + late)
        timestamp = self.model.grid_time(now)
        later = 40 if rounds > 90 else rounds % 4
        age_seconds = (0, 0, 1, self.model.params.rebalance_interval, 10**8)[age % 5]
        self.feed.publish(
            self._price_after(move), timestamp, now, later, age_seconds, 1 + switch % 2 if switch > 90 else 0
        )
        self._move_to(now)
        hints = self._hints(timestamp)
        self._check_transfer(timestamp, hints[0])
        if other % 4 == 1:
            self._check_other_keeper(
                hints[0], timestamp + 1 + other * 7_919 % (self.model.params.rebalance_interval - 1)
            )
        if other % 4 == 2 and isinstance(self.feed, FixedFeed):
            self._check_gas()
        recipient = (KEEPER, KEEPER, ZERO_ADDRESS)[hint % 3]
        chosen = hints[0] if hint < 50 else hints[hint % len(hints)]
        refused = self._try_to_rebalance(name, chosen, recipient)
        if refused is not None and chosen != hints[0]:
            assert refused.error in WRONG_HINTS
            refused = self._try_to_rebalance(name, hints[0], recipient)
        assert refused is None, f"P9, P10: nobody can stop a rebalance: {refused}"

    def _try_to_rebalance(self, name: str, hint: int, recipient: str) -> Refused | None:
        return self.do(
            name,
            f"at {self.feed.price}, hint {hint}, reward to {NAMES.get(recipient, 'nobody')}",
            lambda: self.twin.rebalance(KEEPER, hint, recipient),
        )

    def _hints(self, timestamp: int) -> list[int]:
        """The right one first."""
        found = self.world.chain.read(self.feed.oracle, "findRound", timestamp)
        assert found == self.model.oracle.find_round(timestamp)
        return [found, *(self.feed.hints(timestamp) if isinstance(self.feed, ChainlinkFeed) else [])]

    def _check_transfer(self, timestamp: int, hint: int) -> None:
        """P3 and P4, by what the contract previews at the old and the new price; the twin compares what it then does."""
        price, last = self.model.oracle.price_at(timestamp, hint, self.now), self.model.last_price
        before, chain, pool = self.model.balances(), self.world.chain, self.twin.pool
        charged = chain.read(pool, "previewRebalance", last)
        moved = chain.read(pool, "previewRebalance", price)
        assert sum(moved) == sum(charged), "P3: the winner gains exactly what the loser pays"
        if price == last or min(before) < self.model.params.min_liquidity:
            assert moved == charged, "P4"
            return
        loser = int(price > last)
        exact = Fraction(min(price, last), max(price, last)) ** self.model.params.leverage * charged[loser]
        assert abs(moved[loser] - exact) <= 1, f"P3: keeps {moved[loser]}, exactly {float(exact)}"
        assert moved[loser] > 0 or charged[loser] == 0, "P3: a side never loses all"

    def _check_other_keeper(self, hint: int, second: int) -> None:
        """P12: at another second of the same interval, and both unpaid, as rewards differ."""
        other, this = (self._outcome_at(moment, hint) for moment in (second, self.now))
        assert other.result == this.result, "P12"
        self.tally.checks["P12"] += 1

    def _check_gas(self) -> None:
        """P8: as many intervals late as it is, and one interval late, at the same second of an interval and unpaid."""
        interval, opens = self.model.params.rebalance_interval, self.model.next_rebalance
        early = opens + interval + (self.now - opens) % interval
        many, one = (self._outcome_at(moment, 0) for moment in (self.now, early))
        # The fee of a longer time can make another case of it.
        if many.case == one.case:
            assert abs(many.gas - one.gas) * 50 <= one.gas, (
                f"P8: {many.gas} after missed intervals, {one.gas} after one"
            )
            self.tally.checks["P8"] += 1

    def _outcome_at(self, moment: int, hint: int) -> "Outcome":
        """Of an unpaid rebalance at that moment, which then has not been."""
        chain, pool, epoch = self.world.chain, self.twin.pool, self.model.epoch
        older_fees = chain.revm.evm.storage(pool.address, OLDER_FEES)
        with chain.aside(moment):
            chain.send(pool, "rebalance", [hint, ZERO_ADDRESS], BOB)
            gas = chain.revm.evm.result.gas_used
            fees_moved = chain.revm.evm.storage(pool.address, OLDER_FEES) != older_fees
            amounts = [chain.read(pool, "batch", epoch, kind)[1] for kind in CommitType]
            amounts += [*chain.read(pool, "balances"), *chain.read(pool, "supplies"), chain.read(pool, "protocolFees")]
            times = [chain.read(pool, view) for view in ("lastPrice", "lastRebalance", "epoch")]
        return Outcome(gas, [fees_moved, *(amount == 0 for amount in amounts)], amounts + times)

    # --- what owner, feeds and the world do ---

    @rule(by=ANYBODY)
    def collect_fees(self, by: int) -> None:
        self._touching_nobody("collectFees", f"by {NAMES[PEOPLE[by]]}", lambda: self.twin.collect_fees(PEOPLE[by]))

    @precondition(while_open)
    @rule(paused=st.booleans())
    def pause_mints(self, paused: bool) -> None:
        self._set_mint_paused(OWNER, paused)

    def _set_mint_paused(self, by: str, paused: bool) -> None:
        self._touching_nobody("setMintPaused", str(paused), lambda: self.twin.set_mint_paused(by, paused))

    @precondition(lambda self: not self.model.is_shutdown and not self.broken)
    @rule(fault=PERCENT)
    def break_feed(self, fault: int) -> None:
        """A rebalance fails for it. It stays like that until the next rebalance that is to succeed, or the pool closes."""
        faults = list(self.feed.faults)
        name = faults[fault % len(faults)]
        timestamp = self._grid_time_from(self.feed.ready_from)
        timestamp = self._grid_time_from(self.feed.break_(name, timestamp))
        self.broken = True
        self._move_to(timestamp)
        hint = self._hint_of_fault(name)
        refused = self._try_to_rebalance(f"rebalance, {name}", hint, KEEPER)
        assert refused is not None and refused.error == self.feed.faults[name], f"{name}: {refused}"

    def _hint_of_fault(self, name: str) -> int:
        return self.feed.hints(self.model.grid_time(self.now))[2] if name == "incomplete" else 0

    def _mend(self) -> None:
        if self.broken:
            self.feed.mend(self.now)
            self.broken = False

    @precondition(while_open)
    @rule(healthy=PERCENT, move=MOVE, more=st.sampled_from((0, 1, 10**6)), by=TRADER)
    def shutdown(self, healthy: int, move: int, more: int, by: int) -> None:
        """Of an old enough pool with a dead feed: closes it, unless 14 days have healed the feed. Else rebalances."""
        due = self.model.next_rebalance + SHUTDOWN_DELAY
        dies = self.age >= GROWN_UP and healthy >= 50
        if dies:
            if not self.broken:
                self._break_for_good()
        else:
            self._mend()
            due = self._grid_time_from(max(due, self.feed.ready_from))
            timestamp = self.model.grid_time(max(self.now, due + more))
            self.feed.publish(self._price_after(move), timestamp, timestamp)
        self._move_to(due + more)
        refused = self.do("shutdown", f"by {NAMES[TRADERS[by]]}", lambda: self.twin.shutdown(TRADERS[by]))
        assert refused is None
        assert dies or not self.model.is_shutdown, "P10: a healthy pool stays open, whoever calls"

    def _break_for_good(self) -> None:
        self.feed.break_("reverts", self.now)
        self.broken = True

    def _touching_nobody(self, name: str, text: str, action: Callable[[], object]) -> None:
        """Does what can change neither prices nor what anybody has or is owed."""
        before = self._belongings()
        self.do(name, text, action)
        assert self._belongings() == before, f"P10: {name} touched what users have"

    def _belongings(self) -> list[Any]:
        model = self.model
        return [
            model.balances(),
            model.supplies(),
            model.last_price,
            [
                (model.claimable(who), model.long_token.balance_of(who), model.short_token.balance_of(who))
                for who in TRADERS
            ],
        ]

    def teardown(self) -> None:
        """The feed dies, the pool closes, everybody leaves; then the pool holds nothing that it owes."""
        if not self.sound:
            return
        twin, model = self.twin, self.model
        if not self.model.is_shutdown:
            self._break_for_good()
            self._move_to(model.next_rebalance + SHUTDOWN_DELAY)
            assert self.do("shutdown", "at the end", lambda: twin.shutdown(CAROL)) is None
        assert model.is_shutdown
        for trader in TRADERS:
            self.do("claim", f"by {NAMES[trader]}", lambda trader=trader: twin.claim(trader))
        for person in PEOPLE:
            amounts = model.long_token.balance_of(person), model.short_token.balance_of(person)
            if any(amounts):
                self._redeem(person, *amounts, person)
        self.collect_fees(0)
        self.book.require_all_claimed()
        assert model.owed() == sum(model.balances()), "P1"
        # Pool tokens of a unit per claim are left in the pool, and their part of the sides.
        assert max(model.supplies()) <= twin.claims + self.stray_tokens, "P7"

    # --- choices ---

    def owed(self) -> list[str]:
        """Those who can claim something."""
        return [trader for trader in TRADERS if any(self.model.claimable(trader))]

    def _move_to(self, time: int) -> None:
        self.world.move_to(max(time, self.now))

    def _grid_time_from(self, time: int) -> int:
        """The first from then on, and from now on, at which the pool can rebalance."""
        model = self.model
        time = max(time, model.grid_time(self.now))
        return first_grid_time_after(time - 1, model.params.rebalance_interval)

    def _pass_time(self, when: int) -> None:
        """To anywhere before the next rebalance or a little later, most of all to the edges of the window."""
        opens, window, now = self.model.next_rebalance, self.model.params.front_running_interval, self.now
        if 40 <= when < 48:
            edges = [opens - window - 1, opens - window, opens - window + 1, opens - 1, opens, opens + 1]
            self._move_to(edges[when % 6])
        elif when >= 48 and now < opens:
            self._move_to(now + (opens - now) * (when - 47) // 16)

    def _price_after(self, move: int) -> int:
        price = self.feed.price
        if move < 100:
            return price
        if move < 200:
            return price + (-1 if move % 2 else 1)
        if move < 750:
            return price * (9_500 + (move - 200) * 20 // 11) // 10_000
        if move < 900:
            return price * (move - 700) // 100
        if not self.wild:
            return PRICE * (90 + move % 21) // 100
        return (price // 100, price // 10**6, price * 100, price * 10**6, 1, MAX_PRICE, PRICE)[move % 7]

    def _token(self, kind: CommitType) -> Any:
        return (self.model.long_token, self.model.short_token)[kind.burned_side or 0]

    def _controller(self, payer: str, draw: int) -> str:
        """Most likely one who consented."""
        if draw < 67:
            return payer
        if draw < 70:
            return TRADERS[draw % 3]
        consenting = [payer, *(other for other in TRADERS if self.model.is_operator(other, payer))]
        return consenting[draw % len(consenting)]

    def _amount_to_mint(self, share: int, digits: int) -> int:
        unit = self.world.unit
        if share < 15:
            return 1 + share % 3
        if share < 90:
            return 10 ** (share % 8) * unit * (1 + digits % 10) + digits * 1_000_003 % unit
        return (MAX_TOTAL, MAX_TOTAL // 2, MAX_BATCH, 10**20 * unit, 10 * FEES_LIMIT)[share % 5]

    @staticmethod
    def _part_of(held: int, share: int, digits: int) -> int:
        if share < 15:
            return 1 + digits % 1_000
        if share < 20:
            return held + 1
        if share < 35:
            return held
        if share < 40:
            return max(held - 1, 1)
        return held * (share - 39) // 121 + digits % 1_000 + 1
