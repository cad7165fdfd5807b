// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchPricing} from "../../contracts/libraries/BatchPricing.sol";
import {given, known} from "./given.sol";
import {adds, cancels, fits, grows} from "./products.sol";

/// @notice Batches up to 2**126, supplies up to 2**127, balances up to 2**121, fees up to 10 %; a settlement unit is 1 to 10**12 token units.
contract BatchPricingCheck {
    uint256 private constant WAD = 1e18;

    // --- the three formulas ---

    function check_grossDown__is_the_share_rounded_down_and_at_most_the_side(
        uint128 amount,
        uint128 balance,
        uint128 supply
    ) external pure {
        given(balance <= 1 << 121 && supply <= 1 << 127 && amount <= supply && amount != 0);
        uint256 gross = BatchPricing.grossDown(amount, balance, supply);
        unchecked {
            assert(gross <= balance);
            assert(gross * supply <= uint256(amount) * balance);
            assert((gross + 1) * supply > uint256(amount) * balance);
        }
    }

    function check_grossDown__burn_and_flip_of_one_side_take_no_more_than_the_side(
        uint128 burned,
        uint128 flipped,
        uint128 balance,
        uint128 supply
    ) external pure {
        given(balance <= 1 << 121 && supply <= 1 << 127 && uint256(burned) + flipped <= supply && supply != 0);
        uint256 one = BatchPricing.grossDown(burned, balance, supply);
        uint256 other = BatchPricing.grossDown(flipped, balance, supply);
        unchecked {
            assert(one <= balance && other <= balance);
            assert(one * supply <= uint256(burned) * balance);
            assert(other * supply <= uint256(flipped) * balance);
            known(fits(burned, balance) && fits(flipped, balance));
            known(adds(one, other, supply) && adds(burned, flipped, balance));
            known(grows(uint256(burned) + flipped, supply, balance));
            known(cancels(one + other, balance, supply));
            assert(one + other <= balance);
        }
    }

    function check_afterFeeUp__takes_the_fee_rounded_down(uint128 amount, uint64 fee) external pure {
        given(amount <= 1 << 126 && fee <= 0.1e18);
        uint256 left = BatchPricing.afterFeeUp(amount, fee);
        unchecked {
            assert(left <= amount && (left != 0 || amount == 0));
            uint256 taken = amount - left;
            assert(taken * WAD <= uint256(amount) * fee);
            assert((taken + 1) * WAD > uint256(amount) * fee);
        }
    }

    function check_tokensForDown__dilutes_nobody_and_stays_within_the_largest_supply(
        uint128 amount,
        uint128 balance,
        uint128 supply,
        uint64 scale
    ) external pure {
        given(amount <= 1 << 126 && balance <= 1 << 121 && supply <= 1 << 127 && scale >= 1 && scale <= 1e12);
        uint256 out = BatchPricing.tokensForDown(amount, balance, supply, scale);
        unchecked {
            assert(out == 0 || out + supply <= 1 << 126);
            if (balance == 0) assert(out == 0 || out == uint256(amount) * scale);
            else assert(out * balance <= uint256(amount) * supply);
        }
    }

    function check_tokensForDown__yields_nothing_exactly_when_the_specification_refunds(
        uint128 amount,
        uint128 balance,
        uint128 supply,
        uint64 scale
    ) external pure {
        given(amount <= 1 << 126 && balance <= 1 << 121 && supply <= 1 << 127 && scale >= 1 && scale <= 1e12);
        unchecked {
            bool starts = balance == 0;
            uint256 tokens = starts ? uint256(amount) * scale : (uint256(amount) * supply) / balance;
            bool refunded = tokens == 0 || supply + tokens > 1 << 126;
            if (starts && supply >= 1e12) refunded = true;
            if (starts && supply + tokens < 1e12) refunded = true;
            if (!starts && supply < 1e12 && uint256(balance) * scale > uint256(supply) * 1e12) refunded = true;
            assert((BatchPricing.tokensForDown(amount, balance, supply, scale) == 0) == refunded);
        }
    }

    // --- the price of a batch ---

    function check_price__of_a_burn__is_its_share_less_the_fee_or_nothing(
        uint128[2] calldata balances,
        uint128[2] calldata supplies,
        uint64[2] calldata fees,
        uint64 scale,
        bool short,
        uint128 amount
    ) external pure {
        BatchPricing.Terms memory terms = _terms(balances, supplies, fees, scale, amount);
        uint256 side = short ? 1 : 0;
        given(amount <= terms.supplies[side]);
        (uint256 out, uint256 paid, uint256 added) = BatchPricing.price(terms, short ? 3 : 1, amount);
        unchecked {
            uint256 gross = BatchPricing.grossDown(amount, terms.balances[side], terms.supplies[side]);
            assert(paid == gross && out == BatchPricing.afterFeeUp(gross, terms.burnFee) && added == 0);
            assert(out * terms.supplies[side] <= amount * terms.balances[side]);
        }
    }

    function check_price__of_a_mint__is_the_tokens_for_what_the_fee_leaves_or_nothing(
        uint128[2] calldata balances,
        uint128[2] calldata supplies,
        uint64[2] calldata fees,
        uint64 scale,
        bool short,
        uint128 amount
    ) external pure {
        BatchPricing.Terms memory terms = _terms(balances, supplies, fees, scale, amount);
        uint256 side = short ? 1 : 0;
        (uint256 out, uint256 paid, uint256 added) = BatchPricing.price(terms, short ? 2 : 0, amount);
        uint256 left = BatchPricing.afterFeeUp(amount, terms.mintFee);
        uint256 tokens = BatchPricing.tokensForDown(left, terms.balances[side], terms.supplies[side], scale);
        if (terms.balances[0] + terms.balances[1] + amount > 1 << 120) tokens = 0;
        assert(out == tokens && paid == 0 && added == (tokens == 0 ? 0 : left));
        assert(added <= amount);
    }

    function check_price__of_a_flip__is_the_mint_of_what_the_burn_yields_or_nothing(
        uint128[2] calldata balances,
        uint128[2] calldata supplies,
        uint64[2] calldata fees,
        uint64 scale,
        bool short,
        uint128 amount
    ) external pure {
        BatchPricing.Terms memory terms = _terms(balances, supplies, fees, scale, amount);
        (uint256 from, uint256 to) = short ? (1, 0) : (0, 1);
        given(amount <= terms.supplies[from]);
        (uint256 out, uint256 paid, uint256 added) = BatchPricing.price(terms, short ? 5 : 4, amount);
        uint256 gross = BatchPricing.grossDown(amount, terms.balances[from], terms.supplies[from]);
        uint256 net = BatchPricing.afterFeeUp(gross, terms.burnFee);
        uint256 left = BatchPricing.afterFeeUp(net, terms.mintFee);
        uint256 tokens = BatchPricing.tokensForDown(left, terms.balances[to], terms.supplies[to], scale);
        assert(out == tokens && paid == (tokens == 0 ? 0 : gross) && added == (tokens == 0 ? 0 : left));
        known(gross <= terms.balances[from]); // check_grossDown
        known(net <= gross && left <= net); // check_afterFeeUp
        assert(added <= paid);
    }

    function _terms(
        uint128[2] calldata balances,
        uint128[2] calldata supplies,
        uint64[2] calldata fees,
        uint256 scale,
        uint256 amount
    ) private pure returns (BatchPricing.Terms memory) {
        given(balances[0] <= 1 << 121 && balances[1] <= 1 << 121);
        given(supplies[0] <= 1 << 127 && supplies[1] <= 1 << 127);
        given(fees[0] <= 0.1e18 && fees[1] <= 0.1e18 && amount <= 1 << 126 && amount != 0);
        given(scale >= 1 && scale <= 1e12);
        return
            BatchPricing.Terms({
                balances: [uint256(balances[0]), balances[1]],
                supplies: [uint256(supplies[0]), supplies[1]],
                mintFee: fees[0],
                burnFee: fees[1],
                tokenUnitsPerSettlementUnit: scale
            });
    }
}
