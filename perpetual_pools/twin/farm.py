"""The twin of a staking farm: each action runs on a chain and in the model, and then everything is compared.

It works like the twin of a pool. If the model refuses an action, the contract must revert with the same error and arguments,
and the twin raises `Refused`. After each action, events, return values, all views and all balances must be equal to the
unit, and the invariants F1, F2 and F5 of the specification must hold.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from perpetual_pools.model import Ledger, Market, StakingFarm
from perpetual_pools.model.farm import ONE, WEEK
from perpetual_pools.twin.chain import Chain, address_of
from perpetual_pools.twin.comparison import WHOLE, WORD, Answer, View, answers, do, require, require_equal

Value = TypeVar("Value")

PLENTY = 10**30
"""The units of each staked token that everyone gets."""
MARKETS = "primary", "secondary"
FARM = "token", "market", "weight"


class FarmTwin:
    """A staking farm on a chain, and its model.

    Actions are sent at the chain's time and return the model's value. All of them can raise Refused.

    Args:
        chain: the chain of the farm. It determines the type of the accounts.
        reward: the reward token.
        start: the time when week 0 begins, in Unix seconds.
        owner: the owner of the farm.
        people: the accounts whose balances are compared.
        farm: an existing farm whose week 0 has not begun, or None to deploy one. `adopt` adds its tokens.
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
        """The names of staked tokens in the messages of differences, by address."""
        self.donated = 0
        """The reward units that were sent to the farm directly."""
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
        """Move to so many seconds after the week begins."""
        self.chain.move_to(self.model.start + week * WEEK + seconds)

    def new_token(self, decimals: int = 18) -> Any:
        """Return a new token. Everyone has PLENTY of it and has approved the farm."""
        token = self.chain.deploy("MockERC20", "Staked", "STK", decimals)
        self.introduce(token)
        return token

    def introduce(self, token: Any) -> None:
        """Add a token to the twin: everyone gets PLENTY of it and approves the farm."""
        ledger = self.ledgers.setdefault(address_of(token), Ledger("TransferFromFailed"))
        for account in self.people:
            self.chain.send(token, "mint", [address_of(account), PLENTY], account)
            ledger.mint(address_of(account), PLENTY)
            self.chain.send(token, "approve", [address_of(self.farm), WORD - 1], account)

    def adopt(self, token: Any, ledger: Ledger, market: int, weight: int) -> None:
        """Add a token and its holders to the twin. The chain's farm already has it since before week 0 began."""
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
        """Send token units directly to the farm."""
        self.chain.send(token, "transfer", [address_of(self.farm), amount], sender)
        self.ledgers[address_of(token)].transfer(address_of(sender), self.model.address, amount)
        self.donated += amount * (address_of(token) == self.model.reward_token)
        self.compare()

    # --- shorthand ---

    def new_farm(self, market: int = Market.PRIMARY, weight: int = 1, decimals: int = 18) -> Any:
        """Return a new token that has a farm."""
        token = self.new_token(decimals)
        self.add_farm(self.owner, token, market, weight)
        return token

    def earned(self, account: Any, token: Any) -> int:
        """Return the earned reward units. Raises Difference if chain and model disagree."""
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
        """Do an action for which the model takes the time, the sender and the contract's arguments."""
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
        """Compare every view and every balance, and check the invariants that hold at all times."""
        if not self.checks:
            return
        require_equal(*self._read())
        self._require_invariants()

    def answers(self) -> list[Answer]:
        """Return the chain's value of every view and balance, with the model's."""
        return answers(*self._read())

    def emission(self, found: Mapping[str, int], accounts: Sequence[str]) -> tuple[int, int, int]:
        """Return the reward units that were emitted, that the accounts have earned or hold, and that are undistributed.

        Args:
            found: the chain's values, by the names of `answers`.
        """
        names = [f"TCR of {account}" for account in accounts]
        names += [
            f"TCR earned by {account} with {self._name(token)}" for token in self.model.farms for account in accounts
        ]
        return found["TCR emitted"], sum(found[name] for name in names), found["TCR undistributed"]

    def _name(self, token: str) -> str:
        return self.names.get(token, token)

    def _read(self) -> tuple[Sequence[int], list[View]]:
        """Return the words that the lens reads, and the views in the same order."""
        later, week = self.now + WEEK // 3, max(0, self.now - self.model.start) // WEEK
        words = self.chain.read(self.lens, "read", address_of(self.farm), later, week, self.accounts)
        return list(words), list(self._views(later, week))

    def _views(self, later: int, week: int) -> Iterator[View]:
        """Yield the views in the order of `contracts/mocks/FarmLens.sol`."""
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
        # Undistributed emission that was scheduled again is part of the schedule, not of `undistributed`.
        unearned = model.undistributed(now) + model.idle(now) // ONE + model.total_scheduled() - model.emitted(now)
        owed = earned + unearned + model.total_staked(model.reward_token)
        held = self.ledgers[model.reward_token].balance_of(model.address)
        # Each rounding here and in an action may lose one unit, or two with very large stakes.
        each = 2 if any(model.total_staked(token) >> 120 for token in model.farms) else 1
        dust = self.donated + len(pairs) + 3 + each * len(model.events)
        require(held >= owed, f"F1: holds {held}, owes {owed}")
        require(held - owed <= dust, f"F2: holds {held}, owes {owed} only")
        for token in model.farms:
            staked, there = model.total_staked(token), self.ledgers[token].balance_of(model.address)
            require(there >= staked, f"F5: holds {there} of {self._name(token)}, of which {staked} are staked")
