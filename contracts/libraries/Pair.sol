// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Two numbers below 2**128 in one storage slot (16 + 16 = 32 bytes): written at once, read at once.
type Pair is uint256;

using {parts} for Pair global;

/// @notice Thrown when a number does not fit. No reachable state of a pool comes near; it would mean a broken bound.
error PairOverflow(uint256 first, uint256 second);

/// @notice Packs two numbers; reverts with `PairOverflow` when one is 2**128 or above, so a subtraction below 0 cannot
/// reach storage either.
function pair(uint256 first, uint256 second) pure returns (Pair) {
    if ((first | second) >> 128 != 0) revert PairOverflow(first, second);
    return Pair.wrap((second << 128) | first);
}

/// @notice The two numbers again.
function parts(Pair packed) pure returns (uint256 first, uint256 second) {
    uint256 word = Pair.unwrap(packed);
    return (word & type(uint128).max, word >> 128);
}
