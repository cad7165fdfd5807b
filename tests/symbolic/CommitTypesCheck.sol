// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILeveragedPool} from "../../contracts/interfaces/ILeveragedPool.sol";
import {CommitTypes} from "../../contracts/libraries/CommitTypes.sol";
import {Payout} from "../../contracts/libraries/Payout.sol";
import {given} from "./given.sol";

/// @notice The tables of bits say of each of the six types what its name says.
contract CommitTypesCheck {
    function check_isMint_isBurn__are_what_the_names_say(ILeveragedPool.CommitType kind) external pure {
        bool isMint = kind == ILeveragedPool.CommitType.LongMint || kind == ILeveragedPool.CommitType.ShortMint;
        bool isBurn = kind == ILeveragedPool.CommitType.LongBurn || kind == ILeveragedPool.CommitType.ShortBurn;
        assert(CommitTypes.isMint(uint256(kind)) == isMint);
        assert(CommitTypes.isBurn(uint256(kind)) == isBurn);
    }

    function check_burnedSide_mintedSide__are_what_the_names_say(ILeveragedPool.CommitType kind) external pure {
        if (!CommitTypes.isMint(uint256(kind))) {
            bool leavesLong =
                kind == ILeveragedPool.CommitType.LongBurn || kind == ILeveragedPool.CommitType.LongBurnShortMint;
            assert(CommitTypes.burnedSide(uint256(kind)) == (leavesLong ? 0 : 1));
        }
        if (!CommitTypes.isBurn(uint256(kind))) {
            bool entersLong =
                kind == ILeveragedPool.CommitType.LongMint || kind == ILeveragedPool.CommitType.ShortBurnLongMint;
            assert(CommitTypes.mintedSide(uint256(kind)) == (entersLong ? 0 : 1));
        }
    }

    function check_type_beyond_the_last__is_neither_mint_nor_burn(uint256 commitType) external pure {
        given(commitType > uint256(type(ILeveragedPool.CommitType).max));
        assert(!CommitTypes.isMint(commitType) && !CommitTypes.isBurn(commitType));
    }

    function check_payout__adds_the_amount_to_one_of_three_and_a_refund_to_what_was_put_in(
        ILeveragedPool.CommitType kind,
        uint128[3] calldata before,
        uint128 amount,
        bool refunded
    ) external pure {
        Payout memory payout = Payout({settlement: before[0], long: before[1], short: before[2]});
        payout.add(uint256(kind), amount, refunded);

        // By type: 0 settlement tokens, 1 long, 2 short. Put in, then out.
        bytes6 what = refunded ? bytes6(hex"000100020102") : bytes6(hex"010002000201");
        uint256 index = uint8(what[uint256(kind)]);
        unchecked {
            assert(payout.settlement == before[0] + (index == 0 ? uint256(amount) : 0));
            assert(payout.long == before[1] + (index == 1 ? uint256(amount) : 0));
            assert(payout.short == before[2] + (index == 2 ? uint256(amount) : 0));
        }
    }
}
