// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @notice Tests: USDC-like, nothing moves from or to a blacklisted account.
contract BlacklistToken is MockERC20 {
    error Blacklisted(address account);

    mapping(address account => bool) public isBlacklisted;

    constructor(uint8 decimals_) MockERC20("Blacklist", "BLT", decimals_) {}

    function setBlacklisted(address account, bool blacklisted) external {
        isBlacklisted[account] = blacklisted;
    }

    function _beforeTokenTransfer(address from, address to, uint256) internal view override {
        if (isBlacklisted[from]) revert Blacklisted(from);
        if (isBlacklisted[to]) revert Blacklisted(to);
    }
}
