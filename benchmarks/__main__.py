"""`make bench`: the hot paths beside the script that people write, in one run, as ratios."""

import asyncio
import smtplib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formataddr
from pathlib import Path

from benchmarks.sink import sink
from flows.domain.contact import City, Contact
from flows.domain.delivery import Claim
from flows.domain.edition import Edition
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.recipient import Recipient
from flows.mail.connection import Relay
from flows.mail.holes import fill_html, fill_text
from flows.mail.transport import Transport
from flows.operations.delivering import approved_editions, freeze_issue
from flows.operations.issues import open_issue, pass_gate
from flows.operations.reviewing import approve_language
from flows.operations.sending import send_letters
from flows.operations.workspaces import make_workspace
from flows.runtime.presence import presence
from flows.runtime.runtime import Runtime, open_runtime, starter
from flows.settings.reading import read_settings
from flows.store.contacts import keep_cities, keep_contact

LETTERS = 2_000
NAIVE_LETTERS = 200
ROUNDS = 3


def rate(act: Callable[[], int]) -> float:
    """Letters per second of one call that returns how many it made."""
    start = time.perf_counter()
    return act() / (time.perf_counter() - start)


def build_naively(edition: Edition, recipient: Recipient) -> EmailMessage:
    """One letter as most scripts build it."""
    message = EmailMessage()
    message["From"] = formataddr(("Efus", "newsletter@efus.example.org"))
    message["To"] = formataddr((recipient.name, recipient.address))
    message["Subject"] = edition.subject
    message["Message-ID"] = recipient.message_id
    message.set_content(fill_text(edition, recipient))
    message.add_alternative(fill_html(edition, recipient), subtype="html")
    return message


def recipients(runtime: Runtime, count: int) -> Iterator[Recipient]:
    """Recipients with accented names, each with links of its own."""
    for number in range(count):
        claim = Claim(
            id=number,
            issue=IssueId("bench-1"),
            contact=number,
            address=f"reader{number}@example.org",
            name=f"Prévention n° {number}",
            language=Language("fr"),
            message_id=f"<{number}@example.org>",
            attempt=1,
            begun_at=datetime.now(UTC),
        )
        yield runtime.recipient(claim)


def bench_rendering(runtime: Runtime, edition: Edition) -> tuple[float, float]:
    """Letters made per second: ours, and an EmailMessage each."""
    letter, now = runtime.letter(edition, issue="bench-1"), datetime.now(UTC)
    ours, naive = list(recipients(runtime, LETTERS)), list(recipients(runtime, NAIVE_LETTERS))
    return (
        rate(lambda: len([letter.render(one, date=now) for one in ours])),
        rate(lambda: len([build_naively(edition, one).as_bytes() for one in naive])),
    )


def send_naively(runtime: Runtime, edition: Edition, port: int) -> int:
    """Send as most scripts do: one kept connection, one EmailMessage each, no ledger."""
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for recipient in recipients(runtime, NAIVE_LETTERS):
            smtp.send_message(
                build_naively(edition, recipient),
                from_addr="newsletter@efus.example.org",
                to_addrs=[recipient.address],
            )
    return NAIVE_LETTERS


async def frozen_issue(runtime: Runtime, name: str) -> IssueId:
    """An issue of City Pair to a list of its own, ready to be sent."""
    now = runtime.clock()
    async with runtime.store.writing() as tx:
        city = City(name="Liège", country="BE", language=Language("fr"), timezone="Europe/Brussels")
        await keep_cities(tx, [city])
        for number in range(LETTERS):
            address = f"{name}-{number}@example.org"
            contact = Contact(
                address=address,
                mailbox=address,
                name="Prévention",
                city="Liège",
                language=None,
                lists=frozenset({name}),
            )
            await keep_contact(tx, contact, address_hash=runtime.address_hash(address), now=now)
    issue = await open_issue(runtime.library, runtime.store, "city-pair", lists=[name], now=now)
    await pass_gate(runtime.library, runtime.store, issue.id, now=now, late_hours=1)
    await freeze_issue(
        runtime.store,
        issue.id,
        languages=runtime.library.languages,
        letterheads=runtime.letterheads(),
        message_id=runtime.message_id,
        now=now,
    )
    return issue.id


async def send_ours(runtime: Runtime, issue: IssueId, port: int) -> int:
    """The whole path: claim, begin, render, hand over, settle; the ledger durable."""
    relay = Relay(host="127.0.0.1", port=port, security="none")
    editions = await approved_editions(runtime.store, issue)
    with presence(runtime.senders_folder) as owner:
        return await send_letters(
            runtime.store,
            issue,
            post=runtime.post(issue, editions),
            transport=Transport(relay=relay, connections=10),
            owner=owner,
            clock=runtime.clock,
        )


@contextmanager
def workspace() -> Iterator[Path]:
    """A new workspace that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        make_workspace(Path(folder) / "bench", starter=starter())
        yield Path(folder) / "bench"


async def measure(folder: Path) -> None:
    """Measure everything and print it."""
    async with open_runtime(read_settings(folder)) as runtime:
        for language in runtime.library.languages:
            await approve_language(
                runtime.library,
                runtime.store,
                "city-pair",
                language,
                by="bench",
                two_people=True,
                now=runtime.clock(),
            )
        edition = runtime.library.edition("city-pair", runtime.library.source_language)
        rendering = [bench_rendering(runtime, edition) for _ in range(ROUNDS)]
        show("letters made", "EmailMessage each", rendering)
        sending = []
        with sink() as port:
            for number in range(ROUNDS):
                issue = await frozen_issue(runtime, f"bench{number}")
                start = time.perf_counter()
                sent = await send_ours(runtime, issue, port)
                ours = sent / (time.perf_counter() - start)
                naive = await asyncio.to_thread(rate, lambda: send_naively(runtime, edition, port))
                sending.append((ours, naive))
        show("letters sent, ledger on", "smtplib + EmailMessage, no ledger", sending)


def show(what: str, peer: str, rounds: list[tuple[float, float]]) -> None:
    """One line: our rate, the peer's, and the ratio within each round."""
    ours = statistics.median(one[0] for one in rounds)
    theirs = statistics.median(one[1] for one in rounds)
    ratio = statistics.median(one[0] / one[1] for one in rounds)
    sys.stdout.write(
        f"{what:26} {ours:9,.0f}/s   {peer:34} {theirs:7,.0f}/s   ratio {ratio:6.1f}\n"
    )


if __name__ == "__main__":
    with workspace() as folder:
        asyncio.run(measure(folder))
