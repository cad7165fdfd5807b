// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOracle} from "./IOracle.sol";

/// @title Price as of a time, in WAD, from a Chainlink feed: fresh, positive, sequencer up
/// @notice The price as of t is the answer of **the round with the greatest proxy round id (phase << 64 | aggregator round)
/// among those with 0 < updatedAt <= t**. Ids rise with time within a phase; a newer phase counts from its first round on.
/// No owner, no state: what is deployed stays as it is.
/// `findRound` looks at rounds only, not at their age or answer nor at the sequencer; for a time to come it gives the
/// round that is current now.
interface IChainlinkOracleWrapper is IOracle {
    /// @notice Thrown at deployment when an address has no code (the sequencer feed may be zero: a chain without one).
    error NotAContract(address account);
    /// @notice Thrown at deployment when the feed's decimals are above 36.
    error FeedDecimalsTooLarge(uint256 decimals, uint256 maximum);
    /// @notice Thrown at deployment when `maxAge` is 0: no round would ever be fresh.
    error ZeroMaxAge();
    /// @notice Thrown when a price of the future is asked for.
    error TimestampInFuture(uint256 timestamp, uint256 now_);
    /// @notice Thrown when the price feed or the sequencer feed reverts, or gives no proper answer, when asked for its latest round.
    error FeedUnavailable(address feed);
    /// @notice Thrown when a feed found no round and used up more than half of the gas that was left: it may have run out of
    /// gas, which proves nothing. Call again with more.
    error FeedRanOutOfGas(address feed);
    /// @notice Thrown when the round's answer is 0 or negative.
    error AnswerNotPositive(uint80 roundId, int256 answer);
    /// @notice Thrown when the answer is 0 in WAD, or 2**96 and above.
    error PriceOutOfRange(uint80 roundId, int256 answer);
    /// @notice Thrown when the hinted round does not exist (or is above the latest), or is incomplete (`updatedAt` 0).
    error RoundIncomplete(uint80 roundId);
    /// @notice Thrown when the hinted round is later than `timestamp`.
    error RoundTooLate(uint80 roundId, uint256 updatedAt, uint256 timestamp);
    /// @notice Thrown when a round of greater id was current at `timestamp`: the hint is not the right round. `laterRoundId` is one
    /// of those that prove it, not always the right round either.
    error RoundSuperseded(uint80 roundId, uint80 laterRoundId, uint256 laterUpdatedAt, uint256 timestamp);
    /// @notice Thrown without a hint when none of the latest 33 rounds of the feed's phase is of `timestamp` or before.
    /// `findRound(timestamp)` gives the hint to call with.
    error CallFindRound(uint256 timestamp);
    /// @notice Thrown by `findRound` when the feed has no round of `timestamp` or before.
    error NoRoundFound(uint256 timestamp);
    /// @notice Thrown when the round was older than `maxAge` at `timestamp`.
    error RoundStale(uint80 roundId, uint256 updatedAt, uint256 timestamp, uint256 maxAge);
    /// @notice Thrown when the sequencer is down (its feed answers other than 0).
    error SequencerDown(int256 answer);
    /// @notice Thrown when `timestamp` is before the end of the grace period that follows the sequencer's last change.
    error SequencerGracePeriod(uint256 timestamp, uint256 validFrom);
    /// @notice Thrown when the sequencer feed's round is invalid (`startedAt` 0).
    error SequencerRoundInvalid();

    /// @notice The Chainlink feed (its proxy).
    function feed() external view returns (address);

    /// @notice The L2 sequencer uptime feed, zero on a chain without one.
    function sequencerFeed() external view returns (address);

    /// @notice Seconds: the greatest age of a round at the time that is asked for.
    function maxAge() external view returns (uint256);

    /// @notice Seconds after the sequencer's last change for which no price is given.
    function gracePeriod() external view returns (uint256);

    /// @notice The feed's decimals, read at deployment.
    function feedDecimals() external view returns (uint8);
}
