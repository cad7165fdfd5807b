"""Proves the properties of tests/symbolic for all inputs: a part of `./dev prove`, alone with `./dev prove maths`.

A property is a function `check_...` of a contract there: `given` is what it takes for granted, `assert` what it says.
Each is tried on random inputs first, which finds what is plainly wrong and shows that what is given can be. Then halmos runs
the compiled code on unknowns and asks solvers (tools/smt.py) for inputs that break an assertion. Proven is what has none.
A solver that does not know, a loop not followed to its end, and a path that halmos cannot follow are failures.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from ethpm_types import Bytecode, ContractType
from ethpm_types.abi import ABIType, MethodABI

from perpetual_pools.twin.chain import Reverted
from tests.support.revm import Revm
from tools.compiler import ROOT, compile_sources, solidity_settings

ENVIRONMENT = ROOT / ".cache" / "prover"
CHECKS = Path("tests") / "symbolic"
OUTPUTS = ["abi", "metadata", "evm.bytecode", "evm.deployedBytecode", "evm.methodIdentifiers"]
TRIES = 4_000
LEAST = 20
"""So many of the random inputs have to be such as a property speaks of."""
SECONDS_PER_QUERY = 300
MARKET_LENGTHS = "0,1,24,25,65"
NOT_PROVEN = {
    2: "a solver does not know",
    3: "a path that halmos cannot follow",
    4: "no input is as given",
    5: "halmos failed",
}
"""By halmos's exit codes."""


@dataclass(frozen=True)
class Verdict:
    """What became of a property: proven when it has no fault."""

    contract: str
    name: str
    fault: str
    seconds: float

    def __str__(self) -> str:
        words = self.name.removeprefix("check_").replace("__", ": ").replace("_", " ")
        verdict = f"NOT PROVEN ({self.fault})" if self.fault else "proven"
        return f"{self.seconds:6.1f} s  {self.contract.removesuffix('Check')} {words}: {verdict}"


def compiled(root: Path) -> dict[str, dict[str, Any]]:
    """The properties' contracts by name, as the compiler puts them out and with the syntax tree that halmos reads."""
    sources = sorted((root / CHECKS).glob("*.sol"))
    settings = {"viaIR": True, "optimizer": {"enabled": True, "runs": solidity_settings(root)["optimization_runs"]}}
    output = compile_sources(root, sources, OUTPUTS, settings)
    return {
        name: {**contract, "ast": output["sources"][source]["ast"]}
        for source, contracts in output["contracts"].items()
        for name, contract in contracts.items()
        if name.endswith("Check")
    }


def properties(contract: dict[str, Any]) -> list[MethodABI]:
    return [MethodABI(**entry) for entry in contract["abi"] if entry.get("name", "").startswith("check_")]


# --- random inputs ---


def random_value(random: Random, of: ABIType) -> Any:
    """Numbers of any size, each as likely as any other."""
    if of.components:
        return tuple(random_value(random, component) for component in of.components)
    kind = str(of.type)
    if array := re.fullmatch(r"(\w+)\[(\d+)\]", kind):
        return [random_value(random, of.model_copy(update={"type": array[1]})) for _ in range(int(array[2]))]
    if kind == "string":
        return "m" * random.randrange(30)
    if kind == "address":
        return f"0x{random.getrandbits(160):040x}"
    if kind == "bool":
        return random.random() < 0.5
    if str(of.internal_type).startswith("enum"):
        return random.randrange(6)
    return random.getrandbits(random.randint(0, int(kind.removeprefix("uint"))))


def counterexample(contract_name: str, contract: dict[str, Any], method: MethodABI) -> str:
    """Inputs for which the property does not hold, or why it was not tried; empty if it held every time."""
    code = Bytecode(bytecode="0x" + contract["evm"]["bytecode"]["object"])
    contract_type = ContractType(contractName=contract_name, abi=contract["abi"], deploymentBytecode=code)
    instance = Revm(1).deploy(contract_type)
    random = Random(method.selector)
    spoken_of = 0
    for _ in range(TRIES):
        values = [random_value(random, parameter) for parameter in method.inputs]
        try:
            getattr(instance, method.name)(*values)
        except Reverted as revert:
            if revert.name != "NotGiven":
                numbers = zip((parameter.name for parameter in method.inputs), values, strict=True)
                return f"counterexample: {', '.join(f'{name} = {value}' for name, value in numbers)}"
        else:
            spoken_of += 1
    return "" if spoken_of >= LEAST else f"only {spoken_of} of {TRIES} random inputs are as given"


# --- all inputs ---


def write_artifacts(contracts: dict[str, dict[str, Any]], folder: Path) -> None:
    """As Foundry's compiler would put them there, which halmos expects."""
    for name, contract in contracts.items():
        place = folder / "out" / f"{name}.sol"
        place.mkdir(parents=True)
        evm = contract["evm"]
        artifact = {
            "abi": contract["abi"],
            "ast": contract["ast"],
            "metadata": json.loads(contract["metadata"]),
            "methodIdentifiers": evm["methodIdentifiers"],
            **{part: {**evm[part], "object": "0x" + evm[part]["object"]} for part in ("bytecode", "deployedBytecode")},
        }
        (place / f"{name}.json").write_text(json.dumps(artifact))


def run_halmos(folder: Path, contract: str, function: str) -> dict[str, Any]:
    """What halmos says of one property. Raises RuntimeError if that is nothing."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "forge").write_text("#!/bin/sh\n# halmos calls it to compile, which is done\n")
    (programs / "forge").chmod(0o755)
    python = ENVIRONMENT / "bin" / "python"
    command = [
        *(str(ENVIRONMENT / "bin" / "halmos"), "--root", str(folder), "--no-status", "--early-exit"),
        *("--contract", contract, "--match-test", rf"^{function}\(", "--json-output", str(folder / "result.json")),
        *("--panic-error-codes", "*", "--loop", "100", "--default-bytes-lengths", MARKET_LENGTHS),
        *("--solver-timeout-assertion", f"{SECONDS_PER_QUERY}s"),
        *("--solver-command", shlex.join([str(python), str(ROOT / "tools" / "smt.py")])),
    ]
    env = {
        **os.environ,
        "PATH": os.pathsep.join([str(programs), str(ENVIRONMENT / "bin"), os.environ["PATH"]]),
        # Where halmos keeps solvers and queries.
        "HOME": str(folder),
        "TMPDIR": str(folder),
    }
    (folder / "result.json").unlink(missing_ok=True)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if not (folder / "result.json").is_file():
        raise RuntimeError(f"halmos failed:\n{done.stdout}{done.stderr}")
    ((result,),) = json.loads((folder / "result.json").read_text())["test_results"].values()
    return dict(result)


def fault_in(result: dict[str, Any]) -> str:
    """Why what halmos says is no proof; empty if it is one."""
    if result["models"]:
        numbers = {v["variable_name"]: v["value"] for v in result["models"][0]["model"].values()}
        return f"counterexample: {', '.join(f'{name} = {value}' for name, value in numbers.items())}"
    if result["exitcode"] != 0:
        return NOT_PROVEN.get(result["exitcode"], f"halmos ended with {result['exitcode']}")
    return "a loop not followed to its end" if result["num_bounded_loops"] else ""


def verdicts(root: Path, wanted: str = "") -> Iterator[Verdict]:
    contracts = compiled(root)
    with tempfile.TemporaryDirectory() as temporary:
        write_artifacts(contracts, Path(temporary))
        for name, contract in contracts.items():
            for method in properties(contract):
                if wanted not in f"{name}.{method.name}":
                    continue
                start = time.monotonic()
                fault = counterexample(name, contract, method)
                fault = fault or fault_in(run_halmos(Path(temporary), name, method.name))
                yield Verdict(name, method.name, fault, time.monotonic() - start)


def main(root: Path = ROOT, wanted: str = "") -> int:
    """Prints a line for each property."""
    faults = count = 0
    for verdict in verdicts(root, wanted):
        print(verdict, flush=True)
        count += 1
        faults += bool(verdict.fault)
    print(f"{faults} of {count} properties not proven" if faults or not count else f"all {count} properties proven")
    return 1 if faults or not count else 0


if __name__ == "__main__":
    try:
        sys.exit(main(wanted=sys.argv[1] if len(sys.argv) > 1 else ""))
    except KeyboardInterrupt:
        sys.exit(130)
