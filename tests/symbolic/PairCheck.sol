// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pair, PairOverflow, pair} from "../../contracts/libraries/Pair.sol";

/// @notice All words.
contract PairCheck {
    function check_pair__of_two_numbers_below_128_bits__has_them_as_parts(uint128 first, uint128 second) external pure {
        (uint256 one, uint256 other) = pair(first, second).parts();
        assert(one == first && other == second);
    }

    function check_parts__of_any_word__make_the_same_word(uint256 word) external pure {
        (uint256 first, uint256 second) = Pair.wrap(word).parts();
        assert(Pair.unwrap(pair(first, second)) == word);
    }

    function check_pair__is_refused_with_its_numbers_exactly_when_one_does_not_fit(
        uint256 first,
        uint256 second
    ) external view {
        bool fits = first < 1 << 128 && second < 1 << 128;
        try this.packed(first, second) {
            assert(fits);
        } catch (bytes memory reason) {
            assert(!fits);
            bytes memory expected = abi.encodeWithSelector(PairOverflow.selector, first, second);
            assert(keccak256(reason) == keccak256(expected));
        }
    }

    function packed(uint256 first, uint256 second) external pure returns (Pair) {
        return pair(first, second);
    }
}
