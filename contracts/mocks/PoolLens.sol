// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ILeveragedPool} from "../interfaces/ILeveragedPool.sol";

/// @notice Tests: every view of a pool and every balance of some accounts as one list of words, read in one call.
/// @dev The property tests spend half of their time here, so answers go to their place in the list at once.
contract PoolLens {
    uint256 private constant COMMIT_TYPES = 6;
    /// @dev Two epochs that have executed, the two that accept commitments.
    uint256 private constant EPOCHS_BACK = 2;
    uint256 private constant EPOCHS = 4;

    struct Reading {
        ILeveragedPool pool;
        uint256 epoch;
        IERC20[3] tokens;
        /// @dev What the second argument of a question is in turn: commit types, accounts.
        uint256[] kinds;
        uint256[] accounts;
    }

    /// @notice The order of the words is that of `perpetual_pools/twin/pool.py`, which gives each its name.
    /// @param previewPrice What `previewRebalance` is asked for.
    /// @param accounts For each: token balances, `claimable`, commitments, and whom of all it made its operator.
    function read(
        ILeveragedPool pool,
        uint256 previewPrice,
        address[] calldata accounts
    ) external view returns (uint256[] memory words) {
        uint256 perAccount = 6 + EPOCHS * COMMIT_TYPES + accounts.length;
        words = new uint256[](25 + 2 * EPOCHS * COMMIT_TYPES + accounts.length * perAccount);
        Reading memory reading = Reading({
            pool: pool,
            epoch: pool.epoch(),
            tokens: [IERC20(pool.settlementToken()), IERC20(pool.longToken()), IERC20(pool.shortToken())],
            kinds: new uint256[](COMMIT_TYPES),
            accounts: new uint256[](accounts.length)
        });
        for (uint256 i = 0; i < COMMIT_TYPES; ++i) reading.kinds[i] = i;
        for (uint256 i = 0; i < accounts.length; ++i) reading.accounts[i] = uint160(accounts[i]);

        uint256 at;
        uint256 end;
        assembly ("memory-safe") {
            at := add(words, 0x20)
            end := add(at, mul(mload(words), 0x20))
        }
        at = _pool(at, reading, previewPrice);
        for (uint256 i = 0; i < accounts.length; ++i) at = _account(at, reading, accounts[i]);
        assert(at == end);
    }

    function _pool(uint256 at, Reading memory reading, uint256 previewPrice) private view returns (uint256) {
        ILeveragedPool pool = reading.pool;
        address of_ = address(pool);
        at = _ask(at, of_, abi.encodeCall(pool.balances, ()), 2);
        at = _ask(at, of_, abi.encodeCall(pool.supplies, ()), 2);
        at = _ask(at, of_, abi.encodeCall(pool.tokenPrices, ()), 2);
        at = _ask(at, of_, abi.encodeCall(pool.rebalancingRates, ()), 2);
        at = _ask(at, of_, abi.encodeCall(pool.previewRebalance, (previewPrice)), 2);
        at = _ask(at, of_, abi.encodeCall(pool.lastPrice, ()), 1);
        at = _ask(at, of_, abi.encodeCall(pool.nextRebalance, ()), 1);
        at = _ask(at, of_, abi.encodeCall(pool.lastRebalance, ()), 1);
        at = _ask(at, of_, abi.encodeCall(pool.epoch, ()), 1);
        at = _ask(at, of_, abi.encodeCall(pool.protocolFees, ()), 1);
        at = _ask(at, of_, abi.encodeCall(pool.mintPaused, ()), 1);
        at = _ask(at, of_, abi.encodeCall(pool.isShutdown, ()), 1);
        at = _ask(at, of_, abi.encodeCall(pool.keeperReward, ()), 1);
        at = _put(at, block.timestamp);
        for (uint256 i = 0; i < 3; ++i) {
            IERC20 token = reading.tokens[i];
            at = _ask(at, address(token), abi.encodeCall(token.balanceOf, (of_)), 1);
            at = _ask(at, address(token), abi.encodeCall(token.totalSupply, ()), 1);
        }
        for (uint256 i = 0; i < EPOCHS; ++i) {
            uint256 epoch = reading.epoch + i;
            if (epoch < EPOCHS_BACK) {
                at += 64 * COMMIT_TYPES;
            } else {
                at = _askEach(at, of_, abi.encodeCall(pool.batch, (epoch - EPOCHS_BACK, 0)), reading.kinds, 2);
            }
        }
        return at;
    }

    function _account(uint256 at, Reading memory reading, address account) private view returns (uint256) {
        ILeveragedPool pool = reading.pool;
        address of_ = address(pool);
        for (uint256 i = 0; i < 3; ++i) {
            IERC20 token = reading.tokens[i];
            at = _ask(at, address(token), abi.encodeCall(token.balanceOf, (account)), 1);
        }
        at = _ask(at, of_, abi.encodeCall(pool.claimable, (account)), 3);
        for (uint256 i = 0; i < EPOCHS; ++i) {
            uint256 epoch = reading.epoch + i;
            if (epoch < EPOCHS_BACK) {
                at += 32 * COMMIT_TYPES;
            } else {
                bytes memory question = abi.encodeCall(pool.commitment, (account, 0, epoch - EPOCHS_BACK));
                at = _askEach(at, of_, question, reading.kinds, 1);
            }
        }
        return _askEach(at, of_, abi.encodeCall(pool.isOperator, (account, address(0))), reading.accounts, 1);
    }

    /// @dev Writes the answer, so many words, to `at` in memory. Returns where it ends.
    function _ask(uint256 at, address target, bytes memory question, uint256 words) private view returns (uint256 end) {
        assembly ("memory-safe") {
            let size := mul(words, 0x20)
            let answered := staticcall(gas(), target, add(question, 0x20), mload(question), at, size)
            if iszero(and(answered, eq(returndatasize(), size))) {
                revert(0, 0)
            }
            end := add(at, size)
        }
    }

    /// @dev The same for each of `seconds_` as the second argument.
    function _askEach(
        uint256 at,
        address target,
        bytes memory question,
        uint256[] memory seconds_,
        uint256 words
    ) private view returns (uint256 end) {
        assembly ("memory-safe") {
            let start := add(question, 0x20)
            let length := mload(question)
            let second := add(start, 0x24)
            let size := mul(words, 0x20)
            let from := add(seconds_, 0x20)
            let to := add(from, mul(mload(seconds_), 0x20))
            for {
                end := at
            } lt(from, to) {
                from := add(from, 0x20)
                end := add(end, size)
            } {
                mstore(second, mload(from))
                let answered := staticcall(gas(), target, start, length, end, size)
                if iszero(and(answered, eq(returndatasize(), size))) {
                    revert(0, 0)
                }
            }
        }
    }

    function _put(uint256 at, uint256 word) private pure returns (uint256 end) {
        assembly ("memory-safe") {
            mstore(at, word)
            end := add(at, 0x20)
        }
    }
}
