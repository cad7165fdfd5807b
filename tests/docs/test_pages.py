"""Everything that the pages point to exists: invariants and their tests, files, links, images, words of the code."""

import re

import pytest

from tests.docs.text import DOCS, Page

ROOT = DOCS.parent
FOLDERS = "abi|contracts|deploy|docs|perpetual_pools|scripts|snapshots|tests|tools"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
INVARIANTS = Page("invariants.md").table("id", "holds at all times", "checked by")
SOURCES = {path.relative_to(ROOT): path.read_text() for path in (ROOT / "contracts").rglob("*.sol")}


def test_invariants__ids__are_p1_to_p12_and_f1_to_f5():
    pools, farms = [f"P{number}" for number in range(1, 13)], [f"F{number}" for number in range(1, 6)]
    assert [row[0] for row in INVARIANTS] == pools + farms


@pytest.mark.parametrize(("invariant", "checks"), [(row[0], row[2]) for row in INVARIANTS])
def test_invariants__places_where_they_are_checked__exist_and_name_them(invariant, checks):
    places = [place.strip().strip("`") for place in checks.split(",")]
    assert places
    for place in places:
        path, _, name = place.partition("::")
        source = (ROOT / path).read_text()
        if name:
            assert f"\ndef {name}(" in source, place
        else:
            assert re.search(rf"\b{invariant}\b", source), place


def headings(path):
    """The anchors that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(path):
    """The relative links and images of a page whose file or heading does not exist."""
    broken = []
    for target in re.findall(r"\]\((?!https?://)([^)]+)\)", path.read_text()):
        file, _, anchor = target.partition("#")
        found = path.parent / file if file else path
        if not found.is_file() or (anchor and anchor not in headings(found)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links__and_images__lead_to_files_and_headings(path):
    assert broken_links(path) == []


def test_links__check_itself__finds_what_does_not_exist(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One, two\n[a](page.md) [b](#one-two) ![c](c.png) [d](page.md#three) [e](none.md)\n")
    assert broken_links(page) == ["c.png", "page.md#three", "none.md"]


def test_images__are_small_and_shown_on_a_page():
    shown = {
        (path.parent / target).resolve()
        for path in PAGES
        for target in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", path.read_text())
    }
    images = set((DOCS / "images").iterdir())
    assert images == shown
    assert all(image.stat().st_size < 150_000 for image in images)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_paths__in_code__exist(path):
    mentioned = re.findall(rf"`((?:{FOLDERS})/[^`:]*)", path.read_text())
    assert [path for path in mentioned if not (ROOT / path).exists()] == []


def test_rounding__table__has_every_function_whose_name_says_a_direction():
    rows = Page("mechanism.md").table("function", "direction", "in whose favour")
    listed = {row[0].strip("`"): row[1] for row in rows}
    declared = {
        f"{path.stem}.{name}": name
        for path, source in SOURCES.items()
        if "mocks" not in path.parts
        for name in re.findall(r"function (\w+(?:Down|Up))\(", source)
    }
    up_and_running = {"ChainlinkOracleWrapper._requireSequencerUp"}
    assert len(declared) >= 6
    assert declared.keys() - up_and_running <= listed.keys()
    for function, direction in listed.items():
        contract, name = function.split(".")
        (source,) = [text for path, text in SOURCES.items() if path.stem == contract]
        assert f"function {name}(" in source, function
        assert direction in ("up", "down")
        if name.endswith(("Up", "Down")):
            assert name.lower().endswith(direction), function


def test_glossary__words__are_in_order_and_once_each():
    words = [row[0].strip("`").lower() for row in Page("glossary.md").table("word", "meaning")]
    assert words == sorted(set(words))


def test_glossary__commit_types__are_those_of_the_interface():
    (row,) = [row for row in Page("glossary.md").table("word", "meaning") if row[0] == "commit type"]
    (source,) = [text for path, text in SOURCES.items() if path.stem == "ILeveragedPool"]
    (members,) = re.findall(r"enum CommitType \{(.*?)\}", source, re.DOTALL)
    assert re.findall(r"`(\w+)`", row[1]) == [member.strip() for member in members.split(",")]
