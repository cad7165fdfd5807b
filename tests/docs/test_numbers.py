"""Every computed number in the docs is what the model computes."""

import pytest

from tests.docs import (  # noqa: F401  claims register themselves
    architecture,
    invariants,
    known_issues,
    mechanism,
    programme,
    staking,
    text,
)
from tests.docs.claims import REGISTRY
from tests.docs.text import DOCS, Page, flat


@pytest.mark.parametrize(("page", "claims"), REGISTRY, ids=[f"{page}-{c.__name__}" for page, c in REGISTRY])
def test_numbers__sentences_of_the_docs__say_what_the_model_computes(page, claims):
    written = Page(page).text
    sentences = list(claims())
    assert sentences
    assert [sentence for sentence in sentences if flat(sentence) not in written] == []


# It tells of variants that were measured and are gone.
MEASURED = {"differences.md"}


@pytest.mark.parametrize("page", sorted({path.name for path in DOCS.glob("*.md")} - MEASURED))
def test_numbers__docs__hold_no_number_that_nothing_computes(page):
    sentences = [sentence for name, claims in REGISTRY if name == page for sentence in claims()]
    assert Page(page).numbers_outside(sentences) == []


def test_numbers__check_itself__finds_what_no_sentence_covers(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "DOCS", tmp_path)
    (tmp_path / "page.md").write_text("pays 1.5 USDC,\nthen 2,000 or 3 % in 4 hours, `5.5`\n```\n6.5\n```\n")
    page = Page("page.md")
    assert len(page.numbers_outside([])) == 3
    assert len(page.numbers_outside(["pays 1.5 USDC, then 2,000"])) == 1
    assert page.numbers_outside(["pays 1.5 USDC", "2,000 or 3 %"]) == []
