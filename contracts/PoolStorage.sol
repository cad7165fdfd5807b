// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LibString} from "solady/utils/LibString.sol";

import {PoolToken} from "./PoolToken.sol";
import {ILeveragedPool} from "./interfaces/ILeveragedPool.sol";
import {PoolParams} from "./interfaces/IPoolFactory.sol";
import {Pair} from "./libraries/Pair.sol";
import {PoolBounds} from "./libraries/PoolBounds.sol";
import {PoolState} from "./libraries/PoolState.sol";
import {Schedule} from "./libraries/Schedule.sol";

/// @title What a pool consists of: its parameters, its state, and the views that only read them
/// @dev Written by the constructor here and by LeveragedPool alone.
abstract contract PoolStorage is ILeveragedPool {
    /// @dev A slot, and one for each type and parity of epochs. Bit `2 * commitType + (epoch mod 2)` of `unclaimed` says whether that
    /// commitment is owed. A claim clears the bit and leaves the commitment's slot as it is: writing over it later costs 5,000 gas,
    /// filling it again 22,100. For the same reason `unclaimed` keeps a bit that is never cleared.
    struct Account {
        uint256 unclaimed;
        mapping(uint256 index => Pair) commitments; // amount (settlement or token units) and epoch
    }

    address public immutable factory;
    address public immutable settlementToken;
    address public immutable oracle;
    address public immutable longToken;
    address public immutable shortToken;
    uint256 public immutable leverage;
    uint256 public immutable rebalanceInterval;
    uint256 public immutable frontRunningInterval;
    uint256 public immutable managementFee;
    uint256 public immutable mintFee;
    uint256 public immutable burnFee;
    uint256 public immutable keeperRewardMax;
    uint256 public immutable keeperRewardRamp;
    uint256 public immutable minLiquidity;
    /// @dev 10**(18 - settlement decimals)
    uint256 internal immutable tokenUnitsPerSettlementUnit;
    bytes32 internal immutable packedName;

    PoolState internal _state; // slot 0
    Pair internal _balances; // slot 1: long and short, settlement units
    Pair internal _supplies; // slot 2: L-tokens and S-tokens, token units
    uint256 internal _olderFees; // slot 3, settlement units: what no longer fits the state
    /// @dev By commit type: amountIn (settlement units for mints, token units else) and amountOut (token units, settlement units for
    /// burns; 0 until it executes, and after a refund).
    mapping(uint256 epoch => mapping(uint256 commitType => Pair)) internal _batches;
    mapping(address controller => Account) internal _accounts;
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    /// @dev Deployed by the factory. Reverts with the error of the bound that `params` breaks: see PoolBounds.
    constructor(PoolParams memory params) {
        (uint256 decimals, uint256 price) = PoolBounds.check(params);

        factory = msg.sender;
        settlementToken = params.settlementToken;
        oracle = params.oracle;
        leverage = params.leverage;
        rebalanceInterval = params.rebalanceInterval;
        frontRunningInterval = params.frontRunningInterval;
        managementFee = params.managementFee;
        mintFee = params.mintFee;
        burnFee = params.burnFee;
        keeperRewardMax = params.keeperRewardMax;
        keeperRewardRamp = params.keeperRewardRamp;
        minLiquidity = params.minLiquidity;
        tokenUnitsPerSettlementUnit = 10 ** (18 - decimals);

        string memory p = LibString.toString(params.leverage);
        packedName = LibString.packOne(string.concat(p, "-", params.market));
        longToken = address(new PoolToken(string.concat(p, "L-", params.market)));
        shortToken = address(new PoolToken(string.concat(p, "S-", params.market)));

        uint256 next = Schedule.firstAfter(block.timestamp + params.frontRunningInterval, params.rebalanceInterval);
        // From epoch 0, which has no batches, to epoch 1.
        _state = PoolState.wrap(0).rebalanced(_validPrice(price), block.timestamp, next, 0);
        emit Opened(block.timestamp, price, next);
    }

    function _validPrice(uint256 price) internal pure returns (uint256) {
        // slither-disable-next-line incorrect-equality -- a bound on a price, which no time is
        if (price == 0 || price > type(uint96).max) revert PriceOutOfRange(price);
        return price;
    }

    // --- plain getters ---

    /// @inheritdoc ILeveragedPool
    function name() external view returns (string memory) {
        return LibString.unpackOne(packedName);
    }

    /// @inheritdoc ILeveragedPool
    function lastPrice() external view returns (uint256) {
        return _state.lastPrice();
    }

    /// @inheritdoc ILeveragedPool
    function nextRebalance() external view returns (uint256) {
        return _state.nextRebalance();
    }

    /// @inheritdoc ILeveragedPool
    function lastRebalance() external view returns (uint256) {
        return _state.lastRebalance();
    }

    /// @inheritdoc ILeveragedPool
    function epoch() external view returns (uint256) {
        return _state.epoch();
    }

    /// @inheritdoc ILeveragedPool
    function protocolFees() public view returns (uint256) {
        // Unchecked: parts of the settlement tokens put in, as below.
        unchecked {
            return _state.fees() + _olderFees;
        }
    }

    /// @inheritdoc ILeveragedPool
    function mintPaused() external view returns (bool) {
        return _state.mintPaused();
    }

    /// @inheritdoc ILeveragedPool
    function isShutdown() external view returns (bool) {
        return _state.isShutdown();
    }

    /// @inheritdoc ILeveragedPool
    function balances() external view returns (uint256, uint256) {
        return _balances.parts();
    }

    /// @inheritdoc ILeveragedPool
    function supplies() external view returns (uint256, uint256) {
        return _supplies.parts();
    }
}
