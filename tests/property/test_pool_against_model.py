"""Random lives of pools, on a chain and in the model, until 10,000 steps have changed a pool's state.

Environment: `PROPERTY_SEED` (default 1) decides everything, `PROPERTY_STEPS` (default 10,000) is how many steps at least.
A failure prints its seed, the number of its life and that life's last actions; with `PROPERTY_LIFE=<number>` the run begins
with that life, so that it is seen again in a second.
"""

import os
from itertools import count

from tests.property.life import Life
from tests.property.tally import Tally

SEED = int(os.environ.get("PROPERTY_SEED", "1"))
STEPS = int(os.environ.get("PROPERTY_STEPS", "10000"))
FIRST_LIFE = int(os.environ.get("PROPERTY_LIFE", "0"))


def test_pool__random_lives__equals_the_model_after_every_step_and_keeps_its_invariants(project, capsys):
    tally = Tally()
    for number in count(FIRST_LIFE):
        if tally.steps >= STEPS:
            break
        Life(project, SEED, number, tally).live()
    with capsys.disabled():
        print(f"\nseed {SEED}: {tally}")
    assert not list(tally.shortfalls())
