// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LibCall} from "solady/utils/LibCall.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {PoolStorage} from "./PoolStorage.sol";
import {PoolToken} from "./PoolToken.sol";
import {ILeveragedPool} from "./interfaces/ILeveragedPool.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IPoolFactory, PoolParams} from "./interfaces/IPoolFactory.sol";
import {BatchPricing} from "./libraries/BatchPricing.sol";
import {Charges, Outcome} from "./libraries/Charges.sol";
import {CommitTypes} from "./libraries/CommitTypes.sol";
import {Guard} from "./libraries/Guard.sol";
import {Pair, pair} from "./libraries/Pair.sol";
import {Payout} from "./libraries/Payout.sol";
import {Permit} from "./libraries/Permit.sol";
import {COMMIT_TYPES, FEES_LIMIT, PoolState} from "./libraries/PoolState.sol";
import {Schedule} from "./libraries/Schedule.sol";
import {ValueTransfer} from "./libraries/ValueTransfer.sol";

/// @title LeveragedPool
/// @notice See `ILeveragedPool`, the manual.
/// @dev The only holder of settlement tokens. Order in every function: checks, effects, interactions; the transient guard is
/// a second line. The two pool tokens are part of this contract: they call nobody. The settlement token, the reward
/// recipient and receivers of claims are strangers; the oracle is asked by staticcall before anything is written. Parameters, state
/// and plain getters are in PoolStorage.
contract LeveragedPool is PoolStorage, Guard {
    using SafeTransferLib for address;

    uint256 private constant WAD = BatchPricing.WAD;
    uint256 private constant MAX_BATCH = 1 << 126;
    uint256 private constant EVER_USED = 1 << 255;
    uint256 private constant SHUTDOWN_DELAY = 14 days;
    uint256 private constant FIND_ROUND_GAS = 1_000_000;
    uint256 private constant REBALANCE_GAS = 2_000_000;
    /// @dev A call passes on at most 63/64 of what is left: enough here for both calls in full and what comes after.
    uint256 private constant SHUTDOWN_GAS = FIND_ROUND_GAS + REBALANCE_GAS + 150_000;

    /// @dev Deployed by the factory.
    constructor(PoolParams memory params) PoolStorage(params) {}

    // --- commitments ---

    /// @inheritdoc ILeveragedPool
    function commit(uint8 commitType, uint256 amount, address controller) external returns (uint256) {
        return _commit(commitType, amount, controller);
    }

    /// @inheritdoc ILeveragedPool
    function commitWithPermit(
        uint8 commitType,
        uint256 amount,
        address controller,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256) {
        if (!CommitTypes.isMint(commitType)) revert PermitOnlyForMints(commitType);
        Permit.tryUse(settlementToken, amount, deadline, v, r, s);
        return _commit(commitType, amount, controller);
    }

    function _commit(
        uint256 commitType,
        uint256 amount,
        address controller
    ) private nonReentrant returns (uint256 epoch_) {
        _requireControllerOrOperator(controller);
        _requireValid(commitType);
        if (amount == 0) revert ZeroAmount();
        PoolState state = _state;
        if (state.isShutdown()) revert PoolIsShutdown();
        bool isMint = CommitTypes.isMint(commitType);
        if (isMint && state.mintPaused()) revert MintIsPaused();

        epoch_ = state.epoch();
        // Unchecked: a time and an interval, and epochs, are far below 2**256; amountIn is at most MAX_BATCH.
        unchecked {
            // slither-disable-next-line timestamp -- a second chooses the epoch, never a known price
            if (block.timestamp + frontRunningInterval >= state.nextRebalance()) ++epoch_;
            mapping(uint256 => Pair) storage batches = _batches[epoch_];
            (uint256 amountIn, ) = batches[commitType].parts();
            if (amount > MAX_BATCH - amountIn) revert BatchTooLarge(amountIn, amount, MAX_BATCH);
            batches[commitType] = pair(amountIn + amount, 0);
            if (amountIn == 0) _state = state.withPending(epoch_, commitType);
        }
        emit Committed(controller, epoch_, CommitType(commitType), msg.sender, amount);
        _record(state, controller, commitType, amount, epoch_);

        if (isMint) {
            _pullExactly(amount);
        } else {
            PoolToken(CommitTypes.burnedSide(commitType) == 0 ? longToken : shortToken).take(msg.sender, amount);
        }
    }

    /// @dev Adds `amount` to the controller's commitment of that type and epoch. Where an executed, unclaimed one stands in its slot,
    /// pays that one out. No third can be in the way: only `epoch` and `epoch + 1` accept commitments.
    function _record(PoolState state, address controller, uint256 commitType, uint256 amount, uint256 epoch_) private {
        Account storage account = _accounts[controller];
        uint256 index = _commitmentIndex(commitType, epoch_);
        (uint256 amountBefore, uint256 epochBefore) = account.commitments[index].parts();
        // One of this epoch has not executed, so has not been claimed.
        account.commitments[index] = pair(epochBefore == epoch_ ? amountBefore + amount : amount, epoch_);
        if (epochBefore == epoch_) return;

        uint256 unclaimed = account.unclaimed;
        if ((unclaimed >> index) & 1 == 1) {
            // slither-disable-next-line uninitialized-local -- memory begins as zeros: nothing is owed yet
            Payout memory owed;
            _addOwed(owed, state, commitType, amountBefore, epochBefore);
            _pay(owed, controller, controller);
        } else {
            account.unclaimed = unclaimed | (1 << index) | EVER_USED;
        }
    }

    /// @dev Takes settlement tokens of the caller. A token that delivers another amount than it was asked for is refused. Not shared with the
    /// staking farm, because in a library it would make a pool 166 bytes longer.
    function _pullExactly(uint256 amount) private {
        uint256 before = settlementToken.balanceOf(address(this));
        settlementToken.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = settlementToken.balanceOf(address(this)) - before;
        if (received != amount) revert TransferNotExact(amount, received);
    }

    // --- claims ---

    /// @inheritdoc ILeveragedPool
    function claim(address controller, address receiver) external nonReentrant returns (uint256, uint256, uint256) {
        _requireControllerOrOperator(controller);
        if (receiver == address(0)) revert ZeroAddress();
        (Payout memory owed, uint256 paid, uint256 unclaimed) = _owed(controller);
        if (paid != 0) {
            _accounts[controller].unclaimed = unclaimed ^ paid;
            _pay(owed, controller, receiver);
        }
        return (owed.settlement, owed.long, owed.short);
    }

    /// @dev Everything that `controller` is owed now, the bits of the commitments it is owed for, and the bits of all.
    function _owed(address controller) private view returns (Payout memory owed, uint256 paid, uint256 unclaimed) {
        PoolState state = _state;
        Account storage account = _accounts[controller];
        unclaimed = account.unclaimed;
        for (uint256 index = 0; index < 2 * COMMIT_TYPES; ++index) {
            if ((unclaimed >> index) & 1 == 0) continue;
            (uint256 amount, uint256 epoch_) = account.commitments[index].parts();
            if (epoch_ >= state.epoch() && !state.isShutdown()) continue;
            _addOwed(owed, state, index / 2, amount, epoch_);
            paid |= 1 << index;
        }
    }

    /// @dev Adds what an executed (or, after a shutdown, dead) commitment is owed. Down: what a batch's claims leave, less than a
    /// unit each, stays in the pool.
    function _addOwed(
        Payout memory owed,
        PoolState state,
        uint256 commitType,
        uint256 amount,
        uint256 epoch_
    ) private view {
        (uint256 amountIn, uint256 amountOut) = _batches[epoch_][commitType].parts();
        bool refunded = epoch_ >= state.epoch() || amountOut == 0;
        // Unchecked: 2**126 * 2**126; amountIn is at least the commitment's amount, which is not 0.
        unchecked {
            if (!refunded) amount = (amount * amountOut) / amountIn;
        }
        owed.add(commitType, amount, refunded);
    }

    function _pay(Payout memory owed, address controller, address receiver) private {
        emit Claimed(controller, receiver, owed.settlement, owed.long, owed.short);
        if (owed.long != 0) longToken.safeTransfer(receiver, owed.long);
        if (owed.short != 0) shortToken.safeTransfer(receiver, owed.short);
        if (owed.settlement != 0) settlementToken.safeTransfer(receiver, owed.settlement);
    }

    /// @inheritdoc ILeveragedPool
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    // --- the rebalance ---

    /// @inheritdoc ILeveragedPool
    function rebalance(uint80 roundHint, address rewardRecipient) external nonReentrant returns (uint256 reward) {
        PoolState state = _state;
        if (state.isShutdown()) revert PoolIsShutdown();
        // slither-disable-next-line timestamp -- the price is that of the grid time, whenever the call comes
        if (block.timestamp < state.nextRebalance()) revert RebalanceNotDue(state.nextRebalance());
        uint256 timestamp = _gridTime(state);
        uint256 price = _validPrice(IOracle(oracle).priceAt(timestamp, roundHint));

        Outcome memory o = _chargeAndTransfer(state, price, timestamp, rewardRecipient != address(0));
        uint256 epoch_ = state.epoch();
        uint256 pending = state.pending(epoch_);
        // slither-disable-next-line reentrancy-no-eth,reentrancy-benign -- calls the pool's own tokens, which call nobody
        if (pending != 0) _executeBatches(epoch_, pending, o);

        uint256 next = Schedule.nextAfter(timestamp, block.timestamp, rebalanceInterval, frontRunningInterval);
        uint256 fees = state.fees() + o.fees;
        if (fees >= FEES_LIMIT) {
            _olderFees += fees;
            fees = 0;
        }
        _balances = pair(o.long, o.short);
        _state = state.rebalanced(price, timestamp, next, fees);

        reward = o.reward;
        emit Rebalanced(epoch_, timestamp, price, next, o.long, o.short, o.fees, reward, rewardRecipient);
        if (reward != 0 && !SafeERC20.trySafeTransfer(IERC20(settlementToken), rewardRecipient, reward)) {
            revert RewardRefused(rewardRecipient, reward);
        }
    }

    /// @dev Steps 1 to 3: management fee, reward, value transfer, as of `timestamp`.
    function _chargeAndTransfer(
        PoolState state,
        uint256 price,
        uint256 timestamp,
        bool rewarded
    ) private view returns (Outcome memory o) {
        (uint256 long, uint256 short) = _balances.parts();
        // Unchecked: the last rebalance is before the next; fees and shares of the reward are at most what they are taken from.
        unchecked {
            uint256 elapsed = timestamp - state.lastRebalance();
            uint256 fromLong = Charges.managementFeeDown(long, managementFee, elapsed);
            uint256 fromShort = Charges.managementFeeDown(short, managementFee, elapsed);
            o.fees = fromLong + fromShort;
            o.long = long - fromLong;
            o.short = short - fromShort;
            if (rewarded) {
                // slither-disable-next-line timestamp -- a second more is a second more of the ramp
                uint256 lateness = block.timestamp > timestamp ? block.timestamp - timestamp : 0;
                (fromLong, fromShort) = Charges.keeperRewardDown(
                    o.long,
                    o.short,
                    keeperRewardMax,
                    keeperRewardRamp,
                    lateness,
                    rebalanceInterval
                );
                o.reward = fromLong + fromShort;
                o.long -= fromLong;
                o.short -= fromShort;
            }
        }
        // A transfer needs two counterparties, both of them when the rebalance begins.
        if (long >= minLiquidity && short >= minLiquidity) {
            (o.long, o.short) = ValueTransfer.transfer(o.long, o.short, state.lastPrice(), price, leverage);
        }
    }

    /// @dev Step 4: executes the batches named by the bits of `pending`, on the balances of `o` and the supplies.
    function _executeBatches(uint256 epoch_, uint256 pending, Outcome memory o) private {
        (uint256 longSupply, uint256 shortSupply) = _supplies.parts();
        BatchPricing.Terms memory terms = BatchPricing.Terms({
            balances: [o.long, o.short],
            supplies: [longSupply, shortSupply],
            mintFee: mintFee,
            burnFee: burnFee,
            tokenUnitsPerSettlementUnit: tokenUnitsPerSettlementUnit
        });
        uint256[2] memory newBalances = [o.long, o.short];
        uint256[2] memory newSupplies = [longSupply, shortSupply];
        mapping(uint256 => Pair) storage batches = _batches[epoch_];
        uint256 fees = o.fees;

        // Unchecked: of a side, the batches burn no more than its supply and are paid no more than its balance (grossDown rounds
        // down); what they add is at most 2**120 and 2**126 each. `pair` would refuse what is not so.
        unchecked {
            for (uint256 commitType = 0; commitType < COMMIT_TYPES; ++commitType) {
                if ((pending >> commitType) & 1 == 0) continue;
                (uint256 amountIn, ) = batches[commitType].parts();
                (uint256 out, uint256 paid, uint256 added) = BatchPricing.price(terms, commitType, amountIn);
                emit BatchExecuted(epoch_, CommitType(commitType), amountIn, out);
                // slither-disable-next-line incorrect-equality,timestamp -- of this call's making: 0 is what a refund yields
                if (out == 0) continue; // refunded
                batches[commitType] = pair(amountIn, out);

                // What is put into play, less what comes out or stays with the minted side, is fees.
                if (CommitTypes.isMint(commitType)) {
                    fees += amountIn;
                } else {
                    uint256 side = CommitTypes.burnedSide(commitType);
                    newBalances[side] -= paid;
                    newSupplies[side] -= amountIn;
                    fees += paid;
                }
                if (CommitTypes.isBurn(commitType)) {
                    fees -= out;
                } else {
                    uint256 side = CommitTypes.mintedSide(commitType);
                    newBalances[side] += added;
                    newSupplies[side] += out;
                    fees -= added;
                }
            }

            // What is left on a side that nobody holds any more, or that next to nobody holds.
            for (uint256 side = 0; side < 2; ++side) {
                uint256 left = newBalances[side];
                if (newSupplies[side] < BatchPricing.DUST && left < 2 * minLiquidity) {
                    fees += left;
                    newBalances[side] = 0;
                }
            }
        }
        (o.long, o.short, o.fees) = (newBalances[0], newBalances[1], fees);
        _supplies = pair(newSupplies[0], newSupplies[1]);
        _matchSupply(longToken, longSupply, newSupplies[0]);
        _matchSupply(shortToken, shortSupply, newSupplies[1]);
    }

    /// @dev One call for all batches: what a claim pays out is minted here, net of what was burned.
    function _matchSupply(address token, uint256 current, uint256 target) private {
        if (target > current) PoolToken(token).mint(target - current);
        else if (target < current) _burn(token, address(this), current - target);
    }

    function _burn(address token, address holder, uint256 amount) private {
        PoolToken(token).burn(holder, amount);
    }

    // --- the owner and the protocol's fees ---

    /// @inheritdoc ILeveragedPool
    function setMintPaused(bool paused) external {
        if (msg.sender != Ownable(factory).owner()) revert NotOwner(msg.sender);
        _state = _state.withMintPaused(paused);
        emit MintPausedSet(paused);
    }

    /// @inheritdoc ILeveragedPool
    function collectFees() external nonReentrant returns (uint256 amount) {
        amount = protocolFees();
        if (amount == 0) return 0;
        _state = _state.withFees(0);
        _olderFees = 0;
        address feeRecipient = IPoolFactory(factory).feeRecipient();
        emit FeesCollected(feeRecipient, amount);
        settlementToken.safeTransfer(feeRecipient, amount);
    }

    // --- wind-down ---

    /// @inheritdoc ILeveragedPool
    /// @dev Refused inside any other call of this pool, where the rebalance would fail for being a re-entry.
    function shutdown() external {
        _requireNotEntered();
        PoolState state = _state;
        if (state.isShutdown()) revert PoolIsShutdown();
        uint256 opensAt = state.nextRebalance() + SHUTDOWN_DELAY;
        // slither-disable-next-line timestamp -- seconds do not matter to 14 days
        if (block.timestamp < opensAt) revert ShutdownTooEarly(opensAt);
        // A caller who gave too little gas could make the rebalance fail at will.
        if (gasleft() < SHUTDOWN_GAS) revert ShutdownNeedsGas(gasleft(), SHUTDOWN_GAS);

        // Without the hint a feed of many rounds would look dead to this call, although a keeper could rebalance.
        bytes memory query = abi.encodeCall(IOracle.findRound, (_gridTime(state)));
        // slither-disable-next-line unused-return -- how long an answer is, its copy tells
        (bool found, , bytes memory answer) = LibCall.tryStaticCall(oracle, FIND_ROUND_GAS, 32, query);
        // Truncation only spoils a hint that is none.
        // slither-disable-next-line incorrect-equality -- one word is what a hint is; all else is none
        uint80 hint = found && answer.length == 32 ? uint80(abi.decode(answer, (uint256))) : 0;
        bytes memory attempt = abi.encodeCall(this.rebalance, (hint, address(0)));
        // slither-disable-next-line unused-return -- any failure closes the pool; the reason is nobody's
        (bool rebalanced, , ) = LibCall.tryCall(address(this), 0, REBALANCE_GAS, 0, attempt);
        if (!rebalanced) {
            _state = state.withShutdown();
            emit Shutdown(state.epoch());
        }
    }

    /// @inheritdoc ILeveragedPool
    function redeem(
        uint256 longAmount,
        uint256 shortAmount,
        address receiver
    ) external nonReentrant returns (uint256 settlementAmount) {
        if (!_state.isShutdown()) revert PoolIsOpen();
        if (receiver == address(0)) revert ZeroAddress();
        if (longAmount | shortAmount == 0) revert ZeroAmount();
        (uint256 long, uint256 short) = _balances.parts();
        (uint256 longSupply, uint256 shortSupply) = _supplies.parts();
        // First of all, so that nobody redeems more than they hold, which is at most the supply.
        // slither-disable-next-line reentrancy-no-eth -- calls the pool's own tokens, which call nobody
        if (longAmount != 0) _burn(longToken, msg.sender, longAmount);
        if (shortAmount != 0) _burn(shortToken, msg.sender, shortAmount);

        uint256 fromLong = longAmount == 0 ? 0 : BatchPricing.grossDown(longAmount, long, longSupply);
        uint256 fromShort = shortAmount == 0 ? 0 : BatchPricing.grossDown(shortAmount, short, shortSupply);
        // Unchecked: amounts are at most the supplies, what they pay at most the balances.
        unchecked {
            _balances = pair(long - fromLong, short - fromShort);
            _supplies = pair(longSupply - longAmount, shortSupply - shortAmount);
            settlementAmount = fromLong + fromShort;
        }
        emit Redeemed(msg.sender, receiver, longAmount, shortAmount, fromLong, fromShort);
        if (settlementAmount != 0) settlementToken.safeTransfer(receiver, settlementAmount);
    }

    // --- views ---

    /// @inheritdoc ILeveragedPool
    function tokenPrices() external view returns (uint256, uint256) {
        (uint256 long, uint256 short) = _balances.parts();
        (uint256 longSupply, uint256 shortSupply) = _supplies.parts();
        return (_tokenPriceDown(long, longSupply), _tokenPriceDown(short, shortSupply));
    }

    function _tokenPriceDown(uint256 balance, uint256 supply) private view returns (uint256) {
        // Unchecked: 2**121 * 10**12 * 10**18
        unchecked {
            if (balance == 0 && supply < BatchPricing.DUST) return WAD;
            return (balance * tokenUnitsPerSettlementUnit * WAD) / supply;
        }
    }

    /// @inheritdoc ILeveragedPool
    function rebalancingRates() external view returns (int256, int256) {
        (uint256 long, uint256 short) = _balances.parts();
        if (long == 0 || short == 0) return (0, 0);
        // Unchecked, casts: below 2**121 * 2**60
        unchecked {
            return (int256((short * WAD) / long) - int256(WAD), int256((long * WAD) / short) - int256(WAD));
        }
    }

    /// @inheritdoc ILeveragedPool
    function batch(uint256 epoch_, uint8 commitType) external view returns (uint256 amountIn, uint256 amountOut) {
        _requireValid(commitType);
        return _batches[epoch_][commitType].parts();
    }

    /// @inheritdoc ILeveragedPool
    function commitment(address controller, uint8 commitType, uint256 epoch_) external view returns (uint256 amount) {
        _requireValid(commitType);
        Account storage account = _accounts[controller];
        uint256 index = _commitmentIndex(commitType, epoch_);
        (uint256 lastAmount, uint256 lastEpoch) = account.commitments[index].parts();
        if (lastEpoch == epoch_ && (account.unclaimed >> index) & 1 == 1) amount = lastAmount;
    }

    /// @inheritdoc ILeveragedPool
    function claimable(address controller) external view returns (uint256, uint256, uint256) {
        (Payout memory owed, , ) = _owed(controller);
        return (owed.settlement, owed.long, owed.short);
    }

    /// @inheritdoc ILeveragedPool
    function keeperReward() external view returns (uint256) {
        PoolState state = _state;
        // slither-disable-next-line timestamp -- a view of what a call now would pay
        if (state.isShutdown() || block.timestamp < state.nextRebalance()) return 0;
        return _preview(state, state.lastPrice()).reward;
    }

    /// @inheritdoc ILeveragedPool
    function previewRebalance(uint256 price) external view returns (uint256, uint256) {
        Outcome memory o = _preview(_state, _validPrice(price));
        return (o.long, o.short);
    }

    function _preview(PoolState state, uint256 price) private view returns (Outcome memory) {
        return _chargeAndTransfer(state, price, _gridTime(state), true);
    }

    // --- small things ---

    function _requireControllerOrOperator(address controller) private view {
        if (msg.sender != controller && !isOperator[controller][msg.sender]) {
            revert NotControllerOrOperator(msg.sender, controller);
        }
    }

    function _requireValid(uint256 commitType) private pure {
        if (commitType >= COMMIT_TYPES) revert InvalidCommitType(commitType);
    }

    /// @dev t*: the latest grid time that has passed, or the next while that is ahead.
    function _gridTime(PoolState state) private view returns (uint256) {
        uint256 next = state.nextRebalance();
        // slither-disable-next-line timestamp -- between two grid times every second gives the same
        return block.timestamp < next ? next : Schedule.latestAt(next, block.timestamp, rebalanceInterval);
    }

    /// @dev The number of a commitment within an account.
    function _commitmentIndex(uint256 commitType, uint256 epoch_) private pure returns (uint256) {
        unchecked {
            return 2 * commitType + (epoch_ & 1); // unchecked: commit types are below 6
        }
    }
}
