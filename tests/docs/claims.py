"""The sentences and rows of docs/ that hold a number, with the number computed by the model where they stand."""

from collections.abc import Callable, Iterator

Claims = Callable[[], Iterator[str]]
REGISTRY: list[tuple[str, Claims]] = []
"""Pages with what computes their sentences."""


def of(page: str) -> Callable[[Claims], Claims]:
    """Marks a function that yields what `page` says, word for word but for line breaks."""

    def register(claims: Claims) -> Claims:
        REGISTRY.append((page, claims))
        return claims

    return register
