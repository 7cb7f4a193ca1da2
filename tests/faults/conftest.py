"""Senders in processes of their own, and a real relay with mailboxes behind it."""

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from flows.domain.article import Slug
from flows.domain.issue import Issue
from tests.faults.sender_process import Job, send
from tests.functional.builders import address, hash_of, make_message_id
from tests.servers.faulty_smtp import FaultySmtp
from tests.servers.smtp_sink import SmtpSink, SmtpSinkMissingError, smtp_sink
from tests.services.postfix import Postfix, PostfixMissingError, run_postfix

LOG_AGE_SECONDS = 2
"""A log tells of letters begun after its first line, and its time stamps are whole seconds."""

Start = Callable[[Job], BaseProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts senders, each a process of its own that has nothing of ours but its job."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([send.__module__])
    started: list[BaseProcess] = []

    def start_sender(job: Job) -> BaseProcess:
        process = context.Process(target=send, args=(job,))
        process.start()
        started.append(process)
        return process

    yield start_sender
    for process in started:
        process.kill()
        process.join()


@pytest.fixture
def a_job(database_url: str, tmp_path: Path) -> Callable[..., Job]:
    """Builds the job of a sender."""

    def build(issue: Issue, **more: Any) -> Job:
        folders: dict[str, Any] = {"senders": tmp_path / "senders", "outbox": tmp_path / "outbox"}
        return Job(database_url=database_url, issue=issue.id, **folders, **more)

    return build


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A real Postfix that hands everything on to an smtp-sink, which keeps what it gets."""

    postfix: Postfix
    mailboxes: SmtpSink

    async def copies(self, issue: Issue, contacts: int) -> Counter[str]:
        """How many letters of an issue arrived, by reader; Postfix is waited for."""
        await asyncio.to_thread(self.postfix.settle)
        names = {
            make_message_id(issue.id, hash_of(address(n))): address(n)
            for n in range(1, contacts + 1)
        }
        arrived = [one for one in self.mailboxes.captured() if one.message_id in names]
        assert all(names[one.message_id] == one.rcpt_to for one in arrived)
        return Counter(one.rcpt_to for one in arrived)


@pytest.fixture(scope="session")
def relay() -> Iterator[Relay]:
    """The relay of a session. Its log and its mailboxes know all tests: issues need own names."""
    try:
        with (
            smtp_sink() as mailboxes,
            run_postfix(
                transport="smtp", more=f"relayhost = [127.0.0.1]:{mailboxes.port}"
            ) as postfix,
        ):
            time.sleep(LOG_AGE_SECONDS)
            yield Relay(postfix=postfix, mailboxes=mailboxes)
    except (PostfixMissingError, SmtpSinkMissingError) as error:
        pytest.skip(f"no Postfix: {error}")


@pytest.fixture(params=[False, True], ids=["one by one", "pipelined"])
def relays(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relays that take one command at a time, and such that take several at once."""
    monkeypatch.setattr(FaultySmtp, "pipelining", request.param)


@pytest.fixture
def slug(request: pytest.FixtureRequest) -> Slug:
    """An article's name that no other test has."""
    name: str = request.node.name
    return Slug("".join(letter if letter.isalnum() else "-" for letter in name.lower()))
