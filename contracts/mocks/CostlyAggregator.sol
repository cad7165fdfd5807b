// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReplayAggregator} from "./ReplayAggregator.sol";

/// @notice Tests: some rounds cost much gas to read, so that a caller who chooses the gas can make just those reads fail.
contract CostlyAggregator is ReplayAggregator {
    mapping(uint256 id => uint256) public costOf;
    uint256 public latestCost;

    constructor(uint8 decimals_) ReplayAggregator(decimals_, "COSTLY / USD") {}

    function setCost(uint80 id, uint256 gasCost) external {
        costOf[id] = gasCost;
    }

    function setLatestCost(uint256 gasCost) external {
        latestCost = gasCost;
    }

    function latestRoundData() external view override returns (uint80, int256, uint256, uint256, uint80) {
        _burn(latestCost);
        return _read(latestRoundId);
    }

    function getRoundData(uint80 id) external view override returns (uint80, int256, uint256, uint256, uint80) {
        _burn(costOf[id]);
        return _read(id);
    }

    /// @dev Runs out of gas when there is less.
    function _burn(uint256 gasCost) private view {
        uint256 start = gasleft();
        while (start - gasleft() < gasCost) {}
    }
}
