// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a contract that cannot be re-entered says
interface IGuard {
    /// @notice Thrown when the contract is called from within a call that it is still executing.
    error Reentrancy();
}
