"""What is logged, and what never is."""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
import structlog
from pydantic import BaseModel, SecretStr

from flows.domain.errors import EngineUnavailableError
from flows.runtime.logs import (
    Form,
    JsonLines,
    PlainLines,
    ensure_logging,
    hide_secrets,
    scrub,
    set_up_logging,
)
from flows.runtime.speaking import speaker


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Leave logging as it was found."""
    structlog.reset_defaults()
    yield
    logging.getLogger("a.library").handlers = []
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


class Secretive(BaseModel):
    """Settings with a secret within."""

    key: SecretStr = SecretStr("wachtwoord-1")
    old: SecretStr = SecretStr("eerder-1 eerder-2 a")


class Outer(BaseModel):
    """Settings with a table."""

    table: Secretive = Secretive()


class Open(BaseModel):
    """Settings without any."""


@pytest.fixture
def secrets() -> Iterator[None]:
    """Secrets that are hidden for one test."""
    hide_secrets(Outer())
    yield
    hide_secrets(Open())


@pytest.mark.usefixtures("secrets")
def test_no_secret_reaches_the_log() -> None:
    """Neither those of the settings, each word of them, nor a password in an address."""
    said = scrub("wachtwoord-1, eerder-2; postgresql://me:pass@db.example.org/x is a database")
    assert said == "<secret>, <secret>; postgresql://<secret>@db.example.org/x is a database"


def test_what_a_library_logs_looks_like_our_own(capsys: pytest.CaptureFixture[str]) -> None:
    """One line of JSON each, tracebacks too, without addresses."""
    set_up_logging(level=logging.INFO, form="json")
    structlog.get_logger().info("tried", replies=["<a@b.example.org>"])
    library = logging.getLogger("a.library")
    library.handlers = [JsonLines(stream=None, styles={})]
    try:
        raise ValueError("c@d.example.org")
    except ValueError:
        library.exception("no answer for %s", "e@f.example.org")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["level"], ours["replies"]) == ("tried", "info", ["<<address>>"])
    assert (theirs["event"], theirs["level"]) == ("no answer for <address>", "error")
    assert "ValueError: <address>" in theirs["exception"]
    assert ours.keys() & theirs.keys() >= {"event", "level", "timestamp"}


def test_a_library_s_plain_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback is a value of it."""
    library = logging.getLogger("a.library")
    library.handlers = [PlainLines()]
    try:
        raise ValueError("wrong")
    except ValueError:
        library.exception("failed")
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("level=error logger=a.library event=failed")


def test_what_the_program_foresees_is_told_without_where_it_was_raised(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An engine that is away fails a run; its sentence is enough for whoever reads the log."""
    library = logging.getLogger("a.library")
    library.handlers = [PlainLines()]
    try:
        raise EngineUnavailableError({"google": "it does not answer"})
    except EngineUnavailableError as error:
        library.exception("Encountered exception during execution: %s", error)
    [line] = capsys.readouterr().err.splitlines()
    assert "it does not answer" in line
    assert "Traceback" not in line


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    """The reading end of a run's pipe is gone with its newsroom; letters go on being settled."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as file:
        set_up_logging(level=logging.INFO, file=file)
        structlog.get_logger().info("delivery.settled")
        with pytest.raises(BrokenPipeError):
            file.write("so that it was really gone\n")
        with suppress(BrokenPipeError):
            file.close()


@pytest.mark.parametrize(("form", "said"), [("plain", "Ready.\n"), ("json", '"event": "Ready."')])
def test_an_operator_is_told_in_the_form_of_the_log(
    form: Form, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line as it stands, or an event among the others; on standard output."""
    speaker(form)("Ready.")
    assert said in capsys.readouterr().out
