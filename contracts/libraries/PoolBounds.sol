// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {LibCall} from "solady/utils/LibCall.sol";

import {ILeveragedPool} from "../interfaces/ILeveragedPool.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {PoolParams} from "../interfaces/IPoolFactory.sol";

/// @title What the parameters of a pool may be: every bound, each with its own error
/// @dev Runs in the pool's constructor alone, so it costs no code on chain.
library PoolBounds {
    uint256 internal constant MAX_MARKET_LENGTH = 24;
    uint256 internal constant MAX_LEVERAGE = 10;
    uint256 internal constant MIN_INTERVAL = 10 minutes;
    uint256 internal constant MAX_INTERVAL = 7 days;
    uint256 internal constant MAX_FEE = 0.1e18;
    uint256 internal constant MIN_DECIMALS = 6;
    uint256 internal constant MAX_DECIMALS = 18;

    /// @notice Reverts with the error of the bound that `params` breaks.
    /// @return decimals The settlement token's.
    /// @return price The oracle's price now, not checked.
    function check(PoolParams memory params) internal view returns (uint256 decimals, uint256 price) {
        uint256 length = bytes(params.market).length;
        if (length == 0 || length > MAX_MARKET_LENGTH) {
            revert ILeveragedPool.MarketLengthOutOfBounds(length, 1, MAX_MARKET_LENGTH);
        }
        if (params.leverage == 0 || params.leverage > MAX_LEVERAGE) {
            revert ILeveragedPool.LeverageOutOfBounds(params.leverage, 1, MAX_LEVERAGE);
        }
        uint256 interval = params.rebalanceInterval;
        if (interval < MIN_INTERVAL || interval > MAX_INTERVAL) {
            revert ILeveragedPool.RebalanceIntervalOutOfBounds(interval, MIN_INTERVAL, MAX_INTERVAL);
        }
        if (params.frontRunningInterval >= interval) {
            revert ILeveragedPool.FrontRunningIntervalTooLong(params.frontRunningInterval, interval);
        }
        if (params.managementFee > MAX_FEE) revert ILeveragedPool.ManagementFeeTooHigh(params.managementFee, MAX_FEE);
        if (params.mintFee > MAX_FEE) revert ILeveragedPool.MintFeeTooHigh(params.mintFee, MAX_FEE);
        if (params.burnFee > MAX_FEE) revert ILeveragedPool.BurnFeeTooHigh(params.burnFee, MAX_FEE);
        if (params.keeperRewardRamp > interval) {
            revert ILeveragedPool.KeeperRewardRampTooLong(params.keeperRewardRamp, interval);
        }

        decimals = _ask(params.settlementToken, abi.encodeCall(IERC20Metadata.decimals, ()));
        if (decimals < MIN_DECIMALS || decimals > MAX_DECIMALS) {
            revert ILeveragedPool.SettlementDecimalsOutOfBounds(decimals, MIN_DECIMALS, MAX_DECIMALS);
        }
        if (params.minLiquidity < 10 ** decimals) {
            revert ILeveragedPool.MinLiquidityTooLow(params.minLiquidity, 10 ** decimals);
        }
        price = _ask(params.oracle, abi.encodeCall(IOracle.latestPrice, ()));
    }

    /// @dev What a view answers, or an error that says who did not.
    function _ask(address target, bytes memory data) private view returns (uint256) {
        if (target.code.length == 0) revert ILeveragedPool.NotAContract(target);
        // slither-disable-next-line unused-return -- an answer that was cut is no word
        (bool ok, , bytes memory answer) = LibCall.tryStaticCall(target, gasleft(), type(uint16).max, data);
        if (!ok || answer.length != 32) revert ILeveragedPool.NoAnswer(target, answer);
        return abi.decode(answer, (uint256));
    }
}
