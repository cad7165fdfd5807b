"""The times and limits of the wrapper that the tests of it deploy."""

from tests.support.rounds import PHASE

NOW = 2_000_000_000
MAX_AGE = 90_000
GRACE = 3_600
ZERO = "0x" + "00" * 20
SEQUENCER_UP, SEQUENCER_DOWN = 0, 1
PHASE_6, PHASE_7 = 6 * PHASE, 7 * PHASE
