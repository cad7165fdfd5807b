// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @notice What a HookToken calls.
interface ITransferHook {
    function tokensToSend(address from, address to, uint256 amount) external;
    function tokensReceived(address from, address to, uint256 amount) external;
}

/// @notice Tests: ERC-777-like. Calls the sender's hook before balances move and the receiver's hook after, on every transfer.
contract HookToken is MockERC20 {
    mapping(address account => ITransferHook) public hookOf;

    constructor(uint8 decimals_) MockERC20("Hook", "HOOK", decimals_) {}

    /// @notice Registers the hook that is called for `account`; zero: none.
    function setHook(address account, ITransferHook hook) external {
        hookOf[account] = hook;
    }

    function _beforeTokenTransfer(address from, address to, uint256 amount) internal override {
        ITransferHook hook = hookOf[from];
        if (address(hook) != address(0)) hook.tokensToSend(from, to, amount);
    }

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        ITransferHook hook = hookOf[to];
        if (address(hook) != address(0)) hook.tokensReceived(from, to, amount);
    }
}
