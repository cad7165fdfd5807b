// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGuard} from "./IGuard.sol";

/// @title Streams the reward token to those who stake pool tokens and their AMM LP tokens
///
/// @notice A *farm* is one staked token with a weight, in one of two *markets*: primary (pool tokens) or secondary (AMM LP tokens).
/// Weekly emissions are scheduled and paid in advance; each second's emission is split between the two markets by the
/// allocation, among a market's farms by weight, and among a farm's stakers by stake. Rewards accrue every second, without vesting,
/// and can be claimed at any time. What no one earns (a market without weight, a farm without stakers) is `undistributed`, and can only be
/// scheduled again. Weeks are numbered from 0 and run from `start`.
///
/// The owner decides weights, allocation and future emissions, always from now on: nothing that was earned changes, a scheduled week
/// cannot be changed, and nobody can take reward tokens out in another way than by earning them. Stakes are their
/// owner's alone: not transferable, never locked.
///
/// Rewards are in reward units, stakes in the token's smallest units, times in Unix seconds.
interface IStakingFarm is IGuard {
    /// @param token Staked there; one farm each.
    /// @param market 0 primary, 1 secondary.
    /// @param weight Its part of the market, relative to the market's other farms.
    event FarmAdded(address indexed token, uint8 indexed market, uint256 weight);

    /// @param weight The farm's from now on.
    event WeightSet(address indexed token, uint256 weight);

    /// @param primaryBps What the primary market gets of each second's emission from now on, of 10,000; the rest is the secondary's.
    event AllocationSet(uint256 primaryBps);

    /// @param firstWeek The first amount's week. Weeks that were skipped before it emit 0.
    /// @param amounts Reward units, week by week.
    event Scheduled(uint256 indexed firstWeek, uint256[] amounts);

    /// @notice What nobody had earned was scheduled again.
    /// @param firstWeek The first of the weeks.
    /// @param weeksCount How many weeks.
    /// @param amount Reward units, of each week.
    event UndistributedScheduled(uint256 indexed firstWeek, uint256 weeksCount, uint256 amount);

    /// @param amount Token units.
    event Staked(address indexed account, address indexed token, uint256 amount);

    /// @param amount Token units.
    event Withdrawn(address indexed account, address indexed token, uint256 amount);

    /// @notice A claim of several tokens emits one each, those with nothing included.
    /// @param amount Reward units earned with that token.
    event Claimed(address indexed account, address indexed token, uint256 amount);

    /// @param amount Token units.
    /// @param forfeited Reward units, the account's until the farm was touched last; now undistributed.
    event EmergencyWithdrawn(address indexed account, address indexed token, uint256 amount, uint256 forfeited);

    /// @notice Thrown when the reward token or a token to stake has no code.
    error NotAContract(address account);
    /// @notice Thrown at deployment when the first week would have begun already.
    error StartInThePast(uint256 start, uint256 timestamp);
    /// @notice Thrown when a market is neither 0 nor 1.
    error InvalidMarket(uint256 market);
    /// @notice Thrown when the token has a farm already.
    error FarmExists(address token);
    /// @notice Thrown when the token has no farm.
    error UnknownFarm(address token);
    /// @notice Thrown when a weight is 2**64 or above.
    error WeightTooLarge(uint256 weight, uint256 maximum);
    /// @notice Thrown when the primary market would get more than everything.
    error AllocationTooLarge(uint256 primaryBps, uint256 maximum);
    /// @notice Thrown when no week would be scheduled.
    error NoWeeks();
    /// @notice Thrown when a week after the 7,000th would be scheduled: 134 years.
    /// @param room How many can be scheduled.
    error TooManyWeeks(uint256 weeksCount, uint256 room);
    /// @notice Thrown when all that was ever scheduled would reach 2**96.
    /// @param scheduled What was scheduled before this amount, in this call too.
    error ScheduleTooLarge(uint256 scheduled, uint256 amount, uint256 maximum);
    /// @notice Thrown when what is undistributed gives less than a unit a week.
    error TooLittleUndistributed(uint256 undistributed, uint256 weeksCount);
    /// @notice Thrown when nothing would be staked or withdrawn.
    error ZeroAmount(address token);
    /// @notice Thrown when a farm would hold 2**128 units or more.
    error StakeTooLarge(address token, uint256 totalStaked, uint256 amount, uint256 maximum);
    /// @notice Thrown when more would be withdrawn than is staked.
    error InsufficientStake(address token, uint256 staked, uint256 amount);
    /// @notice Thrown by `exit` and `emergencyWithdraw` when the caller has no stake.
    error NothingStaked(address token, address account);
    /// @notice Thrown when a token delivered another amount than was sent.
    error TransferNotExact(uint256 sent, uint256 received);
    /// @notice Thrown by `renounceOwnership`: without an owner nothing could be scheduled any more.
    error OwnershipCannotBeRenounced();
    // From the token library:
    /// @notice Thrown when a token refuses to move the caller's tokens: too little balance or allowance.
    error TransferFromFailed();
    /// @notice Thrown when a token refuses to pay out.
    error TransferFailed();

    // --- stakers ---

    /// @notice Stakes `amount` of the caller's tokens; needs the allowance. Nothing is earned for the time before.
    /// @dev Reverts with `ZeroAmount`, `UnknownFarm`, `StakeTooLarge`, `TransferNotExact` for a token that takes a fee.
    function stake(address token, uint256 amount) external;

    /// @notice The same with an EIP-2612 permit for exactly `amount`. A permit that fails is passed over, and the transfer then needs the
    /// allowance: who sees the permit and uses it first stops nobody.
    function stakeWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Takes `amount` of the caller's stake back. What it has earned stays claimable.
    /// @dev Reverts with `ZeroAmount`, `UnknownFarm`, `InsufficientStake`.
    function withdraw(address token, uint256 amount) external;

    /// @notice Pays the caller everything earned with these tokens, in one transfer. A token twice pays once.
    /// @dev Reverts with `UnknownFarm`.
    /// @return Reward units.
    function claim(address[] calldata tokens) external returns (uint256);

    /// @notice Takes the caller's whole stake back and pays what was earned with it.
    /// @dev Reverts with `UnknownFarm`, `NothingStaked`.
    /// @return Reward units.
    function exit(address token) external returns (uint256);

    /// @notice Takes the caller's whole stake back and gives up what it has earned: no arithmetic of rewards is done that could fail.
    /// What the farm had settled when it was touched last becomes undistributed; what it accrued since then falls to those who stay.
    /// @dev Reverts with `UnknownFarm`, `NothingStaked`.
    /// @return Token units.
    function emergencyWithdraw(address token) external returns (uint256);

    // --- the owner ---

    /// @notice Opens the farm of `token`. Owner only, once each.
    /// @dev Reverts with `NotAContract`, `FarmExists`, `InvalidMarket`, `WeightTooLarge`.
    /// @param market 0 primary, 1 secondary.
    /// @param weight Below 2**64; 0: stakes earn nothing until it is set.
    function addFarm(address token, uint8 market, uint256 weight) external;

    /// @notice Sets a farm's weight from now on; the same weight again settles an idle farm. Owner only.
    /// @dev Reverts with `UnknownFarm`, `WeightTooLarge`.
    function setWeight(address token, uint256 weight) external;

    /// @notice Sets the split of each second's emission from now on. Owner only.
    /// @dev Reverts with `AllocationTooLarge`.
    /// @param primaryBps_ Of 10,000.
    function setAllocation(uint256 primaryBps_) external;

    /// @notice Schedules the next weeks and takes exactly their sum of the caller's reward tokens. Owner only. The first amount goes to the
    /// first week that is neither scheduled nor begun; weeks skipped by that emit 0. Costs about 22,000 gas for each week scheduled or skipped.
    /// @dev Reverts with `NoWeeks`, `TooManyWeeks`, `ScheduleTooLarge`, `TransferNotExact`.
    /// @param amounts Reward units, week by week.
    function schedule(uint256[] calldata amounts) external;

    /// @notice Schedules what is undistributed again: `floor(undistributed / weeksCount)` in each of the next weeks; the remainder
    /// stays undistributed. Owner only.
    /// @dev Reverts with `NoWeeks`, `TooLittleUndistributed`, `TooManyWeeks`, `ScheduleTooLarge`.
    function scheduleUndistributed(uint256 weeksCount) external;

    // --- views ---

    /// @notice What stakers earn.
    function rewardToken() external view returns (address);

    /// @notice When week 0 begins.
    function start() external view returns (uint256);

    /// @notice What `account` has earned with `token` and not claimed, now. Reward units. Reverts with `UnknownFarm`.
    function earned(address account, address token) external view returns (uint256);

    /// @notice Token units that `account` has staked.
    function stakeOf(address account, address token) external view returns (uint256);

    /// @notice Token units staked in the farm.
    function totalStaked(address token) external view returns (uint256);

    /// @notice E(t): reward units emitted by then, down. Of a time to come: as scheduled now.
    function emitted(uint256 timestamp) external view returns (uint256);

    /// @notice Reward units of that week, 0 if it was skipped or is not scheduled.
    function weekAmount(uint256 week) external view returns (uint256);

    /// @notice How many weeks are scheduled, those that were skipped before a later one included.
    function weeksScheduled() external view returns (uint256);

    /// @notice Reward units that nobody has earned and that can be scheduled again, down. What a farm accrues while nobody stakes in it counts
    /// from when the farm is next touched: by a stake, a claim or `setWeight`.
    function undistributed() external view returns (uint256);

    /// @notice The primary market's part of each second's emission, of 10,000.
    function primaryBps() external view returns (uint256);

    /// @notice The sum of the weights of a market's farms. Reverts with `InvalidMarket`.
    function totalWeight(uint8 market) external view returns (uint256);

    /// @notice A farm's market and weight. Reverts with `UnknownFarm`.
    function farm(address token) external view returns (uint8 market, uint256 weight);

    /// @notice How many farms there are.
    function farmCount() external view returns (uint256);

    /// @notice The token of that farm, from 0, in the order of `addFarm`.
    function farms(uint256 index) external view returns (address);
}
