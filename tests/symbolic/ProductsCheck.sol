// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {adds, cancels, divides, fits, grows} from "./products.sol";

/// @notice What other properties take for granted of products.
contract ProductsCheck {
    function check_fits__is_true_of_all_numbers(uint128 a, uint128 factor) external pure {
        assert(fits(a, factor));
    }

    function check_adds__is_true_of_all_numbers(uint128 a, uint128 b, uint128 factor) external pure {
        assert(adds(a, b, factor));
    }

    function check_grows__is_true_of_all_numbers(uint128 a, uint128 b, uint128 factor) external pure {
        assert(grows(a, b, factor));
    }

    function check_cancels__is_true_of_all_numbers(uint128 a, uint128 b, uint128 factor) external pure {
        assert(cancels(a, b, factor));
    }

    function check_divides__is_true_of_all_numbers(uint256 number, uint128 divisor) external pure {
        assert(divides(number, divisor));
    }
}
