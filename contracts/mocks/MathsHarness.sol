// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchPricing} from "../libraries/BatchPricing.sol";
import {Charges} from "../libraries/Charges.sol";
import {CommitTypes} from "../libraries/CommitTypes.sol";
import {Emission} from "../libraries/Emission.sol";
import {Pair, pair} from "../libraries/Pair.sol";
import {Payout} from "../libraries/Payout.sol";
import {PoolState} from "../libraries/PoolState.sol";
import {Schedule} from "../libraries/Schedule.sol";
import {ValueTransfer} from "../libraries/ValueTransfer.sol";

/// @notice Tests: the libraries of pool and farm, function by function.
contract MathsHarness {
    // --- ValueTransfer ---

    function retainedDown(uint256 lo, uint256 hi, uint256 p) external pure returns (uint256) {
        return ValueTransfer.retainedDown(lo, hi, p);
    }

    function transfer(
        uint256 long,
        uint256 short,
        uint256 lastPrice,
        uint256 price,
        uint256 p
    ) external pure returns (uint256, uint256) {
        return ValueTransfer.transfer(long, short, lastPrice, price, p);
    }

    // --- Charges ---

    function managementFeeDown(uint256 balance, uint256 fee, uint256 elapsed) external pure returns (uint256) {
        return Charges.managementFeeDown(balance, fee, elapsed);
    }

    function keeperRewardDown(
        uint256 long,
        uint256 short,
        uint256 maximum,
        uint256 ramp,
        uint256 lateness,
        uint256 interval
    ) external pure returns (uint256, uint256) {
        return Charges.keeperRewardDown(long, short, maximum, ramp, lateness, interval);
    }

    // --- BatchPricing ---

    function price(
        BatchPricing.Terms calldata terms,
        uint256 commitType,
        uint256 amount
    ) external pure returns (uint256 out, uint256 paid, uint256 added) {
        return BatchPricing.price(terms, commitType, amount);
    }

    function grossDown(uint256 amount, uint256 balance, uint256 supply) external pure returns (uint256) {
        return BatchPricing.grossDown(amount, balance, supply);
    }

    function afterFeeUp(uint256 amount, uint256 fee) external pure returns (uint256) {
        return BatchPricing.afterFeeUp(amount, fee);
    }

    function tokensForDown(
        uint256 amount,
        uint256 balance,
        uint256 supply,
        uint256 tokenUnitsPerSettlementUnit
    ) external pure returns (uint256) {
        return BatchPricing.tokensForDown(amount, balance, supply, tokenUnitsPerSettlementUnit);
    }

    // --- Emission ---

    function perWeightDown(uint256 emission, uint256 share, uint256 totalWeight) external pure returns (uint256) {
        return Emission.perWeightDown(emission, share, totalWeight);
    }

    function perUnitDown(uint256 rewards, uint256 totalStaked) external pure returns (uint256) {
        return Emission.perUnitDown(rewards, totalStaked);
    }

    function earnedDown(uint256 staked, uint256 perUnit) external pure returns (uint256) {
        return Emission.earnedDown(staked, perUnit);
    }

    // --- Schedule ---

    function firstAfter(uint256 time, uint256 interval) external pure returns (uint256) {
        return Schedule.firstAfter(time, interval);
    }

    function latestAt(uint256 next, uint256 time, uint256 interval) external pure returns (uint256) {
        return Schedule.latestAt(next, time, interval);
    }

    function nextAfter(
        uint256 latest,
        uint256 time,
        uint256 interval,
        uint256 frontRunningInterval
    ) external pure returns (uint256) {
        return Schedule.nextAfter(latest, time, interval, frontRunningInterval);
    }

    // --- CommitTypes, Payout ---

    function sides(
        uint256 commitType
    ) external pure returns (bool isMint, bool isBurn, uint256 burnedSide, uint256 mintedSide) {
        isMint = CommitTypes.isMint(commitType);
        isBurn = CommitTypes.isBurn(commitType);
        burnedSide = CommitTypes.burnedSide(commitType);
        mintedSide = CommitTypes.mintedSide(commitType);
    }

    function add(
        Payout memory payout,
        uint256 commitType,
        uint256 amount,
        bool refunded
    ) external pure returns (uint256, uint256, uint256) {
        payout.add(commitType, amount, refunded);
        return (payout.settlement, payout.long, payout.short);
    }

    // --- Pair, PoolState ---

    function packed(uint256 first, uint256 second) external pure returns (uint256) {
        return Pair.unwrap(pair(first, second));
    }

    function parts(uint256 word) external pure returns (uint256, uint256) {
        return Pair.wrap(word).parts();
    }

    function stateParts(
        uint256 state
    )
        external
        pure
        returns (
            uint256 lastPrice,
            uint256 nextRebalance,
            uint256 lastRebalance,
            uint256 epoch,
            bool mintPaused,
            bool isShutdown
        )
    {
        PoolState s = PoolState.wrap(state);
        return (s.lastPrice(), s.nextRebalance(), s.lastRebalance(), s.epoch(), s.mintPaused(), s.isShutdown());
    }

    function pending(uint256 state, uint256 epoch) external pure returns (uint256) {
        return PoolState.wrap(state).pending(epoch);
    }

    function withPending(uint256 state, uint256 epoch, uint256 commitType) external pure returns (uint256) {
        return PoolState.unwrap(PoolState.wrap(state).withPending(epoch, commitType));
    }

    function withMintPaused(uint256 state, bool paused) external pure returns (uint256) {
        return PoolState.unwrap(PoolState.wrap(state).withMintPaused(paused));
    }

    function withShutdown(uint256 state) external pure returns (uint256) {
        return PoolState.unwrap(PoolState.wrap(state).withShutdown());
    }

    function rebalanced(
        uint256 state,
        uint256 price_,
        uint256 timestamp,
        uint256 next,
        uint256 fees
    ) external pure returns (uint256) {
        return PoolState.unwrap(PoolState.wrap(state).rebalanced(price_, timestamp, next, fees));
    }

    function fees(uint256 state) external pure returns (uint256) {
        return PoolState.wrap(state).fees();
    }

    function withFees(uint256 state, uint256 fees_) external pure returns (uint256) {
        return PoolState.unwrap(PoolState.wrap(state).withFees(fees_));
    }
}
