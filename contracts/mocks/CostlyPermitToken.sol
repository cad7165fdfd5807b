// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @notice Tests: burns all the gas that a permit gets.
contract CostlyPermitToken is MockERC20 {
    constructor(uint8 decimals_) MockERC20("Costly Permit", "CPT", decimals_) {}

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) public pure override {
        for (;;) {}
    }
}
