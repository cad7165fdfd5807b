// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Tests: a recipient that reverts on every call and on ether; tokens without hooks reach it all the same.
contract RevertingReceiver {
    error Refused();

    receive() external payable {
        revert Refused();
    }

    fallback() external payable {
        revert Refused();
    }
}
