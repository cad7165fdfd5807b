// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";

/// @notice Tests: a feed in front of another that answers zeros (in its current phase) whenever the other fails, for want of
/// gas too.
contract CatchingProxy {
    IAggregatorV3 private immutable _aggregator;
    uint80 private immutable _phase;

    constructor(IAggregatorV3 aggregator, uint16 phase) {
        _aggregator = aggregator;
        _phase = uint80(phase) << 64;
    }

    function decimals() external view returns (uint8) {
        return _aggregator.decimals();
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        try _aggregator.latestRoundData() returns (
            uint80 id,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80
        ) {
            return (id, answer, startedAt, updatedAt, id);
        } catch {
            return (_phase, 0, 0, 0, _phase);
        }
    }

    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        try _aggregator.getRoundData(roundId) returns (
            uint80 id,
            int256 answer,
            uint256 startedAt,
            uint256 updatedAt,
            uint80
        ) {
            return (id, answer, startedAt, updatedAt, id);
        } catch {
            return (roundId, 0, 0, 0, roundId);
        }
    }
}
