// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The grid of rebalance times: multiples of the interval since the Unix epoch
/// @dev Times are Unix seconds. Because every result is a multiple of the interval, lateness never adds up to drift.
library Schedule {
    /// @notice The first grid time strictly after `time`.
    function firstAfter(uint256 time, uint256 interval) internal pure returns (uint256) {
        // Unchecked, here and below: times are below 2**40, intervals 600 to 604,800.
        unchecked {
            return (time / interval + 1) * interval;
        }
    }

    /// @notice t*: the latest grid time that has passed, given that `next` (on the grid) is not after `time`.
    function latestAt(uint256 next, uint256 time, uint256 interval) internal pure returns (uint256) {
        unchecked {
            // slither-disable-next-line divide-before-multiply -- rounding down to the grid is the purpose
            return next + ((time - next) / interval) * interval;
        }
    }

    /// @notice The next rebalance after one at the grid time `latest`: one interval on, and one more when that is too near for a
    /// commitment made now to be sure of not knowing its price.
    function nextAfter(
        uint256 latest,
        uint256 time,
        uint256 interval,
        uint256 frontRunningInterval
    ) internal pure returns (uint256 next) {
        unchecked {
            next = latest + interval;
            if (next <= time + frontRunningInterval) next += interval;
        }
    }
}
