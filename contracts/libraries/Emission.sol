// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Rewards of stakers from what a schedule emits: a two-level accumulator
///
/// @dev **Derivation.** `E(t)`, the cumulative emission, rises in a straight line through each week: within week `w` by
/// `amount[w] / 604_800` per second. Kept as `e = 604_800 * E`, it is a whole number at every second: nothing is rounded here.
///
/// A market gets the share `s / 10_000` of every emitted unit, and a farm of weight `w` gets `w / W` of its market's, `W` being the
/// sum of the market's weights. So a unit of weight has earned, since the beginning, the market's index
///
///     I = sum of  2**128 * de * s / (604_800 * 10_000 * W)        over the stretches of constant s and W
///
/// and a unit staked in the farm, of which `T` were staked,
///
///     R = sum of  w * dI / T                                      over the stretches of constant w and T
///
/// Who has held the stake `a` since R was `R0` has earned `a * (R - R0) / 2**128`. All divisions round down, and only the last one
/// rounds to whole units of the reward. Between two changes of allocation or weights (a *period*) `I` is a straight line in
/// `e`: it is computed where it is needed and stored once a period. Nothing here counts farms, stakers or weeks.
///
/// **Overflow.** All weeks together emit less than 2**96, so `e < 2**96 * 604_800 < 2**116`. In lowest terms
/// `2**128 / (604_800 * 10_000)` is `2**117 / 2_953_125`, and `de * s * 2**117 < 2**116 * 2**14 * 2**117 = 2**247`. As `W >= 1`,
/// `I <= 2**128 * E < 2**224`; as `w <= W`, what a farm earns is `w * dI <= 2**128 * dE < 2**224`; as `T >= 1`, `R < 2**224`; and
/// as `a <= T` in every stretch, `a * dR <= 2**128 * dE < 2**224`.
///
/// **Rounding.** A farm's `R` falls short of the exact value by less than `1 / 2**128` each time it is stored, and its stakers
/// together by less than `T / 2**128 < 1` unit. `I` falls short by less than `1 / 2**128` a period, the farm by less than
/// `w / 2**128 < 1 / 2**64` units. With TCR's 18 decimals neither can be seen.
///
/// **Worked example.** 8,000,000 TCR a week are 47,619.05 an hour, of which a secondary market with 60 % gets 28,571.43. A farm with
/// half of its weight gets 14,285.71, and who has 5 of 100 staked tokens gets 714.29.
library Emission {
    uint256 internal constant WEEK = 604_800;
    uint256 internal constant BPS = 10_000;
    /// @dev 2**128 / (WEEK * BPS) in lowest terms.
    uint256 private constant NUMERATOR = 1 << 117;
    uint256 private constant DENOMINATOR = 2_953_125;

    /// @notice What a market gets per unit of weight. Down: a market never gives more than it gets.
    /// @param emission 604,800ths of a reward unit, below 2**116.
    /// @param share The market's, of 10,000.
    /// @param totalWeight The market's, 1 to 2**88; 1 gives what the whole market gets.
    /// @return Reward units * 2**128, below 2**224.
    function perWeightDown(uint256 emission, uint256 share, uint256 totalWeight) internal pure returns (uint256) {
        // Unchecked: see Overflow above.
        unchecked {
            return (emission * share * NUMERATOR) / (DENOMINATOR * totalWeight);
        }
    }

    /// @notice What a staked unit gets of `rewards`. Down: stakers never get more than their farm.
    /// @param rewards Reward units * 2**128, below 2**224.
    /// @param totalStaked Not 0.
    /// @return Reward units * 2**128, below 2**224.
    function perUnitDown(uint256 rewards, uint256 totalStaked) internal pure returns (uint256) {
        return rewards / totalStaked;
    }

    /// @notice What a stake has earned. Down: nobody gets a unit before it is whole.
    /// @param staked Token units.
    /// @param perUnit Reward units * 2**128, what a staked unit has got meanwhile.
    /// @return Reward units, below 2**96.
    function earnedDown(uint256 staked, uint256 perUnit) internal pure returns (uint256) {
        // Unchecked: see Overflow above.
        unchecked {
            return (staked * perUnit) >> 128;
        }
    }
}
