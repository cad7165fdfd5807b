// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ValueTransfer} from "../../contracts/libraries/ValueTransfer.sol";
import {given} from "./given.sol";

/// @notice All prices of 1 to 2**96 - 1, sides below 2**127, leverages 1 to 10.
contract ValueTransferCheck {
    uint256 private constant Q = 1 << 128;

    struct Move {
        uint128 long;
        uint128 short;
        uint96 lastPrice;
        uint96 price;
        uint8 p;
    }

    function check_transfer__loser_keeps_the_retained_part_rounded_up_and_the_winner_gains_the_rest(
        Move memory m
    ) external pure {
        _given(m);
        given(m.price != m.lastPrice);
        (uint256 newLong, uint256 newShort) = ValueTransfer.transfer(m.long, m.short, m.lastPrice, m.price, m.p);
        unchecked {
            assert(newLong + newShort == uint256(m.long) + m.short);
            bool up = m.price > m.lastPrice;
            (uint256 kept, uint256 loser) = up ? (newShort, m.short) : (newLong, m.long);
            (uint256 lo, uint256 hi) = up ? (m.lastPrice, m.price) : (m.price, m.lastPrice);
            assert(kept == (loser == 0 ? 0 : _keepUp(loser, ValueTransfer.retainedDown(lo, hi, m.p))));
        }
    }

    function check_keep__of_a_part_below_1_is_at_least_1_and_at_most_all(
        uint128 loser,
        uint128 retained
    ) external pure {
        given(loser != 0 && loser < 1 << 127);
        uint256 kept = _keepUp(loser, retained);
        assert(kept >= 1 && kept <= loser);
    }

    function _keepUp(uint256 loser, uint256 retained) private pure returns (uint256 kept) {
        unchecked {
            kept = (loser * retained + Q - 1) / Q;
            if (kept == 0) kept = 1;
        }
    }

    function check_transfer__equal_prices_move_nothing(
        uint256 long,
        uint256 short,
        uint256 price,
        uint256 p
    ) external pure {
        (uint256 newLong, uint256 newShort) = ValueTransfer.transfer(long, short, price, price, p);
        assert(newLong == long && newShort == short);
    }

    function check_transfer__is_the_same_for_both_sides(Move memory m) external pure {
        _given(m);
        (uint256 newLong, uint256 newShort) = ValueTransfer.transfer(m.long, m.short, m.lastPrice, m.price, m.p);
        (uint256 mirroredShort, uint256 mirroredLong) = ValueTransfer.transfer(
            m.short,
            m.long,
            m.price,
            m.lastPrice,
            m.p
        );
        assert(newLong == mirroredLong && newShort == mirroredShort);
    }

    function check_retainedDown__is_below_1_and_each_further_leverage_multiplies_it_by_the_ratio(
        uint96 lo,
        uint96 hi,
        uint8 p
    ) external pure {
        given(lo < hi && p >= 1 && p <= 9);
        uint256 ratio = ValueTransfer.retainedDown(lo, hi, 1);
        uint256 retained = ValueTransfer.retainedDown(lo, hi, p);
        unchecked {
            assert(ratio < Q && retained < Q);
            assert(ValueTransfer.retainedDown(lo, hi, p + 1) == (retained * ratio) / Q);
        }
    }

    function _given(Move memory m) private pure {
        given(m.long < 1 << 127 && m.short < 1 << 127 && m.p >= 1 && m.p <= 10 && m.lastPrice != 0 && m.price != 0);
    }
}
