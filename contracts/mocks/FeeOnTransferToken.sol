// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @notice Tests: burns a part of whatever the receiver of a transfer gets.
contract FeeOnTransferToken is MockERC20 {
    uint256 private constant BASIS_POINTS = 10_000;

    /// @notice The part that is burned, in basis points.
    uint256 public feeBps;

    constructor(uint8 decimals_, uint256 feeBps_) MockERC20("Fee on Transfer", "FEE", decimals_) {
        feeBps = feeBps_;
    }

    /// @notice Lets a token turn bad after a pool was deployed on it.
    function setFee(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) _burn(to, (amount * feeBps) / BASIS_POINTS);
    }
}
