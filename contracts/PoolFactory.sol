// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {LeveragedPool} from "./LeveragedPool.sol";
import {IPoolFactory, PoolParams} from "./interfaces/IPoolFactory.sol";

/// @title PoolFactory
/// @notice See `IPoolFactory`, the manual.
contract PoolFactory is IPoolFactory, Ownable2Step {
    address public feeRecipient;
    address[] public pools;
    mapping(address pool => bool) public isPool;

    /// @param owner_ The DAO.
    /// @param feeRecipient_ Where protocol fees go at first.
    constructor(address owner_, address feeRecipient_) Ownable(owner_) {
        _setFeeRecipient(feeRecipient_);
    }

    /// @inheritdoc IPoolFactory
    function deployPool(PoolParams calldata params) external returns (address pool) {
        pool = poolAddress(params, msg.sender);
        if (isPool[pool]) revert PoolExists(pool);
        // Known before it exists, and entered before its constructor asks token and oracle.
        isPool[pool] = true;
        pools.push(pool);
        LeveragedPool deployed = new LeveragedPool{salt: _salt(params, msg.sender)}(params);
        emit PoolDeployed(pool, msg.sender, deployed.longToken(), deployed.shortToken(), params);
    }

    /// @inheritdoc IPoolFactory
    function poolAddress(PoolParams calldata params, address deployer) public view returns (address) {
        // slither-disable-next-line too-many-digits -- they are those of the creation code, which nobody wrote
        bytes32 initCodeHash = keccak256(bytes.concat(type(LeveragedPool).creationCode, abi.encode(params)));
        bytes32 digest = keccak256(
            abi.encodePacked(bytes1(0xff), address(this), _salt(params, deployer), initCodeHash)
        );
        return address(uint160(uint256(digest))); // an address is the low 20 bytes of the digest: EIP-1014
    }

    /// @inheritdoc IPoolFactory
    function poolCount() external view returns (uint256) {
        return pools.length;
    }

    /// @inheritdoc IPoolFactory
    function setFeeRecipient(address newFeeRecipient) external onlyOwner {
        _setFeeRecipient(newFeeRecipient);
    }

    /// @notice Always reverts with `OwnershipCannotBeRenounced`.
    function renounceOwnership() public view override onlyOwner {
        revert OwnershipCannotBeRenounced();
    }

    function _setFeeRecipient(address newFeeRecipient) private {
        if (newFeeRecipient == address(0)) revert ZeroAddress();
        feeRecipient = newFeeRecipient;
        emit FeeRecipientSet(newFeeRecipient);
    }

    function _salt(PoolParams calldata params, address deployer) private pure returns (bytes32) {
        return keccak256(abi.encode(params, deployer));
    }
}
