// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "solady/tokens/ERC20.sol";
import {LibString} from "solady/utils/LibString.sol";

import {IPoolToken} from "./interfaces/IPoolToken.sol";

/// @title Long or short side of a pool as an ERC-20
/// @notice See `IPoolToken`.
/// @dev The pool's balance holds one unit more than it shows, from deployment on: so its slot is never empty, and a rebalance
/// that mints changes a slot (5,000 gas) instead of filling one (22,100). `balanceOf` and `totalSupply` do not count the
/// unit, and the constructor's two Transfer events cancel: for every reader it does not exist. Nothing can move it, because
/// the pool pays out and burns only what it took or minted.
contract PoolToken is ERC20, IPoolToken {
    uint256 private constant SPARE_UNIT = 1;

    /// @inheritdoc IPoolToken
    address public immutable override pool;
    bytes32 private immutable packedName;

    modifier onlyPool() {
        _requirePool();
        _;
    }

    function _requirePool() private view {
        if (msg.sender != pool) revert NotPool(msg.sender);
    }

    /// @param name_ Name and symbol, like `3L-BTC/USDC`, 1 to 31 bytes.
    constructor(string memory name_) {
        packedName = LibString.packOne(name_);
        if (packedName == 0) revert NameTooLong(name_);
        pool = msg.sender;
        _mint(msg.sender, SPARE_UNIT);
        emit Transfer(msg.sender, address(0), SPARE_UNIT);
    }

    /// @inheritdoc IPoolToken
    function mint(uint256 amount) external override onlyPool {
        _mint(msg.sender, amount);
    }

    /// @inheritdoc IPoolToken
    function burn(address holder, uint256 amount) external override onlyPool {
        _burn(holder, amount);
    }

    /// @inheritdoc IPoolToken
    function take(address holder, uint256 amount) external override onlyPool {
        _transfer(holder, msg.sender, amount);
    }

    /// @dev Like `transferFrom` written anew on what `take` needs anyway: Solady's own have the same code once more each.
    function transfer(address to, uint256 amount) public override returns (bool) {
        _transfer(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _spendAllowance(from, msg.sender, amount);
        _transfer(from, to, amount);
        return true;
    }

    function name() public view override returns (string memory) {
        return LibString.unpackOne(packedName);
    }

    function symbol() public view override returns (string memory) {
        return name();
    }

    function totalSupply() public view override returns (uint256) {
        // Unchecked: minted at deployment, burned by nobody.
        unchecked {
            return super.totalSupply() - SPARE_UNIT;
        }
    }

    function balanceOf(address owner) public view override returns (uint256) {
        uint256 held = super.balanceOf(owner);
        // Unchecked: the pool holds it from deployment on.
        unchecked {
            return owner == pool ? held - SPARE_UNIT : held;
        }
    }

    /// @dev Solady would let Permit2 move every holder's tokens without an approval.
    function _givePermit2InfiniteAllowance() internal pure override returns (bool) {
        return false;
    }
}
