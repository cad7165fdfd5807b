// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {LibCall} from "solady/utils/LibCall.sol";

/// @title The caller's EIP-2612 permit, used if it can be
library Permit {
    /// @dev Permits of the usual tokens cost a fifth of it.
    uint256 private constant PERMIT_GAS = 300_000;

    /// @notice Uses the caller's permit of `token` for `amount`, to this contract.
    /// @dev Somebody may have used it before: a failure is passed over, and the transfer then fails for want of an allowance.
    function tryUse(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) internal {
        // slither-disable-next-line unused-return -- whether the permit worked, the transfer shows
        LibCall.tryCall(
            token,
            0,
            PERMIT_GAS,
            0,
            abi.encodeCall(IERC20Permit.permit, (msg.sender, address(this), amount, deadline, v, r, s))
        );
    }
}
