// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITransferHook} from "./HookToken.sol";

/// @notice Tests: when its hook is called, calls a target with given data and records what came of it. Passes on what its owner
/// sends through `execute`, so that it can hold tokens and commitments itself.
contract ReentrantHook is ITransferHook {
    address public target;
    bytes public data;
    /// @notice Whether `tokensToSend` (or else `tokensReceived`) re-enters.
    bool public onSend;

    /// @notice How often the target was called.
    uint256 public calls;
    /// @notice Of the last call: whether it succeeded, and what it returned or reverted with.
    bool public succeeded;
    bytes public returned;

    /// @notice Arms the hook; a zero target disarms it.
    function arm(address target_, bytes calldata data_, bool onSend_) external {
        (target, data, onSend) = (target_, data_, onSend_);
        (calls, succeeded, returned) = (0, false, "");
    }

    function execute(address to, bytes calldata data_) external returns (bytes memory) {
        (bool success, bytes memory result) = to.call(data_);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }

    function tokensToSend(address, address, uint256) external {
        if (onSend) _reenter();
    }

    function tokensReceived(address, address, uint256) external {
        if (!onSend) _reenter();
    }

    function _reenter() private {
        if (target == address(0)) return;
        ++calls;
        (succeeded, returned) = target.call(data);
    }
}
