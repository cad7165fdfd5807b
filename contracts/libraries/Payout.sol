// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommitTypes} from "./CommitTypes.sol";

/// @notice What claims pay: settlement units, token units, token units.
struct Payout {
    uint256 settlement;
    uint256 long;
    uint256 short;
}

using {add} for Payout global;

/// @notice Adds what a commitment pays: what was put in if it is refunded, else what comes out.
function add(Payout memory payout, uint256 commitType, uint256 amount, bool refunded) pure {
    // Unchecked: twelve commitments of at most 2**126 each.
    unchecked {
        if (refunded ? CommitTypes.isMint(commitType) : CommitTypes.isBurn(commitType)) {
            payout.settlement += amount;
        } else if ((refunded ? CommitTypes.burnedSide(commitType) : CommitTypes.mintedSide(commitType)) == 0) {
            payout.long += amount;
        } else {
            payout.short += amount;
        }
    }
}
