// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Emission} from "../../contracts/libraries/Emission.sol";
import {given} from "./given.sol";

/// @notice Emissions below 2**116, weights as the farm bounds them, stakes below 2**128.
contract EmissionCheck {
    function check_perWeightDown__gives_a_market_no_more_than_its_share(
        uint128 emission,
        uint16 share,
        uint88 totalWeight
    ) external pure {
        given(emission < 1 << 116 && share <= 10_000 && totalWeight != 0);
        uint256 index = Emission.perWeightDown(emission, share, totalWeight);
        unchecked {
            uint256 exact = (uint256(emission) * share) << 117; // times 2_953_125 * totalWeight
            assert(index * (2_953_125 * uint256(totalWeight)) <= exact);
            assert((index + 1) * (2_953_125 * uint256(totalWeight)) > exact);
        }
    }

    function check_perUnitDown_earnedDown__two_stakers_get_no_more_than_their_farm(
        uint224 rewards,
        uint128 one,
        uint128 other
    ) external pure {
        unchecked {
            uint256 total = uint256(one) + other;
            given(total != 0 && total < 1 << 128);
            uint256 perUnit = Emission.perUnitDown(rewards, total);
            uint256 both = Emission.earnedDown(one, perUnit) + Emission.earnedDown(other, perUnit);
            assert(perUnit * total <= rewards);
            assert(both << 128 <= perUnit * total);
        }
    }
}
