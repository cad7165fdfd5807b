"""What `./dev lint` runs of the project's own: static analysis, storage layout and code size."""

from pathlib import Path

import pytest

from tools import analysis, layout
from tools.compiler import CONTRACTS, ROOT

FLAWED = """// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

contract Flawed {
    address public immutable owner = msg.sender;

    function isOwner() external view returns (bool) {
        // above
        return tx.origin == owner || block.timestamp == 1;
    }
}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of one contract that compares tx.origin and, to the second, the time."""
    (tmp_path / "contracts" / "mocks").mkdir(parents=True)
    (tmp_path / "contracts" / "Flawed.sol").write_text(FLAWED)
    (tmp_path / "ape-config.yaml").symlink_to(ROOT / "ape-config.yaml")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def suppress(root: Path, comment: str) -> None:
    (root / "contracts" / "Flawed.sol").write_text(FLAWED.replace("// above", comment))


# --- static analysis ---


def test_analysis__flawed_contract__fails_with_each_finding(root, capsys):
    assert analysis.main(root) == 1
    found = capsys.readouterr().out
    assert [name for name in ("incorrect-equality", "timestamp") if name not in found] == []
    assert "Flawed.isOwner()" in found


def test_analysis__suppressed_with_a_reason__passes(root, capsys):
    suppress(root, "// slither-disable-next-line incorrect-equality,timestamp,tx-origin -- a test")
    found = set(analysis.findings(root))
    assert found == {"contracts/Flawed.sol:8: suppresses nothing: tx-origin"}
    suppress(root, "// slither-disable-next-line incorrect-equality,timestamp -- a test")
    assert analysis.main(root) == 0
    assert capsys.readouterr().out == "Slither: no findings\n"


@pytest.mark.parametrize(
    "comment",
    [
        "// slither-disable-next-line incorrect-equality,timestamp",
        "// slither-disable-next-line incorrect-equality,timestamp --",
        "// slither-disable-next-line -- a test",
        "// slither-disable-start all -- a test",
        "// slither-disable-start timestamp",
    ],
)
def test_analysis__suppression_without_detectors_or_reason_or_of_a_whole_part__fails(root, comment):
    suppress(root, comment)
    assert list(analysis.unexplained(root / "contracts")) == [f"contracts/Flawed.sol:8: no reason: {comment}"]


def test_analysis__part_that_is_suppressed_for_a_reason__passes_as_far_as_it_goes(root, capsys):
    lines = FLAWED.splitlines()
    at = next(number for number, line in enumerate(lines) if "tx.origin" in line)
    detectors = "incorrect-equality,timestamp"
    before, after = f"// slither-disable-start {detectors} -- a test", f"// slither-disable-end {detectors}"
    flawed = root / "contracts" / "Flawed.sol"
    flawed.write_text("\n".join([*lines[:at], before, lines[at], after, *lines[at + 1 :]]))
    assert analysis.main(root) == 0
    flawed.write_text("\n".join([before, after, *lines]))
    assert analysis.main(root) == 1
    assert "Flawed.isOwner()" in capsys.readouterr().out


def test_analysis__error_of_the_compiler__is_told(root):
    (root / "contracts" / "Flawed.sol").write_text(FLAWED.replace("tx.origin", "tx.origins"))
    with pytest.raises(RuntimeError, match=r"contracts/Flawed\.sol:9:"):
        list(analysis.findings(root))


def test_analysis__mocks__are_left_out(root):
    (root / "contracts" / "Flawed.sol").rename(root / "contracts" / "mocks" / "Flawed.sol")
    (root / "contracts" / "Plain.sol").write_text("pragma solidity 0.8.37;\n\ninterface Plain {}\n")
    assert list(analysis.findings(root)) == []


# --- storage layout and code size ---

LAYOUTS = {"Pool": {"slot": {"0": "_state PoolState"}, "transient slot": {}}}
LIMITS = {"Pool": (24_576, 49_152)}


def test_layout__as_recorded_and_at_the_limits__has_no_fault():
    assert list(layout.faults(LAYOUTS, LIMITS, LAYOUTS)) == []


@pytest.mark.parametrize(
    ("recorded", "says"),
    [
        ({"Pool": {"slot": {"0": "_state uint256"}, "transient slot": {}}}, "_state uint256"),
        ({"Pool": {"slot": {"0": "_state PoolState"}, "transient slot": {"0": "x bool"}}}, "x bool"),
        ({}, "None"),
        ({**LAYOUTS, "Gone": {}}, "{}"),
    ],
)
def test_layout__other_than_recorded__is_a_fault(recorded, says):
    (fault,) = layout.faults(LAYOUTS, LIMITS, recorded)
    assert fault.endswith(f"snapshots/layout.json says {recorded.get('Pool' if 'Gone' not in recorded else 'Gone')}")
    assert says in fault


@pytest.mark.parametrize(
    ("sizes", "fault"),
    [
        ((24_577, 49_152), "Pool: 24,577 bytes of code, the limit is 24,576"),
        ((24_576, 49_153), "Pool: 49,153 bytes of deployment code, the limit is 49,152"),
    ],
)
def test_layout__a_byte_over_a_limit__is_a_fault(sizes, fault):
    assert list(layout.faults(LAYOUTS, {"Pool": sizes}, LAYOUTS)) == [fault]


def test_layout__two_variables_in_a_slot__stand_in_their_order():
    types = {"t_bool": {"label": "bool"}, "t_struct": {"label": "struct Pair", "members": []}}
    storage = [{"label": name, "slot": slot, "type": "t_bool"} for name, slot in (("a", "0"), ("b", "0"), ("c", "1"))]
    assert layout.slots({"types": types, "storage": storage}) == {"0": "a bool, b bool", "1": "c bool"}


def test_layout__of_the_contracts__is_printed_and_as_recorded(project, capsys):
    assert layout.main([]) == 0
    printed = capsys.readouterr().out
    for name in CONTRACTS:
        code = len(project.get_contract(name).contract_type.runtime_bytecode.bytecode.removeprefix("0x")) // 2
        assert f"{name}: {code:,} of 24,576 bytes" in printed
    assert "  slot 0: _state PoolState\n" in printed
