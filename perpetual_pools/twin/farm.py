"""A staking farm on a chain and in the model, side by side: every action is done on both, then everything is compared.

As `pool.py` does for pools: what the model refuses, the contract has to revert with the same error and arguments, and the
twin raises `Refused`. Events, returned values, every view and every balance have to be equal to the unit after
each action, and the invariants F1 and F2 of the specification hold.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from perpetual_pools.model import Ledger, Market, StakingFarm
from perpetual_pools.model.farm import ONE, WEEK
from perpetual_pools.twin.chain import Chain, address_of
from perpetual_pools.twin.comparison import WHOLE, WORD, Answer, View, answers, do, require, require_equal

Value = TypeVar("Value")

PLENTY = 10**30
"""Units of each token that every staker has; the owner has as much of the reward token."""
MARKETS = "primary", "secondary"
FARM = "token", "market", "weight"


class FarmTwin:
    """One staking farm, twice. Actions are sent at the chain's time and return what the model returns; all raise Refused.

    Args:
        chain: where it is deployed; accounts are named by what the chain sends with.
        reward: the reward token, of which `owner` has units.
        start: when week 0 begins.
        people: whose balances are compared.
        farm: one that is there, of which week 0 has not begun; None deploys one. See `adopt`.
    """

    def __init__(
        self, chain: Chain, reward: Any, start: int, owner: Any, people: Sequence[Any], farm: Any = None
    ) -> None:
        self.chain = chain
        self.reward = reward
        self.owner = owner
        self.people = people
        self.accounts = [address_of(account) for account in people]
        self.ledgers: dict[str, Ledger] = {address_of(reward): Ledger("TransferFromFailed")}
        self.farm = farm or chain.deploy("StakingFarm", address_of(reward), address_of(owner), start)
        self.model = StakingFarm(
            self.ledgers, address_of(reward), address_of(owner), start, chain.now, address_of(self.farm)
        )
        self.lens = chain.deploy("FarmLens")
        self.names: dict[str, str] = {}
        """How staked tokens are called where a difference is told, by their addresses."""
        self.donated = 0
        """Reward units."""
        self.checks = True
        """Whether everything is compared after each action."""

    # --- tokens and time ---

    @property
    def now(self) -> int:
        return self.chain.now

    def move_to(self, timestamp: int) -> None:
        self.chain.move_to(timestamp)

    def advance(self, seconds: int) -> None:
        self.chain.move_to(self.now + seconds)

    def move_to_week(self, week: int, seconds: int = 0) -> None:
        """So many seconds into that week, from 0."""
        self.chain.move_to(self.model.start + week * WEEK + seconds)

    def new_token(self, decimals: int = 18) -> Any:
        """A token to stake, of which all people have PLENTY and have approved the farm."""
        token = self.chain.deploy("MockERC20", "Staked", "STK", decimals)
        self.introduce(token)
        return token

    def introduce(self, token: Any) -> None:
        """Lets the twin know a token: everybody gets PLENTY of it and approves the farm."""
        ledger = self.ledgers.setdefault(address_of(token), Ledger("TransferFromFailed"))
        for account in self.people:
            self.chain.send(token, "mint", [address_of(account), PLENTY], account)
            ledger.mint(address_of(account), PLENTY)
            self.chain.send(token, "approve", [address_of(self.farm), WORD - 1], account)

    def adopt(self, token: Any, ledger: Ledger, market: int, weight: int) -> None:
        """Lets the twin know a token whose farm was added before week 0 began, and who holds it."""
        self.ledgers[address_of(token)] = ledger
        self.model.add_farm(self.now, address_of(self.owner), address_of(token), market, weight)

    # --- actions ---

    def stake(self, sender: Any, token: Any, amount: int) -> None:
        self._on(sender, "stake", [address_of(token), amount], self.model.stake)

    def withdraw(self, sender: Any, token: Any, amount: int) -> None:
        self._on(sender, "withdraw", [address_of(token), amount], self.model.withdraw)

    def claim(self, sender: Any, *tokens: Any) -> int:
        return self._on(sender, "claim", [[address_of(token) for token in tokens]], self.model.claim)

    def exit(self, sender: Any, token: Any) -> int:
        return self._on(sender, "exit", [address_of(token)], self.model.exit)

    def emergency_withdraw(self, sender: Any, token: Any) -> int:
        to, stake = address_of(sender), address_of(token)
        return self._do(sender, "emergencyWithdraw", [stake], lambda: self.model.emergency_withdraw(to, stake))

    def add_farm(self, sender: Any, token: Any, market: int, weight: int) -> None:
        self._on(sender, "addFarm", [address_of(token), market, weight], self.model.add_farm)

    def set_weight(self, sender: Any, token: Any, weight: int) -> None:
        self._on(sender, "setWeight", [address_of(token), weight], self.model.set_weight)

    def set_allocation(self, sender: Any, primary_bps: int) -> None:
        self._on(sender, "setAllocation", [primary_bps], self.model.set_allocation)

    def schedule(self, sender: Any, *amounts: int) -> None:
        self._on(sender, "schedule", [list(amounts)], self.model.schedule, returns=False)

    def schedule_undistributed(self, sender: Any, weeks_count: int) -> None:
        self._on(sender, "scheduleUndistributed", [weeks_count], self.model.schedule_undistributed, returns=False)

    def donate(self, sender: Any, token: Any, amount: int) -> None:
        """Token units sent to the farm past its functions."""
        self.chain.send(token, "transfer", [address_of(self.farm), amount], sender)
        self.ledgers[address_of(token)].transfer(address_of(sender), self.model.address, amount)
        self.donated += amount * (address_of(token) == self.model.reward_token)
        self.compare()

    # --- shorthand ---

    def new_farm(self, market: int = Market.PRIMARY, weight: int = 1, decimals: int = 18) -> Any:
        """A new token with a farm."""
        token = self.new_token(decimals)
        self.add_farm(self.owner, token, market, weight)
        return token

    def earned(self, account: Any, token: Any) -> int:
        """Reward units; the same on chain and in the model, or fails."""
        found = self.chain.read(self.farm, "earned", address_of(account), address_of(token))
        expected = self.model.earned(self.now, address_of(account), address_of(token))
        require(found == expected, f"earned: the chain says {found}, the model says {expected}")
        return int(found)

    def undistributed(self) -> int:
        found = self.chain.read(self.farm, "undistributed")
        expected = self.model.undistributed(self.now)
        require(found == expected, f"undistributed: the chain says {found}, the model says {expected}")
        return int(found)

    # --- comparison ---

    def _on(
        self, sender: Any, method: str, arguments: list[Any], action: Callable[..., Value], *, returns: bool = True
    ) -> Value:
        """An action of the model that takes the time, the sender and the same arguments."""
        return self._do(
            sender, method, arguments, lambda: action(self.now, address_of(sender), *arguments), returns=returns
        )

    def _do(
        self, sender: Any, method: str, arguments: list[Any], in_model: Callable[[], Value], *, returns: bool = True
    ) -> Value:
        value = do(self.chain, self.farm, method, arguments, sender, self.model, in_model, returns=returns)
        self.compare()
        return value

    def compare(self) -> None:
        """Every view and every balance, and the invariants that hold at all times."""
        if not self.checks:
            return
        require_equal(*self._read())
        self._require_invariants()

    def answers(self) -> list[Answer]:
        """What the chain says to every view and for every balance, beside the model."""
        return answers(*self._read())

    def emission(self, found: Mapping[str, int], accounts: Sequence[str]) -> tuple[int, int, int]:
        """Return the reward units that were emitted, are earned or held by the accounts, and wait undistributed.

        Args:
            found: what the chain told, by the names of `answers`.
        """
        names = [f"TCR of {account}" for account in accounts]
        names += [
            f"TCR earned by {account} with {self._name(token)}" for token in self.model.farms for account in accounts
        ]
        return found["TCR emitted"], sum(found[name] for name in names), found["TCR undistributed"]

    def _name(self, token: str) -> str:
        return self.names.get(token, token)

    def _read(self) -> tuple[Sequence[int], list[View]]:
        """The words that the lens reads, and the views in their order."""
        later, week = self.now + WEEK // 3, max(0, self.now - self.model.start) // WEEK
        words = self.chain.read(self.lens, "read", address_of(self.farm), later, week, self.accounts)
        return list(words), list(self._views(later, week))

    def _views(self, later: int, week: int) -> Iterator[View]:
        """In the order of `contracts/mocks/FarmLens.sol`."""
        model, now = self.model, self.now
        yield "time", WHOLE, [now]
        yield "TCR emitted{}", ("", f" until {later}"), [model.emitted(now), model.emitted(later)]
        yield f"TCR of week {week}", WHOLE, [model.week_amount(week)]
        yield "weeks scheduled", WHOLE, [model.weeks_scheduled()]
        yield "TCR undistributed", WHOLE, [model.undistributed(now)]
        yield "primaryBps", WHOLE, [model.primary_bps()]
        yield "total weight of the {} market", MARKETS, [model.total_weight(0), model.total_weight(1)]
        yield "number of farms", WHOLE, [len(model.farms)]
        reward = self.ledgers[model.reward_token]
        yield f"TCR of {model.address}", WHOLE, [reward.balance_of(model.address)]
        yield "TCR of {}", self.accounts, [reward.balance_of(account) for account in self.accounts]
        for token in model.farms:
            ledger, name = self.ledgers[token], self._name(token)
            yield f"{{}} of the farm for {name}", FARM, [int(token, 16), *model.farm(token)]
            staked = model.total_staked(token), ledger.balance_of(model.address)
            yield f"{name} {{}}", ("staked", f"of {model.address}"), staked
            for account in self.accounts:
                yield f"{name} of {account}", WHOLE, [ledger.balance_of(account)]
                yield f"{name} staked by {account}", WHOLE, [model.stake_of(account, token)]
                yield f"TCR earned by {account} with {name}", WHOLE, [model.earned(now, account, token)]

    def _require_invariants(self) -> None:
        model, now = self.model, self.now
        pairs = [(account, token) for token in model.farms for account in self.accounts]
        earned = sum(model.earned(now, account, token) for account, token in pairs)
        # What was scheduled again is in the schedule, and no longer undistributed.
        unearned = model.undistributed(now) + model.idle(now) // ONE + model.total_scheduled() - model.emitted(now)
        owed = earned + unearned + model.total_staked(model.reward_token)
        held = self.ledgers[model.reward_token].balance_of(model.address)
        # A unit for whatever is rounded here, and for each time that an action rounded; of very large stakes two.
        each = 2 if any(model.total_staked(token) >> 120 for token in model.farms) else 1
        dust = self.donated + len(pairs) + 3 + each * len(model.events)
        require(held >= owed, f"F1: holds {held}, owes {owed}")
        require(held - owed <= dust, f"F2: holds {held}, owes {owed} only")
        for token in model.farms:
            staked, there = model.total_staked(token), self.ledgers[token].balance_of(model.address)
            require(there >= staked, f"F5: holds {there} of {self._name(token)}, of which {staked} are staked")
