"""What the model's sources may contain: exact integers only, and errors of the contracts only, each of them tested here."""

import ast
from pathlib import Path

import pytest

from perpetual_pools import model
from tests.property.farm.tally import FarmTally

SOURCES = sorted(Path(model.__file__).parent.glob("*.py"))
INEXACT_NAMES = {"float", "complex", "round", "pow", "divmod", "Decimal", "Fraction", "math", "decimal", "numpy"}
MODULES = {
    "__future__",
    "bisect",
    "collections",
    "collections.abc",
    "csv",
    "dataclasses",
    "enum",
    "itertools",
    "pathlib",
    "typing",
}
OWN = "perpetual_pools.errors", "perpetual_pools.model"


def inexact(source: str) -> list[str]:
    """What may make a number inexact: float literals, true division, names that do."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(f"{node.lineno}: {node.value}")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            found.append(f"{node.lineno}: /")
        elif isinstance(node, ast.Name) and node.id in INEXACT_NAMES:
            found.append(f"{node.lineno}: {node.id}")
        elif isinstance(node, ast.ImportFrom) and not is_exact(node):
            found.append(f"{node.lineno}: {node.module}")
        elif isinstance(node, ast.Import):
            found += [f"{node.lineno}: {alias.name}" for alias in node.names if alias.name not in MODULES]
    return found


def is_exact(node: ast.ImportFrom) -> bool:
    module = node.module or ""
    names = {alias.name for alias in node.names}
    return module in MODULES or module.startswith(OWN) or (module == "math" and names == {"isqrt"})


def test_sources__of_the_model__are_all_there():
    assert [path.stem for path in SOURCES] == [
        "__init__",
        "constants",
        "errors",
        "events",
        "farm",
        "ledger",
        "maths",
        "oracle",
        "pair",
        "pool",
        "rounds",
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_sources__of_the_model__use_integers_alone(path):
    assert inexact(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 1.0",
        "x = 1e18",
        "x = 2j",
        "x = y / 2",
        "x /= 2",
        "float(y)",
        "import math",
        "from math import sqrt",
        "from math import isqrt, sqrt",
        "from perpetual_pools.emissions import amounts",
    ],
)
def test_inexact__each_kind__is_found(source):
    assert len(inexact(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "x = y // 2",
        "x = 10**18",
        "x //= 2",
        "from perpetual_pools.model.maths import CommitType",
        "from math import isqrt",
        "'1.0 / 2'",
    ],
)
def test_inexact__exact_sources__pass(source):
    assert inexact(source) == []


# --- errors ---

TESTS = sorted(Path(__file__).parent.glob("test_*.py"))


def refusals_in(source: str) -> list[tuple[str, list[str]]]:
    """The errors that tests expect, `refusal("Error", argument=...)`, and the names of their arguments."""
    return [
        (ast.literal_eval(node.args[0]), [str(keyword.arg) for keyword in node.keywords])
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refusal"
    ]


OF_A_MOCK = "OracleReverting"
REFUSALS = [
    found
    for path in TESTS
    if path != Path(__file__)
    for found in refusals_in(path.read_text())
    if found[0] != OF_A_MOCK
]


@pytest.fixture
def errors(project):
    """By name, the names of the arguments: all errors of pool and wrapper. `PriceOutOfRange` is an error of both."""
    declared: dict[str, list[list[str]]] = {}
    for name in ("LeveragedPool", "ChainlinkOracleWrapper"):
        for error in project.get_contract(name).contract_type.errors:
            declared.setdefault(error.name, []).append([field.name for field in error.inputs])
    return declared


def names_in(source: str) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_refusals__every_error_that_the_model_names__is_tested_here(errors):
    named = set.union(*(names_in(path.read_text()) for path in SOURCES if path.stem != "farm")) & set(errors)
    assert {error for error, _ in REFUSALS} == named
    # Not in the model: deployed code, gas, re-entry, permits, tokens that misbehave, numbers that outgrow their slot.
    assert set(errors) - named == {
        "FeedDecimalsTooLarge",
        "FeedRanOutOfGas",
        "NoAnswer",
        "NotAContract",
        "PairOverflow",
        "PermitOnlyForMints",
        "Reentrancy",
        "RewardRefused",
        "ShutdownNeedsGas",
        "TransferFailed",
        "TransferNotExact",
        "ZeroMaxAge",
    }


def test_refusals__arguments__have_the_contracts_names_and_order(errors):
    for error, arguments in REFUSALS:
        assert arguments in errors[error], error


def test_refusals__of_the_farm__are_the_contracts_but_for_what_no_model_has(project):
    # Each is provoked on both by the random lives of a farm: see `ERRORS` of its tally.
    declared = {error.name for error in project.StakingFarm.contract_type.errors}
    (source,) = [path.read_text() for path in SOURCES if path.stem == "farm"]
    assert declared - names_in(source) == {
        "OwnableInvalidOwner",
        "OwnershipCannotBeRenounced",
        "PairOverflow",
        "Reentrancy",
        "TransferFailed",
        "TransferNotExact",
    }
    assert declared & names_in(source) == {*FarmTally.ERRORS, "StartInThePast"}
