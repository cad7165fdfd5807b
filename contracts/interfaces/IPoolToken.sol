// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One side of a pool as an ERC-20 with EIP-2612 permit, 18 decimals
/// @notice Its pool alone mints and burns. Supply changes only when the pool rebalances, and by `redeem` after its shutdown.
interface IPoolToken {
    /// @notice Thrown when another than the pool calls a function that is the pool's.
    error NotPool(address caller);
    /// @notice Thrown at deployment when the name is longer than 31 bytes.
    error NameTooLong(string name);

    /// @notice The pool whose side this token is.
    function pool() external view returns (address);

    /// @notice Creates `amount` token units in the pool, for claims. Pool only.
    function mint(uint256 amount) external;

    /// @notice Destroys `amount` token units of `holder`: of the pool itself after a batch, of a holder who redeems. Pool only.
    function burn(address holder, uint256 amount) external;

    /// @notice Moves `amount` token units of `holder`, who commits, into the pool: no approval needed. Pool only.
    function take(address holder, uint256 amount) external;
}
