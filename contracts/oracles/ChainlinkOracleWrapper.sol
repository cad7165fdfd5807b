// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {IChainlinkOracleWrapper} from "../interfaces/IChainlinkOracleWrapper.sol";
import {IOracle} from "../interfaces/IOracle.sol";

/// @title Price as of a time, in WAD, from a Chainlink feed
/// @notice The manual is in IChainlinkOracleWrapper.
///
/// @dev Why a hint can never give another price than the right one.
///
/// A round *exists* if the feed answers for its id with `updatedAt` > 0; a revert, zeros and an incomplete round are the
/// same: *absent*. It *qualifies* for t if it exists and `updatedAt` <= t. The right round R(t) is the qualifying round with
/// the greatest id. What is assumed of the feed:
///
///   A1  within a phase `updatedAt` never falls as the id rises, passing over absent rounds (equal times are fine);
///   A2  `latestRoundData` answers the feed's round of the greatest id; its phase is the current one. All others have lower ids,
///       from aggregator round 1 on in each phase;
///   A3  in a phase that is over, fewer than MAX_GAP ids in a row are absent before the phase's last round;
///   A4  the answer does not depend on the gas of the call, unless one of the calls inside it runs out.
///
/// By A1, when the first existing round at or above an id is later than t, no round of that phase from that id on qualifies.
/// By A2 (current phase, all ids up to the latest are read) and A3 (older ones, MAX_GAP ids are read) the same holds when none
/// exists there. Call such an id an *end* of its phase for t.
///
///   - Latest round, when it qualifies: by A2 no round has a greater id, so it is R(t).
///   - Looking back from the latest round, each id in turn: the first that qualifies is R(t); all ids above it were read.
///   - A hint h that qualifies is accepted when the latest round does not qualify, h + 1 is an end of h's phase, and id 1 is an
///     end of each newer phase. Then nothing above h qualifies, so h is R(t).
///   - findRound goes down from the current phase. In each it keeps `low`, a qualifying round (or id 0: none), and `high`, an end.
///     The middle is an end, or the first existing round at or above it qualifies: one of the two moves. When they meet, `low`
///     is the phase's last qualifying round, and if there is one it is R(t), for the newer phases have none.
///
/// If `latestRoundData` reverts, nobody can tell which phase is current, so a newer round might qualify: nothing is answered. If
/// its round is incomplete (also: a new phase that has no round yet and answers zeros), A2 still tells the phase and its
/// last id, and the search goes on below it.
///
/// Gas. A caller who chooses the gas could make the read of a newer round fail for want of it and pass that off as
/// absent. When a call runs out of gas, at most 1/64 of what its caller had comes back to it, and so at each level:
/// d levels down, at least (63/64)**d of the gas is gone, more than half of it up to d = 44. So an absent round that left
/// less than half of the gas is not believed (`FeedRanOutOfGas`). A read that does not run out passes with twice its gas. (The
/// same law puts the depth limit of 1024 calls out of reach of any block's gas.)
contract ChainlinkOracleWrapper is IChainlinkOracleWrapper {
    /// @dev How many ids below the latest are tried without a hint.
    uint256 private constant LOOK_BACK = 32;
    /// @dev See A3.
    uint256 private constant MAX_GAP = 8;
    /// @dev Prices are below this, in WAD.
    uint256 private constant PRICE_LIMIT = 2 ** 96;
    /// @dev Answers of this and above are out of range with any decimals: PRICE_LIMIT * 10**18 is below it. From here down scaling
    /// cannot overflow.
    uint256 private constant ANSWER_LIMIT = 2 ** 156;
    uint256 private constant MAX_FEED_DECIMALS = 36;
    uint256 private constant WAD_DECIMALS = 18;

    /// @inheritdoc IChainlinkOracleWrapper
    address public immutable feed;
    /// @inheritdoc IChainlinkOracleWrapper
    address public immutable sequencerFeed;
    /// @inheritdoc IChainlinkOracleWrapper
    uint256 public immutable maxAge;
    /// @inheritdoc IChainlinkOracleWrapper
    uint256 public immutable gracePeriod;
    /// @inheritdoc IChainlinkOracleWrapper
    uint8 public immutable feedDecimals;

    /// @dev WAD = answer * _scaleUp / _scaleDown; one of the two is 1.
    uint256 private immutable _scaleUp;
    uint256 private immutable _scaleDown;

    /// @param feed_ The Chainlink feed's proxy. It is trusted for what it answers.
    /// @param sequencerFeed_ The L2 sequencer uptime feed, or zero on a chain without one.
    /// @param maxAge_ Seconds, above the feed's heartbeat.
    /// @param gracePeriod_ Seconds.
    constructor(address feed_, address sequencerFeed_, uint256 maxAge_, uint256 gracePeriod_) {
        if (feed_.code.length == 0) revert NotAContract(feed_);
        if (sequencerFeed_ != address(0) && sequencerFeed_.code.length == 0) revert NotAContract(sequencerFeed_);
        if (maxAge_ == 0) revert ZeroMaxAge();
        uint8 decimals = IAggregatorV3(feed_).decimals();
        if (decimals > MAX_FEED_DECIMALS) revert FeedDecimalsTooLarge(decimals, MAX_FEED_DECIMALS);

        feed = feed_;
        sequencerFeed = sequencerFeed_;
        maxAge = maxAge_;
        gracePeriod = gracePeriod_;
        feedDecimals = decimals;
        _scaleUp = decimals < WAD_DECIMALS ? 10 ** (WAD_DECIMALS - decimals) : 1;
        _scaleDown = decimals > WAD_DECIMALS ? 10 ** (decimals - WAD_DECIMALS) : 1;
    }

    /// @inheritdoc IOracle
    function latestPrice() external view returns (uint256) {
        return priceAt(block.timestamp, 0);
    }

    /// @inheritdoc IOracle
    function findRound(uint256 timestamp) external view returns (uint80) {
        (uint256 latestId, , uint256 latestUpdatedAt) = _latestRound();
        if (_qualifies(latestUpdatedAt, timestamp)) return uint80(latestId);

        uint256 phase = latestId >> 64;
        uint256 none = phase << 64;
        uint256 low = _search(timestamp, none, latestId, latestId);
        while (low == none) {
            if (phase == 0) revert NoRoundFound(timestamp);
            none = --phase << 64;
            low = none;
            // Gallop: double the distance while the rounds qualify.
            uint256 high = none + 1;
            uint256 end = (phase + 1) << 64;
            while (high < end) {
                (uint256 id, uint256 updatedAt) = _firstExisting(high, _min(high + MAX_GAP, end));
                if (!_qualifies(updatedAt, timestamp)) break;
                low = id;
                high = _min(2 * id - none, end);
            }
            low = _search(timestamp, low, high, MAX_GAP);
        }
        return uint80(low);
    }

    /// @inheritdoc IOracle
    function priceAt(uint256 timestamp, uint80 roundHint) public view returns (uint256) {
        // slither-disable-next-line timestamp -- the price as of a time is what this contract is for
        if (timestamp > block.timestamp) revert TimestampInFuture(timestamp, block.timestamp);
        _requireSequencerUp(timestamp);
        (uint80 roundId, int256 answer, uint256 updatedAt) = _roundAt(timestamp, roundHint);
        unchecked {
            // The round qualifies: updatedAt <= timestamp.
            if (timestamp - updatedAt > maxAge) revert RoundStale(roundId, updatedAt, timestamp, maxAge);
        }
        if (answer <= 0) revert AnswerNotPositive(roundId, answer);
        if (uint256(answer) >= ANSWER_LIMIT) revert PriceOutOfRange(roundId, answer);
        unchecked {
            // answer < 2**156, _scaleUp < 2**60
            uint256 price = (uint256(answer) * _scaleUp) / _scaleDown;
            if (price == 0 || price >= PRICE_LIMIT) revert PriceOutOfRange(roundId, answer);
            return price;
        }
    }

    /// @dev Times before the last change are refused too: the sequencer may have been down then.
    function _requireSequencerUp(uint256 timestamp) private view {
        if (sequencerFeed == address(0)) return;
        (bool answered, uint256 roundId, int256 answer, uint256 startedAt, ) = _read(
            sequencerFeed,
            IAggregatorV3.latestRoundData.selector,
            0x04,
            0
        );
        if (!answered || roundId > type(uint80).max) revert FeedUnavailable(sequencerFeed);
        if (startedAt == 0) revert SequencerRoundInvalid();
        if (answer != 0) revert SequencerDown(answer);
        unchecked {
            uint256 validFrom = startedAt + gracePeriod;
            if (validFrom < startedAt) validFrom = type(uint256).max;
            // slither-disable-next-line timestamp -- times of a feed, which no block can move
            if (timestamp < validFrom) revert SequencerGracePeriod(timestamp, validFrom);
        }
    }

    /// @dev R(timestamp), or a revert. See the derivation above.
    function _roundAt(
        uint256 timestamp,
        uint80 roundHint
    ) private view returns (uint80 roundId, int256 answer, uint256 updatedAt) {
        uint256 latestId;
        (latestId, answer, updatedAt) = _latestRound();
        if (roundHint == 0 || roundHint == latestId) {
            if (_qualifies(updatedAt, timestamp)) return (uint80(latestId), answer, updatedAt);
            if (roundHint == 0) return _lookBack(timestamp, latestId);
        } else {
            uint256 latestUpdatedAt = updatedAt;
            // Ids above the latest and aggregator round 0 are no rounds of the feed.
            (answer, updatedAt) = roundHint < latestId && uint64(roundHint) != 0 ? _round(roundHint) : (int256(0), 0);
            if (_qualifies(updatedAt, timestamp)) {
                _requireNoneAbove(timestamp, roundHint, latestId, latestUpdatedAt);
                return (roundHint, answer, updatedAt);
            }
        }
        if (updatedAt == 0) revert RoundIncomplete(roundHint);
        revert RoundTooLate(roundHint, updatedAt, timestamp);
    }

    function _lookBack(
        uint256 timestamp,
        uint256 latestId
    ) private view returns (uint80 roundId, int256 answer, uint256 updatedAt) {
        unchecked {
            uint256 none = (latestId >> 64) << 64;
            for (uint256 i = 1; i <= LOOK_BACK && latestId > none + i; ++i) {
                (answer, updatedAt) = _round(latestId - i);
                if (_qualifies(updatedAt, timestamp)) return (uint80(latestId - i), answer, updatedAt);
            }
        }
        revert CallFindRound(timestamp);
    }

    /// @dev Reverts if a round above `hint` qualifies. `hint` qualifies and is below `latestId`.
    function _requireNoneAbove(uint256 timestamp, uint80 hint, uint256 latestId, uint256 latestUpdatedAt) private view {
        if (_qualifies(latestUpdatedAt, timestamp)) {
            revert RoundSuperseded(hint, uint80(latestId), latestUpdatedAt, timestamp);
        }
        unchecked {
            // Phases are below 2**16, so ids are below 2**80.
            uint256 currentPhase = latestId >> 64;
            uint256 from = uint256(hint) + 1;
            for (uint256 phase = hint >> 64; phase <= currentPhase; ++phase) {
                uint256 end = (phase + 1) << 64;
                (uint256 id, uint256 updatedAt) = _firstExisting(
                    from,
                    phase == currentPhase ? latestId : _min(from + MAX_GAP, end)
                );
                if (_qualifies(updatedAt, timestamp)) {
                    revert RoundSuperseded(hint, uint80(id), updatedAt, timestamp);
                }
                from = end + 1;
            }
        }
    }

    /// @dev The last qualifying round of a phase, given a round `low` that qualifies (or id 0 of the phase: none) and an end `high`. So
    /// many ids as `maxGap` are read from a middle on before it counts as an end.
    function _search(uint256 timestamp, uint256 low, uint256 high, uint256 maxGap) private view returns (uint256) {
        unchecked {
            // All are ids, below 2**80.
            while (low + 1 < high) {
                uint256 middle = (low + high) / 2;
                (uint256 id, uint256 updatedAt) = _firstExisting(middle, _min(middle + maxGap, high));
                if (_qualifies(updatedAt, timestamp)) low = id;
                else high = middle;
            }
        }
        return low;
    }

    /// @dev The first existing round from `from` on, below `to`; zeros when there is none.
    function _firstExisting(uint256 from, uint256 to) private view returns (uint256 id, uint256 updatedAt) {
        for (id = from; id < to; ++id) {
            (, updatedAt) = _round(id);
            if (updatedAt != 0) return (id, updatedAt);
        }
        return (0, 0);
    }

    function _qualifies(uint256 updatedAt, uint256 timestamp) private pure returns (bool) {
        unchecked {
            // 0 < updatedAt <= timestamp: for 0 the left side is 2**256 - 1.
            // slither-disable-next-line timestamp -- times of a feed, which no block can move
            return updatedAt - 1 < timestamp;
        }
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    /// @return roundId Below 2**80.
    /// @return answer In the feed's decimals.
    /// @return updatedAt Unix seconds, 0 when the latest round is incomplete.
    function _latestRound() private view returns (uint256 roundId, int256 answer, uint256 updatedAt) {
        bool answered;
        (answered, roundId, answer, , updatedAt) = _read(feed, IAggregatorV3.latestRoundData.selector, 0x04, 0);
        if (!answered || roundId > type(uint80).max) revert FeedUnavailable(feed);
    }

    /// @return answer In the feed's decimals.
    /// @return updatedAt Unix seconds, 0 when the round is absent.
    function _round(uint256 roundId) private view returns (int256 answer, uint256 updatedAt) {
        (, , answer, , updatedAt) = _read(feed, IAggregatorV3.getRoundData.selector, 0x24, roundId);
    }

    /// @dev One call to a feed, decoded by hand: nothing is copied, allocated or checked that is not needed, and a revert is an
    /// answer too. All zeros when `answered` is false.
    function _read(
        address source,
        bytes4 selector,
        uint256 inputSize,
        uint256 argument
    ) private view returns (bool answered, uint256 roundId, int256 answer, uint256 startedAt, uint256 updatedAt) {
        uint256 gasBefore = gasleft();
        // slither-disable-next-line assembly -- a revert must be an answer here; five words, derived above
        assembly ("memory-safe") {
            mstore(0x00, selector)
            mstore(0x04, argument)
            // Beyond the free memory pointer, which stays: five words.
            let data := mload(0x40)
            answered := staticcall(gas(), source, 0x00, inputSize, data, 0xa0)
            answered := and(answered, gt(returndatasize(), 0x9f))
            if answered {
                roundId := mload(data)
                answer := mload(add(data, 0x20))
                startedAt := mload(add(data, 0x40))
                updatedAt := mload(add(data, 0x60))
            }
        }
        if (updatedAt == 0 && gasleft() < gasBefore / 2) revert FeedRanOutOfGas(source);
    }
}
