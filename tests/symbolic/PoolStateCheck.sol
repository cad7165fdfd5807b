// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ALL_KINDS, COMMIT_TYPES, FEES_LIMIT, PoolState} from "../../contracts/libraries/PoolState.sol";
import {given} from "./given.sol";

/// @notice Any word is a state: what one writes, the others leave.
contract PoolStateCheck {
    function check_rebalanced__holds_what_it_was_given_and_keeps_flags_and_the_other_epochs_batches(
        PoolState state,
        uint96 price,
        uint40 timestamp,
        uint40 next,
        uint40 fees
    ) external pure {
        uint256 epoch = state.epoch();
        given(fees < FEES_LIMIT && epoch < type(uint32).max);
        PoolState then = state.rebalanced(price, timestamp, next, fees);
        assert(then.lastPrice() == price);
        assert(then.lastRebalance() == timestamp);
        assert(then.nextRebalance() == next);
        assert(then.fees() == fees);
        assert(then.epoch() == epoch + 1);
        assert(then.pending(epoch) == 0);
        assert(then.pending(epoch + 1) == state.pending(epoch + 1));
        assert(then.mintPaused() == state.mintPaused());
        assert(then.isShutdown() == state.isShutdown());
    }

    function check_withPending__marks_one_batch_and_changes_nothing_else(
        PoolState state,
        uint32 epoch,
        uint8 commitType
    ) external pure {
        given(commitType < COMMIT_TYPES);
        PoolState then = state.withPending(epoch, commitType);
        assert(then.pending(epoch) == state.pending(epoch) | (1 << commitType));
        assert(then.pending(uint256(epoch) + 1) == state.pending(uint256(epoch) + 1));
        _assertSame(state, then, true, true, true, false);
    }

    function check_withMintPaused__sets_or_clears_the_flag_and_changes_nothing_else(
        PoolState state,
        bool paused
    ) external pure {
        PoolState then = state.withMintPaused(paused);
        assert(then.mintPaused() == paused);
        _assertSame(state, then, false, true, true, true);
    }

    function check_withShutdown__sets_the_flag_and_changes_nothing_else(PoolState state) external pure {
        PoolState then = state.withShutdown();
        assert(then.isShutdown());
        _assertSame(state, then, true, false, true, true);
    }

    function check_withFees__sets_the_fees_and_changes_nothing_else(PoolState state, uint40 fees) external pure {
        given(fees < FEES_LIMIT);
        PoolState then = state.withFees(fees);
        assert(then.fees() == fees);
        _assertSame(state, then, true, true, false, true);
    }

    function check_pending__has_six_bits_for_the_even_and_six_for_the_odd_epochs(
        PoolState state,
        uint32 epoch
    ) external pure {
        assert(state.pending(epoch) <= ALL_KINDS);
        assert(state.pending(epoch) == state.pending(uint256(epoch) + 2));
    }

    function _assertSame(
        PoolState state,
        PoolState then,
        bool mintPaused,
        bool isShutdown,
        bool fees,
        bool pending
    ) private pure {
        assert(then.lastPrice() == state.lastPrice());
        assert(then.nextRebalance() == state.nextRebalance());
        assert(then.lastRebalance() == state.lastRebalance());
        assert(then.epoch() == state.epoch());
        assert(!mintPaused || then.mintPaused() == state.mintPaused());
        assert(!isShutdown || then.isShutdown() == state.isShutdown());
        assert(!fees || then.fees() == state.fees());
        assert(!pending || (then.pending(0) == state.pending(0) && then.pending(1) == state.pending(1)));
    }
}
