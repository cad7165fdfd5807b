// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What is read of a Chainlink feed, price or sequencer uptime
/// @notice A proxy's round ids are `phase << 64 | aggregator round`; a feed without phases has phase 0. `updatedAt` 0 marks an
/// incomplete round. For a round that does not exist aggregators revert or answer zeros, depending on their kind.
interface IAggregatorV3 {
    /// @notice Decimals of the answers.
    function decimals() external view returns (uint8);

    /// @notice What the feed answers, like `BTC / USD`.
    function description() external view returns (string memory);

    /// @notice Version of the aggregator.
    function version() external view returns (uint256);

    /// @notice One round.
    /// @return roundId The id asked for.
    /// @return answer A price with `decimals`, or for a sequencer uptime feed 0 = up, 1 = down.
    /// @return startedAt Unix seconds; for a sequencer uptime feed when the status changed.
    /// @return updatedAt Unix seconds.
    /// @return answeredInRound Deprecated by Chainlink, unused here.
    function getRoundData(
        uint80 roundId_
    )
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    /// @notice The latest round of the current phase.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
