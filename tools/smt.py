"""Answers one query of halmos: `python smt.py <query>`, its --solver-command, with what requirements/prove.lock has.

Products and quotients of 256 bits are beyond a solver that takes numbers apart into bits. A query that has them is turned
into one about integers, which cvc5 does, and several ways of searching get their turn. The others go to yices, and what
takes it too long to cvc5 as well.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cvc5
from halmos.solve import SMTQuery, refine

PRODUCT = re.compile(r"\(f_evm_bvmul_256 (\?x\d+) (\?x\d+)\)")
"""Of two that halmos takes for different when their factors are in another order."""
WITH_PRODUCTS = "(define-fun f_evm_"
"""What halmos writes where it gives an operation its meaning. At first it asks with operations that mean nothing."""
INTEGERS = {"produce-models": "true", "solve-bv-as-int": "sum"}
PLANES = {"decision": "justification", "nl-ext-tplanes": "true"}
WAYS = (
    ({**INTEGERS, **PLANES}, 300_000),
    (INTEGERS, 300_000),
    ({**INTEGERS, "nl-ext-tplanes": "true"}, 300_000),
    ({**INTEGERS, "decision": "justification"}, 300_000),
    ({**INTEGERS, **PLANES}, 1_000_000),
)
"""Options, and how many steps: not seconds, so that a busy machine proves the same. 400,000 take about a second."""
YICES = ("yices-smt2", "--smt2-model-format", "--bvconst-in-decimal")
YICES_SECONDS = 30


def ask_cvc5(query: Path, options: dict[str, str], steps: int) -> str:
    """`unsat`, `unknown`, or `sat` and the numbers."""
    solver = cvc5.Solver()
    for name, value in {**options, "rlimit-per": str(steps)}.items():
        solver.setOption(name, value)
    parser = cvc5.InputParser(solver)
    parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, str(query))
    answers: list[str] = []
    while "unknown" not in answers and not (command := parser.nextCommand()).isNull():
        answers.append(command.invoke(solver, parser.getSymbolManager()).strip())
    return "\n".join(filter(None, answers))


def ask_yices(query: Path) -> str:
    try:
        done = subprocess.run([*YICES, str(query)], capture_output=True, text=True, check=False, timeout=YICES_SECONDS)
    except subprocess.TimeoutExpired:
        return "unknown"
    return done.stdout.strip()


def sort_factors(query: str) -> str:
    return PRODUCT.sub(lambda product: f"(f_evm_bvmul_256 {' '.join(sorted(product.groups()))})", query)


def answer(given: Path) -> str:
    query = given.with_suffix(".sorted.smt2")
    query.write_text(sort_factors(given.read_text()))
    if WITH_PRODUCTS not in query.read_text():
        if (said := ask_yices(query)) != "unknown":
            return said
        query.write_text(refine(SMTQuery(query.read_text(), [])).smtlib)
    for options, steps in WAYS:
        if not (said := ask_cvc5(query, options, steps)).startswith("unknown"):
            return said
    return ask_yices(query)


if __name__ == "__main__":
    print(answer(Path(sys.argv[1])))
