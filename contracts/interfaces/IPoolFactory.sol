// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Everything that defines a pool. Two pools of one factory and deployer differ in at least one field.
/// @param market The pair, like `BTC/USDC`, 1 to 24 bytes.
/// @param settlementToken The ERC-20 that is put in and paid out, 6 to 18 decimals. It must move exactly what it is told
/// to move (fees on transfer are refused at commit), must not rebase, and all that exists of it is below 2**128 units.
/// @param oracle Gives the price (see `IOracle`). Trusted by this pool for its whole life.
/// @param leverage The power leverage p, 1 to 10.
/// @param rebalanceInterval Seconds between two rebalances, 10 minutes to 7 days.
/// @param frontRunningInterval Seconds, below the interval: a commitment executes at a price more than this much later.
/// @param managementFee WAD per year of each side's balance, at most 0.1e18.
/// @param mintFee WAD, at most 0.1e18.
/// @param burnFee WAD, at most 0.1e18.
/// @param keeperRewardMax Settlement units: the reward that the auction reaches after the ramp.
/// @param keeperRewardRamp Seconds until the reward is at its maximum, at most the interval; 0: at once.
/// @param minLiquidity Settlement units that both sides must hold for value to move between them; at least one whole token.
struct PoolParams {
    string market;
    address settlementToken;
    address oracle;
    uint8 leverage;
    uint32 rebalanceInterval;
    uint32 frontRunningInterval;
    uint64 managementFee;
    uint64 mintFee;
    uint64 burnFee;
    uint128 keeperRewardMax;
    uint32 keeperRewardRamp;
    uint128 minLiquidity;
}

/// @title Deploys pools, remembers them, and names the DAO and the fee recipient for all of them
/// @notice Deployment is permissionless and deterministic: the address follows from all parameters and the deployer, so
/// nobody can take another deployer's address. Ownership moves in two steps and cannot be renounced. The owner can
/// pause new mints of a pool and set the fee recipient; that is all (see `ILeveragedPool.setMintPaused`).
interface IPoolFactory {
    /// @param pool The new pool's address.
    /// @param deployer Who called, part of the salt.
    /// @param longToken The L-token's address.
    /// @param shortToken The S-token's address.
    /// @param params All parameters.
    event PoolDeployed(
        address indexed pool,
        address indexed deployer,
        address longToken,
        address shortToken,
        PoolParams params
    );

    /// @param feeRecipient Where `collectFees` of every pool pays to from now on.
    event FeeRecipientSet(address indexed feeRecipient);

    /// @notice Thrown when the same deployer has deployed a pool of these parameters already.
    error PoolExists(address pool);
    /// @notice Thrown when the owner or the fee recipient would be the zero address.
    error ZeroAddress();
    /// @notice Thrown by `renounceOwnership`: without an owner no fee recipient could be replaced.
    error OwnershipCannotBeRenounced();

    /// @notice Deploys the pool of `params` with its two tokens. Open to anyone.
    /// @dev Reverts with `PoolExists`, or with the bound that a parameter breaks (see `ILeveragedPool`).
    /// @return pool The address that `poolAddress(params, msg.sender)` foretold.
    function deployPool(PoolParams calldata params) external returns (address pool);

    /// @notice Where `deployer` will deploy, or has deployed, the pool of `params`.
    function poolAddress(PoolParams calldata params, address deployer) external view returns (address);

    /// @notice Whether `pool` was deployed by this factory.
    function isPool(address pool) external view returns (bool);

    /// @notice How many pools this factory deployed.
    function poolCount() external view returns (uint256);

    /// @notice The pool of that number, from 0, in order of deployment.
    function pools(uint256 index) external view returns (address);

    /// @notice Where every pool's protocol fees go.
    function feeRecipient() external view returns (address);

    /// @notice Sets where protocol fees go. Owner only; the zero address is refused.
    function setFeeRecipient(address newFeeRecipient) external;
}
