"""What the tests share lies in modules of its own: no test module is imported, nor a conftest."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
FOLDERS = ("cli", "docs", "flows", "fork", "gas", "property", "support", "tools", "unit")


def imported(source: str) -> set[str]:
    """The modules that a source imports, or takes names from, in full."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def wrong(source: str) -> list[str]:
    """Those that only pytest may load."""
    modules = sorted(imported(source))
    return [name for name in modules if name.split(".")[-1] == "conftest" or name.split(".")[-1].startswith("test_")]


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports__of_tests__name_neither_a_test_module_nor_a_conftest(folder):
    paths = sorted((TESTS / folder).rglob("*.py"))
    assert paths
    assert [f"{path.relative_to(TESTS)}: {name}" for path in paths for name in wrong(path.read_text())] == []


@pytest.mark.parametrize(
    "source",
    [
        "from tests.unit.pool.conftest import act",
        "from tests.unit.pool import conftest",
        "from tests.unit.model import test_pool",
        "from tests.unit.model.test_pool import REFUSED",
        "import tests.conftest",
        "from .test_pool import REFUSED",
        "def f():\n    from tests import conftest",
    ],
)
def test_wrong__each_way_to_import_one__is_found(source):
    assert len(wrong(source)) >= 1


@pytest.mark.parametrize("source", ["import pytest", "from tests.support.pool import act", "from testing import test"])
def test_wrong__other_imports__pass(source):
    assert wrong(source) == []


def test_imports__of_the_package__name_no_tests_and_the_twin_needs_no_pytest():
    package = TESTS.parent / "perpetual_pools"
    named = {path: imported(path.read_text()) for path in package.rglob("*.py")}
    assert [path for path, names in named.items() if any(name.split(".")[0] == "tests" for name in names)] == []
    twin = {name.split(".")[0] for path, names in named.items() if path.parent.name == "twin" for name in names}
    assert not twin & {"pytest", "pyrevm"}
