// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Upkeep of many pools in one call, by anyone, and claims on behalf of those who consented
/// @notice Holds no state and no funds. A pool that fails, burns its gas, answers with a megabyte or is no contract at all
/// is reported and does not touch the others.
interface IPoolKeeper {
    /// @param pool The pool that was not rebalanced.
    /// @param reason What it reverted with, its first 256 bytes; empty when it ran out of gas or has no code.
    event UpkeepFailed(address indexed pool, bytes reason);

    /// @param pool The pool.
    /// @param controller Whose claim failed.
    /// @param reason What the pool reverted with, its first 256 bytes.
    event ClaimFailed(address indexed pool, address indexed controller, bytes reason);

    /// @notice Thrown when the two arrays of an upkeep differ in length.
    error LengthMismatch(uint256 pools, uint256 roundHints);

    /// @notice Rebalances each pool that can be, with its hint; each reward goes to `rewardRecipient`. A pool for which too little gas
    /// is left stays as it was: it is reported where there is gas for that, and else the whole call runs out. An estimate of the gas may
    /// stop at the former: give 2,000,000 for each pool, the rest comes back.
    /// @return success Which pools were rebalanced, in the order given.
    function upkeep(
        address[] calldata pools,
        uint80[] calldata roundHints,
        address rewardRecipient
    ) external returns (bool[] memory success);

    /// @notice Which pools' rebalance time has come (open pools only). Says nothing of their oracle.
    function due(address[] calldata pools) external view returns (bool[] memory);

    /// @notice Auto-claim: pays each controller what is theirs in `pool`, to themselves. The controllers must have made this
    /// contract their operator there; whoever has not, or cannot be paid, is reported and passed over.
    function claimFor(address pool, address[] calldata controllers) external;

    /// @notice Chainlink Automation: which of the pools can be rebalanced now, and their hints. Not listed are pools that are
    /// not due and those whose oracle has no valid price.
    /// @param data `abi.encode(address[] pools, address rewardRecipient)`
    /// @return upkeepNeeded Whether any pool can be rebalanced.
    /// @return performData `abi.encode(address[] duePools, uint80[] roundHints, address rewardRecipient)`
    function checkUpkeep(bytes calldata data) external view returns (bool upkeepNeeded, bytes memory performData);

    /// @notice Chainlink Automation: `upkeep` with what `checkUpkeep` returned.
    function performUpkeep(bytes calldata performData) external;
}
