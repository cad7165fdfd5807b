// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Tests: stands in a keeper's batch and does harm in the way set: burns all gas, or returns or reverts with a megabyte.
contract GriefingPool {
    enum Mode {
        BurnAllGas,
        ReturnMegabyte,
        RevertMegabyte,
        RevertEmpty
    }

    Mode public mode;
    /// @notice Selectors that get a proper answer instead.
    mapping(bytes4 selector => bytes) private _answers;

    constructor(Mode mode_) {
        mode = mode_;
    }

    /// @notice Lets `selector` answer `answer`, so that the harm is done elsewhere; empty takes it away.
    function setAnswer(bytes4 selector, bytes calldata answer) external {
        _answers[selector] = answer;
    }

    fallback() external {
        bytes memory answer = _answers[msg.sig];
        uint256 mode_ = uint256(mode);
        assembly {
            if mload(answer) {
                return(add(answer, 0x20), mload(answer))
            }
            switch mode_
            case 0 {
                invalid()
            }
            case 1 {
                return(0, 0x100000)
            }
            case 2 {
                revert(0, 0x100000)
            }
            default {
                revert(0, 0)
            }
        }
    }
}
