"""Where all services must be there, a test that skips fails, and chance makes none fail.

There a change is judged by what it changes: Hypothesis tries the same examples as before, while
everywhere else it looks for new ones. Nowhere is it a finding that a machine is busy.
"""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

ALL_REQUIRED = os.environ.get("NEWSLETTER_TESTS_REQUIRE_SERVICES") == "1"
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

settings.register_profile(
    "tests",
    deadline=None,
    derandomize=ALL_REQUIRED,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")


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
