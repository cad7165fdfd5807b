// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Tests: what tells a Safe from other contracts.
contract MockSafe {
    address[] private _owners;
    uint256 private immutable _threshold;

    constructor(address[] memory owners_, uint256 threshold_) {
        _owners = owners_;
        _threshold = threshold_;
    }

    function getOwners() external view returns (address[] memory) {
        return _owners;
    }

    function getThreshold() external view returns (uint256) {
        return _threshold;
    }
}
