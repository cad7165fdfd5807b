// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";

/// @notice Tests and local chains: a Chainlink-like feed that answers the rounds it was given, price or sequencer uptime.
/// Round ids are proxy ids (phase << 64 | aggregator round); use small ids for a feed without phases.
contract ReplayAggregator is IAggregatorV3 {
    // 1 + 22 + 4 + 4 = 31 bytes
    struct Round {
        bool exists;
        int176 answer;
        uint32 startedAt;
        uint32 updatedAt;
    }

    error NarrowingFailed();
    error FeedIsReverting();

    uint256 public constant version = 4;
    uint8 public immutable decimals;
    string public description;

    // one slot: 10 + 1 + 1 = 12
    uint80 public latestRoundId;
    bool public absentReverts = true;
    bool public reverting;

    mapping(uint256 id => Round) private _rounds;

    constructor(uint8 decimals_, string memory description_) {
        decimals = decimals_;
        description = description_;
    }

    /// @notice Adds a round; it becomes the latest if its id is the greatest. `updatedAt` 0: an incomplete round.
    function pushRound(uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt) external {
        _push(id, answer, startedAt, updatedAt);
    }

    function pushRounds(
        uint80[] calldata ids,
        int256[] calldata answers,
        uint256[] calldata startedAt,
        uint256[] calldata updatedAt
    ) external {
        for (uint256 i; i < ids.length; ++i) {
            _push(ids[i], answers[i], startedAt[i], updatedAt[i]);
        }
    }

    /// @notice Sets the id whose round is the latest; it need not exist.
    function setLatest(uint80 id) external {
        latestRoundId = id;
    }

    /// @notice Whether absent rounds revert or answer zeros; Chainlink has aggregators of both kinds.
    function setAbsentReverts(bool absentReverts_) external {
        absentReverts = absentReverts_;
    }

    /// @notice Makes every read of a round revert, or no longer.
    function setReverting(bool reverting_) external {
        reverting = reverting_;
    }

    function latestRoundData() external view virtual returns (uint80, int256, uint256, uint256, uint80) {
        return _read(latestRoundId);
    }

    function getRoundData(uint80 id) external view virtual returns (uint80, int256, uint256, uint256, uint80) {
        return _read(id);
    }

    function _push(uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt) private {
        Round memory round = Round(true, int176(answer), uint32(startedAt), uint32(updatedAt));
        if (round.answer != answer || round.startedAt != startedAt || round.updatedAt != updatedAt) {
            revert NarrowingFailed();
        }
        _rounds[id] = round;
        if (id > latestRoundId) latestRoundId = id;
    }

    function _read(uint80 id) internal view returns (uint80, int256, uint256, uint256, uint80) {
        if (reverting) revert FeedIsReverting();
        Round memory round = _rounds[id];
        // The words that Chainlink's aggregators use.
        require(round.exists || !absentReverts, "No data present");
        return (id, round.answer, round.startedAt, round.updatedAt, id);
    }
}
