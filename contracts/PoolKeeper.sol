// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LibCall} from "solady/utils/LibCall.sol";

import {ILeveragedPool} from "./interfaces/ILeveragedPool.sol";
import {IOracle} from "./interfaces/IOracle.sol";
import {IPoolKeeper} from "./interfaces/IPoolKeeper.sol";
import {Schedule} from "./libraries/Schedule.sol";

/// @title PoolKeeper
/// @notice See `IPoolKeeper`, the manual.
/// @dev Every call to a pool or an oracle is low-level, with a bound on its gas and on the answer that is copied.
contract PoolKeeper is IPoolKeeper {
    /// @dev A rebalance with six batches through Chainlink proxies takes about 200,000 gas, 33 rounds looked through another 500,000.
    uint256 private constant POOL_GAS = 2_000_000;
    /// @dev A claim of all types pays out three tokens.
    uint256 private constant CLAIM_GAS = 1_000_000;
    uint256 private constant VIEW_GAS = 1_000_000;
    uint16 private constant REASON_LENGTH = 256;

    /// @inheritdoc IPoolKeeper
    function upkeep(
        address[] calldata pools,
        uint80[] calldata roundHints,
        address rewardRecipient
    ) external returns (bool[] memory success) {
        return _upkeep(pools, roundHints, rewardRecipient);
    }

    /// @inheritdoc IPoolKeeper
    function performUpkeep(bytes calldata performData) external {
        (address[] memory pools, uint80[] memory roundHints, address rewardRecipient) = abi.decode(
            performData,
            (address[], uint80[], address)
        );
        _upkeep(pools, roundHints, rewardRecipient);
    }

    function _upkeep(
        address[] memory pools,
        uint80[] memory roundHints,
        address rewardRecipient
    ) private returns (bool[] memory success) {
        if (pools.length != roundHints.length) revert LengthMismatch(pools.length, roundHints.length);
        success = new bool[](pools.length);
        for (uint256 i = 0; i < pools.length; ++i) {
            // slither-disable-next-line unused-return -- a reason is cut at 256 bytes, and no one need know
            (bool ok, , bytes memory answer) = LibCall.tryCall(
                pools[i],
                0,
                POOL_GAS,
                REASON_LENGTH,
                abi.encodeCall(ILeveragedPool.rebalance, (roundHints[i], rewardRecipient))
            );
            // A rebalance returns its reward; an address without code returns nothing, but for some precompiles.
            success[i] = ok && answer.length >= 32 && pools[i].code.length != 0;
            if (!success[i]) emit UpkeepFailed(pools[i], answer);
        }
    }

    /// @inheritdoc IPoolKeeper
    function claimFor(address pool, address[] calldata controllers) external {
        for (uint256 i = 0; i < controllers.length; ++i) {
            // slither-disable-next-line unused-return -- a reason is cut at 256 bytes, and no one need know
            (bool ok, , bytes memory answer) = LibCall.tryCall(
                pool,
                0,
                CLAIM_GAS,
                REASON_LENGTH,
                abi.encodeCall(ILeveragedPool.claim, (controllers[i], controllers[i]))
            );
            if (!ok || answer.length < 96) emit ClaimFailed(pool, controllers[i], answer);
        }
    }

    /// @inheritdoc IPoolKeeper
    function due(address[] calldata pools) external view returns (bool[] memory isDue) {
        isDue = new bool[](pools.length);
        for (uint256 i = 0; i < pools.length; ++i) {
            isDue[i] = _isDue(pools[i]);
        }
    }

    /// @inheritdoc IPoolKeeper
    function checkUpkeep(bytes calldata data) external view returns (bool upkeepNeeded, bytes memory performData) {
        (address[] memory pools, address rewardRecipient) = abi.decode(data, (address[], address));
        address[] memory duePools = new address[](pools.length);
        uint80[] memory roundHints = new uint80[](pools.length);
        uint256 count = 0;
        for (uint256 i = 0; i < pools.length; ++i) {
            (bool ready, uint80 roundHint) = _ready(pools[i]);
            if (!ready) continue;
            (duePools[count], roundHints[count]) = (pools[i], roundHint);
            ++count;
        }
        (address[] memory readyPools, uint80[] memory readyHints) = (new address[](count), new uint80[](count));
        for (uint256 i = 0; i < count; ++i) {
            (readyPools[i], readyHints[i]) = (duePools[i], roundHints[i]);
        }
        return (count != 0, abi.encode(readyPools, readyHints, rewardRecipient));
    }

    /// @dev Whether the pool is due and its oracle gives a price for the grid time, and the hint to that price.
    function _ready(address pool) private view returns (bool ready, uint80 roundHint) {
        if (!_isDue(pool)) return (false, 0);
        uint256 next = _read(pool, abi.encodeCall(ILeveragedPool.nextRebalance, ()));
        uint256 interval = _read(pool, abi.encodeCall(ILeveragedPool.rebalanceInterval, ()));
        address oracle = address(uint160(_read(pool, abi.encodeCall(ILeveragedPool.oracle, ()))));
        // slither-disable-next-line incorrect-equality,timestamp -- 0 is what no pool answers
        if (interval == 0) return (false, 0);
        uint256 timestamp = Schedule.latestAt(next, block.timestamp, interval);
        roundHint = uint80(_read(oracle, abi.encodeCall(IOracle.findRound, (timestamp))));
        uint256 price = _read(oracle, abi.encodeCall(IOracle.priceAt, (timestamp, roundHint)));
        ready = price != 0 && price <= type(uint96).max;
    }

    function _isDue(address pool) private view returns (bool) {
        uint256 next = _read(pool, abi.encodeCall(ILeveragedPool.nextRebalance, ()));
        // slither-disable-next-line incorrect-equality,timestamp -- 0 is what no pool answers
        if (next == 0 || block.timestamp < next) return false;
        // slither-disable-next-line incorrect-equality -- a bool: 0 or 1
        return _read(pool, abi.encodeCall(ILeveragedPool.isShutdown, ())) == 0;
    }

    /// @dev The word that a view answers with; 0 where it fails or there is no code.
    function _read(address target, bytes memory data) private view returns (uint256 word) {
        // slither-disable-next-line unused-return -- an answer that was cut is no word
        (bool ok, , bytes memory answer) = LibCall.tryStaticCall(target, VIEW_GAS, 32, data);
        // slither-disable-next-line incorrect-equality,timestamp -- a length, exactly a word's
        if (ok && answer.length == 32) word = abi.decode(answer, (uint256));
    }
}
