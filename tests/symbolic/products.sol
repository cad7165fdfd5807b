// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// What is known of products: ProductsCheck proves it of all numbers below 2**128 and a factor up to 2**127. Of larger ones these say
// nothing: they are true.

/// @notice a * factor < 2**255
function fits(uint256 a, uint256 factor) pure returns (bool) {
    unchecked {
        return _areLarge(a, 0, factor) || a * factor < 1 << 255;
    }
}

/// @notice (a + b) * factor = a * factor + b * factor
function adds(uint256 a, uint256 b, uint256 factor) pure returns (bool) {
    unchecked {
        return _areLarge(a, b, factor) || (a + b) * factor == a * factor + b * factor;
    }
}

/// @notice a * factor <= b * factor, if a <= b
function grows(uint256 a, uint256 b, uint256 factor) pure returns (bool) {
    unchecked {
        return _areLarge(a, b, factor) || a > b || a * factor <= b * factor;
    }
}

/// @notice a <= b, if a * factor <= b * factor and the factor is not 0
function cancels(uint256 a, uint256 b, uint256 factor) pure returns (bool) {
    unchecked {
        return _areLarge(a, b, factor) || factor == 0 || a * factor > b * factor || a <= b;
    }
}

/// @notice What the quotient of a number below 2**255 is.
function divides(uint256 number, uint256 divisor) pure returns (bool) {
    unchecked {
        if (divisor == 0 || number >> 255 != 0 || divisor >> 128 != 0) return true;
        uint256 quotient = number / divisor;
        return quotient * divisor <= number && (quotient + 1) * divisor > number;
    }
}

function _areLarge(uint256 a, uint256 b, uint256 factor) pure returns (bool) {
    return (a | b) >> 128 != 0 || factor > 1 << 127;
}
