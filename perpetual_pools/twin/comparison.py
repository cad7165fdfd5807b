"""The comparison of chain and model: do the same on both, and say where the two differ."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from perpetual_pools.model import Refused
from perpetual_pools.model.events import Event
from perpetual_pools.twin.chain import Chain, Events, Reverted, plain

Value = TypeVar("Value")
View = tuple[str, Sequence[str], Sequence[int]]
"""The name of a view, with `{}` in place of a part's name; the names of its parts; and the model's value for each part."""
WORD = 2**256
WHOLE = ("",)
"""The parts of a view that has one value."""


class Difference(AssertionError):
    """A difference between chain and model, or a broken invariant. The message names it and has both values.

    It is an AssertionError, so it fails a test. The demo catches it and reports the message.
    """


@dataclass(frozen=True)
class Answer:
    """One value that the chain returned, and the value that the model expects."""

    what: str
    found: int
    expected: int

    @property
    def differs(self) -> bool:
        return self.found != self.expected

    def __str__(self) -> str:
        kind = bool if isinstance(self.expected, bool) and self.found in (0, 1) else _signed
        return f"{self.what}: the chain says {kind(self.found)}, the model says {kind(self.expected)}"


class _Model(Protocol):
    events: list[Event]


def answers(words: Sequence[int], views: Iterable[View]) -> list[Answer]:
    """Return the words that a lens read, with the names and the expected values of the views in the same order."""
    named = [
        (name.replace("{}", part), value)
        for name, parts, values in views
        for part, value in zip(parts, values, strict=True)
    ]
    require(len(words) == len(named), f"the chain returned {len(words)} values, the model has {len(named)}")
    return [Answer(what, found, expected) for found, (what, expected) in zip(words, named, strict=True)]


def require_equal(words: Sequence[int], views: Sequence[View]) -> None:
    """Raise Difference unless a lens read the values that the views expect. The message has every value that differs."""
    if list(words) != [value for _, _, values in views for value in values]:
        raise Difference("; ".join(str(answer) for answer in answers(words, views) if answer.differs))


def require(holds: bool, message: str) -> None:
    """Raise Difference unless the condition holds."""
    if not holds:
        raise Difference(message)


def do(
    chain: Chain,
    contract: Any,
    method: str,
    arguments: Sequence[Any],
    sender: Any,
    model: _Model,
    in_model: Callable[[], Value],
    *,
    returns: bool = True,
) -> Value:
    """Call the contract, then the model, and compare their return values and events.

    Args:
        returns: whether the contract returns the same value as the model.

    Raises:
        Refused: both refuse, with the same error and arguments.
        Difference: they behave differently.
    """
    seen = len(model.events)
    try:
        sent = chain.send(contract, method, arguments, sender)
    except Reverted as reverted:
        _require_refused(method, reverted, in_model)
    try:
        expected = in_model()
    except Refused as refusal:
        raise Difference(f"{method}: the model refuses what the chain did: {refusal}") from refusal
    if returns and sent.value != expected and plain(sent.value) != plain(expected):
        raise Difference(f"{method} returned {sent.value} on the chain, and {expected} in the model")
    require_events(sent.events, model.events[seen:])
    return expected


def require_events(found: Events, events: Sequence[Event]) -> None:
    """Raise Difference unless the chain emitted these events of the model."""
    expected = [(event.name, event.arguments) for event in events]
    if found != expected and plain(found) != plain(expected):
        raise Difference(f"the chain emitted {found}, the model {expected}")


def _require_refused(method: str, reverted: Reverted, in_model: Callable[[], object]) -> None:
    """Raise Refused if the model refuses the call too, with the same error and arguments. Otherwise, raise Difference."""
    try:
        in_model()
    except Refused as refusal:
        wanted = refusal.error, list(refusal.arguments.values())
        if plain((reverted.name, list(reverted.arguments))) != plain(wanted):
            raise Difference(f"{method}: the chain refuses with {reverted}, the model with {refusal}") from reverted
        raise
    raise Difference(f"{method}: the chain refuses what the model allows: {reverted}") from reverted


def _signed(word: int) -> int:
    """Return the signed number, which a lens reads as an unsigned word."""
    return word - WORD if word >= WORD // 2 else word
