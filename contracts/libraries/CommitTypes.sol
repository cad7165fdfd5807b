// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Which side a commitment leaves and which it enters
/// @dev Sides are numbered 0 (long) and 1 (short). Each table has a bit per commit type, the lowest for type 0, in the order of
/// `ILeveragedPool.CommitType`: LongMint, LongBurn, ShortMint, ShortBurn, LongBurnShortMint, ShortBurnLongMint.
library CommitTypes {
    uint256 private constant MINTS = (1 << 0) | (1 << 2);
    uint256 private constant BURNS = (1 << 1) | (1 << 3);
    uint256 private constant LEAVES_SHORT = (1 << 3) | (1 << 5);
    uint256 private constant ENTERS_SHORT = (1 << 2) | (1 << 4);

    /// @notice Whether settlement tokens are put in; else pool tokens of `burnedSide`.
    function isMint(uint256 commitType) internal pure returns (bool) {
        return (MINTS >> commitType) & 1 == 1;
    }

    /// @notice Whether settlement tokens come out; else pool tokens of `mintedSide`.
    function isBurn(uint256 commitType) internal pure returns (bool) {
        return (BURNS >> commitType) & 1 == 1;
    }

    /// @notice The side whose tokens a burn or flip puts in.
    function burnedSide(uint256 commitType) internal pure returns (uint256) {
        return (LEAVES_SHORT >> commitType) & 1;
    }

    /// @notice The side whose tokens come out of a mint or flip.
    function mintedSide(uint256 commitType) internal pure returns (uint256) {
        return (ENTERS_SHORT >> commitType) & 1;
    }
}
