"""The twins of pools: each action runs on a chain and in the model, and then everything is compared.

A `World` has one settlement token with its holders, and a clock. It deploys pools, each with its `Twin`. If the model
refuses an action, the contract must revert with the same error and arguments, and the twin raises `Refused`. After each
action, events, return values, all views and all balances must be equal to the unit, and the invariants of the specification
must hold.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from perpetual_pools.model import ZERO_ADDRESS, CommitType, FixedOracle, Ledger, Oracle, Pool, PoolParams, Refused
from perpetual_pools.model.constants import MAX_PRICE
from perpetual_pools.model.events import Event
from perpetual_pools.twin.chain import Caller, Chain, Events, address_of
from perpetual_pools.twin.comparison import (
    WHOLE,
    WORD,
    Answer,
    Difference,
    View,
    answers,
    do,
    require,
    require_equal,
    require_events,
)

Value = TypeVar("Value")

HOUR = 3_600
WAD = 10**18
PRICE = 100 * WAD
EPOCHS = range(-2, 2)
"""The epochs whose batches and commitments are compared, relative to the current one."""
SIDES = "long", "short"
KINDS = tuple(kind.name for kind in CommitType)
AMOUNTS = tuple(f"{kind} {amount}" for kind in KINDS for amount in ("amountIn", "amountOut"))
CLAIMABLE = "USDC", "L-tokens", "S-tokens"

DEFAULTS = PoolParams(
    market="BTC/USDC",
    settlement_token=ZERO_ADDRESS,
    oracle=ZERO_ADDRESS,
    leverage=3,
    rebalance_interval=HOUR,
    front_running_interval=300,
    management_fee=0,
    mint_fee=0,
    burn_fee=0,
    keeper_reward_max=0,
    keeper_reward_ramp=600,
    min_liquidity=10**6,
)


class World:
    """Everything that pools share: a settlement token, its holders and the clock. It deploys pools, each with its twin.

    Args:
        contracts: the shared contracts, already on the chain.
        people: the accounts whose balances are compared. The chain determines their type.
        owner: the owner of the factory.
        fee_recipient: the account that gets the protocol's fees.
    """

    def __init__(self, chain: Chain, contracts: "Contracts", people: list[Any], owner: Any, fee_recipient: Any) -> None:
        self.chain = chain
        self.contracts = contracts
        self.people = people
        self.owner = owner
        self.fee_recipient = fee_recipient
        self.decimals = contracts.decimals
        self.unit = 10**contracts.decimals
        self.token = contracts.token
        self.ledger = Ledger("TransferFromFailed")
        self.twins: list[Twin] = []
        self.checks = True
        """Whether everything is compared after each action."""

    @property
    def now(self) -> int:
        return self.chain.now

    def move_to(self, timestamp: int) -> None:
        self.chain.move_to(timestamp)

    def advance(self, seconds: int) -> None:
        self.chain.move_to(self.now + seconds)

    def fund(self, account: Any, amount: int) -> None:
        """Give settlement units to the account."""
        self.chain.send(self.token, "mint", [address_of(account), amount], account)
        self.ledger.mint(address_of(account), amount)

    def deploy_pool(self, price: int = PRICE, **changes: Any) -> "Twin":
        """Deploy a pool of `DEFAULTS` with changes, on its own `FixedOracle` that answers `price` (WAD)."""
        return self.deploy_pool_on(self.chain.deploy("FixedOracle", price), FixedOracle(price), **changes)

    def deploy_pool_on(self, oracle: Any, oracle_model: Oracle, **changes: Any) -> "Twin":
        """Deploy a pool of `DEFAULTS` with changes, on an oracle and its model."""
        params = self.params(oracle, **changes)
        pool = deploy_pool(self.chain, self.contracts, params, self.owner, self.people)
        return self.adopt(pool, params, oracle, oracle_model)

    def params(self, oracle: Any, **changes: Any) -> PoolParams:
        addresses = {"settlement_token": address_of(self.token), "oracle": address_of(oracle)}
        return replace(DEFAULTS, **{"min_liquidity": self.unit, **addresses, **changes})

    def adopt(self, pool: Any, params: PoolParams, oracle: Any, oracle_model: Oracle) -> "Twin":
        """Return the twin of a pool that was deployed at the current time."""
        model = Pool(
            params,
            settlement=self.ledger,
            settlement_decimals=self.decimals,
            oracle=oracle_model,
            now=self.now,
            owner=address_of(self.owner),
            fee_recipient=address_of(self.fee_recipient),
            address=address_of(pool),
        )
        twin = Twin(self, pool, model, oracle)
        self.twins.append(twin)
        twin.compare()
        return twin

    def upkeep(self, sender: Any, hints: dict["Twin", int]) -> list[tuple[str, bytes]]:
        """Rebalance many pools in one transaction through the keeper contract, which pays the sender.

        Returns the pools that the contract reports as failed, with the reasons. The model rebalances all others.
        """
        pools = [twin.pool for twin in hints]
        arguments = [[address_of(pool) for pool in pools], list(hints.values()), address_of(sender)]
        sent = self.chain.send(self.contracts.keeper, "upkeep", arguments, sender, *pools)
        failures = {event["pool"]: bytes(event["reason"]) for name, event in sent.events if name == "UpkeepFailed"}
        done = [twin for twin in hints if address_of(twin.pool) not in failures]
        told = [twin in done for twin in hints]
        require(list(sent.value) == told, f"upkeep returned {sent.value}, its events say {told}")
        events = sent.events[len(failures) :]
        for twin in done:
            count = twin.follow_rebalance(events, hints[twin], address_of(sender))
            events = events[count:]
        require(not events, f"upkeep: the chain emitted besides {events}")
        for twin in self.twins:
            twin.compare()
        return list(failures.items())


@dataclass(frozen=True)
class Contracts:
    """The contracts that a world needs on its chain."""

    decimals: int
    token: Any
    factory: Any
    keeper: Any
    lens: Any


def deploy_contracts(chain: Caller, owner: Any, fee_recipient: Any, decimals: int = 6) -> Contracts:
    return Contracts(
        decimals,
        chain.deploy("MockERC20", "USD Coin", "USDC", decimals),
        chain.deploy("PoolFactory", address_of(owner), address_of(fee_recipient)),
        chain.deploy("PoolKeeper"),
        chain.deploy("PoolLens"),
    )


def deploy_pool(chain: Caller, contracts: Contracts, params: PoolParams, deployer: Any, people: list[Any]) -> Any:
    """Deploy a pool, and let all people approve it."""
    arguments = tuple(asdict(params).values())
    address = chain.read(contracts.factory, "poolAddress", arguments, address_of(deployer))
    chain.send(contracts.factory, "deployPool", [arguments], deployer)
    for account in people:
        chain.send(contracts.token, "approve", [address, WORD - 1], account)
    return chain.at("LeveragedPool", address)


class Twin:
    """A pool on a chain, and its model.

    Actions are sent at the world's time and return the model's value. All of them can raise Refused.
    """

    def __init__(self, world: World, pool: Any, model: Pool, oracle: Any) -> None:
        self.world = world
        self.pool = pool
        self.model = model
        self.oracle = oracle
        self.chain = world.chain
        self.long_token = self.chain.at("PoolToken", self.chain.read(pool, "longToken"))
        self.short_token = self.chain.at("PoolToken", self.chain.read(pool, "shortToken"))
        self.accounts = [address_of(account) for account in world.people]
        self.claims = 0
        """The number of payments from batches. Each may leave less than one unit in the pool."""
        self.donated = 0
        self.controllers: set[Any] = set()
        """The controllers that have ever committed. No other account can have a commitment."""
        self.compares_refused = True
        """Whether everything is also compared after a refusal."""

    # --- actions ---

    def commit(self, sender: Any, commit_type: int, amount: int, controller: Any = None) -> int:
        to = address_of(sender if controller is None else controller)
        arguments = [int(commit_type), amount, to]
        return self._do(
            sender,
            "commit",
            arguments,
            lambda: self.model.commit(self.world.now, address_of(sender), int(commit_type), amount, to),
        )

    def claim(self, sender: Any, controller: Any = None, receiver: Any = None) -> tuple[int, int, int]:
        controller = address_of(sender if controller is None else controller)
        receiver = controller if receiver is None else address_of(receiver)
        return self._do(
            sender,
            "claim",
            [controller, receiver],
            lambda: self.model.claim(address_of(sender), controller, receiver),
        )

    def claim_for(self, sender: Any, controllers: Sequence[Any]) -> None:
        """Claim through the keeper contract, which pays controllers that made it their operator and reports the others."""
        keeper, to = self.world.contracts.keeper, [address_of(controller) for controller in controllers]
        seen, failures = len(self.model.events), []
        for controller in to:
            try:
                self.model.claim(address_of(keeper), controller, controller)
            except Refused as refusal:
                # The keeper contract avoids every other reason to refuse a claim.
                reason = keccak(text="NotControllerOrOperator(address,address)")[:4]
                reason += encode(["address", "address"], list(refusal.arguments.values()))
                failed = Event("ClaimFailed", {"pool": self.model.address, "controller": controller, "reason": reason})
                failures.append(failed)
        sent = self.chain.send(keeper, "claimFor", [self.model.address, to], sender, self.pool)
        require_events(sent.events, [*failures, *self.model.events[seen:]])
        self._note_events(seen)
        self.compare()

    def set_operator(self, sender: Any, operator: Any, approved: bool = True) -> None:
        def in_model() -> bool:
            self.model.set_operator(address_of(sender), address_of(operator), approved)
            return True

        self._do(sender, "setOperator", [address_of(operator), approved], in_model)

    def rebalance(self, sender: Any, hint: int = 0, recipient: Any = ZERO_ADDRESS) -> int:
        before = self._before_rebalance()
        reward = self._do(
            sender,
            "rebalance",
            [hint, address_of(recipient)],
            lambda: self.model.rebalance(self.world.now, hint, address_of(recipient)),
        )
        self._check_rebalance(*before, reward)
        return reward

    def follow_rebalance(self, found: Events, hint: int, recipient: str) -> int:
        """Rebalance the model after the chain. `found` begins with the events of the rebalance. Returns their number."""
        seen, before = len(self.model.events), self._before_rebalance()
        reward = self.model.rebalance(self.world.now, hint, recipient)
        count = len(self.model.events) - seen
        require_events(found[:count], self.model.events[seen:])
        self._note_events(seen)
        self._check_rebalance(*before, reward)
        return count

    def set_mint_paused(self, sender: Any, paused: bool) -> None:
        self._do(sender, "setMintPaused", [paused], lambda: self.model.set_mint_paused(address_of(sender), paused))

    def collect_fees(self, sender: Any) -> int:
        return self._do(sender, "collectFees", [], self.model.collect_fees)

    def shutdown(self, sender: Any) -> None:
        self._do(sender, "shutdown", [], lambda: self.model.shutdown(self.world.now))

    def redeem(self, sender: Any, long_amount: int, short_amount: int, receiver: Any = None) -> int:
        to = address_of(sender if receiver is None else receiver)
        return self._do(
            sender,
            "redeem",
            [long_amount, short_amount, to],
            lambda: self.model.redeem(address_of(sender), long_amount, short_amount, to),
        )

    def donate(self, sender: Any, amount: int, side: int | None = None) -> None:
        """Send settlement units, or token units of a side, directly to the pool."""
        token = self.world.token if side is None else (self.long_token, self.short_token)[side]
        ledger = self.world.ledger if side is None else (self.model.long_token, self.model.short_token)[side]
        self.chain.send(token, "transfer", [address_of(self.pool), amount], sender)
        ledger.transfer(address_of(sender), self.model.address, amount)
        self.donated += amount * (side is None)
        self.compare()

    def set_price(self, price: int) -> None:
        """Set the price (WAD) of the pool's `FixedOracle`."""
        assert isinstance(self.model.oracle, FixedOracle)
        self.chain.send(self.oracle, "setPrice", [price], self.world.owner)
        self.model.oracle.price = price

    def set_oracle_failing(self, failing: bool) -> None:
        """Make the pool's `FixedOracle` fail, or work again."""
        assert isinstance(self.model.oracle, FixedOracle)
        self.chain.send(self.oracle, "setReverting", [failing], self.world.owner)
        self.model.oracle.failure = Refused("OracleReverting") if failing else None

    # --- shorthand ---

    def move_to_rebalance(self, late: int = 0) -> None:
        """Move to the time when the next rebalance opens, or some seconds later."""
        self.world.move_to(self.model.next_rebalance + late)

    def next_epoch(self, keeper: Any, price: int | None = None) -> None:
        """Rebalance on time and without a reward, at `price` (WAD) or at the current price."""
        if price is not None:
            self.set_price(price)
        self.move_to_rebalance()
        self.rebalance(keeper)

    def open_with(self, long_holder: Any, long: int, short_holder: Any, short: int, keeper: Any) -> None:
        """Mint tokens of both sides for so many settlement units, and claim them for the holders."""
        self.commit(long_holder, CommitType.LONG_MINT, long)
        self.commit(short_holder, CommitType.SHORT_MINT, short)
        self.next_epoch(keeper)
        self.claim(long_holder)
        self.claim(short_holder)

    @property
    def held(self) -> int:
        """The settlement units that the pool holds."""
        return self.world.ledger.balance_of(self.model.address)

    # --- comparison ---

    def _do(self, sender: Any, method: str, arguments: list[Any], in_model: Callable[[], Value]) -> Value:
        seen = len(self.model.events)
        try:
            value = do(self.chain, self.pool, method, arguments, sender, self.model, in_model)
        except Refused:
            if self.compares_refused:
                self.compare()
            raise
        self._note_events(seen)
        self.compare()
        return value

    def _note_events(self, seen: int) -> None:
        """Take note of claims and controllers in the model's events, starting at number `seen`."""
        events = self.model.events[seen:]
        self.claims += sum(event.name == "Claimed" for event in events) * len(CommitType) * 2
        self.controllers.update(event.arguments["controller"] for event in events if event.name == "Committed")

    def compare(self) -> None:
        """Compare every view and every balance, and check the invariants that hold at all times."""
        if not self.world.checks:
            return
        require_equal(*self._read())
        owed = self.model.owed()
        require(self.held >= owed, f"P1: holds {self.held}, owes {owed}")
        require(self.held - owed <= self.donated + self.claims, f"P1: holds {self.held}, owes {owed} only")
        supplies = self.model.long_token.total_supply, self.model.short_token.total_supply
        require(supplies == self.model.supplies(), f"P5: {supplies} tokens, of which {self.model.supplies()} count")
        next_rebalance, interval = self.model.next_rebalance, self.model.params.rebalance_interval
        require(next_rebalance % interval == 0, f"P11: the next rebalance is at {next_rebalance}")

    def answers(self) -> list[Answer]:
        """Return the chain's value of every view and balance, with the model's."""
        return answers(*self._read())

    def solvency(self, found: Mapping[str, int]) -> tuple[int, int]:
        """Return the settlement units that the pool holds and owes, using only the chain's values.

        Args:
            found: the chain's values, by the names of `answers`.
        """
        model = self.model
        names = [f"{model.name} protocolFees", *(f"{model.name} {side} balance" for side in SIDES)]
        mints = [kind for kind in CommitType if kind in (CommitType.LONG_MINT, CommitType.SHORT_MINT)]
        names += [
            f"{model.name} {kind.name} amountIn of epoch {epoch}"
            for epoch in (model.epoch, model.epoch + 1)
            for kind in mints
        ]
        names += [f"{model.name} claimable USDC of {account}" for account in self.accounts]
        return found[f"USDC of {model.address}"], sum(found[name] for name in names)

    def _read(self) -> tuple[Sequence[int], list[View]]:
        """Return the words that the lens reads, and the views in the same order."""
        price = min(self.model.last_price * 103 // 100 + 1, MAX_PRICE)
        words = self.chain.read(self.world.contracts.lens, "read", address_of(self.pool), price, self.accounts)
        return list(words), list(self._views(price))

    def _views(self, preview_price: int) -> Iterator[View]:
        """Yield the views in the order in which the lens reads them."""
        model, now, name = self.model, self.world.now, self.model.name
        ledgers = self.world.ledger, model.long_token, model.short_token
        tokens = "USDC", f"{name} L-tokens", f"{name} S-tokens"
        yield f"{name} {{}} balance", SIDES, model.balances()
        yield f"{name} {{}} supply", SIDES, model.supplies()
        yield f"{name} {{}} token price", SIDES, model.token_prices()
        yield f"{name} {{}} rebalancing rate", SIDES, [rate % WORD for rate in model.rebalancing_rates()]
        yield f"{name} {{}} balance by previewRebalance", SIDES, model.preview_rebalance(now, preview_price)
        yield f"{name} lastPrice", WHOLE, [model.last_price]
        yield f"{name} nextRebalance", WHOLE, [model.next_rebalance]
        yield f"{name} lastRebalance", WHOLE, [model.last_rebalance]
        yield f"{name} epoch", WHOLE, [model.epoch]
        yield f"{name} protocolFees", WHOLE, [model.protocol_fees]
        yield f"{name} mintPaused", WHOLE, [model.mint_paused]
        yield f"{name} isShutdown", WHOLE, [model.is_shutdown]
        yield f"{name} keeperReward", WHOLE, [model.keeper_reward(now)]
        yield "time", WHOLE, [now]
        held = f"of {model.address}", "in all"
        for token, ledger in zip(tokens, ledgers, strict=True):
            yield f"{token} {{}}", held, [ledger.balance_of(model.address), ledger.total_supply]
        epochs = [model.epoch + ahead for ahead in EPOCHS]
        for epoch in epochs:
            amounts = [amount for kind in CommitType for amount in model.batch(epoch, kind)]
            yield f"{name} {{}} of epoch {epoch}", AMOUNTS, amounts
        for account in self.accounts:
            yield f"{{}} of {account}", tokens, [ledger.balance_of(account) for ledger in ledgers]
            yield f"{name} claimable {{}} of {account}", CLAIMABLE, model.claimable(account)
            for epoch in epochs:
                committed = (
                    [model.commitment(account, kind, epoch) for kind in CommitType]
                    if epoch >= 0 and account in self.controllers
                    else [0] * len(KINDS)
                )
                yield f"{name} {{}} of {account} in epoch {epoch}", KINDS, committed
            operators = [model.is_operator(account, other) for other in self.accounts]
            yield f"{name} {account} made {{}} an operator", self.accounts, operators

    def _before_rebalance(self) -> tuple[tuple[int, int], int, int, int]:
        return self.model.balances(), self.model.protocol_fees, self.model.last_price, self.held

    def _check_rebalance(self, balances: tuple[int, int], fees: int, last_price: int, held: int, reward: int) -> None:
        """Check invariant P2, and also P3 and P4 if no batch executed."""
        model = self.model
        require(self.held == held - reward, "P2: only the reward leaves in a rebalance")
        batches = [model.batch(model.epoch - 1, kind) for kind in CommitType]
        minted = sum(batches[kind][0] for kind in CommitType if kind.is_mint and batches[kind][1])
        burned = sum(batches[kind][1] for kind in CommitType if kind.is_burn)
        charged = model.protocol_fees - fees + reward
        left, there = sum(model.balances()) + charged, sum(balances) + minted - burned
        require(left == there, f"P2: {left} units after the rebalance, of {there}")
        if any(amount_in for amount_in, _ in batches):
            return
        up = model.last_price > last_price
        if model.last_price == last_price or min(balances) < model.params.min_liquidity:
            for before, after in zip(balances, model.balances(), strict=True):
                require(0 <= before - after <= charged, f"P4: a side goes from {before} to {after}, charged {charged}")
        elif charged == 0:
            lo, hi = sorted((last_price, model.last_price))
            loser, kept = balances[up], model.balances()[up]
            exact = Fraction(lo, hi) ** model.params.leverage * loser
            if abs(kept - exact) > 1:
                raise Difference(f"P3: keeps {kept}, exactly {float(exact)}")
