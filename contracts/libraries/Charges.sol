// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a rebalance makes of the sides, in settlement units.
struct Outcome {
    uint256 long;
    uint256 short;
    uint256 fees;
    uint256 reward;
}

/// @title What a rebalance charges before it moves value: the management fee and the keeper's reward
/// @dev Amounts are settlement units, fees WAD, times seconds.
library Charges {
    uint256 internal constant WAD = 1e18;
    uint256 internal constant YEAR = 365 days;
    /// @dev The reward takes at most 1 / REWARD_CAP_DIVISOR of the pool for each second of the interval: 0.01 % per hour.
    uint256 internal constant REWARD_CAP_DIVISOR = 36_000_000;

    /// @notice The management fee of a side for `elapsed` seconds, at most the side. Down, in favour of the side.
    /// @dev balance < 2**122, fee < 2**57, elapsed < 2**40: the product is below 2**219.
    function managementFeeDown(uint256 balance, uint256 fee, uint256 elapsed) internal pure returns (uint256 charged) {
        // Unchecked: see the bounds above.
        unchecked {
            charged = (balance * fee * elapsed) / (YEAR * WAD);
        }
        if (charged > balance) charged = balance;
    }

    /// @notice The keeper's reward as the two sides' shares of it; the reward is their sum. A Dutch auction: it rises with the
    /// lateness until somebody finds it worth the gas, and needs no gas price.
    /// @dev Both shares down, in favour of the sides: a side that holds anything keeps something.
    /// @param long Settlement units, after the management fee.
    /// @param short Settlement units, after the management fee.
    /// @param maximum Settlement units: the reward after the ramp.
    /// @param ramp Seconds to the maximum; 0: at once.
    /// @param lateness Seconds since the grid time.
    /// @param interval The rebalance interval, which scales the cap.
    function keeperRewardDown(
        uint256 long,
        uint256 short,
        uint256 maximum,
        uint256 ramp,
        uint256 lateness,
        uint256 interval
    ) internal pure returns (uint256 fromLong, uint256 fromShort) {
        // Unchecked: sides are below 2**122, maximum below 2**128, lateness below the ramp, the ramp and the interval below 2**32;
        // a reward is at most the cap, below the total.
        unchecked {
            uint256 total = long + short;
            if (total == 0) return (0, 0);
            uint256 reward = lateness < ramp ? (maximum * lateness) / ramp : maximum;
            uint256 cap = (total * interval) / REWARD_CAP_DIVISOR;
            if (reward > cap) reward = cap;
            fromLong = (reward * long) / total;
            fromShort = (reward * short) / total;
        }
    }
}
