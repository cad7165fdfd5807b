// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommitTypes} from "./CommitTypes.sol";

/// @title What a batch of commitments yields
/// @dev All batches of an epoch are priced at the same balances and supplies, those after the value transfer, so their order
/// does not matter. Balances and amounts of settlement are settlement units, supplies and pool-token amounts token units.
///
/// Bounds that make plain multiplication safe: batches are at most 2**126, supplies before a batch at most 2**127 and balances
/// 2**121 (two batches of an epoch may each have reached the limit). The largest product is amount * supply <= 2**253.
///
/// **A batch that yields nothing is refunded** instead of stopping the rebalance: `out` and all else is 0 then.
library BatchPricing {
    uint256 internal constant WAD = 1e18;
    /// @dev A millionth of a pool token. A side with less supply than that and less value than twice the minimum liquidity is dust: what
    /// is left on it goes to the protocol, and the next mint starts at price 1.
    uint256 internal constant DUST = 1e12;
    /// @dev Whole settlement tokens per whole pool token: above, nobody can join a supply below DUST.
    uint256 internal constant MAX_DUST_PRICE = 1e12;
    uint256 internal constant MAX_SUPPLY = 1 << 126;
    uint256 internal constant MAX_TOTAL = 1 << 120;

    /// @param balances Long and short, after the value transfer.
    /// @param supplies Long and short, before any batch of the epoch.
    /// @param mintFee WAD.
    /// @param burnFee WAD.
    /// @param tokenUnitsPerSettlementUnit 10**(18 - settlement decimals): the price 1.
    struct Terms {
        uint256[2] balances;
        uint256[2] supplies;
        uint256 mintFee;
        uint256 burnFee;
        uint256 tokenUnitsPerSettlementUnit;
    }

    /// @notice Prices the batch of `commitType` in which `amount` was put in.
    /// @return out What the batch's commitments share: token units, settlement units for burns. 0: refunded.
    /// @return paid Settlement units that the burned side pays (0 for mints).
    /// @return added Settlement units that the minted side gets (0 for burns). The rest of what went in or was paid, less what
    /// comes out, is the protocol's.
    function price(
        Terms memory terms,
        uint256 commitType,
        uint256 amount
    ) internal pure returns (uint256 out, uint256 paid, uint256 added) {
        bool isBurn = CommitTypes.isBurn(commitType);
        if (CommitTypes.isMint(commitType)) {
            // Unchecked: 2**121 + 2**121 + 2**126
            unchecked {
                if (terms.balances[0] + terms.balances[1] + amount > MAX_TOTAL) return (0, 0, 0);
            }
            added = afterFeeUp(amount, terms.mintFee);
        } else {
            uint256 side = CommitTypes.burnedSide(commitType);
            paid = grossDown(amount, terms.balances[side], terms.supplies[side]);
            out = afterFeeUp(paid, terms.burnFee);
            if (!isBurn) added = afterFeeUp(out, terms.mintFee);
        }
        if (!isBurn) {
            uint256 side = CommitTypes.mintedSide(commitType);
            out = tokensForDown(added, terms.balances[side], terms.supplies[side], terms.tokenUnitsPerSettlementUnit);
        }
        if (out == 0) return (0, 0, 0);
    }

    /// @notice Settlement units that `amount` of `supply` token units are worth. Down, in favour of the holders who stay.
    /// @dev `supply >= amount > 0`: tokens that wait to burn are part of the supply.
    function grossDown(uint256 amount, uint256 balance, uint256 supply) internal pure returns (uint256) {
        // Unchecked: 2**127 * 2**121
        unchecked {
            return (amount * balance) / supply;
        }
    }

    /// @notice `amount` less a fee. What is left is rounded up, in favour of who pays the fee.
    function afterFeeUp(uint256 amount, uint256 fee) internal pure returns (uint256) {
        // Unchecked: 2**126 * 2**57; a fee below WAD takes less than the amount.
        unchecked {
            return amount - (amount * fee) / WAD;
        }
    }

    /// @notice Token units owed for `amount` settlement units. Down: a mint never dilutes the holders already in.
    /// @dev 0, so a refund: into supply without value; at a start below DUST; above MAX_SUPPLY; and into less supply than DUST of
    /// which a unit is worth more than a millionth of a settlement token, so that rounding would take real money.
    function tokensForDown(
        uint256 amount,
        uint256 balance,
        uint256 supply,
        uint256 tokenUnitsPerSettlementUnit
    ) internal pure returns (uint256 out) {
        // Unchecked: 2**126 * 10**12, 2**126 * 2**127, and that much more.
        unchecked {
            if (balance == 0) {
                out = amount * tokenUnitsPerSettlementUnit;
                if (supply >= DUST || supply + out < DUST) return 0;
            } else {
                if (supply < DUST && balance * tokenUnitsPerSettlementUnit > supply * MAX_DUST_PRICE) return 0;
                out = (amount * supply) / balance;
            }
            if (supply + out > MAX_SUPPLY) return 0;
        }
    }
}
