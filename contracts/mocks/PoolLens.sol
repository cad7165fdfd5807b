// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ILeveragedPool} from "../interfaces/ILeveragedPool.sol";

/// @notice Tests: every view of a pool and every balance of some accounts as one list of words, read in one call.
contract PoolLens {
    struct Words {
        uint256[] list;
        uint256 length;
    }

    uint256 private constant COMMIT_TYPES = 6;
    /// @dev Two epochs that have executed, the two that accept commitments.
    uint256 private constant EPOCHS_BACK = 2;
    uint256 private constant EPOCHS = 4;

    /// @notice The order of the words is that of `tests/twin.py`, which gives each its name.
    /// @param previewPrice What `previewRebalance` is asked for.
    /// @param accounts For each: token balances, `claimable`, commitments, and whom of all it made its operator.
    function read(
        ILeveragedPool pool,
        uint256 previewPrice,
        address[] calldata accounts
    ) external view returns (uint256[] memory) {
        uint256 perAccount = 6 + EPOCHS * COMMIT_TYPES + accounts.length;
        Words memory words;
        words.list = new uint256[](25 + 2 * EPOCHS * COMMIT_TYPES + accounts.length * perAccount);
        IERC20[3] memory tokens = [IERC20(pool.settlementToken()), IERC20(pool.longToken()), IERC20(pool.shortToken())];
        _pool(words, pool, previewPrice, tokens);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _account(words, pool, tokens, accounts, accounts[i]);
        }
        assert(words.length == words.list.length);
        return words.list;
    }

    function _pool(
        Words memory words,
        ILeveragedPool pool,
        uint256 previewPrice,
        IERC20[3] memory tokens
    ) private view {
        _putPair(words, pool.balances);
        _putPair(words, pool.supplies);
        _putPair(words, pool.tokenPrices);
        (int256 longRate, int256 shortRate) = pool.rebalancingRates();
        _put(words, uint256(longRate));
        _put(words, uint256(shortRate));
        (uint256 long, uint256 short) = pool.previewRebalance(previewPrice);
        _put(words, long);
        _put(words, short);
        _put(words, pool.lastPrice());
        _put(words, pool.nextRebalance());
        _put(words, pool.lastRebalance());
        _put(words, pool.epoch());
        _put(words, pool.protocolFees());
        _put(words, pool.mintPaused() ? 1 : 0);
        _put(words, pool.isShutdown() ? 1 : 0);
        _put(words, pool.keeperReward());
        _put(words, block.timestamp);
        for (uint256 i = 0; i < 3; ++i) {
            _put(words, tokens[i].balanceOf(address(pool)));
            _put(words, tokens[i].totalSupply());
        }
        uint256 first = pool.epoch();
        for (uint256 i = 0; i < EPOCHS * COMMIT_TYPES; ++i) {
            uint256 epoch = first + i / COMMIT_TYPES;
            (uint256 amountIn, uint256 amountOut) = epoch < EPOCHS_BACK
                ? (uint256(0), uint256(0))
                : pool.batch(epoch - EPOCHS_BACK, uint8(i % COMMIT_TYPES));
            _put(words, amountIn);
            _put(words, amountOut);
        }
    }

    function _account(
        Words memory words,
        ILeveragedPool pool,
        IERC20[3] memory tokens,
        address[] calldata accounts,
        address account
    ) private view {
        for (uint256 i = 0; i < 3; ++i) {
            _put(words, tokens[i].balanceOf(account));
        }
        (uint256 settlement, uint256 long, uint256 short) = pool.claimable(account);
        _put(words, settlement);
        _put(words, long);
        _put(words, short);
        uint256 first = pool.epoch();
        for (uint256 i = 0; i < EPOCHS * COMMIT_TYPES; ++i) {
            uint256 epoch = first + i / COMMIT_TYPES;
            _put(
                words,
                epoch < EPOCHS_BACK ? 0 : pool.commitment(account, uint8(i % COMMIT_TYPES), epoch - EPOCHS_BACK)
            );
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            _put(words, pool.isOperator(account, accounts[i]) ? 1 : 0);
        }
    }

    function _putPair(Words memory words, function() external view returns (uint256, uint256) getter) private view {
        (uint256 first, uint256 second) = getter();
        _put(words, first);
        _put(words, second);
    }

    function _put(Words memory words, uint256 word) private pure {
        words.list[words.length++] = word;
    }
}
