// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOracle} from "../interfaces/IOracle.sol";

/// @notice Tests: an oracle that answers the price it was given, or reverts.
contract FixedOracle is IOracle {
    error OracleReverting();
    error WrongHint(uint80 roundHint, uint80 expected);

    /// @notice The price at every time without one of its own.
    uint256 public price;
    /// @notice What `findRound` answers. When it is not 0, `priceAt` accepts no other hint but 0.
    uint80 public round;
    bool public reverting;
    /// @notice A time's own price, 0: none.
    mapping(uint256 timestamp => uint256) public priceOf;

    constructor(uint256 price_) {
        price = price_;
    }

    function setPrice(uint256 price_) external {
        price = price_;
    }

    /// @notice Sets the price as of exactly `timestamp`; 0 takes it away.
    function setPriceAt(uint256 timestamp, uint256 price_) external {
        priceOf[timestamp] = price_;
    }

    function setRound(uint80 round_) external {
        round = round_;
    }

    function setReverting(bool reverting_) external {
        reverting = reverting_;
    }

    function latestPrice() external view returns (uint256) {
        return priceAt(block.timestamp, 0);
    }

    function findRound(uint256) external view returns (uint80) {
        if (reverting) revert OracleReverting();
        return round;
    }

    function priceAt(uint256 timestamp, uint80 roundHint) public view returns (uint256) {
        if (reverting) revert OracleReverting();
        if (round != 0 && roundHint != 0 && roundHint != round) revert WrongHint(roundHint, round);
        uint256 own = priceOf[timestamp];
        return own == 0 ? price : own;
    }
}
