// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The input is not one of those that a property is about.
error NotGiven();

/// @notice What a property takes for granted: it says nothing of other inputs.
function given(bool condition) pure {
    if (!condition) revert NotGiven();
}

/// @notice What another property proves of all numbers, so that the solver need not find it among much else.
function known(bool condition) pure {
    given(condition);
}
