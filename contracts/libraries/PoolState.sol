// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a pool looks at in every call, in one storage slot. From the lowest bit, in bits:
///
///     lastPrice 96 | nextRebalance 40 | lastRebalance 40 | epoch 32 | pending 2 x 6 | mintPaused 1 | isShutdown 1 | fees 34   = 256
///
/// Prices are WAD, times Unix seconds, fees settlement units: those of the last rebalances, as long as they fit; a rebalance writes this
/// slot anyway, another would cost 5,000 gas more. `pending` has a bit for each commit type of the even and of the odd live epoch: that
/// batch has commitments and has not executed. So a rebalance reads only the batches there are.
/// 2**40 seconds are 34,000 years, 2**32 epochs of 10 minutes 80,000.
type PoolState is uint256;

using {
    lastPrice,
    nextRebalance,
    lastRebalance,
    epoch,
    pending,
    mintPaused,
    isShutdown,
    fees,
    withPending,
    withMintPaused,
    withShutdown,
    withFees,
    rebalanced
} for PoolState global;

uint256 constant NEXT_AT = 96;
uint256 constant LAST_AT = 136;
uint256 constant EPOCH_AT = 176;
uint256 constant PENDING_AT = 208;
uint256 constant MINT_PAUSED_AT = 220;
uint256 constant SHUTDOWN_AT = 221;
uint256 constant FEES_AT = 222;
uint256 constant FEES_LIMIT = 1 << 34;
uint256 constant COMMIT_TYPES = 6;
uint256 constant ALL_KINDS = 0x3f;

function lastPrice(PoolState state) pure returns (uint256) {
    return PoolState.unwrap(state) & type(uint96).max;
}

function nextRebalance(PoolState state) pure returns (uint256) {
    return (PoolState.unwrap(state) >> NEXT_AT) & type(uint40).max;
}

function lastRebalance(PoolState state) pure returns (uint256) {
    return (PoolState.unwrap(state) >> LAST_AT) & type(uint40).max;
}

function epoch(PoolState state) pure returns (uint256) {
    return (PoolState.unwrap(state) >> EPOCH_AT) & type(uint32).max;
}

/// @notice A bit for each commit type that has commitments in the batches of `epoch_`, a live epoch.
function pending(PoolState state, uint256 epoch_) pure returns (uint256) {
    return (PoolState.unwrap(state) >> pendingAt(epoch_)) & ALL_KINDS;
}

function mintPaused(PoolState state) pure returns (bool) {
    return (PoolState.unwrap(state) >> MINT_PAUSED_AT) & 1 == 1;
}

function isShutdown(PoolState state) pure returns (bool) {
    return (PoolState.unwrap(state) >> SHUTDOWN_AT) & 1 == 1;
}

function fees(PoolState state) pure returns (uint256) {
    return PoolState.unwrap(state) >> FEES_AT;
}

function withPending(PoolState state, uint256 epoch_, uint256 commitType) pure returns (PoolState) {
    return PoolState.wrap(PoolState.unwrap(state) | (1 << (pendingAt(epoch_) + commitType)));
}

function withMintPaused(PoolState state, bool paused) pure returns (PoolState) {
    uint256 others = PoolState.unwrap(state) & ~(uint256(1) << MINT_PAUSED_AT);
    return PoolState.wrap(paused ? others | (1 << MINT_PAUSED_AT) : others);
}

function withShutdown(PoolState state) pure returns (PoolState) {
    return PoolState.wrap(PoolState.unwrap(state) | (1 << SHUTDOWN_AT));
}

/// @param fees_ Below FEES_LIMIT.
function withFees(PoolState state, uint256 fees_) pure returns (PoolState) {
    uint256 others = PoolState.unwrap(state) & ((1 << FEES_AT) - 1);
    return PoolState.wrap(others | (fees_ << FEES_AT));
}

/// @notice The state after a rebalance: the next epoch, whose batches may be waiting, and none of the executed one.
/// @param price WAD, below 2**96.
/// @param timestamp Below 2**40.
/// @param next Below 2**40.
/// @param fees_ Below FEES_LIMIT.
function rebalanced(
    PoolState state,
    uint256 price,
    uint256 timestamp,
    uint256 next,
    uint256 fees_
) pure returns (PoolState) {
    uint256 executed = epoch(state);
    // Pending batches of the other live epoch, flags, fees.
    uint256 kept = PoolState.unwrap(state.withFees(fees_)) & ~(ALL_KINDS << pendingAt(executed));
    kept = (kept >> PENDING_AT) << PENDING_AT;
    // Unchecked: 2**32 epochs are 80,000 years.
    unchecked {
        return PoolState.wrap(kept | price | (next << NEXT_AT) | (timestamp << LAST_AT) | ((executed + 1) << EPOCH_AT));
    }
}

/// @dev Where the bits of an epoch's batches begin.
function pendingAt(uint256 epoch_) pure returns (uint256) {
    // Unchecked: 214 at most.
    unchecked {
        return PENDING_AT + COMMIT_TYPES * (epoch_ & 1);
    }
}
