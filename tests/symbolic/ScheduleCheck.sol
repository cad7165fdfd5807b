// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Schedule} from "../../contracts/libraries/Schedule.sol";
import {given} from "./given.sol";

/// @notice Times are below 2**40, intervals as PoolBounds allows them.
contract ScheduleCheck {
    function check_firstAfter__is_the_grid_time_in_the_interval_that_follows(
        uint40 time,
        uint24 interval
    ) external pure {
        given(interval >= 10 minutes && interval <= 7 days);
        uint256 first = Schedule.firstAfter(time, interval);
        assert(first % interval == 0);
        assert(first > time && first <= uint256(time) + interval);
    }

    function check_latestAt__is_on_the_grid_not_ahead_and_less_than_an_interval_ago(
        uint40 next,
        uint40 time,
        uint24 interval
    ) external pure {
        given(interval >= 10 minutes && interval <= 7 days);
        given(next <= time && next % interval == 0);
        uint256 latest = Schedule.latestAt(next, time, interval);
        assert(latest % interval == 0);
        assert(next <= latest && latest <= time && time < latest + interval);
    }

    function check_nextAfter__is_one_interval_on_or_two_and_the_first_beyond_the_front_running_interval(
        uint40 latest,
        uint24 past,
        uint24 interval,
        uint24 frontRunningInterval
    ) external pure {
        given(interval >= 10 minutes && interval <= 7 days);
        given(past < interval && frontRunningInterval < interval);
        unchecked {
            uint256 one = uint256(latest) + interval;
            uint256 time = uint256(latest) + past;
            uint256 next = Schedule.nextAfter(latest, time, interval, frontRunningInterval);
            assert(next == one || (next == one + interval && one <= time + frontRunningInterval));
            assert(next > time + frontRunningInterval);
        }
    }
}
