"""The patches that `./dev prove` breaks the code with fit the code as it is."""

import subprocess
from pathlib import Path

import pytest

from tests.support.findings import FINDINGS

ROOT = Path(__file__).parents[2]
MUTANTS = ROOT / "tests" / "mutants"


def test_mutants__are_of_findings():
    assert {patch.stem for patch in MUTANTS.iterdir()} <= set(FINDINGS)


@pytest.mark.parametrize("patch", sorted(MUTANTS.iterdir()), ids=lambda patch: patch.stem)
def test_mutant__applies_to_the_code(patch):
    checked = subprocess.run(
        ["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, f"{checked.stderr}Break the code anew as the finding tells and write the diff here."
