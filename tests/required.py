"""Where all services must be there, a test that skips is a test that fails."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

ALL_REQUIRED = os.environ.get("NEWSLETTER_TESTS_REQUIRE_SERVICES") == "1"
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test or a fixture that skipped."""
    return _required((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A file that skipped as a whole."""
    return _required((yield))


def _required(report: Report) -> Report:
    if ALL_REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        assert isinstance(report.longrepr, tuple)
        report.outcome, report.longrepr = "failed", f"required here: {report.longrepr[2]}"
    return report
