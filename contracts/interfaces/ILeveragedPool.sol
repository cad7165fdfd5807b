// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGuard} from "./IGuard.sol";

/// @title One market: two sides, their commitments, the rebalance and the claims
/// @notice Units: "settlement units" are the smallest units of the settlement token, "token units" those of a pool token (18
/// decimals), WAD is 10**18, times are Unix seconds. Immutable: no parameter changes after deployment.
interface ILeveragedPool is IGuard {
    /// @notice What a commitment asks for. Mints put in settlement tokens, all others pool tokens.
    enum CommitType {
        LongMint,
        LongBurn,
        ShortMint,
        ShortBurn,
        LongBurnShortMint,
        ShortBurnLongMint
    }

    // --- events ---

    /// @notice `amount` went into the batch of `epoch`.
    /// @param controller Who may claim it.
    /// @param epoch The batch's epoch.
    /// @param commitType What it asks for.
    /// @param payer Who put it in: the controller or its operator.
    /// @param amount Settlement units for mints, token units else.
    event Committed(
        address indexed controller,
        uint256 indexed epoch,
        CommitType indexed commitType,
        address payer,
        uint256 amount
    );

    /// @notice The pool was deployed: empty, in epoch 1.
    /// @param timestamp Of the deployment: management fees count from here.
    /// @param price WAD: the price that the first rebalance moves from.
    /// @param nextRebalance When the first rebalance opens.
    event Opened(uint256 timestamp, uint256 price, uint256 nextRebalance);

    /// @notice A batch executed, or was refunded (`amountOut` 0).
    /// @param epoch The batch's epoch.
    /// @param commitType What it asked for.
    /// @param amountIn What was committed in all.
    /// @param amountOut What it yields in all: token units for mints and flips, settlement units for burns.
    event BatchExecuted(uint256 indexed epoch, CommitType indexed commitType, uint256 amountIn, uint256 amountOut);

    /// @notice The pool rebalanced. Balances are those after it.
    /// @param epoch The epoch that was executed.
    /// @param timestamp t*, the grid time whose price was used.
    /// @param price WAD, as of `timestamp`.
    /// @param nextRebalance When the next one opens.
    /// @param longBalance Settlement units.
    /// @param shortBalance Settlement units.
    /// @param fees Settlement units that this rebalance added to `protocolFees`.
    /// @param reward Settlement units paid to `rewardRecipient`.
    /// @param rewardRecipient Who was paid, zero for nobody.
    event Rebalanced(
        uint256 indexed epoch,
        uint256 timestamp,
        uint256 price,
        uint256 nextRebalance,
        uint256 longBalance,
        uint256 shortBalance,
        uint256 fees,
        uint256 reward,
        address indexed rewardRecipient
    );

    /// @notice Everything executed (or refunded) of `controller` was paid to `receiver`. When a `Committed` takes the place of an executed,
    /// unclaimed commitment (same controller and type, epochs of the same parity), the `Claimed` next to it pays that one alone.
    event Claimed(
        address indexed controller,
        address indexed receiver,
        uint256 settlementAmount,
        uint256 longAmount,
        uint256 shortAmount
    );

    /// @notice `operator` may (or may no longer) commit and claim for `controller`.
    event OperatorSet(address indexed controller, address indexed operator, bool approved);
    /// @notice The owner stopped (or allowed again) new mints.
    event MintPausedSet(bool paused);
    /// @notice Protocol fees left the pool.
    event FeesCollected(address indexed feeRecipient, uint256 amount);
    /// @notice The pool closed for good: claims refund what has not executed, holders redeem.
    /// @param epoch The first epoch that will never execute.
    event Shutdown(uint256 indexed epoch);
    /// @notice A holder left a closed pool.
    event Redeemed(
        address indexed holder,
        address indexed receiver,
        uint256 longAmount,
        uint256 shortAmount,
        uint256 longSettlement,
        uint256 shortSettlement
    );

    // --- errors at deployment ---

    /// @notice Thrown when `market` is empty or longer than 24 bytes.
    error MarketLengthOutOfBounds(uint256 length, uint256 minimum, uint256 maximum);
    /// @notice Thrown when the settlement token or the oracle has no code.
    error NotAContract(address account);
    /// @notice Thrown when the settlement token does not tell its decimals or the oracle has no price now.
    /// @param reason What it reverted with, or answered.
    error NoAnswer(address target, bytes reason);
    /// @notice Thrown when the settlement token does not have 6 to 18 decimals.
    error SettlementDecimalsOutOfBounds(uint256 decimals, uint256 minimum, uint256 maximum);
    /// @notice Thrown when the leverage is not 1 to 10.
    error LeverageOutOfBounds(uint256 leverage, uint256 minimum, uint256 maximum);
    /// @notice Thrown when the interval is not 10 minutes to 7 days.
    error RebalanceIntervalOutOfBounds(uint256 interval, uint256 minimum, uint256 maximum);
    /// @notice Thrown when the front-running interval is not below the interval.
    error FrontRunningIntervalTooLong(uint256 frontRunningInterval, uint256 rebalanceInterval);
    /// @notice Thrown when the management fee is above 10 % a year.
    error ManagementFeeTooHigh(uint256 fee, uint256 maximum);
    /// @notice Thrown when the mint fee is above 10 %.
    error MintFeeTooHigh(uint256 fee, uint256 maximum);
    /// @notice Thrown when the burn fee is above 10 %.
    error BurnFeeTooHigh(uint256 fee, uint256 maximum);
    /// @notice Thrown when the reward's ramp is longer than the interval.
    error KeeperRewardRampTooLong(uint256 ramp, uint256 rebalanceInterval);
    /// @notice Thrown when `minLiquidity` is below one whole settlement token.
    error MinLiquidityTooLow(uint256 minLiquidity, uint256 minimum);

    // --- errors ---

    /// @notice Thrown when the oracle gives a price of 0 or of 2**96 and above.
    error PriceOutOfRange(uint256 price);
    /// @notice Thrown when a commit type is not 0 to 5.
    error InvalidCommitType(uint256 commitType);
    /// @notice Thrown when nothing would be committed or redeemed.
    error ZeroAmount();
    /// @notice Thrown when the receiver is the zero address.
    error ZeroAddress();
    /// @notice Thrown when the caller is neither the controller nor its operator.
    error NotControllerOrOperator(address caller, address controller);
    /// @notice Thrown when a batch's `amountIn` would rise above 2**126.
    error BatchTooLarge(uint256 amountIn, uint256 amount, uint256 maximum);
    /// @notice Thrown when the settlement token delivered another amount than was sent.
    error TransferNotExact(uint256 sent, uint256 received);
    /// @notice Thrown by `commitWithPermit` for a type that puts in pool tokens.
    error PermitOnlyForMints(uint256 commitType);
    /// @notice Thrown when new mints are paused.
    error MintIsPaused();
    /// @notice Thrown when the pool has closed.
    error PoolIsShutdown();
    /// @notice Thrown by `redeem` while the pool is open.
    error PoolIsOpen();
    /// @notice Thrown when a rebalance comes before its time.
    error RebalanceNotDue(uint256 opensAt);
    /// @notice Thrown when the settlement token refuses to pay the reward: call with another recipient (or zero).
    error RewardRefused(address rewardRecipient, uint256 reward);
    /// @notice Thrown when 14 days without a rebalance have not passed.
    error ShutdownTooEarly(uint256 opensAt);
    /// @notice Thrown when too little gas is left for the rebalance that a shutdown must try.
    error ShutdownNeedsGas(uint256 gasLeft, uint256 needed);
    /// @notice Thrown when another than the factory's owner pauses mints.
    error NotOwner(address caller);

    /// @notice Thrown when the settlement token refuses to move the caller's tokens: too little balance or allowance.
    error TransferFromFailed();
    /// @notice Thrown when the settlement token refuses to pay out.
    error TransferFailed();
    /// @notice Thrown when the caller commits or redeems more pool tokens than they hold.
    error InsufficientBalance();

    // --- actions ---

    /// @notice Puts `amount` into the batch of the current epoch, or of the next one when the rebalance is no more than
    /// `frontRunningInterval` away (or due). It executes at the price as of a time more than `frontRunningInterval` from now, and
    /// cannot be cancelled. An executed, unclaimed commitment of the same type whose slot is needed is paid out first, to
    /// the controller.
    /// @dev Mints need an allowance of the settlement token from the caller; pool tokens need none. Reverts with
    /// `InvalidCommitType`, `ZeroAmount`, `NotControllerOrOperator` (the zero address has no operator), `PoolIsShutdown`, `MintIsPaused`, `BatchTooLarge`,
    /// `TransferNotExact`, `TransferFromFailed` or `InsufficientBalance`.
    /// @param commitType See `CommitType`.
    /// @param amount Settlement units for mints, token units else. Taken from the caller.
    /// @param controller Who may claim: the caller, or one whose operator the caller is.
    /// @return epoch The epoch whose rebalance executes it.
    function commit(uint8 commitType, uint256 amount, address controller) external returns (uint256 epoch);

    /// @notice `commit` of a mint with an EIP-2612 permit of the caller for exactly `amount` settlement units. A permit that fails is
    /// passed over: when somebody used it first, the allowance is there already.
    function commitWithPermit(
        uint8 commitType,
        uint256 amount,
        address controller,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 epoch);

    /// @notice Pays everything of `controller` that has executed, of all types, to `receiver`. A commitment of `a` gets
    /// `a * amountOut / amountIn` of its batch, rounded down, or `a` back if the batch was refunded; after a shutdown, what has not
    /// executed comes back too. Pays nothing, and does not revert, when there is nothing.
    /// @dev Caller: the controller or its operator. Reverts with `ZeroAddress`, `NotControllerOrOperator`.
    function claim(
        address controller,
        address receiver
    ) external returns (uint256 settlementAmount, uint256 longAmount, uint256 shortAmount);

    /// @notice Charges the management fee, pays the keeper, moves value by the price as of the latest grid time and executes the
    /// epoch's batches. Open to anyone from `nextRebalance` on; constant cost.
    /// @dev Reverts with `RebalanceNotDue`, `PoolIsShutdown`, `PriceOutOfRange`, `RewardRefused`, or the oracle's error; then nothing
    /// changes.
    /// @param roundHint See `IOracle.priceAt`.
    /// @param rewardRecipient Who gets the reward; zero: nobody, and none is charged.
    /// @return reward Settlement units paid.
    function rebalance(uint80 roundHint, address rewardRecipient) external returns (uint256 reward);

    /// @notice Lets `operator` commit and claim for the caller, or no longer. An operator chooses the receiver of claims.
    function setOperator(address operator, bool approved) external returns (bool);

    /// @notice Stops or allows LongMint and ShortMint commitments. Owner of the factory only. Never touches burns, flips,
    /// claims, rebalances or what is committed already.
    function setMintPaused(bool paused) external;

    /// @notice Sends the protocol fees to the factory's fee recipient. Open to anyone.
    /// @return amount Settlement units sent; 0 when there are none.
    function collectFees() external returns (uint256 amount);

    /// @notice 14 days after a missed `nextRebalance`: tries to rebalance, and closes the pool if that fails. Open to anyone.
    /// @dev Reverts with `ShutdownTooEarly`, `ShutdownNeedsGas`, `PoolIsShutdown`.
    function shutdown() external;

    /// @notice In a closed pool: burns the caller's pool tokens for `a * balance / supply` of each side, each rounded down.
    /// @dev Reverts with `PoolIsOpen`, `ZeroAddress`, `ZeroAmount` or `InsufficientBalance`.
    function redeem(
        uint256 longAmount,
        uint256 shortAmount,
        address receiver
    ) external returns (uint256 settlementAmount);

    // --- parameters ---

    /// @notice Like `3-BTC/USDC`.
    function name() external view returns (string memory);

    function longToken() external view returns (address);

    function shortToken() external view returns (address);

    function settlementToken() external view returns (address);

    function oracle() external view returns (address);

    function factory() external view returns (address);

    /// @notice The power leverage p.
    function leverage() external view returns (uint256);

    /// @notice Seconds.
    function rebalanceInterval() external view returns (uint256);

    /// @notice Seconds.
    function frontRunningInterval() external view returns (uint256);

    /// @notice WAD per year.
    function managementFee() external view returns (uint256);

    /// @notice WAD.
    function mintFee() external view returns (uint256);

    /// @notice WAD.
    function burnFee() external view returns (uint256);

    /// @notice Settlement units.
    function keeperRewardMax() external view returns (uint256);

    /// @notice Seconds.
    function keeperRewardRamp() external view returns (uint256);

    /// @notice Settlement units.
    function minLiquidity() external view returns (uint256);

    // --- state ---

    /// @notice WAD, as of `lastRebalance` (at deployment: the oracle's latest).
    function lastPrice() external view returns (uint256);

    /// @notice When the next rebalance opens: a multiple of the interval.
    function nextRebalance() external view returns (uint256);

    /// @notice The grid time of the last rebalance (at first: the time of deployment).
    function lastRebalance() external view returns (uint256);

    /// @notice The epoch that executes next, from 1.
    // slither-disable-next-line shadowing-local -- a returned value's name in an interface hides nothing
    function epoch() external view returns (uint256);

    /// @notice Settlement units waiting for `collectFees`.
    function protocolFees() external view returns (uint256);

    function mintPaused() external view returns (bool);

    function isShutdown() external view returns (bool);

    /// @notice Settlement units of each side.
    function balances() external view returns (uint256 longBalance, uint256 shortBalance);

    /// @notice Token units of each side: the supplies that prices use, equal to the tokens' `totalSupply`.
    function supplies() external view returns (uint256 longSupply, uint256 shortSupply);

    /// @notice WAD, settlement tokens per whole pool token, rounded down; WAD for an empty side.
    function tokenPrices() external view returns (uint256 longPrice, uint256 shortPrice);

    /// @notice WAD: counterparty balance / own balance - 1, rounded down before the 1 is taken; 0 when either side is 0.
    function rebalancingRates() external view returns (int256 longRate, int256 shortRate);

    /// @notice What was committed to a batch, and what it yielded (0: not executed yet, or refunded).
    function batch(uint256 epoch_, uint8 commitType) external view returns (uint256 amountIn, uint256 amountOut);

    /// @notice What `controller` has unclaimed in that batch.
    function commitment(address controller, uint8 commitType, uint256 epoch_) external view returns (uint256 amount);

    /// @notice What `claim` would pay now.
    function claimable(
        address controller
    ) external view returns (uint256 settlementAmount, uint256 longAmount, uint256 shortAmount);

    function isOperator(address controller, address operator) external view returns (bool);

    /// @notice Settlement units that a rebalance now would pay; 0 when it is not due.
    function keeperReward() external view returns (uint256);

    /// @notice The balances after fee, reward and value transfer of a rebalance now at `price`, before batches. Before
    /// `nextRebalance`: as at that time, lateness 0.
    /// @dev Reverts with `PriceOutOfRange`.
    function previewRebalance(uint256 price) external view returns (uint256 longBalance, uint256 shortBalance);
}
