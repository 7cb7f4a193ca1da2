"""What is logged, and what never is."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from flows.runtime.logs import ensure_logging, set_up_logging


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Leave logging as it was found."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def test_no_address_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever it stands in an event."""
    set_up_logging(level=logging.INFO)
    structlog.get_logger().info("tried", reply="550 <zoé@liege.example.org> unknown")
    said = capsys.readouterr()
    assert "example.org" not in said.err
    assert "<address>" in said.err
    assert said.out == ""


def test_a_process_that_nobody_set_up_logs_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The runner's children: warnings to standard error, the rest to nobody."""
    ensure_logging()
    structlog.get_logger().info("translate.drafted")
    structlog.get_logger().warning("delivery.recovered")
    said = capsys.readouterr()
    assert said.out == ""
    assert "delivery.recovered" in said.err
    assert "translate.drafted" not in said.err


def test_logging_that_is_set_up_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that asked for quiet keeps it."""
    set_up_logging(level=logging.ERROR)
    ensure_logging()
    structlog.get_logger().warning("delivery.recovered")
    assert capsys.readouterr().err == ""
