"""`./dev prove maths` by its parts: what is no proof is none. Its solvers are not asked here."""

import json
from pathlib import Path

import pytest

from tools import symbolic
from tools.compiler import ROOT
from tools.symbolic import Verdict, fault_in

HALVES = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

error NotGiven();

contract HalvesCheck {
    function check_half__is_no_more_than_the_whole(uint128 whole) external pure {
        assert(whole / 2 <= whole);
    }

    function check_half__is_less_than_the_whole(uint8 whole) external pure {
        if (whole > 7) revert NotGiven();
        assert(whole / 2 < whole);
    }

    function check_half__of_one_number__is_known(uint256 whole) external pure {
        if (whole != 2 ** 255 + 12345) revert NotGiven();
        assert(whole / 2 == 2 ** 254 + 6172);
    }

    function check_half__of_the_double__is_the_whole(uint256 whole) external pure {
        assert((2 * whole) / 2 == whole);
    }
}
"""
PASSED = {"exitcode": 0, "models": [], "num_bounded_loops": 0}


@pytest.fixture(scope="module")
def halves(tmp_path_factory) -> dict:
    """Four properties, of which the first holds."""
    root: Path = tmp_path_factory.mktemp("project")
    (root / symbolic.CHECKS).mkdir(parents=True)
    (root / symbolic.CHECKS / "HalvesCheck.sol").write_text(HALVES)
    (root / "ape-config.yaml").symlink_to(ROOT / "ape-config.yaml")
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    return symbolic.compiled(root)


def tried(halves: dict, function: str) -> str:
    (method,) = (method for method in symbolic.properties(halves["HalvesCheck"]) if method.name == function)
    return symbolic.counterexample("HalvesCheck", halves["HalvesCheck"], method)


def test_property__that_holds_on_random_inputs__has_no_counterexample(halves):
    assert tried(halves, "check_half__is_no_more_than_the_whole") == ""


def test_property__that_fails_on_a_random_input__is_told_with_its_numbers(halves):
    assert tried(halves, "check_half__is_less_than_the_whole") == "counterexample: whole = 0"


def test_property__that_speaks_of_next_to_no_input__is_not_proven(halves):
    text = "only 0 of 4000 random inputs are as given"
    assert tried(halves, "check_half__of_one_number__is_known") == text


def test_property__that_panics__does_not_hold(halves):
    told = tried(halves, "check_half__of_the_double__is_the_whole")
    assert told.startswith("counterexample: whole = ")
    assert 2 * int(told.split(" = ")[1]) >= 2**256


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (PASSED, ""),
        ({**PASSED, "exitcode": 2}, "a solver does not know"),
        ({**PASSED, "exitcode": 3}, "a path that halmos cannot follow"),
        ({**PASSED, "exitcode": 4}, "no input is as given"),
        ({**PASSED, "exitcode": 5}, "halmos failed"),
        ({**PASSED, "exitcode": 9}, "halmos ended with 9"),
        ({**PASSED, "num_bounded_loops": 1}, "a loop not followed to its end"),
    ],
)
def test_result_of_halmos__other_than_a_pass_of_all_paths__is_a_fault(result, fault):
    assert fault_in(result) == fault


def test_counterexample_of_halmos__is_told_with_its_numbers():
    model = {f"p_{name}": {"variable_name": name, "value": value} for name, value in (("lo", 2**96), ("p", 3))}
    result = {**PASSED, "exitcode": 1, "models": [{"model": model, "is_valid": True}]}
    assert fault_in(result) == "counterexample: lo = 79228162514264337593543950336, p = 3"


def test_artifacts__have_what_halmos_reads(halves, tmp_path):
    symbolic.write_artifacts(halves, tmp_path)
    artifact = json.loads((tmp_path / "out" / "HalvesCheck.sol" / "HalvesCheck.json").read_text())
    assert artifact["metadata"]["compiler"]["version"].startswith("0.8.37+")
    assert artifact["bytecode"]["object"].startswith("0x6080")
    assert artifact["bytecode"]["linkReferences"] == {}
    assert artifact["deployedBytecode"]["object"].startswith("0x6080")
    assert "check_half__is_no_more_than_the_whole(uint128)" in artifact["methodIdentifiers"]
    assert artifact["ast"]["absolutePath"] == "tests/symbolic/HalvesCheck.sol"


def test_main__one_of_two_not_proven__prints_both_and_fails(monkeypatch, capsys):
    good = Verdict("HalvesCheck", "check_half__is_no_more_than_the_whole", "", 1.25)
    bad = Verdict("HalvesCheck", "check_half__is_less_than_the_whole", "counterexample: whole = 0", 0.5)
    monkeypatch.setattr(symbolic, "verdicts", lambda root, wanted: iter([good, bad]))
    assert symbolic.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "   1.2 s  Halves half: is no more than the whole: proven",
        "   0.5 s  Halves half: is less than the whole: NOT PROVEN (counterexample: whole = 0)",
        "1 of 2 properties not proven",
    ]


@pytest.mark.parametrize(
    ("found", "code", "last"),
    [
        ([], 1, "0 of 0 properties not proven"),
        ([Verdict("PairCheck", "check_parts__fit", "", 0.0)], 0, "all 1 properties proven"),
    ],
)
def test_main__succeeds_only_if_there_is_something_and_all_of_it_is_proven(monkeypatch, capsys, found, code, last):
    monkeypatch.setattr(symbolic, "verdicts", lambda root, wanted: iter(found))
    assert symbolic.main() == code
    assert capsys.readouterr().out.splitlines()[-1] == last
