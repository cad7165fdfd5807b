"""Pair: two numbers in a slot, neither of which can spill over."""

from random import Random

import pytest

from tests.support.revm import reverts

HIGHEST = 2**128 - 1


@pytest.mark.parametrize(
    ("first", "second"),
    [(2**128, 0), (0, 2**128), (2**128, 2**128), (2**256 - 1, 5), (5, 2**256 - 1), (1 << 255, 1 << 128)],
)
def test_pair__number_of_129_bits_and_more__reverts(maths_harness, first, second):
    with reverts(maths_harness.PairOverflow, first=first, second=second):
        maths_harness.packed(first, second)


@pytest.mark.parametrize("first", [0, 1, HIGHEST])
@pytest.mark.parametrize("second", [0, 1, HIGHEST])
def test_pair__numbers_at_the_bounds__come_back(maths_harness, first, second):
    word = maths_harness.packed(first, second)
    assert word == second << 128 | first
    assert maths_harness.parts(word) == (first, second)


def test_pair__random_numbers__come_back(maths_harness):
    random = Random(6)
    for _ in range(200):
        first, second = random.getrandbits(128), random.getrandbits(128)
        assert maths_harness.parts(maths_harness.packed(first, second)) == (first, second)
