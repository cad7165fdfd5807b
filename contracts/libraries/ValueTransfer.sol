// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The value transfer between the sides of a pool: power leverage in 128-bit fixed point
///
/// @dev **Derivation.** When the price moves between `lo` and `hi` (`lo < hi`), the side the price moved against keeps the
/// fraction `(lo / hi)**p` of its balance, p being the power leverage; the winner gains exactly what the loser pays. The
/// fraction depends on neither balance, lies strictly between 0 and 1 (so a side can never lose more than it has), and
/// composes: two moves in one direction cost the loser `(a / b)**p * (b / c)**p = (a / c)**p`, the same as the whole move at once.
///
/// Only multiplications are needed. With `Q = 2**128` and every division rounded down:
///
///     x = lo * Q / hi                    the ratio of the prices; x < Q
///     m = x, then p - 1 times: m = m * x / Q          m / Q approaches (lo / hi)**p from below
///     keep = max(1, ceil(loser * m / Q))
///
/// **Error.** x falls short of the exact ratio by less than 1/Q, and each multiplication adds less than 1/Q of its own to
/// what it carries on (both factors are below 1), so m / Q is at most (2p - 1) / Q too small: `loser * m / Q` is short by less
/// than 19 * 2**121 / 2**128 < 0.2 units for the largest balance a pool can hold. Rounding up then gives a `keep` within one unit of
/// the exact rational.
///
/// **Overflow.** Prices are below 2**96, so `lo * Q < 2**224`. `m, x < 2**128`, so `m * x < 2**256`. Balances are below 2**128, so
/// `loser * m <= (2**128 - 1)**2`, and `Q - 1` on top of it still fits.
///
/// **Worked example.** 1,000 USDC a side, p = 3, price 100 to 105: m / Q = (100/105)**3 = 0.8638375985..., short keeps 863.837599
/// USDC (rounded up), long has 1,136.162401. Back at 100, long is the loser: it keeps the same fraction of its balance,
/// 981.459801, and short has 1,018.540199. A round trip costs the side that grew first: the volatility decay of every
/// position of constant leverage.
library ValueTransfer {
    uint256 internal constant Q = 1 << 128;

    /// @notice `(lo / hi)**p` in 1/Q. Down; `transfer` rounds the balance kept up, in favour of the loser.
    /// @param lo The lower price, below `hi`.
    /// @param hi The higher price, below 2**96.
    /// @param p The power leverage, at least 1.
    function retainedDown(uint256 lo, uint256 hi, uint256 p) internal pure returns (uint256 m) {
        // Unchecked: see Overflow above; hi > lo >= 0, so hi is not 0.
        unchecked {
            // slither-disable-next-line divide-before-multiply -- see Error above: under a unit in the end
            uint256 x = (lo * Q) / hi;
            m = x;
            for (uint256 i = 1; i < p; ++i) {
                m = (m * x) / Q;
            }
        }
    }

    /// @notice The two balances after the price moved from `lastPrice` to `price`. Their sum stays.
    /// @param long Settlement units, below 2**127.
    /// @param short Settlement units, below 2**127.
    /// @param lastPrice WAD, 1 to 2**96 - 1.
    /// @param price WAD, 1 to 2**96 - 1.
    /// @param p The power leverage, 1 to 10.
    function transfer(
        uint256 long,
        uint256 short,
        uint256 lastPrice,
        uint256 price,
        uint256 p
    ) internal pure returns (uint256, uint256) {
        if (price == lastPrice) return (long, short);
        bool up = price > lastPrice;
        (uint256 lo, uint256 hi) = up ? (lastPrice, price) : (price, lastPrice);
        (uint256 winner, uint256 loser) = up ? (long, short) : (short, long);
        // A side that the management fee of many years has emptied has nothing to pay with.
        if (loser == 0) return (long, short);
        // Unchecked: see Overflow above; 1 <= keep <= loser because m < Q; winner + loser < 2**128.
        unchecked {
            uint256 keep = (loser * retainedDown(lo, hi, p) + (Q - 1)) / Q;
            if (keep == 0) keep = 1;
            winner += loser - keep;
            loser = keep;
        }
        return up ? (winner, loser) : (loser, winner);
    }
}
