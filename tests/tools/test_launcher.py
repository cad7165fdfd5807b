"""The launcher's parts on a folder of their own, and `./dev` itself where nothing has to be installed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tools import launcher
from tools.launcher import Places, SetUpFailed, digest, exports, has_node, is_stamped, only_one, run_step, write_stamp

DEV = Path(__file__).parents[2] / "dev"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def program(folder: Path, name: str, prints: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {prints}\n")
    (folder / name).chmod(0o755)


def dev(*arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, str(DEV), *arguments], capture_output=True, text=True, check=False)


# --- stamps ---


def test_digest__changes_with_content_name_and_words(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("1")
    b.write_text("1")
    first = digest([a], "word")
    assert digest([a], "word") == first
    assert len({first, digest([b], "word"), digest([a], "other"), digest([a]), digest([a, b], "word")}) == 5
    a.write_text("2")
    assert digest([a], "word") != first


def test_digest__does_not_depend_on_the_order_of_files(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("1")
    b.write_text("2")
    assert digest([a, b]) == digest([b, a])


def test_stamp__holds_for_the_written_value_alone(places):
    assert not is_stamped(places, "npm", "one")
    write_stamp(places, "npm", "one")
    assert is_stamped(places, "npm", "one")
    assert not is_stamped(places, "npm", "two")
    assert not is_stamped(places, "python", "one")
    assert [file.name for file in (places.cache / "stamps").iterdir()] == ["npm"]


# --- steps ---


def test_step__that_fails__shows_its_last_lines_the_command_and_what_to_do(places, capsys):
    command = ["sh", "-c", "for i in $(seq 40); do echo line $i; done; exit 7"]
    with pytest.raises(SetUpFailed) as failure:
        run_step(places, "npm packages", command, dict(os.environ), "Try again.")
    lines = str(failure.value).splitlines()
    assert lines[:25] == [f"line {i}" for i in range(16, 41)]
    assert lines[-2].startswith("npm packages failed (exit code 7): sh -c ")
    assert lines[-1] == "Try again."
    assert "npm packages ... failed after 0 s" in capsys.readouterr().err
    assert (places.cache / "logs" / "npm-packages.log").read_text().splitlines()[0] == "line 1"


def test_step__that_succeeds__shows_title_and_time_alone(places, capsys):
    run_step(places, "Contracts", ["echo", "many words"], dict(os.environ), "")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "  Contracts ... 0 s\n")


def test_second_launcher__waits_until_the_first_has_set_up(places, capsys):
    order: list[str] = []
    inside = threading.Event()

    def first() -> None:
        with only_one(places):
            inside.set()
            time.sleep(0.3)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(5)
    with only_one(places):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]
    assert "waiting for another ./dev that is setting up" in capsys.readouterr().err


# --- packages ---


@pytest.fixture
def installed(places: Places, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the steps that ran, in a project with locks but without an index."""
    (places.root / "requirements").mkdir()
    for lock in ("installer", "run", "test"):
        (places.root / "requirements" / f"{lock}.lock").write_text(f"{lock}==1.0\n")
    titles: list[str] = []

    def record(_places: Places, title: str, command: list[str], _env: object, _advice: str) -> None:
        titles.append(title)
        if "venv" in command:
            (places.venv / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
            program(places.venv / "bin", "python", "")
        if Path(command[0]).name == "uv" and not (places.root / "index").exists():
            raise SetUpFailed("no index")

    monkeypatch.setattr(launcher, "run_step", record)
    return titles


def test_packages__are_installed_once_for_each_lock_and_again_when_it_changes(
    places: Places, installed: list[str]
) -> None:
    (places.root / "index").touch()
    launcher.install_python(places, "run")
    assert installed == ["Python environment", "Installer", "Packages to run"]
    launcher.install_python(places, "run")
    launcher.install_python(places, "test")
    assert installed[3:] == ["Packages to test"]
    (places.root / "requirements" / "run.lock").write_text("run==2.0\n")
    launcher.install_python(places, "run")
    assert installed[4:] == ["Packages to run"]
    shutil.rmtree(places.venv)
    launcher.install_python(places, "run")
    assert installed[5:] == ["Python environment", "Installer", "Packages to run"]


def test_packages__where_uv_finds_no_index__come_with_pip(places: Places, installed: list[str]) -> None:
    launcher.install_python(places, "run")
    assert installed[2:] == ["Packages to run", "Packages to run (with pip)"]


def test_packages__that_cannot_be_installed__are_tried_again(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SetUpFailed("no index")

    monkeypatch.setattr(launcher, "run_step", fail)
    for _ in range(2):
        with pytest.raises(SetUpFailed, match="no index"):
            launcher.install_python(places, "run")
    assert not (places.cache / "stamps").exists()


# --- the environment ---


def test_exports__hide_no_ape_account():
    assert set(exports(Places(Path("/srv/pools")), {"PATH": "/bin"})) == {"PATH", "VIRTUAL_ENV"}


def test_exports__of_a_project_below_the_folder_for_temporary_files__name_another_such_folder():
    project = Places(Path(tempfile.gettempdir()).resolve() / "pools")
    assert exports(project, {"PATH": "/bin"})["TMPDIR"] == f"{project.root}/.cache/tmp"


def test_exports__put_the_projects_programs_first_and_once(places):
    once = exports(places, {"PATH": "/usr/bin:/bin"})["PATH"]
    assert once == f"{places.root}/.venv/bin:{places.root}/node_modules/.bin:/usr/bin:/bin"
    assert exports(places, {"PATH": once})["PATH"] == once


def test_exports__name_the_npm_compiler_only_where_it_stands_in(places):
    places.solc.mkdir(parents=True)
    (places.solc / f"solc-v{launcher.SOLC}").touch()
    found = exports(places, {"PATH": ""})
    assert found["SOLCX_BINARY_PATH"] == str(places.solc)
    assert found["PERPETUAL_POOLS_ROOT"] == str(places.root)


def test_exports__pass_on_the_arbitrum_rpc_unless_one_is_set(places):
    assert exports(places, {"PATH": "", "ARBITRUM_RPC_URL": "http://a"})["WEB3_PROVIDER_URI"] == "http://a"
    both = {"PATH": "", "ARBITRUM_RPC_URL": "http://a", "WEB3_PROVIDER_URI": "http://b"}
    assert "WEB3_PROVIDER_URI" not in exports(places, both)


@pytest.mark.parametrize(
    ("version", "enough"), [("v18.0.0", True), ("v20.11.1", True), ("v16.20.2", False), ("", False)]
)
def test_node__has_to_be_18_or_later(tmp_path, version, enough):
    program(tmp_path / "bin", "node", version)
    program(tmp_path / "bin", "npm", "10.0.0")
    assert has_node(str(tmp_path / "bin")) is enough


def test_node__without_npm__is_none(tmp_path):
    program(tmp_path / "bin", "node", "v20.0.0")
    assert not has_node(str(tmp_path / "bin"))


# --- ./dev ---


def test_dev__without_a_verb__lists_them_all():
    done = dev()
    assert done.returncode == 0
    for verb in launcher.VERBS:
        assert f"\n  {verb} " in done.stdout
    assert done.stdout.count("\n          Example: ") == len(launcher.VERBS)


def test_dev__unknown_verb__says_so_and_fails():
    done = dev("tset")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("./dev: no verb 'tset'\n\nusage: ./dev VERB [arguments]\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["tests/unit"], True),
        (["-q", "tests/tools/test_launcher.py::test_x"], True),
        (["-k", "commit", "-x"], False),
        (["--durations=15", "-q"], False),
        ([], False),
    ],
)
def test_test__a_file_or_folder_among_the_arguments__makes_it_one_plain_run(
    arguments: list[str], expected: bool
) -> None:
    assert launcher.names_tests(DEV.parent, arguments) is expected


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The runs that `./dev test` begins, in a project that is set up."""
    runs: list[tuple[object, ...]] = []
    monkeypatch.setattr(launcher, "set_up", lambda *_: None)
    monkeypatch.setattr(launcher, "call", lambda _places, command, _env: runs.append(("one", *command)) or 0)
    monkeypatch.setattr(
        launcher.shards,
        "run",
        lambda _root, names, arguments, _env, _folder, *, complete: runs.append((names, arguments, complete)) or 0,
    )
    return runs


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (["in-process", "chain"], [], True)),
        (["-q", "--durations=15"], (["in-process", "chain"], ["-q", "--durations=15"], True)),
        (["-k", "commit"], (["in-process", "chain"], ["-k", "commit"], False)),
        (["--finding=K03"], (["in-process", "chain"], ["--finding=K03"], False)),
        (["--shard", "chain", "-q"], (["chain"], ["-q"], False)),
        (["tests/unit", "-x"], ("one", "ape", "test", "--network", "arbitrum:local:foundry", "tests/unit", "-x")),
        (["--help"], ("one", "ape", "test", "--network", "arbitrum:local:foundry", "--help")),
    ],
)
def test_test__runs_both_shards_or_one_and_asks_for_all_findings_only_of_all_tests(
    ran: list[tuple[object, ...]], arguments: list[str], expected: tuple[object, ...]
) -> None:
    assert launcher.verb_test(Places(DEV.parent), arguments) == 0
    assert ran == [expected]


def test_call__interrupted__lets_the_command_clean_up(tmp_path: Path) -> None:
    waiting = "import time\ntry:\n    print('ready', flush=True)\n    time.sleep(60)\n"
    cleaning = f"{waiting}finally:\n    time.sleep(0.5)\n    open('clean', 'w')\n"
    command = [sys.executable, "-c", cleaning]
    calling = (
        f"from tools.launcher import *; sys.exit(call(Places(Path({str(tmp_path)!r})), {command!r}, dict(os.environ)))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", calling],
        cwd=DEV.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(10) == 130
    process.stdout.close()
    assert (tmp_path / "clean").exists()


def test_dev__help_of_a_verb__has_an_example():
    done = dev("lint", "--help")
    assert done.returncode == 0
    assert "Example: ./dev lint" in done.stdout


def test_dev__argument_that_means_nothing__is_refused():
    done = dev("env", "now")
    assert done.returncode == 2
    assert done.stderr == "unexpected arguments: now\n"


@pytest.mark.parametrize("version", ["(3, 10, 2)", "(3, 13, 0)"])
def test_dev__another_python__says_which_is_needed(version):
    run = f"runpy.run_path({str(DEV)!r}, run_name='__main__')"
    pretend = f"import sys, runpy; sys.version_info = {version}; sys.argv = ['dev']; {run}"
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
    major, minor = version[1:-1].split(", ")[:2]
    assert done.returncode == 1
    assert done.stderr == (
        f"./dev needs Python 3.11 or 3.12; this is {major}.{minor}. Call it by name: python3.11 dev ...\n"
    )


def test_dev__second_run__is_ready_in_under_3_seconds():
    assert dev("python", "-c", "pass").returncode == 0
    start = time.monotonic()
    done = dev("python", "-c", "print('ready')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ready\n", "")
    assert time.monotonic() - start < 3


# --- the compiler from npm ---


def test_solc_of_npm__resolves_imports_against_the_base_path(tmp_path):
    (tmp_path / "A.sol").write_text("pragma solidity 0.8.37; contract A {}")
    source = 'pragma solidity 0.8.37; import {A} from "./A.sol"; contract B is A {}'
    request = json.dumps(
        {
            "language": "Solidity",
            "sources": {"B.sol": {"content": source}},
            "settings": {"outputSelection": {"*": {"*": ["evm.bytecode.object"]}}},
        }
    )
    solc = [shutil.which("node") or "node", str(DEV.parent / "tools" / "solc")]
    env = {**os.environ, "PERPETUAL_POOLS_ROOT": str(DEV.parent)}
    done = subprocess.run(
        [*solc, "--standard-json", "--base-path", str(tmp_path)],
        input=request,
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    output = json.loads(done.stdout)
    assert [error["message"] for error in output.get("errors", []) if error["severity"] == "error"] == []
    assert output["contracts"]["B.sol"]["B"]["evm"]["bytecode"]["object"].startswith("6080")
