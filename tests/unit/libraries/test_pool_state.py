"""PoolState: what a pool looks at in every call, in one slot. Each field at its bounds beside all others at theirs."""

from random import Random

import pytest

FIELDS = {
    "lastPrice": 96,
    "nextRebalance": 40,
    "lastRebalance": 40,
    "epoch": 32,
    "pending": 12,
    "paused": 1,
    "closed": 1,
    "fees": 34,
}
"""Name and bits, from the lowest bit."""


def packed(**values):
    """The slot in which each field has the value given, else 0."""
    word, at = 0, 0
    for name, bits in FIELDS.items():
        assert 0 <= values.get(name, 0) < 2**bits
        word |= values.pop(name, 0) << at
        at += bits
    assert not values
    assert at == 256
    return word


FULL = packed(**{name: 2**bits - 1 for name, bits in FIELDS.items()})


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("rest", [0, 1])
def test_pool_state__number_at_its_bounds__is_read_whatever_the_others_are(maths_harness, place, rest):
    name, bits = list(FIELDS.items())[place]
    others = {other: (2**size - 1) * rest for other, size in FIELDS.items() if other != name}
    for value in (0, 1, 2 ** (bits - 1), 2**bits - 1):
        parts = maths_harness.stateParts(packed(**{**others, name: value}))
        expected = [others.get(other, value) for other in list(FIELDS)[:4]]
        assert parts == (*expected, bool(rest), bool(rest))


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("state", [0, FULL])
def test_with_mint_paused__flag__is_set_and_nothing_else(maths_harness, state, paused):
    changed = maths_harness.withMintPaused(state, paused)
    assert changed == (state & ~(1 << 220)) | (paused << 220)
    assert maths_harness.stateParts(changed)[4] is paused


@pytest.mark.parametrize("state", [0, FULL])
def test_with_shutdown__flag__is_set_and_nothing_else(maths_harness, state):
    closed = maths_harness.withShutdown(state)
    assert closed == state | 1 << 221
    assert maths_harness.stateParts(closed)[5] is True


@pytest.mark.parametrize("fees", [0, 1, 2**34 - 1])
@pytest.mark.parametrize("state", [0, FULL])
def test_with_fees__amount__is_set_and_nothing_else(maths_harness, state, fees):
    changed = maths_harness.withFees(state, fees)
    assert changed == (state & (2**222 - 1)) | fees << 222
    assert maths_harness.fees(changed) == fees


@pytest.mark.parametrize("epoch", [1, 2, 2**32 - 1])
@pytest.mark.parametrize("commit_type", range(6))
def test_with_pending__batch__is_marked_in_its_epoch_alone(maths_harness, epoch, commit_type):
    state = maths_harness.withPending(0, epoch, commit_type)
    assert state == 1 << (208 + 6 * (epoch % 2) + commit_type)
    assert maths_harness.pending(state, epoch) == 1 << commit_type
    assert maths_harness.pending(state, epoch + 1) == 0
    assert maths_harness.withPending(state, epoch, commit_type) == state
    assert maths_harness.withPending(FULL, epoch, commit_type) == FULL
    assert maths_harness.pending(FULL, epoch) == 0b111111


@pytest.mark.parametrize("epoch", [0, 1, 2, 7, 2**32 - 2])
def test_rebalanced__state__is_the_next_epoch_with_its_batches_and_both_flags(maths_harness, epoch):
    even, odd = 0b101010, 0b010111
    for paused, closed in ((0, 0), (1, 0), (0, 1), (1, 1)):
        state = packed(
            lastPrice=2**96 - 1,
            nextRebalance=2**40 - 1,
            lastRebalance=2**40 - 1,
            epoch=epoch,
            pending=odd << 6 | even,
            paused=paused,
            closed=closed,
            fees=2**34 - 1,
        )
        after = maths_harness.rebalanced(state, 5, 6, 7, 8)
        waiting = even if epoch % 2 else odd << 6
        expected = packed(
            lastPrice=5,
            nextRebalance=7,
            lastRebalance=6,
            epoch=epoch + 1,
            pending=waiting,
            paused=paused,
            closed=closed,
            fees=8,
        )
        assert after == expected
        assert maths_harness.pending(after, epoch) == 0
        assert maths_harness.pending(after, epoch + 1) == (even if epoch % 2 else odd)


def test_rebalanced__largest_values__fit_their_fields(maths_harness):
    state = packed(epoch=2**32 - 2)
    after = maths_harness.rebalanced(state, 2**96 - 1, 2**40 - 1, 2**40 - 1, 2**34 - 1)
    assert maths_harness.fees(after) == 2**34 - 1
    assert maths_harness.stateParts(after) == (2**96 - 1, 2**40 - 1, 2**40 - 1, 2**32 - 1, False, False)


def test_pool_state__random_states__are_what_was_packed(maths_harness):
    random = Random(7)
    for _ in range(300):
        values = {name: random.getrandbits(bits) for name, bits in FIELDS.items()}
        word = packed(**values)
        numbers = tuple(values[name] for name in ("lastPrice", "nextRebalance", "lastRebalance", "epoch"))
        assert maths_harness.stateParts(word) == (*numbers, bool(values["paused"]), bool(values["closed"]))
        assert maths_harness.fees(word) == values["fees"]
        even, odd = values["pending"] & 0b111111, values["pending"] >> 6
        assert [maths_harness.pending(word, epoch) for epoch in (4, 5)] == [even, odd]
