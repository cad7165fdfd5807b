"""A page of docs/ as the tests see it, and how it writes numbers."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
USDC = 10**6
TOKEN = 10**18
CODE_BLOCK = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`]*`")
NUMBER = re.compile(r"(?<![\w.^:-])[+-]?(\d[\d,]*\.\d+|\d{1,3}(,\d{3})+|\d+(?= %))")
"""What has been computed to be written: a decimal, thousands, a percentage."""


def flat(text: str) -> str:
    """With the line breaks that do not show taken out."""
    return " ".join(text.split())


class Page:
    def __init__(self, name: str) -> None:
        self.name = name
        self.source = (DOCS / name).read_text()
        self.text = flat(self.source)

    def section(self, heading: str) -> str:
        """What stands below a heading, up to the next of its level."""
        (found,) = re.findall(rf"^(#+) {heading}$(.*?)(?=^\1 |\Z)", self.source, re.DOTALL | re.MULTILINE)
        return str(found[1])

    def tables(self, section: str | None = None) -> Iterator[tuple[list[str], list[list[str]]]]:
        """Header and rows of each, cell by cell."""
        rows: list[list[str]] = []
        source = self.source if section is None else self.section(section)
        for line in [*source.splitlines(), ""]:
            if line.lstrip().startswith("|"):
                rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]])
            elif rows:
                yield rows[0], rows[2:]
                rows = []

    def table(self, *header: str, section: str | None = None) -> list[list[str]]:
        """The rows of the one table with that header."""
        found = [rows for head, rows in self.tables(section) if head == list(header)]
        assert len(found) == 1, f"{self.name}: {len(found)} tables {header}"
        return found[0]

    def numbers_outside(self, sentences: Iterable[str]) -> list[str]:
        """Computed numbers that are part of no sentence, each with what stands around it. Code does not count."""
        text = flat(CODE_BLOCK.sub(" ", self.source))
        covered = [span for sentence in sentences for span in spans(flat(sentence), text)]
        covered += [match.span() for match in CODE.finditer(text)]
        return [
            text[max(0, match.start() - 40) : match.end() + 20]
            for match in NUMBER.finditer(text)
            if not any(start <= match.start() and match.end() <= end for start, end in covered)
        ]


def spans(part: str, text: str) -> Iterator[tuple[int, int]]:
    """Where `part` stands in `text`."""
    yield from (match.span() for match in re.finditer(re.escape(part), text))


# --- numbers as they are written; all of integers or fractions, so that none rounds by accident ---


def usdc(units: int) -> str:
    """`1,136.162401`"""
    return f"{units // USDC:,}.{units % USDC:06d}"


def cents(units: int) -> str:
    """`29,711.00`, of a whole number of cents."""
    assert units % 10_000 == 0
    return f"{units // USDC:,}.{units % USDC // 10_000:02d}"


def tokens(units: int) -> str:
    """`88.015586`, cut after a millionth."""
    return f"{units // TOKEN:,}.{units % TOKEN // 10**12:06d}"


def change(units: int) -> str:
    """`+29.409852`"""
    return ("-" if units < 0 else "+") + usdc(abs(units))


def percent(part: Fraction, *, sign: bool = False) -> str:
    """`13.62 %`, rounded to the nearest."""
    return f"{float(100 * part):{'+' if sign else ''}.2f} %"
