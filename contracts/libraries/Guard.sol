// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGuard} from "../interfaces/IGuard.sol";

/// @title A guard against re-entry that is gone with the transaction
/// @dev A second line of defence: checks, effects, interactions is the first. Native transient storage, because Solady's guard takes a
/// branch for chains without it through every function.
abstract contract Guard is IGuard {
    /// @dev 1 while a call that changes anything is under way.
    uint256 private transient _entered;

    modifier nonReentrant() {
        _requireNotEntered();
        _entered = 1;
        _;
        _entered = 0;
    }

    function _requireNotEntered() internal view {
        if (_entered != 0) revert Reentrancy();
    }
}
