"""A pool in exact integers, call by call like the contract `LeveragedPool`. Source: the specification, sections 3 and 4."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from perpetual_pools.model import maths
from perpetual_pools.model.constants import DUST, MAX_BATCH, MAX_PRICE, SHUTDOWN_DELAY, WAD, ZERO_ADDRESS
from perpetual_pools.model.errors import Refused
from perpetual_pools.model.events import Event
from perpetual_pools.model.ledger import Ledger
from perpetual_pools.model.maths import CommitType
from perpetual_pools.model.oracle import Oracle


@dataclass(frozen=True)
class PoolParams:
    """The parameters of a pool, in the order of the contract's struct.

    Fees are in WAD (the management fee per year), times in seconds, ``keeper_reward_max`` and ``min_liquidity`` in
    settlement units.
    """

    market: str
    settlement_token: str
    oracle: str
    leverage: int
    rebalance_interval: int
    front_running_interval: int
    management_fee: int
    mint_fee: int
    burn_fee: int
    keeper_reward_max: int
    keeper_reward_ramp: int
    min_liquidity: int

    @property
    def name(self) -> str:
        """The pool's name, like ``3-BTC/USDC``."""
        return f"{self.leverage}-{self.market}"

    def validate(self, settlement_decimals: int) -> None:
        """Raise Refused with the error of the first bound that the parameters break, in the contract's order."""
        length, interval = len(self.market.encode()), self.rebalance_interval
        if not 1 <= length <= 24:
            raise Refused("MarketLengthOutOfBounds", length=length, minimum=1, maximum=24)
        if not 1 <= self.leverage <= 10:
            raise Refused("LeverageOutOfBounds", leverage=self.leverage, minimum=1, maximum=10)
        if not 600 <= interval <= 7 * 86_400:
            raise Refused("RebalanceIntervalOutOfBounds", interval=interval, minimum=600, maximum=7 * 86_400)
        if self.front_running_interval >= interval:
            raise Refused(
                "FrontRunningIntervalTooLong",
                frontRunningInterval=self.front_running_interval,
                rebalanceInterval=interval,
            )
        for error, fee in (
            ("ManagementFeeTooHigh", self.management_fee),
            ("MintFeeTooHigh", self.mint_fee),
            ("BurnFeeTooHigh", self.burn_fee),
        ):
            if fee > WAD // 10:
                raise Refused(error, fee=fee, maximum=WAD // 10)
        if self.keeper_reward_ramp > interval:
            raise Refused("KeeperRewardRampTooLong", ramp=self.keeper_reward_ramp, rebalanceInterval=interval)
        if not 6 <= settlement_decimals <= 18:
            raise Refused("SettlementDecimalsOutOfBounds", decimals=settlement_decimals, minimum=6, maximum=18)
        if self.min_liquidity < 10**settlement_decimals:
            raise Refused("MinLiquidityTooLow", minLiquidity=self.min_liquidity, minimum=10**settlement_decimals)


@dataclass
class Batch:
    """The sum of a batch's commitments, and its proceeds, which are 0 until it executes or if it is refunded."""

    amount_in: int = 0
    amount_out: int = 0


@dataclass
class Commitment:
    """One controller's unclaimed part of a batch."""

    amount: int
    epoch: int


@dataclass
class Payout:
    """The payment of a claim, in settlement units and in token units of both sides."""

    settlement: int = 0
    long: int = 0
    short: int = 0

    def as_tuple(self) -> tuple[int, int, int]:
        return self.settlement, self.long, self.short


@dataclass
class Sides:
    """A pair of balances (settlement units) or supplies (token units)."""

    long: int = 0
    short: int = 0

    def as_tuple(self) -> tuple[int, int]:
        return self.long, self.short


@dataclass
class _Outcome:
    balances: Sides
    fees: int = 0
    reward: int = 0
    transferable: bool = False


@dataclass
class _Account:
    commitments: dict[tuple[CommitType, int], Commitment] = field(default_factory=dict)
    """The commitments, by type and epoch mod 2."""


class Pool:
    """One pool, with the ledgers of its two pool tokens.

    Args:
        params: its parameters. Raises Refused if they break a bound.
        settlement: the settlement token's ledger.
        settlement_decimals: 6 to 18.
        oracle: the source of prices.
        now: the time of deployment, in Unix seconds.
        owner: the account that may pause mints.
        fee_recipient: the account to which ``collect_fees`` pays.
        address: the pool's account in the ledgers.

    Every action can raise Refused. Then it has changed nothing.
    """

    def __init__(
        self,
        params: PoolParams,
        *,
        settlement: Ledger,
        settlement_decimals: int,
        oracle: Oracle,
        now: int,
        owner: str = "owner",
        fee_recipient: str = "fee recipient",
        address: str = "pool",
    ) -> None:
        params.validate(settlement_decimals)
        self.params = params
        self.settlement = settlement
        self.long_token = Ledger()
        self.short_token = Ledger()
        self.decimals = settlement_decimals
        self.oracle = oracle
        self.owner = owner
        self.fee_recipient = fee_recipient
        self.address = address
        self.last_price = self._valid_price(oracle.latest_price(now))
        self.last_rebalance = now
        self.next_rebalance = maths.first_grid_time_after(
            now + params.front_running_interval, params.rebalance_interval
        )
        self.epoch = 1
        self.protocol_fees = 0
        self.mint_paused = False
        self.is_shutdown = False
        self.events: list[Event] = []
        self._balances = Sides()
        self._supplies = Sides()
        self._batches: defaultdict[tuple[int, CommitType], Batch] = defaultdict(Batch)
        self._accounts: defaultdict[str, _Account] = defaultdict(_Account)
        self._operators: set[tuple[str, str]] = set()
        self._emit("Opened", timestamp=now, price=self.last_price, nextRebalance=self.next_rebalance)

    # --- commitments ---

    def commit(self, now: int, sender: str, commit_type: int, amount: int, controller: str) -> int:
        """Put ``amount`` of ``sender``'s tokens into a batch. Returns the epoch that executes it."""
        self._require_consent(sender, controller)
        kind = self._valid_type(commit_type)
        if amount == 0:
            raise Refused("ZeroAmount")
        if self.is_shutdown:
            raise Refused("PoolIsShutdown")
        if kind.is_mint and self.mint_paused:
            raise Refused("MintIsPaused")
        late = now + self.params.front_running_interval >= self.next_rebalance
        epoch = self.epoch + 1 if late else self.epoch
        amount_in = self.batch(epoch, kind)[0]
        if amount_in + amount > MAX_BATCH:
            raise Refused("BatchTooLarge", amountIn=amount_in, amount=amount, maximum=MAX_BATCH)

        account = self._accounts[controller]
        slot = kind, epoch % 2
        standing = account.commitments.get(slot)
        paid_out = Payout()
        if standing is not None and standing.epoch != epoch:
            self._add_owed(paid_out, kind, standing)
        # The contract pays out before it collects, so controllers can commit tokens that the same call pays to them.
        token = self._token(kind.burned_side)
        held = token.balance_of(sender)
        if sender == controller:
            held += paid_out.as_tuple()[0 if kind.burned_side is None else kind.burned_side + 1]
        if held < amount:
            raise Refused("TransferFromFailed" if kind.is_mint else "InsufficientBalance")

        self._batches[epoch, kind].amount_in += amount
        self._emit("Committed", controller=controller, epoch=epoch, commitType=int(kind), payer=sender, amount=amount)
        if standing is not None and standing.epoch == epoch:
            standing.amount += amount
        else:
            account.commitments[slot] = Commitment(amount, epoch)
            if standing is not None:
                self._pay(paid_out, controller, controller)
        token.transfer(sender, self.address, amount)
        return epoch

    def claim(self, sender: str, controller: str, receiver: str) -> tuple[int, int, int]:
        """Pay out all executed commitments of ``controller``.

        Returns the paid settlement units, L-token units and S-token units.
        """
        self._require_consent(sender, controller)
        if receiver == ZERO_ADDRESS:
            raise Refused("ZeroAddress")
        payout, slots = self._owed(controller)
        if slots:
            for slot in slots:
                del self._accounts[controller].commitments[slot]
            self._pay(payout, controller, receiver)
        return payout.as_tuple()

    def set_operator(self, sender: str, operator: str, approved: bool) -> None:
        if approved:
            self._operators.add((sender, operator))
        else:
            self._operators.discard((sender, operator))
        self._emit("OperatorSet", controller=sender, operator=operator, approved=approved)

    # --- the rebalance ---

    def rebalance(self, now: int, hint: int = 0, reward_recipient: str = ZERO_ADDRESS) -> int:
        """Charge fees, transfer value and execute the epoch's batches. Returns the keeper's reward in settlement units."""
        if self.is_shutdown:
            raise Refused("PoolIsShutdown")
        if now < self.next_rebalance:
            raise Refused("RebalanceNotDue", opensAt=self.next_rebalance)
        timestamp = self.grid_time(now)
        price = self._valid_price(self.oracle.price_at(timestamp, hint, now))
        outcome = self._charge_and_transfer(now, timestamp, price, reward_recipient != ZERO_ADDRESS)
        self._balances = outcome.balances
        fees_before = self.protocol_fees
        self.protocol_fees += outcome.fees
        self._execute_batches()
        executed = self.epoch
        self.last_price = price
        self.last_rebalance = timestamp
        self.next_rebalance = maths.next_after(
            timestamp, now, self.params.rebalance_interval, self.params.front_running_interval
        )
        self.epoch += 1
        self._emit(
            "Rebalanced",
            epoch=executed,
            timestamp=timestamp,
            price=price,
            nextRebalance=self.next_rebalance,
            longBalance=self._balances.long,
            shortBalance=self._balances.short,
            fees=self.protocol_fees - fees_before,
            reward=outcome.reward,
            rewardRecipient=reward_recipient,
        )
        if outcome.reward:
            self.settlement.transfer(self.address, reward_recipient, outcome.reward)
        return outcome.reward

    def _charge(self, now: int, timestamp: int, rewarded: bool) -> _Outcome:
        """Return the outcome of steps 1 and 2 (management fee and keeper's reward), without changing the pool."""
        params, (long, short) = self.params, self._balances.as_tuple()
        outcome = _Outcome(Sides(long, short), transferable=min(long, short) >= params.min_liquidity)
        elapsed = timestamp - self.last_rebalance
        long_fee = maths.management_fee(long, params.management_fee, elapsed)
        short_fee = maths.management_fee(short, params.management_fee, elapsed)
        outcome.fees = long_fee + short_fee
        long, short = long - long_fee, short - short_fee
        if rewarded:
            from_long, from_short = maths.keeper_reward(
                long,
                short,
                params.keeper_reward_max,
                params.keeper_reward_ramp,
                max(0, now - timestamp),
                params.rebalance_interval,
            )
            outcome.reward = from_long + from_short
            long, short = long - from_long, short - from_short
        outcome.balances = Sides(long, short)
        return outcome

    def _charge_and_transfer(self, now: int, timestamp: int, price: int, rewarded: bool) -> _Outcome:
        """Return the outcome of steps 1 to 3 (also the value transfer), without changing the pool."""
        outcome = self._charge(now, timestamp, rewarded)
        if outcome.transferable:
            moved = maths.value_transfer(*outcome.balances.as_tuple(), self.last_price, price, self.params.leverage)
            outcome.balances = Sides(*moved)
        return outcome

    def _execute_batches(self) -> None:
        """Do step 4: execute every batch at the same balances and supplies, then empty the sides that count as dust.

        If the epoch has no batch, no side is emptied. The next epoch with a batch empties it.
        """
        if not any((self.epoch, kind) in self._batches for kind in CommitType):
            return
        balances, supplies = self._balances.as_tuple(), self._supplies.as_tuple()
        new_balances, new_supplies = list(balances), list(supplies)
        for kind in CommitType:
            batch = self._batches.get((self.epoch, kind))
            if batch is None:
                continue
            execution = maths.price_batch(
                kind, batch.amount_in, balances, supplies, self.params.mint_fee, self.params.burn_fee, self.decimals
            )
            batch.amount_out = execution.out
            self._emit(
                "BatchExecuted",
                epoch=self.epoch,
                commitType=int(kind),
                amountIn=batch.amount_in,
                amountOut=batch.amount_out,
            )
            if execution.out == 0:
                continue
            self.protocol_fees += execution.fee
            if kind.burned_side is not None:
                new_balances[kind.burned_side] -= execution.paid
                new_supplies[kind.burned_side] -= batch.amount_in
            if kind.minted_side is not None:
                new_balances[kind.minted_side] += execution.added
                new_supplies[kind.minted_side] += execution.out
        for side in (0, 1):
            if new_supplies[side] < DUST and new_balances[side] < 2 * self.params.min_liquidity:
                self.protocol_fees += new_balances[side]
                new_balances[side] = 0
            token, minted = self._token(side), new_supplies[side] - supplies[side]
            if minted > 0:
                token.mint(self.address, minted)
            else:
                token.burn(self.address, -minted)
        self._balances, self._supplies = Sides(*new_balances), Sides(*new_supplies)

    # --- the owner and the protocol's fees ---

    def set_mint_paused(self, sender: str, paused: bool) -> None:
        if sender != self.owner:
            raise Refused("NotOwner", caller=sender)
        self.mint_paused = paused
        self._emit("MintPausedSet", paused=paused)

    def collect_fees(self) -> int:
        """Send the protocol's fees to the fee recipient. Returns settlement units."""
        amount = self.protocol_fees
        if amount:
            self.protocol_fees = 0
            self._emit("FeesCollected", feeRecipient=self.fee_recipient, amount=amount)
            self.settlement.transfer(self.address, self.fee_recipient, amount)
        return amount

    # --- wind-down ---

    def shutdown(self, now: int) -> None:
        """Rebalance the pool if that is possible, or else close it."""
        if self.is_shutdown:
            raise Refused("PoolIsShutdown")
        opens_at = self.next_rebalance + SHUTDOWN_DELAY
        if now < opens_at:
            raise Refused("ShutdownTooEarly", opensAt=opens_at)
        try:
            hint = self.oracle.find_round(self.grid_time(now))
        except Refused:
            hint = 0
        try:
            self.rebalance(now, hint)
        except Refused:
            self.is_shutdown = True
            self._emit("Shutdown", epoch=self.epoch)

    def redeem(self, sender: str, long_amount: int, short_amount: int, receiver: str) -> int:
        """Pay a holder the value of pool tokens of a closed pool. Returns settlement units, each side rounded down."""
        if not self.is_shutdown:
            raise Refused("PoolIsOpen")
        if receiver == ZERO_ADDRESS:
            raise Refused("ZeroAddress")
        if long_amount == 0 and short_amount == 0:
            raise Refused("ZeroAmount")
        if self.long_token.balance_of(sender) < long_amount or self.short_token.balance_of(sender) < short_amount:
            raise Refused("InsufficientBalance")
        self.long_token.burn(sender, long_amount)
        self.short_token.burn(sender, short_amount)
        from_long = maths.gross(long_amount, self._balances.long, self._supplies.long) if long_amount else 0
        from_short = maths.gross(short_amount, self._balances.short, self._supplies.short) if short_amount else 0
        self._balances = Sides(self._balances.long - from_long, self._balances.short - from_short)
        self._supplies = Sides(self._supplies.long - long_amount, self._supplies.short - short_amount)
        self._emit(
            "Redeemed",
            holder=sender,
            receiver=receiver,
            longAmount=long_amount,
            shortAmount=short_amount,
            longSettlement=from_long,
            shortSettlement=from_short,
        )
        self.settlement.transfer(self.address, receiver, from_long + from_short)
        return from_long + from_short

    # --- views ---

    @property
    def name(self) -> str:
        return self.params.name

    def balances(self) -> tuple[int, int]:
        """Return the balances in settlement units, long first."""
        return self._balances.as_tuple()

    def supplies(self) -> tuple[int, int]:
        """Return the supplies in token units, long first."""
        return self._supplies.as_tuple()

    def token_prices(self) -> tuple[int, int]:
        """Return the prices of the pool tokens in WAD, long first."""
        return (
            maths.token_price(self._balances.long, self._supplies.long, self.decimals),
            maths.token_price(self._balances.short, self._supplies.short, self.decimals),
        )

    def rebalancing_rates(self) -> tuple[int, int]:
        """Return the rebalancing rates in WAD, long first."""
        return maths.rebalancing_rates(*self._balances.as_tuple())

    def batch(self, epoch: int, commit_type: int) -> tuple[int, int]:
        """Return the batch's amountIn and amountOut."""
        batch = self._batches.get((epoch, self._valid_type(commit_type)))
        return (0, 0) if batch is None else (batch.amount_in, batch.amount_out)

    def commitment(self, controller: str, commit_type: int, epoch: int) -> int:
        """Return the controller's unclaimed amount in that batch."""
        standing = self._commitments(controller).get((self._valid_type(commit_type), epoch % 2))
        return standing.amount if standing is not None and standing.epoch == epoch else 0

    def claimable(self, controller: str) -> tuple[int, int, int]:
        """Return what ``claim`` would pay now: settlement units, L-token units and S-token units."""
        return self._owed(controller)[0].as_tuple()

    def is_operator(self, controller: str, operator: str) -> bool:
        return (controller, operator) in self._operators

    def keeper_reward(self, now: int) -> int:
        """Return the settlement units that a rebalance would pay now, or 0 if it is not due."""
        if self.is_shutdown or now < self.next_rebalance:
            return 0
        return self._charge(now, self.grid_time(now), True).reward

    def preview_rebalance(self, now: int, price: int) -> tuple[int, int]:
        """Return the balances after fee, reward and value transfer of a rebalance now at ``price``, before batches."""
        outcome = self._charge_and_transfer(now, self.grid_time(now), self._valid_price(price), True)
        return outcome.balances.as_tuple()

    def grid_time(self, now: int) -> int:
        """Return t*, the latest grid time that has passed, or the next rebalance if that is still ahead."""
        if now < self.next_rebalance:
            return self.next_rebalance
        return maths.latest_grid_time(self.next_rebalance, now, self.params.rebalance_interval)

    def owed(self) -> int:
        """Return the settlement units that the pool must hold, which is the right side of invariant P1.

        They are the sum of both sides, the protocol's fees, the mints that have not executed, and the settlement units that
        claims of executed burns and refunds would pay now.
        """
        pending = sum(
            standing.amount
            for account in self._accounts.values()
            for (kind, _), standing in account.commitments.items()
            if kind.is_mint and not self._claimable_now(standing)
        )
        claims = sum(self._owed(controller)[0].settlement for controller in self._accounts)
        return sum(self.balances()) + self.protocol_fees + pending + claims

    # --- helpers ---

    def _token(self, side: int | None) -> Ledger:
        return self.settlement if side is None else (self.long_token, self.short_token)[side]

    def _require_consent(self, sender: str, controller: str) -> None:
        if sender != controller and not self.is_operator(controller, sender):
            raise Refused("NotControllerOrOperator", caller=sender, controller=controller)

    def _commitments(self, controller: str) -> dict[tuple[CommitType, int], Commitment]:
        account = self._accounts.get(controller)
        return account.commitments if account is not None else {}

    def _claimable_now(self, standing: Commitment) -> bool:
        return standing.epoch < self.epoch or self.is_shutdown

    def _owed(self, controller: str) -> tuple[Payout, list[tuple[CommitType, int]]]:
        payout = Payout()
        slots = [slot for slot, standing in self._commitments(controller).items() if self._claimable_now(standing)]
        for slot in slots:
            self._add_owed(payout, slot[0], self._commitments(controller)[slot])
        return payout, slots

    def _add_owed(self, payout: Payout, kind: CommitType, standing: Commitment) -> None:
        batch = self._batches[standing.epoch, kind]
        refunded = standing.epoch >= self.epoch or batch.amount_out == 0
        side = kind.burned_side if refunded else kind.minted_side
        amount = standing.amount if refunded else standing.amount * batch.amount_out // batch.amount_in
        if side is None:
            payout.settlement += amount
        elif side == 0:
            payout.long += amount
        else:
            payout.short += amount

    def _pay(self, payout: Payout, controller: str, receiver: str) -> None:
        self._emit(
            "Claimed",
            controller=controller,
            receiver=receiver,
            settlementAmount=payout.settlement,
            longAmount=payout.long,
            shortAmount=payout.short,
        )
        self.long_token.transfer(self.address, receiver, payout.long)
        self.short_token.transfer(self.address, receiver, payout.short)
        self.settlement.transfer(self.address, receiver, payout.settlement)

    @staticmethod
    def _valid_type(commit_type: int) -> CommitType:
        if isinstance(commit_type, CommitType):
            return commit_type
        try:
            return CommitType(commit_type)
        except ValueError:
            raise Refused("InvalidCommitType", commitType=commit_type) from None

    @staticmethod
    def _valid_price(price: int) -> int:
        if not 1 <= price <= MAX_PRICE:
            raise Refused("PriceOutOfRange", price=price)
        return price

    def _emit(self, event: str, **arguments: object) -> None:
        self.events.append(Event(event, arguments))
