// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IStakingFarm} from "./interfaces/IStakingFarm.sol";
import {Emission} from "./libraries/Emission.sol";
import {Guard} from "./libraries/Guard.sol";
import {Pair, pair} from "./libraries/Pair.sol";
import {Permit} from "./libraries/Permit.sol";

/// @title StakingFarm
/// @notice See `IStakingFarm`, the manual. The arithmetic and its derivation: `Emission`.
/// @dev Order in every function: checks, effects, interactions; the transient guard is a second line. Emission is counted in
/// 604,800ths of a reward unit, accumulators in reward units * 2**128. No accounting reads a token's balance, so the reward token may be
/// staked as well.
contract StakingFarm is IStakingFarm, Ownable2Step, Guard {
    using SafeTransferLib for address;

    /// @dev How emission is split, and until when there is any. Constant through a period, but for `weeksScheduled`.
    struct Rules {
        uint32 weeksScheduled;
        uint32 period; // the number of the current one
        uint16 primaryBps;
        uint88 primaryWeight; // sums of the markets' weights: 2**24 farms of the greatest fit
        uint88 secondaryWeight;
    } // 4 + 4 + 2 + 11 + 11 = 32 bytes

    /// @dev From one change of allocation or weights to the next.
    struct Period {
        Rules rules; // of a period that has ended
        uint256 emission; // when it began
        uint256[2] indexes; // of the markets when it began
    }

    struct Farm {
        uint128 totalStaked;
        uint64 weight;
        uint32 period; // the one in which the farm was touched last
        uint8 market;
        bool exists; // 16 + 8 + 4 + 1 + 1 = 30 bytes
        uint224 perUnit; // what a unit staked from the beginning has earned until `touched`
        uint32 touched; // seconds since start; 28 + 4 = 32 bytes
    }

    struct Account {
        uint128 staked;
        uint96 rewards; // earned until the stake changed last, and not claimed; 16 + 12 = 28 bytes
        uint224 perUnitPaid; // the farm's `perUnit` that is in `rewards` or was claimed
    }

    uint256 private constant PRIMARY = 0;
    uint256 private constant SECONDARY = 1;
    uint256 private constant WEEK = Emission.WEEK;
    uint256 private constant BPS = Emission.BPS;
    uint256 private constant MAX_WEIGHT = type(uint64).max;
    uint256 private constant MAX_STAKE = type(uint128).max;
    uint256 private constant MAX_WEEKS = 7_000;
    uint256 private constant MAX_SCHEDULED = type(uint96).max;
    uint16 private constant LAUNCH_PRIMARY_BPS = 4_000;
    uint256 private constant ONE = 1 << 128;

    address public immutable rewardToken;
    uint256 public immutable start;

    Rules private _rules;
    uint256 private _undistributed; // reward units * 2**128
    mapping(uint256 week => Pair) private _weeks; // reward units: all weeks before, and this one
    mapping(uint256 period => Period) private _periods;
    mapping(address token => Farm) private _farms;
    mapping(address token => mapping(address account => Account)) private _accounts;
    address[] public farms;

    /// @param rewardToken_ TCR. It must move exactly what it is told to move.
    /// @param owner_ The DAO.
    /// @param start_ When week 0 begins; not in the past.
    constructor(address rewardToken_, address owner_, uint256 start_) Ownable(owner_) {
        if (rewardToken_.code.length == 0) revert NotAContract(rewardToken_);
        // slither-disable-next-line timestamp -- a bound that seconds do not matter for
        if (start_ < block.timestamp) revert StartInThePast(start_, block.timestamp);
        rewardToken = rewardToken_;
        start = start_;
        _rules.primaryBps = LAUNCH_PRIMARY_BPS;
        emit AllocationSet(LAUNCH_PRIMARY_BPS);
    }

    // slither-disable-start timestamp,incorrect-equality -- what is emitted is a function of time, exact at every second

    // --- stakers ---

    /// @inheritdoc IStakingFarm
    function stake(address token, uint256 amount) external {
        _stake(token, amount);
    }

    /// @inheritdoc IStakingFarm
    function stakeWithPermit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // No call of a stranger: nothing but what the owner added is called.
        _requireFarm(token);
        Permit.tryUse(token, amount, deadline, v, r, s);
        _stake(token, amount);
    }

    function _stake(address token, uint256 amount) private nonReentrant {
        if (amount == 0) revert ZeroAmount(token);
        (Farm memory farm_, Account memory account) = _settle(token);
        if (amount > MAX_STAKE - farm_.totalStaked) revert StakeTooLarge(token, farm_.totalStaked, amount, MAX_STAKE);
        uint128 units = uint128(amount); // at most MAX_STAKE
        farm_.totalStaked += units;
        account.staked += units;
        _farms[token] = farm_;
        _accounts[token][msg.sender] = account;
        emit Staked(msg.sender, token, amount);
        _pullExactly(token, amount);
    }

    /// @inheritdoc IStakingFarm
    function withdraw(address token, uint256 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount(token);
        (Farm memory farm_, Account memory account) = _settle(token);
        if (amount > account.staked) revert InsufficientStake(token, account.staked, amount);
        uint128 units = uint128(amount); // at most what is staked
        farm_.totalStaked -= units;
        account.staked -= units;
        _farms[token] = farm_;
        _accounts[token][msg.sender] = account;
        emit Withdrawn(msg.sender, token, amount);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStakingFarm
    function claim(address[] calldata tokens) external nonReentrant returns (uint256 reward) {
        for (uint256 i = 0; i < tokens.length; ++i) {
            address token = tokens[i];
            Farm memory farm_ = _touch(token);
            // Stored, or an `emergencyWithdraw` after the claim would leave what is paid here to those who stay.
            _farms[token] = farm_;
            Account storage account = _accounts[token][msg.sender];
            uint256 amount = _earned(account, farm_);
            if (account.rewards != 0) account.rewards = 0;
            if (account.staked != 0) account.perUnitPaid = farm_.perUnit;
            reward += amount;
            emit Claimed(msg.sender, token, amount);
        }
        _pay(reward);
    }

    /// @inheritdoc IStakingFarm
    function exit(address token) external nonReentrant returns (uint256 reward) {
        (Farm memory farm_, Account memory account) = _settle(token);
        _requireStake(token, account.staked);
        farm_.totalStaked -= account.staked;
        reward = account.rewards;
        _farms[token] = farm_;
        delete _accounts[token][msg.sender];
        emit Withdrawn(msg.sender, token, account.staked);
        emit Claimed(msg.sender, token, reward);
        token.safeTransfer(msg.sender, account.staked);
        _pay(reward);
    }

    /// @inheritdoc IStakingFarm
    function emergencyWithdraw(address token) external nonReentrant returns (uint256) {
        _requireFarm(token);
        Farm memory farm_ = _farms[token];
        Account memory account = _accounts[token][msg.sender];
        _requireStake(token, account.staked);
        _farms[token].totalStaked = farm_.totalStaked - account.staked;
        delete _accounts[token][msg.sender];
        uint256 forfeited;
        // Unchecked, so that it cannot fail: nobody's `perUnitPaid` is above the farm's `perUnit`; the rest as in Emission. What the farm has
        // accrued since it was touched stays in it.
        unchecked {
            forfeited = account.rewards + Emission.earnedDown(account.staked, farm_.perUnit - account.perUnitPaid);
            _undistributed += forfeited * ONE;
        }
        emit EmergencyWithdrawn(msg.sender, token, account.staked, forfeited);
        token.safeTransfer(msg.sender, account.staked);
        return account.staked;
    }

    // --- the owner ---

    /// @inheritdoc IStakingFarm
    function addFarm(address token, uint8 market, uint256 weight) external onlyOwner {
        if (token.code.length == 0) revert NotAContract(token);
        if (_farms[token].exists) revert FarmExists(token);
        _requireMarket(market);
        // slither-disable-next-line uninitialized-local -- memory begins as zeros: nobody stakes there yet
        Farm memory farm_;
        farm_.exists = true;
        farm_.market = market;
        farms.push(token);
        emit FarmAdded(token, market, weight);
        _setWeight(token, farm_, weight);
    }

    /// @inheritdoc IStakingFarm
    function setWeight(address token, uint256 weight) external onlyOwner {
        Farm memory farm_ = _touch(token);
        emit WeightSet(token, weight);
        _setWeight(token, farm_, weight);
    }

    /// @param farm_ Settled until now.
    function _setWeight(address token, Farm memory farm_, uint256 weight) private {
        if (weight > MAX_WEIGHT) revert WeightTooLarge(weight, MAX_WEIGHT);
        Rules memory rules = _endPeriod();
        uint64 weight_ = uint64(weight); // at most MAX_WEIGHT
        if (farm_.market == PRIMARY) rules.primaryWeight = rules.primaryWeight - farm_.weight + weight_;
        else rules.secondaryWeight = rules.secondaryWeight - farm_.weight + weight_;
        _rules = rules;
        farm_.weight = weight_;
        farm_.touched = uint32(_elapsed(block.timestamp)); // see _elapsed
        farm_.period = rules.period;
        _farms[token] = farm_;
    }

    /// @inheritdoc IStakingFarm
    function setAllocation(uint256 primaryBps_) external onlyOwner {
        if (primaryBps_ > BPS) revert AllocationTooLarge(primaryBps_, BPS);
        Rules memory rules = _endPeriod();
        rules.primaryBps = uint16(primaryBps_); // at most BPS
        _rules = rules;
        emit AllocationSet(primaryBps_);
    }

    /// @inheritdoc IStakingFarm
    function schedule(uint256[] calldata amounts) external onlyOwner nonReentrant {
        if (amounts.length == 0) revert NoWeeks();
        (uint256 firstWeek, uint256 scheduled) = _skipToNextWeek(amounts.length);
        uint256 total = scheduled;
        for (uint256 i = 0; i < amounts.length; ++i) {
            total = _scheduleWeek(firstWeek + i, total, amounts[i]);
        }
        _rules.weeksScheduled = uint32(firstWeek + amounts.length); // at most MAX_WEEKS
        emit Scheduled(firstWeek, amounts);
        _pullExactly(rewardToken, total - scheduled);
    }

    /// @inheritdoc IStakingFarm
    function scheduleUndistributed(uint256 weeksCount) external onlyOwner nonReentrant {
        if (weeksCount == 0) revert NoWeeks();
        // Settles markets without weight.
        _rules = _endPeriod();
        // slither-disable-next-line divide-before-multiply -- the remainder stays undistributed
        uint256 amount = undistributed() / weeksCount;
        if (amount == 0) revert TooLittleUndistributed(undistributed(), weeksCount);
        _undistributed -= amount * weeksCount * ONE;
        (uint256 firstWeek, uint256 total) = _skipToNextWeek(weeksCount);
        for (uint256 i = 0; i < weeksCount; ++i) {
            total = _scheduleWeek(firstWeek + i, total, amount);
        }
        _rules.weeksScheduled = uint32(firstWeek + weeksCount); // as above
        emit UndistributedScheduled(firstWeek, weeksCount, amount);
    }

    /// @notice Always reverts with `OwnershipCannotBeRenounced`.
    function renounceOwnership() public view override onlyOwner {
        revert OwnershipCannotBeRenounced();
    }

    // --- views ---

    /// @inheritdoc IStakingFarm
    function earned(address account, address token) external view returns (uint256) {
        (Farm memory farm_, ) = _current(token);
        return _earned(_accounts[token][account], farm_);
    }

    /// @inheritdoc IStakingFarm
    function stakeOf(address account, address token) external view returns (uint256) {
        return _accounts[token][account].staked;
    }

    /// @inheritdoc IStakingFarm
    function totalStaked(address token) external view returns (uint256) {
        return _farms[token].totalStaked;
    }

    /// @inheritdoc IStakingFarm
    function emitted(uint256 timestamp) external view returns (uint256) {
        return _emission(_elapsed(timestamp), _rules.weeksScheduled) / WEEK;
    }

    /// @inheritdoc IStakingFarm
    function weekAmount(uint256 week) external view returns (uint256 amount) {
        (, amount) = _weeks[week].parts();
    }

    /// @inheritdoc IStakingFarm
    function weeksScheduled() external view returns (uint256) {
        return _rules.weeksScheduled;
    }

    /// @inheritdoc IStakingFarm
    function undistributed() public view returns (uint256) {
        Rules memory rules = _rules;
        uint256 emission = _emission(_elapsed(block.timestamp), rules.weeksScheduled);
        (, uint256 unweighted) = _indexes(rules, emission);
        return (_undistributed + unweighted) / ONE;
    }

    /// @inheritdoc IStakingFarm
    function primaryBps() external view returns (uint256) {
        return _rules.primaryBps;
    }

    /// @inheritdoc IStakingFarm
    function totalWeight(uint8 market) external view returns (uint256 weight) {
        _requireMarket(market);
        (, weight) = _split(_rules, market);
    }

    /// @inheritdoc IStakingFarm
    function farm(address token) external view returns (uint8, uint256) {
        _requireFarm(token);
        return (_farms[token].market, _farms[token].weight);
    }

    /// @inheritdoc IStakingFarm
    function farmCount() external view returns (uint256) {
        return farms.length;
    }

    // --- the schedule ---

    /// @dev Seconds since start, 0 before. Below 2**32: it ends with the last week that can be, after 134 years.
    function _elapsed(uint256 timestamp) private view returns (uint256) {
        if (timestamp <= start) return 0;
        uint256 elapsed = timestamp - start;
        return elapsed < MAX_WEEKS * WEEK ? elapsed : MAX_WEEKS * WEEK;
    }

    /// @dev e(t), exact. No call changes it for a time that has passed: weeks that have begun are not scheduled any more.
    /// @return 604,800ths of a reward unit, below 2**116.
    function _emission(uint256 elapsed, uint256 scheduled) private view returns (uint256) {
        uint256 week = elapsed / WEEK;
        if (week < scheduled) {
            (uint256 before, uint256 amount) = _weeks[week].parts();
            // slither-disable-next-line weak-prng -- seconds of the week, nothing random
            return before * WEEK + amount * (elapsed % WEEK);
        }
        return _totalScheduled(scheduled) * WEEK;
    }

    function _totalScheduled(uint256 scheduled) private view returns (uint256) {
        if (scheduled == 0) return 0;
        (uint256 before, uint256 amount) = _weeks[scheduled - 1].parts();
        return before + amount;
    }

    /// @dev The first week that is neither scheduled nor begun, and what all weeks before it emit. Weeks skipped on the way are entered
    /// with 0, so that the emission of every week that passed can be read.
    /// @param weeksCount How many weeks will be scheduled.
    function _skipToNextWeek(uint256 weeksCount) private returns (uint256 next, uint256 total) {
        uint256 scheduled = _rules.weeksScheduled;
        uint256 unbegun = (_elapsed(block.timestamp) + WEEK - 1) / WEEK;
        uint256 room = MAX_WEEKS - (unbegun > scheduled ? unbegun : scheduled);
        if (weeksCount > room) revert TooManyWeeks(weeksCount, room);
        total = _totalScheduled(scheduled);
        for (next = scheduled; next < unbegun; ++next) {
            _weeks[next] = pair(total, 0);
        }
    }

    /// @return What all weeks emit up to and with this one.
    function _scheduleWeek(uint256 week, uint256 total, uint256 amount) private returns (uint256) {
        if (amount > MAX_SCHEDULED - total) revert ScheduleTooLarge(total, amount, MAX_SCHEDULED);
        _weeks[week] = pair(total, amount);
        return total + amount;
    }

    // --- the accumulators ---

    /// @dev A market's share, of BPS, and the sum of its weights.
    function _split(Rules memory rules, uint256 market) private pure returns (uint256 share, uint256 weight) {
        return
            market == PRIMARY
                ? (rules.primaryBps, rules.primaryWeight)
                : (BPS - rules.primaryBps, rules.secondaryWeight);
    }

    /// @dev Both markets' indexes at that emission in the current period, and what markets without weight got in it until then
    /// (reward units * 2**128).
    function _indexes(
        Rules memory rules,
        uint256 emission
    ) private view returns (uint256[2] memory indexes, uint256 unweighted) {
        Period storage period = _periods[rules.period];
        uint256 since = emission - period.emission;
        for (uint256 market = 0; market < 2; ++market) {
            (uint256 share, uint256 weight) = _split(rules, market);
            indexes[market] = period.indexes[market];
            if (weight == 0) unweighted += Emission.perWeightDown(since, share, 1);
            else indexes[market] += Emission.perWeightDown(since, share, weight);
        }
    }

    /// @dev What a unit of weight in the farm's market got since the farm was touched.
    function _perWeightSince(Farm memory farm_, Rules memory rules, uint256 emission) private view returns (uint256) {
        uint256 then = _emission(farm_.touched, rules.weeksScheduled);
        if (farm_.period == rules.period) {
            (uint256 share, uint256 weight) = _split(rules, farm_.market);
            return Emission.perWeightDown(emission - then, share, weight);
        }
        Period storage period = _periods[farm_.period];
        (uint256 share_, uint256 weight_) = _split(period.rules, farm_.market);
        uint256 before = period.indexes[farm_.market] + Emission.perWeightDown(then - period.emission, share_, weight_);
        (uint256[2] memory indexes, ) = _indexes(rules, emission);
        return indexes[farm_.market] - before;
    }

    /// @dev The farm as it is now, and what it accrued with nobody staking (reward units * 2**128).
    function _current(address token) private view returns (Farm memory farm_, uint256 idle) {
        farm_ = _farms[token];
        if (!farm_.exists) revert UnknownFarm(token);
        Rules memory rules = _rules;
        uint256 elapsed = _elapsed(block.timestamp);
        if (farm_.weight != 0) {
            uint256 emission = _emission(elapsed, rules.weeksScheduled);
            uint256 rewards = farm_.weight * _perWeightSince(farm_, rules, emission);
            if (farm_.totalStaked == 0) idle = rewards;
            else farm_.perUnit += uint224(Emission.perUnitDown(rewards, farm_.totalStaked)); // below 2**224, see Emission
        }
        farm_.touched = uint32(elapsed); // see _elapsed
        farm_.period = rules.period;
    }

    /// @dev The same, with what it accrued idle made undistributed. The caller stores the farm.
    function _touch(address token) private returns (Farm memory farm_) {
        uint256 idle;
        (farm_, idle) = _current(token);
        // slither-disable-next-line costly-loop -- only for farms in which nobody stakes
        if (idle != 0) _undistributed += idle;
    }

    /// @dev The same, and the caller's account with all that it has earned. The caller stores both.
    function _settle(address token) private returns (Farm memory farm_, Account memory account) {
        farm_ = _touch(token);
        account = _accounts[token][msg.sender];
        account.rewards = uint96(_earned(account, farm_)); // below 2**96, all that is ever emitted
        account.perUnitPaid = farm_.perUnit;
    }

    function _earned(Account memory account, Farm memory farm_) private pure returns (uint256) {
        return account.rewards + Emission.earnedDown(account.staked, farm_.perUnit - account.perUnitPaid);
    }

    /// @dev Stores what the current period amounted to and begins the next, which has the same rules until the caller stores others.
    function _endPeriod() private returns (Rules memory rules) {
        rules = _rules;
        uint256 emission = _emission(_elapsed(block.timestamp), rules.weeksScheduled);
        (uint256[2] memory indexes, uint256 unweighted) = _indexes(rules, emission);
        if (unweighted != 0) _undistributed += unweighted;
        _periods[rules.period].rules = rules;
        Period storage next = _periods[++rules.period];
        next.emission = emission;
        next.indexes = indexes;
    }

    // --- small things ---

    function _requireFarm(address token) private view {
        if (!_farms[token].exists) revert UnknownFarm(token);
    }

    function _requireMarket(uint256 market) private pure {
        if (market > SECONDARY) revert InvalidMarket(market);
    }

    function _requireStake(address token, uint256 staked) private view {
        if (staked == 0) revert NothingStaked(token, msg.sender);
    }

    function _pay(uint256 reward) private {
        if (reward != 0) rewardToken.safeTransfer(msg.sender, reward);
    }

    /// @dev Takes tokens of the caller. A token that delivers another amount than it was asked for is refused.
    function _pullExactly(address token, uint256 amount) private {
        uint256 before = IERC20(token).balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received != amount) revert TransferNotExact(amount, received);
    }

    // slither-disable-end timestamp,incorrect-equality
}
