// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PoolParams} from "../../contracts/interfaces/IPoolFactory.sol";
import {PoolBounds} from "../../contracts/libraries/PoolBounds.sol";

/// @notice All parameters, with markets of every length that makes a difference; settlement token and oracle answer any number.
contract PoolBoundsCheck {
    uint256 private _decimals;
    uint256 private _price;

    function check_bounds__accept_exactly_what_the_specification_allows(
        PoolParams memory params,
        uint256 tokenDecimals,
        uint256 price
    ) external {
        params.settlementToken = address(this);
        params.oracle = address(this);
        _decimals = tokenDecimals;
        // A power of an unknown number is beyond solvers: one path for each.
        for (uint256 i = 6; i <= 18; ++i) {
            if (tokenDecimals == i) _decimals = i;
        }
        _price = price;
        uint256 length = bytes(params.market).length;
        uint256 interval = params.rebalanceInterval;
        bool allowed =
            length >= 1 &&
                length <= 24 &&
                params.leverage >= 1 &&
                params.leverage <= 10 &&
                interval >= 10 minutes &&
                interval <= 7 days &&
                params.frontRunningInterval < interval &&
                params.managementFee <= 0.1e18 &&
                params.mintFee <= 0.1e18 &&
                params.burnFee <= 0.1e18 &&
                params.keeperRewardRamp <= interval &&
                tokenDecimals >= 6 &&
                tokenDecimals <= 18 &&
                params.minLiquidity >= _whole(tokenDecimals);

        try this.bounds(params) returns (uint256 decimals_, uint256 price_) {
            assert(allowed);
            assert(decimals_ == tokenDecimals && price_ == price);
        } catch {
            assert(!allowed);
        }
    }

    /// @dev 10**tokenDecimals, without a symbolic power.
    function _whole(uint256 tokenDecimals) private pure returns (uint256 whole) {
        whole = 1e6;
        for (uint256 i = 6; i < 18; ++i) {
            if (i < tokenDecimals) whole *= 10;
        }
    }

    function bounds(PoolParams memory params) external view returns (uint256, uint256) {
        return PoolBounds.check(params);
    }

    function decimals() external view returns (uint256) {
        return _decimals;
    }

    function latestPrice() external view returns (uint256) {
        return _price;
    }
}
