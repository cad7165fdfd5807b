// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BatchPricing} from "../../contracts/libraries/BatchPricing.sol";
import {given, known} from "./given.sol";
import {adds, cancels, fits, grows} from "./products.sol";

/// @notice Batches up to 2**126, supplies up to 2**127, balances up to 2**121, fees up to 10 %; a settlement unit is 1 to 10**12 token units.
contract BatchPricingCheck {
    uint256 private constant WAD = 1e18;

    struct Mint {
        uint128 amount;
        uint128 balance;
        uint128 supply;
        uint64 scale;
    }

    struct Batch {
        uint128[2] balances;
        uint128[2] supplies;
        uint64 mintFee;
        uint64 burnFee;
        uint64 scale;
        bool short;
        uint128 amount;
    }

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

    function check_tokensForDown__dilutes_nobody_and_stays_within_the_largest_supply(Mint memory m) external pure {
        _given(m);
        uint256 out = BatchPricing.tokensForDown(m.amount, m.balance, m.supply, m.scale);
        unchecked {
            assert(out == 0 || out + m.supply <= 1 << 126);
            if (m.balance == 0) assert(out == 0 || out == uint256(m.amount) * m.scale);
            else assert(out * m.balance <= uint256(m.amount) * m.supply);
        }
    }

    function check_tokensForDown__yields_nothing_exactly_when_the_specification_refunds(Mint memory m) external pure {
        _given(m);
        unchecked {
            bool starts = m.balance == 0;
            uint256 tokens = starts ? uint256(m.amount) * m.scale : (uint256(m.amount) * m.supply) / m.balance;
            bool refunded = tokens == 0 || m.supply + tokens > 1 << 126;
            if (starts && m.supply >= 1e12) refunded = true;
            if (starts && m.supply + tokens < 1e12) refunded = true;
            if (!starts && m.supply < 1e12 && uint256(m.balance) * m.scale > uint256(m.supply) * 1e12) refunded = true;
            assert((BatchPricing.tokensForDown(m.amount, m.balance, m.supply, m.scale) == 0) == refunded);
        }
    }

    // --- the price of a batch ---

    function check_price__of_a_burn__is_its_share_less_the_fee_or_nothing(Batch memory b) external pure {
        BatchPricing.Terms memory terms = _terms(b);
        uint256 side = b.short ? 1 : 0;
        given(b.amount <= terms.supplies[side]);
        (uint256 out, uint256 paid, uint256 added) = BatchPricing.price(terms, b.short ? 3 : 1, b.amount);
        unchecked {
            uint256 gross = BatchPricing.grossDown(b.amount, terms.balances[side], terms.supplies[side]);
            assert(paid == gross && out == BatchPricing.afterFeeUp(gross, terms.burnFee) && added == 0);
            assert(out * terms.supplies[side] <= b.amount * terms.balances[side]);
        }
    }

    function check_price__of_a_mint__is_the_tokens_for_what_the_fee_leaves_or_nothing(Batch memory b) external pure {
        BatchPricing.Terms memory terms = _terms(b);
        uint256 side = b.short ? 1 : 0;
        (uint256 out, uint256 paid, uint256 added) = BatchPricing.price(terms, b.short ? 2 : 0, b.amount);
        uint256 left = BatchPricing.afterFeeUp(b.amount, terms.mintFee);
        uint256 tokens = BatchPricing.tokensForDown(left, terms.balances[side], terms.supplies[side], b.scale);
        if (terms.balances[0] + terms.balances[1] + b.amount > 1 << 120) tokens = 0;
        assert(out == tokens && paid == 0 && added == (tokens == 0 ? 0 : left));
        assert(added <= b.amount);
    }

    function check_price__of_a_flip__is_the_mint_of_what_the_burn_yields_or_nothing(Batch memory b) external pure {
        BatchPricing.Terms memory terms = _terms(b);
        (uint256 from, uint256 to) = b.short ? (1, 0) : (0, 1);
        given(b.amount <= terms.supplies[from]);
        (uint256 out, uint256 paid, uint256 added) = BatchPricing.price(terms, b.short ? 5 : 4, b.amount);
        uint256 gross = BatchPricing.grossDown(b.amount, terms.balances[from], terms.supplies[from]);
        uint256 net = BatchPricing.afterFeeUp(gross, terms.burnFee);
        uint256 left = BatchPricing.afterFeeUp(net, terms.mintFee);
        uint256 tokens = BatchPricing.tokensForDown(left, terms.balances[to], terms.supplies[to], b.scale);
        assert(out == tokens && paid == (tokens == 0 ? 0 : gross) && added == (tokens == 0 ? 0 : left));
        known(gross <= terms.balances[from]); // check_grossDown
        known(net <= gross && left <= net); // check_afterFeeUp
        assert(added <= paid);
    }

    function _given(Mint memory m) private pure {
        given(m.amount <= 1 << 126 && m.balance <= 1 << 121 && m.supply <= 1 << 127 && m.scale >= 1 && m.scale <= 1e12);
    }

    function _terms(Batch memory b) private pure returns (BatchPricing.Terms memory) {
        given(b.balances[0] <= 1 << 121 && b.balances[1] <= 1 << 121);
        given(b.supplies[0] <= 1 << 127 && b.supplies[1] <= 1 << 127);
        given(b.mintFee <= 0.1e18 && b.burnFee <= 0.1e18 && b.amount <= 1 << 126 && b.amount != 0);
        given(b.scale >= 1 && b.scale <= 1e12);
        return
            BatchPricing.Terms({
                balances: [uint256(b.balances[0]), b.balances[1]],
                supplies: [uint256(b.supplies[0]), b.supplies[1]],
                mintFee: b.mintFee,
                burnFee: b.burnFee,
                tokenUnitsPerSettlementUnit: b.scale
            });
    }
}
