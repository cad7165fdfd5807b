"""The random life of one pool, on a chain and in the model. The twin compares both after every action.

A life is short, so that a failure is reproduced in a moment; there are many, each with its own token, parameters and temper.
"""

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

from perpetual_pools.model import ZERO_ADDRESS, CommitType, Refused
from perpetual_pools.model.constants import MAX_BATCH, MAX_PRICE, MAX_TOTAL, SHUTDOWN_DELAY, WAD, YEAR
from tests.chains import RevmChain
from tests.conftest import NOW
from tests.property.book import Book
from tests.property.tally import Tally
from tests.twin import PRICE, Twin, World, deploy_contracts

OWNER, KEEPER, TREASURY, ALICE, BOB, CAROL = ["0x" + f"{number:02x}" * 20 for number in range(0xA1, 0xA7)]
TRADERS = [ALICE, BOB, CAROL]
"""Carol is poor."""
PEOPLE = [KEEPER, TREASURY, *TRADERS]
"""Who can hold anything. `TREASURY` is the fee recipient."""
NAMES = {OWNER: "owner", KEEPER: "keeper", TREASURY: "treasury", ALICE: "alice", BOB: "bob", CAROL: "carol"}
INTERVALS = 600, 3_600, 86_400, 7 * 86_400


class Life:
    """Of the pool of that number in the run of that seed: both alone decide everything."""

    def __init__(self, project: Any, seed: int, number: int, tally: Tally) -> None:
        self.random = Random(f"{seed}/{number}")
        self.tally = tally
        self.label = f"PROPERTY_SEED={seed} PROPERTY_LIFE={number}"
        self.history: list[str] = []
        decimals = (6, 8, 18)[number % 3]
        chain = RevmChain(project, NOW + self.random.randrange(10**6))
        self.world = World(chain, deploy_contracts(chain, OWNER, TREASURY, decimals), PEOPLE, OWNER, TREASURY)
        for trader in (ALICE, BOB):
            self.world.fund(trader, 8 * MAX_BATCH)
        self.world.fund(CAROL, 1_000 * self.world.unit)
        self.twin = self._deploy(number)
        self.model = self.twin.model
        self.book = Book(self.model.params.front_running_interval)
        # Extreme moves end most of what there is to see, so not every pool lives through them.
        self.wild = self.random.random() < 0.4

    def _deploy(self, number: int) -> Twin:
        random, unit = self.random, self.world.unit
        interval = INTERVALS[number % 4]
        fees = number % 5 != 0
        return self.world.deploy_pool(
            leverage=number % 10 + 1,
            rebalance_interval=interval,
            front_running_interval=random.choice((0, 1, interval // 12, interval // 2, interval - 1)),
            management_fee=random.choice((WAD // 50, WAD // 10)) * fees,
            mint_fee=random.choice((0, WAD // 1_000, WAD // 10)) * fees,
            burn_fee=random.choice((0, WAD // 1_000, WAD // 10)) * fees,
            keeper_reward_max=random.choice((0, 1, 5 * unit, 2**127)),
            keeper_reward_ramp=random.choice((0, 1, 600, interval)),
            min_liquidity=random.choice((unit, 1_000 * unit)),
        )

    # --- steps ---

    def live(self) -> None:
        """From deployment to the last holder's exit. Failures say how to see them again."""
        self.tally.lives += 1
        try:
            for _ in range(self.random.randrange(50, 190)):
                self.step()
            self.end()
        except Exception as error:
            error.add_note(f"{self.label}, after {self.tally.steps} steps; {self.model.params}; the last of this life:")
            for line in self.history[-12:]:
                error.add_note(line)
            raise

    def step(self) -> None:
        (action,) = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
        action(self)

    def do(self, name: str, text: str, action: Callable[[], object]) -> None:
        """Does and counts an action of the twin; checks what the twin cannot see by itself."""
        self.history.append(f"{self.world.now}: {name} {text}")
        seen, supplies, donated = len(self.model.events), self.model.supplies(), self.twin.donated
        try:
            action()
        except Refused as refusal:
            self.history[-1] += f": {refusal}"
            self.tally.refused[refusal.error] += 1
            assert len(self.model.events) == seen
            return
        events = self.model.events[seen:]
        self.book.follow(self.world.now, events)
        self.tally.count(name, events, changed=bool(events) or self.twin.donated > donated)
        names = {event.name for event in events}
        if not names & {"BatchExecuted", "Redeemed"}:
            assert self.model.supplies() == supplies, "P5: supplies change in a rebalance and in redeem alone"

    # --- what users do ---

    def commit(self) -> None:
        kinds = [kind for kind in CommitType if kind.is_mint or self.random.random() < 0.02 or self._held(kind)]
        kind = self.random.choice(kinds)
        payer = controller = self._holder(kind)
        if self.random.random() < 0.3:
            controller = self._other_controller(payer)
        amount = self._amount_to_mint() if kind.is_mint else self._part_of(self._token(kind).balance_of(payer))
        self._pass_time()
        self.do(
            f"commit {kind.name}",
            f"{amount} by {NAMES[payer]} for {NAMES[controller]}",
            lambda: self.twin.commit(payer, kind, amount, controller),
        )

    def commit_nonsense(self) -> None:
        kind = self.random.choice((*CommitType, 6, 255))
        amount = self.random.choice((0, MAX_BATCH, MAX_BATCH + 1))
        payer = self.random.choice(TRADERS)
        name = f"commit {CommitType(kind).name}" if kind < 6 else "commit of no type"
        self.do(name, f"{amount} by {NAMES[payer]}", lambda: self.twin.commit(payer, kind, amount))

    def claim(self) -> None:
        controller = self._claimant()
        self.do("claim", f"by {NAMES[controller]}", lambda: self.twin.claim(controller))

    def claim_as_operator(self) -> None:
        pairs = [(of, by) for of in TRADERS for by in PEOPLE if self.model.is_operator(of, by) and of != by]
        if pairs and self.random.random() < 0.9:
            controller, sender = self.random.choice(pairs)
        else:
            controller, sender = self._claimant(), self.random.choice([KEEPER, *TRADERS])
        receiver = self.random.choice([*PEOPLE, ZERO_ADDRESS])
        self.do(
            "claim by an operator" if sender != controller else "claim",
            f"of {NAMES[controller]} by {NAMES[sender]} to {NAMES.get(receiver, 'nobody')}",
            lambda: self.twin.claim(sender, controller, receiver),
        )

    def set_operator(self) -> None:
        controller, operator = self.random.choice(TRADERS), self.random.choice([KEEPER, *TRADERS])
        approved = not self.model.is_operator(controller, operator)
        self.do(
            "setOperator",
            f"{NAMES[operator]} by {NAMES[controller]}: {approved}",
            lambda: self.twin.set_operator(controller, operator, approved),
        )

    def donate(self) -> None:
        giver = self.random.choice((ALICE, BOB))
        amount = self.random.randrange(1, 10**6 * self.world.unit)
        self.do("donate", f"{amount} by {NAMES[giver]}", lambda: self.twin.donate(giver, amount))

    def redeem(self) -> None:
        holder = self.random.choice(TRADERS)
        amounts = (
            self._part_of(self.model.long_token.balance_of(holder)),
            self._part_of(self.model.short_token.balance_of(holder)),
        )
        receiver = self.random.choice([holder, holder, holder, BOB, ZERO_ADDRESS])
        self.do("redeem", f"{amounts} by {NAMES[holder]}", lambda: self.twin.redeem(holder, *amounts, receiver))

    # --- what keepers, owner and the world do ---

    def rebalance_on_time(self) -> None:
        self._move_price()
        self._move_to(self.model.next_rebalance)
        self._rebalance("rebalance on time")

    def rebalance_late(self) -> None:
        self._move_price()
        self._move_to(self.model.next_rebalance + self.random.randrange(1, self.model.params.rebalance_interval))
        self._rebalance("rebalance late")

    def rebalance_after_missed_intervals(self) -> None:
        self._move_price()
        interval = self.model.params.rebalance_interval
        late = self.random.randrange(interval, 50 * interval)
        if self.wild and self.random.random() < 0.1:
            late = 12 * YEAR  # at 10 % a year nothing is left of a side
        self._move_to(self.model.next_rebalance + late)
        self._rebalance("rebalance after missed intervals")

    def rebalance_early(self) -> None:
        self._rebalance("rebalance on time")

    def _rebalance(self, name: str) -> None:
        recipient = self.random.choice((KEEPER, KEEPER, ZERO_ADDRESS))
        if self.world.now >= self.model.next_rebalance and not self.model.is_shutdown:
            self._check_transfer()
        self.do(
            name,
            f"at {self.model.oracle.price}, reward to {NAMES.get(recipient, 'nobody')}",
            lambda: self.twin.rebalance(KEEPER, recipient=recipient),
        )

    def _check_transfer(self) -> None:
        """P3 and P4, by what the contract previews at the old and the new price; the twin compares what it then does."""
        price, last = self.model.oracle.price, self.model.last_price
        if not 1 <= price <= MAX_PRICE:
            return
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

    def collect_fees(self) -> None:
        self.do("collectFees", "", lambda: self.twin.collect_fees(KEEPER))

    def pause_mints(self) -> None:
        sender = self.random.choice((OWNER, OWNER, OWNER, ALICE))
        paused = not self.model.mint_paused
        self.do("setMintPaused", f"{paused} by {NAMES[sender]}", lambda: self.twin.set_mint_paused(sender, paused))
        if paused and self.model.mint_paused:
            for _ in range(3):
                self.commit()
            self.do("setMintPaused", "False by owner", lambda: self.twin.set_mint_paused(OWNER, False))

    def break_oracle(self) -> None:
        """It reverts or answers nonsense; a rebalance fails; it is well again."""
        self._move_to(self.model.next_rebalance)
        good = self.model.oracle.price
        if self.random.random() < 0.5:
            self.twin.set_oracle_failing(True)
        else:
            self.twin.set_price(self.random.choice((0, MAX_PRICE + 1, 2**255)))
        for _ in range(2):
            self._rebalance("rebalance on time")
            self.commit()
        self.twin.set_oracle_failing(False)
        self.twin.set_price(good)

    def shutdown_too_early(self) -> None:
        self._move_to(self.model.next_rebalance + self.random.choice((0, SHUTDOWN_DELAY - 1)))
        self.do("shutdown", "", lambda: self.twin.shutdown(CAROL))

    def shutdown_of_a_healthy_pool(self) -> None:
        """Rebalances."""
        self._move_price()
        self._move_to(self.model.next_rebalance + SHUTDOWN_DELAY + self.random.choice((0, 10**6)))
        self.do("shutdown", "", lambda: self.twin.shutdown(CAROL))
        assert not self.model.is_shutdown, "P10"

    def end(self) -> None:
        """The feed dies, the pool closes, everybody leaves; then the pool holds nothing that it owes."""
        twin, model = self.twin, self.model
        twin.set_oracle_failing(True)
        for _ in range(4):
            self.commit()
        self._move_to(model.next_rebalance + SHUTDOWN_DELAY)
        self.do("shutdown", "", lambda: twin.shutdown(CAROL))
        assert model.is_shutdown
        for _ in range(14):
            self.random.choice(AFTER_SHUTDOWN)(self)
        for trader in TRADERS:
            self.do("claim", f"by {NAMES[trader]}", lambda trader=trader: twin.claim(trader))
        for person in PEOPLE:
            amounts = model.long_token.balance_of(person), model.short_token.balance_of(person)
            if any(amounts):
                self.do("redeem", f"{amounts}", lambda who=person, all_=amounts: twin.redeem(who, *all_))
        self.collect_fees()
        self.book.require_all_claimed()
        assert model.owed() == sum(model.balances())
        # Pool tokens of a unit per claim are left in the pool, and their part of the sides.
        assert max(model.supplies()) <= twin.claims, "P7"

    # --- choices ---

    def _move_to(self, time: int) -> None:
        self.world.move_to(max(time, self.world.now))

    def _pass_time(self) -> None:
        """To anywhere before the next rebalance or a little later, most of all to the edges of the window."""
        opens, window = self.model.next_rebalance, self.model.params.front_running_interval
        edges = [opens - window - 1, opens - window, opens - window + 1, opens - 1, opens, opens + 1]
        draw = self.random.random()
        if draw < 0.15:
            self._move_to(self.random.choice(edges))
        elif draw < 0.4 and self.world.now < opens:
            self._move_to(self.random.randrange(self.world.now, opens + 1))

    def _move_price(self) -> None:
        random, price = self.random, self.model.oracle.price
        draw = random.random()
        if draw < 0.1:
            return
        if draw < 0.2:
            price += random.choice((-1, 1))
        elif draw < 0.75:
            price = price * random.randrange(9_500, 10_500) // 10_000
        elif draw < 0.9:
            price = price * random.randrange(50, 200) // 100
        elif not self.wild:
            price = PRICE * random.randrange(90, 110) // 100
        else:
            price = random.choice((price // 100, price // 10**6, price * 100, price * 10**6, 1, MAX_PRICE, PRICE))
        self.twin.set_price(min(max(price, 1), MAX_PRICE))

    def _token(self, kind: CommitType) -> Any:
        return (self.model.long_token, self.model.short_token)[kind.burned_side or 0]

    def _held(self, kind: CommitType) -> bool:
        return any(self._token(kind).balance_of(trader) for trader in TRADERS)

    def _holder(self, kind: CommitType) -> str:
        """Who can pay, if anybody."""
        if kind.is_mint:
            return self.random.choice(TRADERS)
        holders = [trader for trader in TRADERS if self._token(kind).balance_of(trader)]
        return self.random.choice(holders or TRADERS)

    def _other_controller(self, payer: str) -> str:
        """Most likely one who consented."""
        if self.random.random() < 0.1:
            return self.random.choice(TRADERS)
        return self.random.choice([payer, *(other for other in TRADERS if self.model.is_operator(other, payer))])

    def _claimant(self) -> str:
        """Who is owed something, if anybody."""
        owed = [trader for trader in TRADERS if any(self.model.claimable(trader))]
        return self.random.choice(owed or TRADERS)

    def _amount_to_mint(self) -> int:
        draw, unit = self.random.random(), self.world.unit
        if draw < 0.15:
            return self.random.randrange(1, 4)
        if draw < 0.9:
            return unit * self.random.randrange(1, 10 ** self.random.randrange(1, 8)) + self.random.randrange(unit)
        return self.random.choice((MAX_TOTAL, MAX_TOTAL // 2, MAX_BATCH, 10**20 * unit))

    def _part_of(self, held: int) -> int:
        draw = self.random.random()
        if draw < 0.15:
            return self.random.randrange(1, 1_000)
        if draw < 0.2:
            return held + 1
        if draw < 0.35:
            return held
        if draw < 0.4:
            return max(held - 1, 1)
        return self.random.randrange(1, held // 2 + 2)


WEIGHTS: dict[Callable[[Life], None], float] = {
    Life.commit: 50,
    Life.commit_nonsense: 2,
    Life.claim: 9,
    Life.claim_as_operator: 8,
    Life.set_operator: 3,
    Life.donate: 2,
    Life.redeem: 0.5,  # refused while the pool is open
    Life.rebalance_on_time: 8,
    Life.rebalance_late: 7,
    Life.rebalance_after_missed_intervals: 4,
    Life.rebalance_early: 1,
    Life.collect_fees: 4,
    Life.pause_mints: 1.5,
    Life.break_oracle: 1,
    Life.shutdown_too_early: 0.5,
    Life.shutdown_of_a_healthy_pool: 0.7,
}
"""How often what is tried."""
AFTER_SHUTDOWN: list[Callable[[Life], None]] = [
    Life.redeem,
    Life.redeem,
    Life.claim,
    Life.commit,
    Life.collect_fees,
    Life.rebalance_early,
]
