"""The random life of one staking farm, on a chain and in the model. The twin compares both after every action.

Besides, a farm without accumulators (`exact.py`) follows, and nobody may have earned more than there, or less by more than
what was rounded. Each life has its own reward token, start and tokens.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from perpetual_pools.model import Event, Ledger, Market, Refused
from perpetual_pools.model.farm import BPS, MAX_SCHEDULED, MAX_STAKE, MAX_WEEKS, MAX_WEIGHT, WEEK
from perpetual_pools.twin.chain import address_of
from perpetual_pools.twin.farm import PLENTY, FarmTwin
from tests.property.farm.exact import NOTHING, ONE, ExactFarm, Shares
from tests.property.farm.tally import FarmTally
from tests.property.machine import Machine
from tests.support.farm import ALICE, BOB, CAROL, DAVE, OWNER, STRANGER
from tests.support.revm import RevmChain
from tests.support.world import NOW

STAKERS = [ALICE, BOB, CAROL, DAVE]
PEOPLE = [OWNER, STRANGER, *STAKERS]
NAMES = dict(zip(PEOPLE, ("owner", "stranger", "alice", "bob", "carol", "dave"), strict=True))
MOST_FARMS = 4
ADDRESS = "0x" + "99" * 20
"""Has no code."""

STAKER = st.integers(0, len(STAKERS) - 1)
FARM = st.integers(0, MOST_FARMS - 1)
DIGITS = st.integers(0, 10**6)
MAGNITUDE = st.integers(0, 31)
AMOUNTS = st.lists(st.sampled_from((0, 10, 14, 18, 22, 24, 26, 28, 30, 31)), min_size=1, max_size=6)
"""Magnitudes of weekly amounts."""
WHEN = st.integers(0, 63)
"""See `pass_time`."""
WEIGHT = st.sampled_from((1, 2, 3, 7, 10, 1_000, 10**18, MAX_WEIGHT - 1, MAX_WEIGHT, 0))
ORDERS = st.lists(st.tuples(STAKER, FARM, MAGNITUDE, DIGITS, WHEN), min_size=1, max_size=4)
"""Who stakes in which farm how much, when."""


def with_stakes(self: "Life") -> bool:
    return any(self.model.total_staked(token) for token in self.model.farms)


class Life(Machine):
    """Of a staking farm."""

    tally_type = FarmTally
    twin: FarmTwin

    @initialize(
        decimals=st.sampled_from((6, 18)),
        until_start=st.sampled_from((0, 0, 1, 3_600, WEEK + 1)),
        age=st.integers(0, 10**6),
        farms=st.lists(st.tuples(st.sampled_from(Market), WEIGHT), min_size=1, max_size=2),
        amounts=AMOUNTS,
        orders=ORDERS,
    )
    def deploy(
        self,
        decimals: int,
        until_start: int,
        age: int,
        farms: list[tuple[int, int]],
        amounts: list[int],
        orders: list[tuple[int, int, int, int, int]],
    ) -> None:
        # Hypothesis begins every search with the simplest of all lives, in which nothing happens.
        assume(age > 0)
        chain = RevmChain(self.artifacts, NOW + age)
        reward = chain.deploy("MockERC20", "Tracer", "TCR", decimals)
        self.twin = FarmTwin(chain, reward, chain.now + until_start, OWNER, PEOPLE)
        self.twin.introduce(reward)
        self.model = self.twin.model
        self.unit = 10**decimals
        self.exact = ExactFarm()
        self.tokens: list[Any] = []
        self.settled: Counter[tuple[str, str]] = Counter()
        """How often an account's rewards in a farm were rounded."""
        self.touched: Counter[str] = Counter()
        self.emitted: list[tuple[int, int]] = []
        """Times that have passed, and the emission until then."""
        self.given: Counter[tuple[str, str]] = Counter()
        """What somebody has donated of a token."""
        self.tally.begin(f"reward of {decimals} decimals", "before start" if until_start else "from start on")
        for market, weight in farms:
            self.add_farm(market, weight, 0)
        self.schedule(amounts, 1, 0)
        self.stake(orders)

    @property
    def now(self) -> int:
        return self.twin.now

    def unheard(self) -> object:
        return self.twin.donated, self.given.total()

    # --- what happens ---

    def act(self, name: str, text: str, action: Callable[[], object], *tokens: Any) -> Refused | None:
        """An action, with what it must not change. `tokens`: whose farms it touches."""
        before, seen = self._all_earned(), len(self.model.events)
        refusal = self.do(name, text, lambda: self._followed(action, [address_of(token) for token in tokens]))
        if refusal is None:
            self._require_nobody_else_changed(before, self.model.events[seen:])
            self._require_exact()
        return refusal

    def _followed(self, action: Callable[[], object], tokens: list[str]) -> None:
        seen = len(self.model.events)
        action()
        exact = self.exact
        exact.advance(self.model.emission(self.now))
        for token in dict.fromkeys(tokens):
            exact.touch(token)
            self.touched[token] += 1
        for event in self.model.events[seen:]:
            values: dict[str, Any] = event.arguments
            token, account = values.get("token"), values.get("account")
            if event.name == "FarmAdded":
                exact.farms[token] = Shares(values["market"], values["weight"])
            elif event.name == "WeightSet":
                exact.farms[token].weight = values["weight"]
            elif event.name == "AllocationSet":
                exact.primary_bps = values["primaryBps"]
            elif event.name == "UndistributedScheduled":
                exact.undistributed -= values["amount"] * values["weeksCount"] * ONE
            elif event.name == "Staked":
                exact.farms[token].stakes[account] += values["amount"]
            elif event.name == "Withdrawn":
                exact.farms[token].stakes[account] -= values["amount"]
            elif event.name == "Claimed":
                exact.farms[token].earned[account] -= values["amount"] * ONE
            elif event.name == "EmergencyWithdrawn":
                exact.farms[token].stakes[account] -= values["amount"]
                exact.farms[token].earned[account] = 0
                exact.undistributed += values["forfeited"] * ONE
            if account is not None:
                self.settled[account, token] += 1

    def _all_earned(self) -> dict[tuple[str, str], int]:
        return {(who, token): self.model.earned(self.now, who, token) for token in self.model.farms for who in STAKERS}

    def _require_nobody_else_changed(self, before: dict[tuple[str, str], int], events: list[Event]) -> None:
        """F3 and F4: what others had earned a moment before, they have earned after it. Who flees leaves them more."""
        actors = {event.arguments.get("account") for event in events}
        left_by = {event.arguments["token"] for event in events if event.name == "EmergencyWithdrawn"}
        for (who, token), earned in self._all_earned().items():
            if who in actors or (who, token) not in before:
                continue
            was = before[who, token]
            assert was - earned <= 1, f"F3, F4: {NAMES[who]}: {was}, then {earned}"
            assert earned <= was or token in left_by, f"F3, F4: {NAMES[who]}: {was}, then {earned}"

    def _require_exact(self) -> None:
        """F1 and F2 for each: nobody has earned more than without accumulators, or less than rounding explains."""
        for (who, token), earned in self._all_earned().items():
            missing = self.exact.earned(who, token) - earned * ONE
            # A stored `perUnit` is short by less than 2**-128 a staked unit, each time.
            rounded = self.settled[who, token] + 1 + (self.touched[token] * MAX_STAKE >> 128)
            assert -NOTHING < missing < rounded * ONE, f"F2: {NAMES[who]}: {earned}, exactly {missing / ONE} more"
        missing = self.exact.undistributed - self.model.undistributed(self.now) * ONE
        assert -NOTHING < missing < 2 * ONE, f"F2: undistributed, exactly {missing / ONE} more"

    # --- what stakers do ---

    @rule(orders=ORDERS)
    def stake(self, orders: list[tuple[int, int, int, int, int]]) -> None:
        for who, of, magnitude, digits, when in orders:
            self.pass_time(when)
            token, amount = self.token(of), -(-(digits + 1) * 10**magnitude // 10**6)
            name = "stake the reward token" if token is self.twin.reward else "stake"
            self._by(name, who, token, amount, self.twin.stake)

    @precondition(with_stakes)
    @rule(who=STAKER, of=FARM, percent=st.integers(1, 101), when=WHEN)
    def withdraw(self, who: int, of: int, percent: int, when: int) -> None:
        self.pass_time(when)
        who, token = self.staker(who, of)
        staked = self.model.stake_of(STAKERS[who], address_of(token))
        self._by("withdraw", who, token, -(-staked * percent // 100), self.twin.withdraw)

    def _by(self, name: str, who: int, token: Any, amount: int, action: Callable[[str, Any, int], object]) -> None:
        sender = STAKERS[who]
        self.act(name, f"{amount} by {NAMES[sender]}", lambda: action(sender, token, amount), token)

    @precondition(with_stakes)
    @rule(who=STAKER, of=st.lists(FARM, max_size=4), when=WHEN)
    def claim(self, who: int, of: list[int], when: int) -> None:
        self.pass_time(when)
        who, token = self.staker(who, len(of))
        sender, tokens = STAKERS[who], [token, *(self.token(number) for number in of)]
        self.act("claim", f"{of} by {NAMES[sender]}", lambda: self.twin.claim(sender, *tokens), *tokens)

    @precondition(with_stakes)
    @rule(who=STAKER, of=FARM, when=WHEN)
    def exit(self, who: int, of: int, when: int) -> None:
        self.pass_time(when)
        who, token = self.staker(who, of)
        self._leave(STAKERS[who], token)

    def _leave(self, who: str, token: Any) -> None:
        self.act("exit", f"by {NAMES[who]}", lambda: self.twin.exit(who, token), token)

    @precondition(with_stakes)
    @rule(who=STAKER, of=FARM, when=WHEN)
    def emergency_withdraw(self, who: int, of: int, when: int) -> None:
        self.pass_time(when)
        who, token = self.staker(who, of)
        self._flee(STAKERS[who], token)

    def _flee(self, who: str, token: Any) -> None:
        # It touches no farm.
        self.act("emergencyWithdraw", f"by {NAMES[who]}", lambda: self.twin.emergency_withdraw(who, token))

    @precondition(lambda self: self.age % 3 == 0)
    @rule(who=STAKER, of=FARM, magnitude=st.integers(0, 20))
    def donate(self, who: int, of: int, magnitude: int) -> None:
        giver, token = STAKERS[who], self.token(of) if of else self.twin.reward

        def give() -> None:
            self.twin.donate(giver, token, 10**magnitude)
            self.given[giver, address_of(token)] += 10**magnitude

        self.act("donate", f"10**{magnitude} by {NAMES[giver]}", give)

    # --- what the owner does ---

    @precondition(lambda self: len(self.tokens) < MOST_FARMS)
    @rule(market=st.sampled_from(Market), weight=WEIGHT, kind=st.integers(0, 3))
    def add_farm(self, market: int, weight: int, kind: int) -> None:
        token = self.twin.reward if kind > 1 and self.twin.reward not in self.tokens else self.twin.new_token()
        self.act("addFarm", f"in {market}: {weight}", lambda: self.twin.add_farm(OWNER, token, market, weight))
        self.tokens.append(token)

    @rule(of=FARM, weight=WEIGHT, same=st.booleans(), when=WHEN)
    def set_weight(self, of: int, weight: int, same: bool, when: int) -> None:
        self.pass_time(when)
        token = self.token(of)
        weight = self.model.farm(address_of(token))[1] if same else weight
        self.act("setWeight", f"{of}: {weight}", lambda: self.twin.set_weight(OWNER, token, weight), token)

    @rule(bps=st.one_of(st.integers(0, BPS), st.sampled_from((0, 4_000, BPS))), when=WHEN)
    def set_allocation(self, bps: int, when: int) -> None:
        self.pass_time(when)
        self.act("setAllocation", str(bps), lambda: self.twin.set_allocation(OWNER, bps))

    @rule(magnitudes=AMOUNTS, digits=DIGITS, late=st.integers(0, 9))
    def schedule(self, magnitudes: list[int], digits: int, late: int) -> None:
        if late == 9:
            # Weeks that begin unscheduled are lost.
            unscheduled = self.model.start + self.model.weeks_scheduled() * WEEK
            self.twin.move_to(max(self.now, unscheduled + digits))
        # Up to a tenth of all that can be scheduled; 0 as well.
        amounts = [(digits + 1) * 10**magnitude // 10**10 for magnitude in magnitudes]
        gap = self.model.next_week(self.now) > self.model.weeks_scheduled()
        name = "schedule after a gap" if gap else "schedule"
        self.act(name, str(amounts), lambda: self.twin.schedule(OWNER, *amounts))

    @rule(weeks=st.integers(1, 3), when=WHEN)
    def schedule_undistributed(self, weeks: int, when: int) -> None:
        self.pass_time(when)
        self.act("scheduleUndistributed", str(weeks), lambda: self.twin.schedule_undistributed(OWNER, weeks))

    # --- what nobody should be able to do, and what must not matter ---

    @rule(choice=st.integers(0, 17), who=STAKER, of=FARM)
    def attempt_nonsense(self, choice: int, who: int, of: int) -> None:
        """All of it is refused."""
        twin, sender, token = self.twin, STAKERS[who], self.token(of)
        staked, room = (
            self.model.stake_of(sender, address_of(token)),
            MAX_STAKE - self.model.total_staked(address_of(token)),
        )
        held = twin.ledgers[address_of(token)].balance_of(sender)
        action = [
            lambda: twin.stake(sender, token, 0),
            lambda: twin.withdraw(sender, token, 0),
            lambda: twin.stake(sender, token, room + 1),
            lambda: twin.stake(sender, token, held + 1),
            lambda: twin.stake(sender, ADDRESS, 1),
            lambda: twin.claim(sender, token, ADDRESS),
            lambda: twin.withdraw(sender, token, staked + 1),
            lambda: twin.exit(STRANGER, token),
            lambda: twin.emergency_withdraw(STRANGER, token),
            lambda: twin.add_farm(OWNER, token, 0, 1),
            lambda: twin.add_farm(OWNER, ADDRESS, 0, 1),
            lambda: twin.add_farm(OWNER, twin.lens, 2, 1),
            lambda: twin.set_weight(OWNER, token, MAX_WEIGHT + 1),
            lambda: twin.set_allocation(OWNER, BPS + 1),
            lambda: twin.schedule(OWNER, 1, MAX_SCHEDULED),
            lambda: twin.schedule(OWNER),
            lambda: twin.schedule(OWNER, *[0] * (MAX_WEEKS + 1)),
            lambda: twin.schedule(sender, 1),
        ][choice]
        # Whether what has code is a token, the farm does not ask.
        twin.ledgers.setdefault(address_of(twin.lens), Ledger())
        assert self.act("nonsense", str(choice), action) is not None

    @rule(pokes=st.integers(1, 5), seconds=st.integers(1, 2 * WEEK))
    def poke(self, pokes: int, seconds: int) -> None:
        """F3: another course of events in which calls come that should not matter."""
        twin, until = self.twin, self.now + seconds
        with twin.chain.aside(until):
            alone = self._earned_on_chain()
        with twin.chain.aside(self.now):
            for poke in range(1, pokes + 1):
                twin.chain.move_to(self.now + (until - self.now) // (pokes - poke + 2))
                for token in self.tokens:
                    twin.chain.send(twin.farm, "claim", [[address_of(token)]], STRANGER)
                    weight = self.model.farm(address_of(token))[1]
                    twin.chain.send(twin.farm, "setWeight", [address_of(token), weight], OWNER)
                twin.chain.send(twin.farm, "setAllocation", [self.model.primary_bps()], OWNER)
            twin.chain.move_to(until)
            poked = self._earned_on_chain()
        calls = pokes * (2 * len(self.tokens) + 1)
        for before, after in zip(alone, poked, strict=True):
            assert abs(before - after) <= calls, f"F3: {before} alone, {after} after {calls} calls"
        self.tally.checks["F3"] += 1

    def _earned_on_chain(self) -> list[int]:
        read = self.twin.chain.read
        return [read(self.twin.farm, "earned", who, address_of(token)) for token in self.tokens for who in STAKERS]

    # --- time ---

    def pass_time(self, when: int) -> None:
        """Half of the time none; else seconds, hours, days, to the second before or of a week's end, or weeks."""
        start, checks = self.model.start, self.tally.checks
        before = max(0, self.now - start) // WEEK
        if when >= 32:
            steps = (1, 12, 60, 600, 3_600, 3_601, 40_000, 86_400, 3 * 86_400 + 7, 3 * WEEK)
            boundary = start + (before + 1) * WEEK if self.now >= start else start
            to = [*(self.now + step for step in steps), boundary - 1, boundary, boundary + 1][when % 13]
            self.emitted.append((self.now, self.model.emitted(self.now)))
            self.twin.move_to(max(self.now, to))
        after = max(0, self.now - start) // WEEK
        checks["a week's end passed"] += after > before
        checks["an unscheduled week"] += after >= self.model.weeks_scheduled() and self.now > start
        checks["an idle farm"] += self.model.idle(self.now) > 0
        checks["a market without weight"] += 0 in (self.model.total_weight(0), self.model.total_weight(1))
        if self.emitted and when % 4 == 0:
            time, emitted = self.emitted[when * 7 % len(self.emitted)]
            assert self.twin.chain.read(self.twin.farm, "emitted", time) == emitted, "the past's emission"
            checks["the past's emission"] += 1

    def token(self, of: int) -> Any:
        return self.tokens[of % len(self.tokens)]

    def staker(self, who: int, of: int) -> tuple[int, Any]:
        """One who has a stake, most likely in that farm, and the farm's token."""
        farms = [self.token(of + number) for number in range(len(self.tokens))]
        token = next(token for token in farms if self.model.total_staked(address_of(token)))
        order = [*range(who, len(STAKERS)), *range(who)]
        return next(number for number in order if self.model.stake_of(STAKERS[number], address_of(token))), token

    def teardown(self) -> None:
        """F5: everybody leaves, one way or the other, and has what they had."""
        if not self.sound:
            return
        self.pass_time(63)
        for number, who in enumerate(STAKERS):
            for token in self.tokens:
                if self.model.stake_of(who, address_of(token)):
                    (self._flee if number == 1 else self._leave)(who, token)
                    assert self.model.stake_of(who, address_of(token)) == 0
            self.act("claim", f"by {NAMES[who]}", lambda who=who: self.twin.claim(who, *self.tokens), *self.tokens)
        for token in self.tokens:
            if token is not self.twin.reward:
                for who in STAKERS:
                    held = self.twin.ledgers[address_of(token)].balance_of(who)
                    assert held == PLENTY - self.given[who, address_of(token)], "F5"
