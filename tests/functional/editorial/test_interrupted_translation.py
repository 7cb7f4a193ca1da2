"""`newsletter translate`, killed at any moment: what was done stays, and only the rest is asked."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flows.content.catalogue import Catalogue
from flows.domain.segment import SegmentKey, SegmentState
from tests.functional.editorial.conftest import EN, FR, NL, NOW, ROOT, write_article

PARAGRAPHS = [
    f"Voici le paragraphe numéro {number}, qui parle de la **ville** et de ses habitants."
    for number in range(40)
]
SLUG = "longue"


class SlowServer:
    """The stand-alone server of `tests/servers`, with a pause before each answer.

    `asked` counts the texts by target; `killer` is called before each answer with their number.
    """

    def __init__(self) -> None:
        path = ROOT / "tests" / "servers" / "libretranslate.py"
        spec = importlib.util.spec_from_file_location("servers_libretranslate_killed", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.asked: Counter[tuple[str, str]] = Counter()
        self.killer: Callable[[int], None] = lambda _count: None
        owner = self

        class Noting(module.Handler):  # type: ignore[misc, name-defined]  # of a module by path
            def do_POST(self) -> None:  # noqa: N802  # the name that the server calls
                body = json.loads(self.rfile.peek(1_000_000))
                texts = body["q"] if isinstance(body["q"], list) else [body["q"]]
                owner.asked.update((body["target"], text) for text in texts)
                owner.killer(owner.asked.total())
                super().do_POST()

        self.server: ThreadingHTTPServer = module.make_server()
        self.server.RequestHandlerClass = Noting
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()

    def close(self) -> None:
        """Stops."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[SlowServer]:
    """A server for the length of the test."""
    slow = SlowServer()
    yield slow
    slow.close()


def start(workspace: Path, server: SlowServer, *arguments: str) -> subprocess.Popen[str]:
    """The command as a process of its own."""
    settings = {"NEWSLETTER_ENGINE__NAME": "libretranslate", "NEWSLETTER_ENGINE__URL": server.url}
    return subprocess.Popen(
        [sys.executable, "-m", "flows", "translate", SLUG, "--json", *arguments],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def translate(workspace: Path, server: SlowServer, *arguments: str) -> Any:
    """Runs it to its end; its facts."""
    out, err = start(workspace, server, *arguments).communicate(timeout=120)
    assert out, err
    return json.loads(out.splitlines()[-1])


def write(workspace: Path, paragraphs: list[str]) -> None:
    """The article with these paragraphs."""
    write_article(workspace / "content", slug=SLUG, body="\n\n".join(paragraphs) + "\n")


def dutch(workspace: Path) -> Catalogue:
    """The catalogue on disk, which must be readable whatever was killed."""
    path = workspace / "content" / SLUG / "nl.po"
    return Catalogue.load(path, language=NL, source_language=FR)


def kill_when_asked(process: list[subprocess.Popen[str]], count: int) -> Callable[[int], None]:
    """Kills the process in the middle of a request once so many texts have been asked for."""

    def killer(asked: int) -> None:
        if asked >= count and process[0].poll() is None:
            process[0].send_signal(signal.SIGKILL)

    return killer


@pytest.mark.parametrize("count", [1, 25])
def test_killed_in_a_request_it_asks_only_for_the_rest(
    workspace: Path, server: SlowServer, count: int
) -> None:
    """No text is asked for twice but those whose answers never came."""
    write(workspace, PARAGRAPHS)
    process: list[subprocess.Popen[str]] = []
    server.killer = kill_when_asked(process, count)
    process.append(start(workspace, server, "--to", "nl"))
    assert process[0].wait(timeout=60) == -signal.SIGKILL
    process[0].communicate()
    server.killer = lambda _count: None
    states = dutch(workspace).counts() if (workspace / "content" / SLUG / "nl.po").exists() else {}
    done = states.get(SegmentState.DRAFT, 0)
    before = Counter(server.asked)
    server.asked.clear()

    (facts,) = translate(workspace, server, "--to", "nl")

    assert facts["waiting"] == []
    assert dutch(workspace).counts()[SegmentState.DRAFT] == len(PARAGRAPHS) + 3
    # What the server had answered is in the catalogue, or at least in the cache.
    assert sum(server.asked.values()) <= len(PARAGRAPHS) + 3 - done
    repeated = {text: n for text, n in (before + server.asked).items() if n > 1}
    assert len(repeated) <= 8


def test_killed_at_any_time_the_catalogue_is_whole(workspace: Path, server: SlowServer) -> None:
    """Five times, at moments that nobody chose; what was drafted once is never asked for again."""
    write(workspace, PARAGRAPHS)
    drafted: set[str] = set()
    for turn in range(5):
        process = start(workspace, server, "--to", "nl")
        begun = server.asked.total()
        while server.asked.total() == begun and process.poll() is None:
            time.sleep(0.002)
        time.sleep(0.008 * turn)
        process.kill()
        process.communicate()
        catalogue = dutch(workspace)
        now = {e.key.source for e, s in catalogue.states() if s is SegmentState.DRAFT}
        assert now >= drafted
        drafted = now
    (facts,) = translate(workspace, server, "--to", "nl")
    assert facts["waiting"] == []
    assert {path.name for path in (workspace / "content" / SLUG).glob("[!.]*")} == {
        "fr.md", "nl.po"
    }  # fmt: skip


def test_three_changed_paragraphs_cost_three_requests_texts(
    workspace: Path, server: SlowServer
) -> None:
    """After a kill in the middle: edited and approved text is untouched, the rest not sent."""
    write(workspace, PARAGRAPHS)
    translate(workspace, server)
    catalogue = dutch(workspace)
    edited, approved = (SegmentKey(None, PARAGRAPHS[place]) for place in (5, 6))
    catalogue.edit(edited, "Met de hand geschreven.", by="Ada")
    catalogue.edit(approved, "Goedgekeurd.", by="Ada")
    catalogue.approve(approved, by="Chantal", on=NOW.date())
    catalogue.save()
    changed = {
        10: "Un tout autre texte, que personne n’a encore vu dans le réseau.",
        20: "La deuxième nouveauté du jour concerne les parcs de la commune.",
        30: "Enfin, une troisième phrase parle des transports publics, la nuit.",
    }
    write(workspace, [changed.get(place, text) for place, text in enumerate(PARAGRAPHS)])
    server.asked.clear()
    process: list[subprocess.Popen[str]] = []
    server.killer = kill_when_asked(process, 1)
    process.append(start(workspace, server))
    process[0].communicate(timeout=60)
    server.killer = lambda _count: None

    facts = translate(workspace, server)

    assert [one["waiting"] for one in facts] == [[], []]
    assert {text for _, text in server.asked} == set(changed.values())
    assert all(count <= 2 for count in server.asked.values())
    again = dutch(workspace)
    assert again.entry(edited).translation == "Met de hand geschreven."
    assert again.state(edited) is SegmentState.EDITED
    assert again.entry(approved).translation == "Goedgekeurd."
    assert again.state(approved) is SegmentState.APPROVED
    server.asked.clear()
    assert [one["drafted"] for one in translate(workspace, server)] == [{}, {}]
    assert server.asked.total() == 0


def test_dutch_starts_from_approved_english(workspace: Path, server: SlowServer) -> None:
    """The server is sent the English, and the catalogue says so."""
    write(workspace, PARAGRAPHS[:2])
    path = workspace / "content" / SLUG / "en.po"
    translate(workspace, server, "--to", "en")
    catalogue = Catalogue.load(path, language=EN, source_language=FR)
    key = SegmentKey(None, PARAGRAPHS[0])
    catalogue.edit(key, "This is paragraph 0 about the **city** and its people.", by="Ada")
    catalogue.approve(key, by="Chantal", on=NOW.date())
    catalogue.save()
    server.asked.clear()

    translate(workspace, server, "--to", "nl")

    sent = {text for target, text in server.asked if target == "nl"}
    assert "This is paragraph 0 about the [[1]]city[[/1]] and its people." in sent
    assert not any("numéro 0" in text for text in sent)
    assert any("numéro 1" in text for text in sent)
    entry = dutch(workspace).entry(key)
    assert entry.provenance.origin == "libretranslate full/brackets from en"
