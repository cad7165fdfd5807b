"""What random lives did: counted, printed, and required to be enough. Each machine has a tally of its own beside it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

FULL = 100_000
"""Steps, to which the numbers of times belong that are required."""
FAILED, CHECKED, LIVED = 50, 500, 20


class Tally:
    """Counts over all lives of a run. Steps are actions that changed the state of what lives."""

    RULES: ClassVar[tuple[str, ...]]
    """Each is a hundredth of all steps."""
    FAULTS: ClassVar[tuple[str, ...]] = ()
    """What is always refused, `FAILED` times."""
    ERRORS: ClassVar[tuple[str, ...]]
    """Each comes."""
    CHECKS: ClassVar[tuple[str, ...]] = ()
    """`CHECKED` times."""
    KINDS: ClassVar[tuple[str, ...]] = ()
    """Of what lives: `LIVED` lives each."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        """By rule and error."""
        self.checks: Counter[str] = Counter()
        """Of invariants that are checked in a part of the steps alone."""
        self.lives: Counter[str] = Counter()
        """By what it is like that lives."""

    @property
    def steps(self) -> int:
        return self.done.total()

    def begin(self, *kinds: str) -> None:
        self.lives.update(["in all", *kinds])

    def count(self, rule: str, events: list[Any], changed: bool) -> None:
        """An action that succeeded."""
        self.done[rule] += changed

    def refuse(self, rule: str, error: str) -> None:
        self.refused[f"{rule}|{error}"] += 1

    def add(self, json_text: str) -> None:
        """Another's."""
        for name, counts in json.loads(json_text).items():
            getattr(self, name).update(counts)

    def to_json(self) -> str:
        return json.dumps(vars(self))

    def shortfalls(self) -> Iterator[str]:
        """What happened too rarely for the run to prove anything about it."""
        yield from self._rare("checked", self.checks, self.CHECKS, CHECKED)
        yield from self._rare("lives with", self.lives, self.KINDS, LIVED)
        yield from self._rare("failed", self._refused_by(0), self.FAULTS, FAILED)
        yield from (f"{rule}: {self.done[rule]} times" for rule in self.RULES if self.done[rule] * 100 < self.steps)
        errors = self._refused_by(1)
        yield from (f"no {error}" for error in self.ERRORS if not errors[error])

    def _rare(self, what: str, counter: Counter[str], names: Iterable[str], minimum: int) -> Iterator[str]:
        """`minimum` in a full run, less in a shorter one."""
        part = min(1, self.steps / FULL)
        yield from (f"{what}: {name} {counter[name]} times" for name in names if counter[name] < minimum * part)

    def _refused_by(self, part: int) -> Counter[str]:
        """0: by rule, 1: by error."""
        result: Counter[str] = Counter()
        for name, count in self.refused.items():
            result[name.split("|")[part]] += count
        return result

    def lines(self) -> Iterator[str]:
        yield f"{self.steps} steps in {self.lives['in all']} lives: {_listed(self.lives)}"
        yield f"{'rules':34}{'succeeded':>10}{'refused':>10}"
        for rule in sorted({*self.done, *self._refused_by(0)}):
            yield f"{rule:34}{self.done[rule]:10}{self._refusals(rule)}"
        yield "checked besides: " + _listed(self.checks)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _refusals(self, rule: str) -> str:
        errors = Counter({name.split("|")[1]: n for name, n in self.refused.items() if name.split("|")[0] == rule})
        return f"{errors.total():10}  {_listed(errors)}" if errors else f"{0:10}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
