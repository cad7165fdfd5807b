"""What random lives have in common, whatever it is that lives.

A state machine of Hypothesis: it chooses what happens next, and prints a life that fails as a program of its rules. The
comments above each say what it did. Subclasses deploy a twin, have rules that act on it through `do`, and check what the
twin cannot see by itself. `run.py` runs them.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine

from perpetual_pools.model import Refused
from perpetual_pools.twin.artifacts import Artifacts
from tests.property.tally import Tally


class Machine(RuleBasedStateMachine):
    """Whoever runs it sets `artifacts` and `tally` in a subclass."""

    artifacts: ClassVar[Artifacts]
    tally: ClassVar[Tally]
    tally_type: ClassVar[type[Tally]]

    model: Any
    """Of what lives; it has `events`."""
    now: int
    """Unix seconds."""
    sound = False
    """The last action came to its end, so that there is something that can be wound down."""
    age = 0
    """Actions."""

    def unheard(self) -> object:
        """What can change without an event."""
        return None

    def follow(self, events: list[Any]) -> None:
        """Checks what an action that succeeded has emitted."""

    def do(self, name: str, text: str, action: Callable[[], object]) -> Refused | None:
        """Does and counts an action of the twin. Returns how it was refused."""
        note(f"# {self.now}: {name} {text}")
        self.sound = False
        self.age += 1
        seen, unheard = len(self.model.events), self.unheard()
        try:
            action()
        except Refused as refusal:
            note(f"# refused: {refusal}")
            self.tally.refuse(name, refusal.error)
            assert len(self.model.events) == seen
            self.sound = True
            return refusal
        events = self.model.events[seen:]
        self.follow(events)
        self.tally.count(name, events, changed=bool(events) or self.unheard() != unheard)
        self.sound = True
        return None
