"""Letters a second: ours beside its peers, in rounds, each sender with the same letter and sink."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import peers
from benchmarks.newsroom import ISSUE, Newsroom, copy_newsroom, environment, make_newsroom
from benchmarks.peers import Figures
from benchmarks.sinks import Sink, distant_sink, fast_sink, postfix_sink
from flows.domain.edition import Edition
from flows.mail.dkim import make_keys
from tests.services.postgresql import Cluster, run_cluster

LETTERS = 20_000
SIGNED_LETTERS = 4_000
DISTANT_LETTERS = 4_000
SLOW_PEERS_LETTERS = 1_000
DISTANT_PEERS_LETTERS = 500
SCRIPT_LETTERS = 200
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

Run = Callable[[Sink], Figures]
Series = dict[tuple[str, str], list[Figures]]
"""The figures of every round, by sink and sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything that the rounds share."""

    folder: Path
    edition: Edition
    letter_bytes: int
    modules: Path
    cluster: Cluster
    lite: dict[int, Newsroom]
    grand: Newsroom
    grand_database: str
    results: Series = field(default_factory=lambda: defaultdict(list))

    def ours(self, *, letters: int = LETTERS, processes: int = 1, signed: bool = False) -> Run:
        """Our whole path on SQLite."""
        return lambda sink: send_in_newsroom(
            copy_newsroom(self.lite[letters], self.folder / "run"),
            sink,
            processes=processes,
            signed=signed,
        )

    def ours_on_postgresql(self, *, processes: int = 1) -> Run:
        """Our whole path on PostgreSQL."""

        def run(sink: Sink) -> Figures:
            name = self.cluster.create(template=self.grand_database)
            url = self.cluster.url(name)
            copy = copy_newsroom(self.grand, self.folder / "run", database_url=url)
            figures = send_in_newsroom(copy, sink, processes=processes)
            self.cluster.drop(name)
            return figures

        return run

    def smtp_source(self, letters: int = LETTERS) -> Run:
        """The limit."""
        size_bytes = self.letter_bytes
        return lambda sink: peers.smtp_source(sink.port, letters=letters, size_bytes=size_bytes)

    def nodemailer(self, *, connections: int, letters: int = SLOW_PEERS_LETTERS) -> Run:
        """The peer to beat."""
        return lambda sink: peers.nodemailer(
            sink.port,
            modules=self.modules,
            edition=self.edition,
            letters=letters,
            connections=connections,
        )

    def script(self) -> Run:
        """What people write."""
        return lambda sink: peers.script(sink.port, edition=self.edition, letters=SCRIPT_LETTERS)


def send_in_newsroom(
    newsroom: Newsroom, sink: Sink, *, processes: int = 1, signed: bool = False
) -> Figures:
    """Send a newsroom's issue into a sink, in a process of its own."""
    variables = newsroom.environment | {
        "NEWSLETTER_SMTP__MODE": "smtp",
        "NEWSLETTER_SMTP__SECURITY": "none",
        "NEWSLETTER_SMTP__PORT": str(sink.port),
        "NEWSLETTER_SMTP__PROCESSES": str(processes),
    }
    if signed:
        variables |= _keys(newsroom.folder / "var" / "dkim")
    with environment(variables):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.sender", ISSUE],
            check=True,
            capture_output=True,
            text=True,
        )
    figures: Figures = json.loads(done.stdout)
    return figures


def _keys(folder: Path) -> dict[str, str]:
    rsa, ed25519 = make_keys(folder)
    return {
        "NEWSLETTER_DKIM__DOMAIN": "efus.example.org",
        "NEWSLETTER_DKIM__SELECTOR": "rsa",
        "NEWSLETTER_DKIM__KEY_FILE": str(rsa),
        "NEWSLETTER_DKIM__ED25519_SELECTOR": "ed25519",
        "NEWSLETTER_DKIM__ED25519_KEY_FILE": str(ed25519),
    }


@contextmanager
def open_bench(folder: Path, edition: Edition, *, letter_bytes: int) -> Iterator[Bench]:
    """Everything made ready: newsrooms on both databases, nodemailer, a durable PostgreSQL."""
    with run_cluster(**DURABLE) as cluster:
        database = cluster.create()
        yield Bench(
            folder=folder,
            edition=edition,
            letter_bytes=letter_bytes,
            modules=peers.install_nodemailer(folder / "node"),
            cluster=cluster,
            lite={
                letters: make_newsroom(folder / f"lite{letters}", letters=letters)
                for letters in {LETTERS, SIGNED_LETTERS, DISTANT_LETTERS}
            },
            grand=make_newsroom(
                folder / "grand", letters=LETTERS, database_url=cluster.url(database)
            ),
            grand_database=database,
        )


def plan(bench: Bench) -> Iterator[tuple[AbstractContextManager[Sink], dict[str, Run]]]:
    """The sinks of one round, and who sends into each."""
    yield (
        fast_sink(bench.folder),
        {
            "smtp-source -s 10": bench.smtp_source(),
            "ours, SQLite": bench.ours(),
            "ours, SQLite, 2 processes": bench.ours(processes=2),
            "ours, PostgreSQL": bench.ours_on_postgresql(),
            "ours, PostgreSQL, 2 processes": bench.ours_on_postgresql(processes=2),
            "ours, SQLite, DKIM": bench.ours(letters=SIGNED_LETTERS, signed=True),
            "ours, SQLite, DKIM, 2 processes": bench.ours(
                letters=SIGNED_LETTERS, signed=True, processes=2
            ),
            "nodemailer, pool of 20": bench.nodemailer(connections=20),
            "nodemailer, pool of 5": bench.nodemailer(connections=5),
            "smtplib, an EmailMessage each": bench.script(),
        },
    )
    yield (
        fast_sink(bench.folder, pipelining=False),
        {
            "smtp-source -s 10": bench.smtp_source(),
            "ours, SQLite": bench.ours(),
            "nodemailer, pool of 20": bench.nodemailer(connections=20),
        },
    )
    yield (
        postfix_sink(),
        {
            "smtp-source -s 10": bench.smtp_source(),
            "ours, SQLite": bench.ours(),
            "ours, PostgreSQL": bench.ours_on_postgresql(),
            "nodemailer, pool of 20": bench.nodemailer(connections=20),
        },
    )
    yield (
        distant_sink(delay_ms=20),
        {
            "smtp-source -s 10": bench.smtp_source(DISTANT_PEERS_LETTERS),
            "ours, SQLite": bench.ours(letters=DISTANT_LETTERS),
            "nodemailer, pool of 10": bench.nodemailer(
                connections=10, letters=DISTANT_PEERS_LETTERS
            ),
        },
    )


def run_round(bench: Bench) -> None:
    """Everybody once, one after the other."""
    for opened, runs in plan(bench):
        with opened as sink:
            for name, run in runs.items():
                figures = run(sink)
                bench.results[sink.name, name].append(figures)
                rate = figures["letters"] / figures["seconds"]
                sys.stderr.write(f"{sink.name:30} {name:34} {rate:9,.0f}/s\n")
