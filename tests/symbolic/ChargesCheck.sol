// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Charges} from "../../contracts/libraries/Charges.sol";
import {given, known} from "./given.sol";
import {adds, cancels, divides, fits, grows} from "./products.sol";

/// @notice Sides below 2**122, fees at most 10 %, times below 2**40: what the library's comments take for granted.
contract ChargesCheck {
    uint256 private constant YEAR_WAD = 365 days * 1e18;
    uint256 private constant LARGEST = (1 << 122) - 1;

    struct Call {
        uint128 long;
        uint128 short;
        uint128 maximum;
        uint24 ramp;
        uint24 lateness;
        uint24 interval;
    }

    function check_managementFeeDown__is_the_formula_rounded_down_and_at_most_the_side(
        uint128 balance,
        uint64 fee,
        uint40 elapsed
    ) external pure {
        given(balance <= LARGEST && fee <= 0.1e18);
        uint256 charged = Charges.managementFeeDown(balance, fee, elapsed);
        assert(charged <= balance);
        unchecked {
            uint256 exact = uint256(balance) * fee * elapsed; // times YEAR_WAD
            assert(charged * YEAR_WAD <= exact);
            assert(charged == balance || (charged + 1) * YEAR_WAD > exact);
        }
    }

    function check_keeperRewardDown__splits_the_lesser_of_ramp_and_cap_by_the_sides(Call memory c) external pure {
        given(c.long <= LARGEST && c.short <= LARGEST && uint256(c.long) + c.short != 0);
        given(c.interval >= 10 minutes && c.interval <= 7 days && c.ramp <= c.interval && c.lateness < c.interval);
        (uint256 fromLong, uint256 fromShort) = _reward(c);
        unchecked {
            uint256 total = uint256(c.long) + c.short;
            uint256 reward = c.lateness < c.ramp ? (uint256(c.maximum) * c.lateness) / c.ramp : c.maximum;
            uint256 cap = (total * c.interval) / 36_000_000;
            assert(reward <= c.maximum && cap < total);
            if (reward > cap) reward = cap;
            assert(fromLong == (reward * c.long) / total && fromShort == (reward * c.short) / total);
        }
    }

    function check_split__leaves_each_side_something_and_comes_to_the_amount_or_1_less(
        uint128 long,
        uint128 short,
        uint128 amount
    ) external pure {
        unchecked {
            uint256 total = uint256(long) + short;
            given(long <= LARGEST && short <= LARGEST && amount < total);
            uint256 fromLong = (uint256(amount) * long) / total;
            uint256 fromShort = (uint256(amount) * short) / total;
            assert(fromLong < long || fromLong + long == 0);
            assert(fromShort < short || fromShort + short == 0);
            known(fits(long, amount) && fits(short, amount) && adds(long, short, amount));
            known(divides(uint256(amount) * long, total) && divides(uint256(amount) * short, total));
            known(adds(fromLong, fromShort, total) && cancels(fromLong + fromShort, amount, total));
            assert(fromLong + fromShort <= amount);
            known(fits(fromLong + 1, total) && fits(fromShort + 1, total));
            known(adds(fromLong + 1, fromShort + 1, total) && grows(fromLong + fromShort + 2, amount, total));
            assert(fromLong + fromShort + 1 >= amount);
        }
    }

    function check_keeperRewardDown__of_an_empty_pool_or_without_lateness_is_nothing(Call memory c) external pure {
        given(c.long <= LARGEST && c.short <= LARGEST);
        given(uint256(c.long) + c.short == 0 || (c.lateness == 0 && c.ramp != 0));
        (uint256 fromLong, uint256 fromShort) = _reward(c);
        assert(fromLong == 0 && fromShort == 0);
    }

    function _reward(Call memory c) private pure returns (uint256, uint256) {
        return Charges.keeperRewardDown(c.long, c.short, c.maximum, c.ramp, c.lateness, c.interval);
    }
}
