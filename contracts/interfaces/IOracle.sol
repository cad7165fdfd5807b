// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a pool asks of an oracle
/// @notice Prices are WAD, settlement tokens per unit of the underlying, from 1 to 2**96 - 1. An oracle that has no valid
/// price reverts: the pool then changes nothing.
interface IOracle {
    /// @notice The price as of `timestamp`, not as of now.
    /// @param timestamp Unix seconds, not in the future.
    /// @param roundHint What `findRound(timestamp)` returns, or 0 to let the oracle look for itself within bounds. A hint can
    /// save the search; it must never change the price (of Chainlink feeds: under the assumptions in ChainlinkOracleWrapper).
    function priceAt(uint256 timestamp, uint80 roundHint) external view returns (uint256 priceWad);

    /// @notice The price as of now.
    function latestPrice() external view returns (uint256 priceWad);

    /// @notice The hint with which `priceAt(timestamp, hint)` finds its round at once.
    function findRound(uint256 timestamp) external view returns (uint80 roundHint);
}
