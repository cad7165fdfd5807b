"""The help of every command of `ape run`: it loads nothing that Ape does not load for an empty script.

Ape executes all scripts twice for each `ape run`, so what one of them imports at the top costs every command.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from perpetual_pools.cli import owner
from perpetual_pools.operations.owner import ACTIONS

ROOT = Path(__file__).parents[2]
VERBS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))
ALLOWED = {
    "perpetual_pools",
    "perpetual_pools.chain",
    "perpetual_pools.chain.redaction",
    "perpetual_pools.cli",
    "perpetual_pools.cli.command",
    *(f"perpetual_pools.cli.{verb}" for verb in VERBS),
    "perpetual_pools.defaults",
    "perpetual_pools.errors",
}
"""What our code loads for a help text. Everything else, like web3 or our contracts, is loaded when a command needs it."""
EMPTY = "import click\n\n\n@click.command()\ndef cli():\n    pass\n"
PROBE = """
import contextlib, io, json, os, sys
from ape._cli import cli

def modules_after(folder, verb):
    os.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        cli(["run", verb, "--help"], standalone_mode=False)
    assert shown.getvalue().startswith("Usage: "), shown.getvalue()
    return set(sys.modules)

empty, root, *verbs = sys.argv[1:]
seen, loaded = modules_after(empty, "empty"), {}
for verb in verbs:
    now = modules_after(root, verb)
    loaded[verb], seen = sorted(now - seen), now
print(json.dumps(loaded))
"""
"""All in one process: the first command loads what all scripts import at the top, the others what their own help needs."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The modules that each help adds to those of the empty script and of the helps before it."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "scripts").mkdir()
    (folder / "scripts" / "empty.py").write_text(EMPTY)
    command = [sys.executable, "-c", PROBE, str(folder), str(ROOT), *VERBS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    modules: dict[str, list[str]] = json.loads(done.stdout)
    return modules


@pytest.mark.parametrize("verb", VERBS)
def test_help__loads_only_command_modules(loaded: dict[str, list[str]], verb: str) -> None:
    assert set(loaded[verb]) - ALLOWED == set()


def test_help__probe__sees_what_is_loaded(loaded: dict[str, list[str]]) -> None:
    assert {name for names in loaded.values() for name in names} == ALLOWED


@pytest.mark.parametrize("verb", VERBS)
def test_script__is_a_stub_of_at_most_ten_lines(verb: str) -> None:
    lines = (ROOT / "scripts" / f"{verb}.py").read_text().splitlines()
    assert len(lines) <= 10
    assert f"from perpetual_pools.cli.{verb} import cli" in lines


def test_owner__help__explains_every_action() -> None:
    assert list(owner.ACTIONS) == list(ACTIONS)
