"""A pytest plugin that writes the results of a run as JSON: `-p tests.support.summary --summary FILE`.

`tools/shards.py` adds such files up. The plugin writes the file at the very end, so a run that dies leaves none.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.findings import FINDINGS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--summary", type=Path, metavar="FILE", help="write counts, failures and findings as JSON")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.summary is not None:
        config.pluginmanager.register(Recorder(config.option.summary))


class Recorder:
    """Counts results during the run and writes the file at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._passed: set[str] = set()
        self._failures: dict[str, None] = {}
        """The names in order. A test that fails and then fails to clean up counts once."""
        self._covered: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._covered = {mark.args[0] for item in session.items for mark in item.iter_markers("finding")}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failures[report.nodeid] = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failures[report.nodeid] = None
        elif report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        fields = {
            "passed": len(self._passed - self._failures.keys()),
            "failed": len(self._failures),
            "failures": list(self._failures),
            "covered": sorted(self._covered),
            "findings": sorted(FINDINGS),
        }
        self._path.write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
