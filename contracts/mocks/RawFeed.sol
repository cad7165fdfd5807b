// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Tests: a feed that answers each call with the bytes it was given, well-formed or not; reverts on all others.
contract RawFeed {
    error NoAnswer();

    mapping(bytes32 callHash => bytes) private _answers;

    function setAnswer(bytes calldata call_, bytes calldata answer) external {
        _answers[keccak256(call_)] = answer;
    }

    fallback(bytes calldata call_) external returns (bytes memory answer) {
        answer = _answers[keccak256(call_)];
        if (answer.length == 0) revert NoAnswer();
    }
}
