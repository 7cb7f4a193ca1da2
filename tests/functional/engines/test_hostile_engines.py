"""Engines that answer with anything but a translation get nothing past the gate."""

import html
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from flows.domain.errors import EngineUnavailableError
from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.translation.engines.deepl import DeepL
from flows.translation.engines.errors import EngineUnreachableError
from flows.translation.engines.google import Google
from flows.translation.engines.libretranslate import LibreTranslate
from flows.translation.engines.mymemory import MyMemory
from flows.translation.engines.protocol import Engine
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.gate import make_gate
from flows.translation.ladder import Draft
from flows.translation.run import Run
from tests.functional.engines.conftest import Answer, Asked, Pauses, Script, ScriptedServer, in_turn

FR, NL = Language("fr"), Language("nl")
Serve = Callable[[Script], ScriptedServer]
SOURCES = (
    "La ville de Liège adhère au réseau depuis dix ans.",
    "Voir le [programme](https://efus.example.org/fr/) de la **journée**.",
    "Bonjour {{ nom }}, voici la lettre du réseau européen.",
)
MANY = "x" * 10_000_000

HOSTILE: dict[str, Callable[[str], str]] = {
    "a script": lambda text: f"{text}<script>alert(1)</script>",
    "a script in capitals": lambda text: f"<SCRIPT SRC=//elders.test/x.js></SCRIPT>{text}",
    "an image that runs": lambda text: f'{text} <img src=x onerror="alert(1)">',
    "a frame": lambda text: f'{text} <iframe src="https://elders.test/"></iframe>',
    "a form": lambda text: f'<form action="https://elders.test/">{text}<input></form>',
    "a style": lambda text: f"{text}<style>body{{display:none}}</style>",
    "a link elsewhere": lambda text: f"{text} [hier](https://elders.test/)",
    "a link that runs": lambda text: f"{text} [hier](javascript:alert(1))",
    "an address elsewhere": lambda text: f"{text} https://elders.test/",
    "its links changed": lambda text: re.sub(r"\[\[/(\d+)\]\]", "](https://elders.test/)", text),
    "a pixel": lambda text: f"{text} ![](https://elders.test/pixel.png)",
    "a variable": lambda text: f"{text} {{{{ config.__class__ }}}}",
    "an include": lambda text: f'{text} {{% include "/etc/passwd" %}}',
    "an attribute list": lambda text: f"**{text}**{{: onclick=alert(1) }}",
    "an autolink": lambda text: f"{text} <https://elders.test/>",
    "an entity for a tag": lambda text: f"{text} &lt;script&gt;alert(1)&lt;/script&gt;",
    "a comment": lambda text: f"{text} <!-- verborgen -->",
    "a web page": lambda text: f"<!DOCTYPE html><html><body>{text}</body></html>",
    "an error page": lambda _text: "Error 503 (Server Error)!!1",
    "a quota notice": lambda _text: "MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS",
    "the French again": lambda text: text,
    "other French": lambda text: f"Il est dit que {text} et que la ville est dans le réseau.",
    "German": lambda _text: "Die Stadt ist seit zehn Jahren in dem Netz und wird es auch sein.",
    "an emoji": lambda _text: "😀",
    "nothing": lambda _text: "",
    "ten megabytes": lambda _text: MANY,
    "ten megabytes of words": lambda text: f"{text} " * 200_000,
}


def libretranslate_script(answer: Callable[[str], str]) -> Script:
    """A server of LibreTranslate's kind."""

    def script(asked: Asked) -> Answer:
        if asked.method == "GET":
            return Answer(content=[{"code": "fr", "targets": ["nl"]}])
        query = asked.body["q"]
        texts = [answer(text) for text in query] if isinstance(query, list) else answer(query)
        return Answer(content={"translatedText": texts})

    return script


def deepl_script(answer: Callable[[str], str]) -> Script:
    """A server of DeepL's kind."""
    return lambda asked: Answer(
        content={"translations": [{"text": answer(text)} for text in asked.body["text"]]}
    )


def google_script(answer: Callable[[str], str]) -> Script:
    """Google's page."""
    page = '<html><body><div class="result-container">{}</div></body></html>'
    return lambda asked: Answer(
        content=page.format(html.escape(answer(asked.query["q"]))),
        headers={"Content-Type": "text/html; charset=utf-8"},
    )


def mymemory_script(answer: Callable[[str], str]) -> Script:
    """MyMemory's answers."""

    def script(asked: Asked) -> Answer:
        text = answer(asked.query["q"])
        match = {"translation": text, "match": 1}
        return Answer(content={"responseData": {"translatedText": text}, "matches": [match]})

    return script


ENGINES: dict[str, tuple[Callable[[Callable[[str], str]], Script], Callable[..., Engine]]] = {
    "libretranslate": (libretranslate_script, LibreTranslate),
    "deepl": (deepl_script, lambda **options: DeepL(api_key="k", **options)),
    "google": (google_script, lambda **options: Google(pause_seconds=0, **options)),
    "mymemory": (mymemory_script, MyMemory),
}


async def draft_all(engine: Engine, run: Run | None = None) -> dict[str, Draft]:
    """What comes through; nothing if the engine is given up."""
    task = Task(
        segments=[Segment(source=source, kind="p") for source in SOURCES],
        source=FR,
        target=NL,
        verify=make_gate(FR, NL),
    )
    kept: dict[str, Draft] = {}
    try:
        async for key, draft in draft_with_fallback(task, [engine], run=run or Run()):
            kept[key.source] = draft
    except EngineUnavailableError:
        pass
    finally:
        await engine.close()
    return kept


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("habit", HOSTILE)
async def test_nothing_hostile_becomes_a_draft(
    serve: Serve, pauses: Pauses, engine: str, habit: str
) -> None:
    """Each text is left to a person, whichever way the engine is asked."""
    make_script, make_engine = ENGINES[engine]
    server = serve(make_script(HOSTILE[habit]))
    drafts = await draft_all(make_engine(url=server.url, retries=pauses.policy, timeout_seconds=30))
    assert [draft.text for draft in drafts.values() if draft.text is not None] == []


@pytest.mark.parametrize("engine", ENGINES)
async def test_an_honest_engine_gets_through_the_same_gate(
    serve: Serve, pauses: Pauses, engine: str
) -> None:
    """So that the test above says something."""

    def translate(text: str) -> str:
        words = {"La ville": "De stad", "de ": "van ", "adhère au réseau": "is lid van het netwerk"}
        for french, dutch in (words | {"voici la": "hier is de", "Voir le": "Zie het"}).items():
            text = text.replace(french, dutch)
        return text

    make_script, make_engine = ENGINES[engine]
    server = serve(make_script(translate))
    drafts = await draft_all(make_engine(url=server.url, retries=pauses.policy))
    assert drafts[SOURCES[0]].text == "De stad van Liège is lid van het netwerk depuis dix ans."


class Endless(BaseHTTPRequestHandler):
    """Answers without end; `sent` counts the bytes that somebody took."""

    sent = 0

    def do_GET(self) -> None:
        """Begins well."""
        self._flood()

    def do_POST(self) -> None:
        """Begins well."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._flood()

    def _flood(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"translatedText": "')
        with suppress(OSError):
            while True:
                type(self).sent += self.wfile.write(b"y" * 65536)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""


@pytest.fixture
def flood() -> Iterator[type[Endless]]:
    """A server that never stops; its handler."""
    handler = type("Handler", (Endless,), {"sent": 0, "address": ""})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.address = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("engine", ENGINES)
async def test_an_answer_without_end_is_not_read_on(
    flood: Any, pauses: Pauses, engine: str
) -> None:
    """A few megabytes are enough to know that it is no translation."""
    _, make_engine = ENGINES[engine]
    drafts = await draft_all(make_engine(url=flood.address, retries=pauses.policy))
    assert [draft.text for draft in drafts.values() if draft.text] == []
    assert flood.sent < 200_000_000


SORRY = Answer(
    status=200,
    content="<html><body>Our systems have detected unusual traffic from your computer network."
    '<form id="captcha-form"></form></body></html>',
    headers={"Content-Type": "text/html"},
)
SPENT: dict[str, tuple[Callable[..., Engine], Script]] = {
    "deepl": (ENGINES["deepl"][1], in_turn(Answer(status=456))),
    "google": (ENGINES["google"][1], in_turn(SORRY)),
    "mymemory": (
        MyMemory,
        in_turn(
            Answer(
                content={
                    "responseData": {"translatedText": "MYMEMORY WARNING"},
                    "quotaFinished": True,
                    "matches": [],
                }
            )
        ),
    ),
    "libretranslate": (
        LibreTranslate,
        in_turn(
            Answer(content=[{"code": "fr", "targets": ["nl"]}]),
            Answer(status=429, headers={"Retry-After": "86400"}),
        ),
    ),
}


@pytest.mark.parametrize("engine", SPENT)
async def test_a_spent_quota_is_told_from_a_failure(
    serve: Serve, pauses: Pauses, engine: str
) -> None:
    """The engine is not asked again in the run, and the account says why."""
    make_engine, script = SPENT[engine]
    server = serve(script)
    run = Run()
    for _ in range(2):
        await draft_all(make_engine(url=server.url, retries=pauses.policy), run)
    (report,) = run.reports(NL)
    assert report.quota
    assert report.trouble
    assert len([asked for asked in server.asked if asked.path != "/languages"]) == 1
    assert pauses.seconds == []


@pytest.mark.parametrize("name", sorted(ENGINES))
async def test_an_answer_that_trickles_is_given_up_in_time(
    serve: Serve, pauses: Pauses, name: str
) -> None:
    """Each byte comes long before the service's time is over, the last one never would."""
    script, make_engine = ENGINES[name]
    server = serve(lambda asked: replace(script(str.upper)(asked), trickle_seconds=0.05))
    engine = make_engine(url=server.url, retries=pauses.policy, timeout_seconds=0.3)
    begun = time.monotonic()
    try:
        with pytest.raises(EngineUnreachableError, match="did not answer in time"):
            await engine.translate(["oui"], source=FR, target=NL, encoding="plain")
    finally:
        await engine.close()
    # Three tries of 0.3 s, and room for a machine that is very busy.
    assert time.monotonic() - begun < 30
