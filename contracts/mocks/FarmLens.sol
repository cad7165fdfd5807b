// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IStakingFarm} from "../interfaces/IStakingFarm.sol";

/// @notice Tests: every view of a staking farm and every balance of some accounts as one list of words, read in one call.
contract FarmLens {
    /// @notice The order of the words is that of `perpetual_pools/twin/farm.py`, which gives each its name.
    /// @param timestamp What `emitted` is asked for besides now.
    /// @param week What `weekAmount` is asked for.
    function read(
        IStakingFarm farm,
        uint256 timestamp,
        uint256 week,
        address[] calldata accounts
    ) external view returns (uint256[] memory words) {
        uint256 farms = farm.farmCount();
        words = new uint256[](11 + accounts.length + farms * (5 + 3 * accounts.length));
        words[0] = block.timestamp;
        words[1] = farm.emitted(block.timestamp);
        words[2] = farm.emitted(timestamp);
        words[3] = farm.weekAmount(week);
        words[4] = farm.weeksScheduled();
        words[5] = farm.undistributed();
        words[6] = farm.primaryBps();
        words[7] = farm.totalWeight(0);
        words[8] = farm.totalWeight(1);
        words[9] = farms;
        IERC20 reward = IERC20(farm.rewardToken());
        words[10] = reward.balanceOf(address(farm));
        uint256 at = 11;
        for (uint256 i = 0; i < accounts.length; ++i) {
            words[at++] = reward.balanceOf(accounts[i]);
        }
        for (uint256 number = 0; number < farms; ++number) {
            at = _farm(words, at, farm, farm.farms(number), accounts);
        }
        assert(at == words.length);
    }

    function _farm(
        uint256[] memory words,
        uint256 at,
        IStakingFarm farm,
        address token,
        address[] calldata accounts
    ) private view returns (uint256) {
        (uint8 market, uint256 weight) = farm.farm(token);
        words[at++] = uint256(uint160(token));
        words[at++] = market;
        words[at++] = weight;
        words[at++] = farm.totalStaked(token);
        words[at++] = IERC20(token).balanceOf(address(farm));
        for (uint256 i = 0; i < accounts.length; ++i) {
            words[at++] = IERC20(token).balanceOf(accounts[i]);
            words[at++] = farm.stakeOf(accounts[i], token);
            words[at++] = farm.earned(accounts[i], token);
        }
        return at;
    }
}
