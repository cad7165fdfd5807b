"""Static analysis with all detectors of Slither, except for mocks: `python -m tools.analysis`, a part of `./dev lint`.

A false alarm is suppressed beside its line: `// slither-disable-next-line <detectors> -- <reason>`. If a whole contract
triggers a detector, `slither-disable-start` covers many lines, also with detectors and a reason. A suppression without a
reason is a failure, and so is one that no longer suppresses anything.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crytic_compile import CryticCompile
from crytic_compile.compilation_unit import CompilationUnit
from crytic_compile.compiler.compiler import CompilerVersion
from crytic_compile.platform.solc_standard_json import SolcStandardJson, parse_standard_json_output
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector

from tools.compiler import ROOT, front_end

SUPPRESSION = re.compile(r"//\s*slither-disable")
WITH_REASON = re.compile(
    r"// slither-disable-(next-line [a-z,-]+ -- \w.+|start (?!all )[a-z,-]+ -- \w.+|end [a-z,-]+)$"
)
NO_CODE = {"object": "00" * 32, "sourceMap": ""}
"""A stand-in for code: for Slither, `type(...).creationCode` becomes a literal of zeros, as long as some real code."""


class FrontEnd(SolcStandardJson):
    """Hands Slither the output of the compiler's front end: detectors read syntax trees, and code would take longer."""

    def compile(self, crytic_compile: CryticCompile, **_: Any) -> None:
        output, root = self.to_dict()["output"], self.to_dict()["root"]
        for contracts in output["contracts"].values():
            for contract in contracts.values():
                contract["evm"] = {"bytecode": NO_CODE, "deployedBytecode": NO_CODE}
        unit = CompilationUnit(crytic_compile, "contracts")
        unit.compiler_version = CompilerVersion(compiler="solc", version="0.8.37", optimized=True)
        parse_standard_json_output(output, unit, solc_working_dir=root)


def unexplained(contracts: Path) -> Iterator[str]:
    """Yield suppressions without a reason."""
    for path in sorted(contracts.rglob("*.sol")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if SUPPRESSION.search(line) and not WITH_REASON.search(line):
                yield f"{path.relative_to(contracts.parent)}:{number}: no reason: {line.strip()}"


def findings(root: Path) -> Iterator[str]:
    """Yield what Slither finds, and suppressions that it does not need."""
    slither = Slither(
        CryticCompile(FrontEnd({"output": front_end(root), "root": str(root)})), filter_paths=["node_modules"]
    )
    for detector in vars(all_detectors).values():
        if inspect.isclass(detector) and issubclass(detector, AbstractDetector):
            slither.register_detector(detector)
    for result in (result for results in slither.run_detectors() for result in results):
        yield f"{result['check']} ({result['impact']}): {result['description'].strip()}"
    for comment in slither.get_unused_ignore_comments():
        path = Path(comment["file"])
        if path.is_relative_to(root / "contracts"):
            yield f"{path.relative_to(root)}:{comment['line']}: suppresses nothing: {', '.join(comment['unused_detectors'])}"


def main(root: Path = ROOT) -> int:
    found = [*unexplained(root / "contracts"), *findings(root)]
    print("\n".join(dict.fromkeys(found)) or "Slither: no findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
