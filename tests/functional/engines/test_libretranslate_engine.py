"""LibreTranslate's adapter against real servers on loopback."""

import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from flows.domain.errors import InputError, TransientError
from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineBusyError,
    EngineError,
    EngineUnreachableError,
    KeyRefusedError,
    UnsupportedPairError,
)
from flows.translation.engines.libretranslate import LibreTranslate
from tests.functional.cli.command_line import closed_port
from tests.functional.engines.conftest import (
    SERVERS,
    Answer,
    Asked,
    Pauses,
    Script,
    ScriptedServer,
    in_turn,
)
from tests.unit.translation.conftest import draft_segments

FR, EN, NL = Language("fr"), Language("en"), Language("nl")
KEY = "clef-très-secrète-123"
LANGUAGES = Answer(content=[{"code": "fr", "targets": ["en", "nl"]}, {"code": "nl", "targets": []}])
Serve = Callable[[Script], ScriptedServer]


def translating(answer: Callable[[Any], Answer], *, languages: Answer = LANGUAGES) -> Script:
    """A server with a list of languages that answers POST /translate by its body."""
    return lambda asked: languages if asked.method == "GET" else answer(asked.body)


def echo(body: Any) -> Answer:
    """The texts in capitals."""
    query = body["q"]
    upper = [text.upper() for text in query] if isinstance(query, list) else query.upper()
    return Answer(content={"translatedText": upper})


def posts(server: ScriptedServer) -> list[Asked]:
    """The requests for translations."""
    return [asked for asked in server.asked if asked.method == "POST"]


async def ask(engine: LibreTranslate, *texts: str, target: Language = NL) -> list[str]:
    """The engine's translations from French; closes it."""
    try:
        return await engine.translate(texts, source=FR, target=target, encoding="brackets")
    finally:
        await engine.close()


async def test_texts_travel_as_a_json_list_with_the_key_in_the_body_only(
    serve: Serve, pauses: Pauses
) -> None:
    """Neither the address nor a header carries the key or the text."""
    server = serve(translating(echo))
    engine = LibreTranslate(url=server.url, api_key=KEY, retries=pauses.policy)
    assert await ask(engine, "« Où\u202f? »", "déjà [[1]]") == ["« OÙ\u202f? »", "DÉJÀ [[1]]"]
    (asked,) = posts(server)
    assert asked.body == {
        "q": ["« Où\u202f? »", "déjà [[1]]"],
        "source": "fr",
        "target": "nl",
        "format": "text",
        "api_key": KEY,
    }
    assert asked.query == {}
    assert KEY not in str(asked.headers)


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/"])
async def test_the_address_may_have_a_path_and_a_final_slash(
    serve: Serve, pauses: Pauses, suffix: str
) -> None:
    """Paths are joined with one slash."""
    server = serve(translating(echo))
    engine = LibreTranslate(url=server.url + suffix, retries=pauses.policy)
    assert await ask(engine, "oui") == ["OUI"]
    assert posts(server)[0].path == f"{suffix.rstrip('/')}/translate"


async def test_many_texts_go_in_requests_of_eight(serve: Serve, pauses: Pauses) -> None:
    """Order and number are kept over the requests."""
    server = serve(translating(echo))
    texts = [f"mot{number}" for number in range(19)]
    answers = await ask(LibreTranslate(url=server.url, retries=pauses.policy), *texts)
    assert answers == [text.upper() for text in texts]
    assert [len(asked.body["q"]) for asked in posts(server)] == [8, 8, 3]


async def test_a_server_that_takes_one_text_a_request_is_asked_so(
    serve: Serve, pauses: Pauses
) -> None:
    """After one refused list no other is sent."""

    def single(body: Any) -> Answer:
        if isinstance(body["q"], list):
            return Answer(status=400, content={"error": "Invalid request: q must be a string"})
        return echo(body)

    server = serve(translating(single))
    engine = LibreTranslate(url=server.url, retries=pauses.policy)
    assert await ask(engine, *["un", "deux", "trois"] * 4) == ["UN", "DEUX", "TROIS"] * 4
    assert len(posts(server)) == 13


async def test_a_busy_server_is_asked_again_after_the_time_it_names(
    serve: Serve, pauses: Pauses
) -> None:
    """Retry-After is a floor under the drawn pause."""
    busy = Answer(status=429, content={"error": "Slowdown"}, headers={"Retry-After": "7"})
    turns = in_turn(busy, Answer(status=503), Answer(content={"translatedText": "ja"}))
    server = serve(lambda asked: LANGUAGES if asked.method == "GET" else turns(asked))
    engine = LibreTranslate(url=server.url, retries=pauses.policy)
    assert await ask(engine, "oui") == ["ja"]
    assert pauses.seconds == [7.0, 2.0]


async def test_a_wait_that_is_too_long_ends_the_tries(serve: Serve, pauses: Pauses) -> None:
    """An hour is not waited for: the caller may know another engine."""
    busy = Answer(status=429, headers={"Retry-After": "3600"})
    server = serve(translating(lambda _body: busy))
    with pytest.raises(EngineBusyError, match="3600 s") as caught:
        await ask(LibreTranslate(url=server.url, retries=pauses.policy), "oui")
    assert caught.value.retryable
    assert len(posts(server)) == 1


async def test_a_server_out_of_order_is_tried_as_often_as_the_policy_says(
    serve: Serve, pauses: Pauses
) -> None:
    """Three tries, two growing pauses, one line in the log."""
    server = serve(translating(lambda _body: Answer(status=502, content="<html>Bad gateway")))
    with capture_logs() as logs, pytest.raises(TransientError, match="502"):
        await ask(LibreTranslate(url=server.url, retries=pauses.policy), "oui")
    assert len(posts(server)) == 3
    assert pauses.seconds == [1.0, 2.0]
    assert [line["event"] for line in logs] == ["engine_gave_up"]


async def test_a_refused_connection_is_unreachable(pauses: Pauses) -> None:
    """Nobody listens on the port."""
    port = closed_port()
    engine = LibreTranslate(url=f"http://127.0.0.1:{port}", retries=pauses.policy)
    with pytest.raises(EngineUnreachableError, match=f"127.0.0.1:{port}"):
        await ask(engine, "oui")
    assert len(pauses.seconds) == 2


async def test_a_silent_server_is_given_up_in_time(serve: Serve, pauses: Pauses) -> None:
    """The time limit is the engine's, in seconds."""
    server = serve(translating(lambda _body: Answer(delay_seconds=0.5)))
    engine = LibreTranslate(url=server.url, timeout_seconds=0.1, retries=pauses.policy)
    with pytest.raises(EngineUnreachableError, match="in time"):
        await ask(engine, "oui")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=403, content={"error": "Invalid API key"}), KeyRefusedError),
        (Answer(status=401), KeyRefusedError),
        (Answer(status=400, content={"error": "Invalid API key"}), KeyRefusedError),
        (Answer(status=400, content={"error": "nl is not supported"}), UnsupportedPairError),
        (Answer(status=400, content={"error": "Text too long"}), BadAnswerError),
        (Answer(status=301, headers={"Location": "https://elsewhere.test/"}), BadAnswerError),
        (Answer(content="<!DOCTYPE html><html>portail captif</html>"), BadAnswerError),
        (Answer(content={"translatedText": None}), BadAnswerError),
        (Answer(content={"translatedText": "  "}), BadAnswerError),
        (Answer(content={"translatedText": []}), BadAnswerError),
        (Answer(content={"translatedText": "😀"}), BadAnswerError),
        (Answer(content={"translatedText": "<html>Error</html>"}), BadAnswerError),
        (Answer(content={"translatedText": "la la " * 60}), BadAnswerError),
        (Answer(content={"error": "?"}), BadAnswerError),
        (Answer(content=["oui"]), BadAnswerError),
    ],
)
async def test_what_is_no_translation_is_told_apart_without_retries(
    serve: Serve, pauses: Pauses, answer: Answer, error: type[EngineError]
) -> None:
    """Another try would not mend any of these."""
    server = serve(translating(lambda _body: answer))
    with pytest.raises(error) as caught:
        await ask(LibreTranslate(url=server.url, retries=pauses.policy), "oui")
    assert not caught.value.retryable
    assert pauses.seconds == []


async def test_a_pair_that_the_server_does_not_list_is_not_asked_for(
    serve: Serve, pauses: Pauses
) -> None:
    """The list of languages is asked for once."""
    server = serve(translating(echo))
    engine = LibreTranslate(url=server.url, retries=pauses.policy)
    assert await engine.supports(FR, Language("nl-BE"))
    assert not await engine.supports(FR, Language("de"))
    with pytest.raises(UnsupportedPairError, match="from fr to de"):
        await ask(engine, "oui", target=Language("de"))
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [403, 404, 501])
async def test_a_server_without_a_list_of_languages_still_translates(
    serve: Serve, pauses: Pauses, status: int
) -> None:
    """Compatible servers often know POST /translate alone."""
    server = serve(translating(echo, languages=Answer(status=status, content="no")))
    assert await ask(LibreTranslate(url=server.url, retries=pauses.policy), "oui") == ["OUI"]
    assert pauses.seconds == []


async def test_neither_key_nor_text_shows_in_errors_and_logs(
    serve: Serve, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the server quotes, and whatever level the log has."""
    caplog.set_level(logging.DEBUG)
    text = "Un texte confidentiel"
    for status in (400, 403, 429, 500):
        words = {"error": f"bad {text} for key {KEY}"}
        server = serve(translating(lambda _body, s=status, w=words: Answer(status=s, content=w)))  # type: ignore[misc]
        url = server.url.replace("//", "//redaction:mot-de-passe@")
        engine = LibreTranslate(url=url, api_key=KEY, retries=pauses.policy)
        with capture_logs() as logs, pytest.raises(EngineError) as caught:
            await ask(engine, text)
        shown = f"{caught.value!s} {caught.value!r} {caught.value.__cause__} {logs} {caplog.text}"
        assert KEY not in shown
        assert text not in shown
        assert "mot-de-passe" not in shown


@pytest.mark.parametrize(
    "listed",
    [
        [{"code": ["fr"], "targets": ["nl"]}],
        [{"code": "fr", "targets": 5}, {"code": "nl"}],
        [{"code": "fr", "targets": [{"code": "nl"}, None]}, {"code": "nl"}],
        [5, None, {"name": "Dutch"}],
        {"error": "no list"},
    ],
)
async def test_a_strange_list_of_languages_stops_nothing(
    serve: Serve, pauses: Pauses, listed: Any
) -> None:
    """What cannot be read of it counts as not said."""
    server = serve(translating(echo, languages=Answer(content=listed)))
    engine = LibreTranslate(url=server.url, retries=pauses.policy)
    assert await ask(engine, "oui") == ["OUI"]


async def test_check_says_how_many_languages_there_are(libretranslate_url: str) -> None:
    """The sentence names the server without its scheme."""
    engine = LibreTranslate(url=libretranslate_url)
    assert (await engine.check()).endswith("offers 8 languages")
    await engine.close()


async def test_check_fails_where_no_languages_are_listed(serve: Serve, pauses: Pauses) -> None:
    """Something answers, but it is no LibreTranslate."""
    server = serve(in_turn(Answer(content={"status": "ok"})))
    engine = LibreTranslate(url=server.url, retries=pauses.policy)
    with pytest.raises(EngineError, match="lists no languages"):
        await engine.check()
    await engine.close()


async def test_an_address_that_is_none_is_the_users_mistake() -> None:
    """The message names the setting."""
    for url in ("translate.example.org", "ftp://x.test", "http://", "http://[::1"):
        with pytest.raises(InputError, match=r"engine\.url"):
            LibreTranslate(url=url)


async def test_drafts_come_through_the_stand_alone_server(libretranslate_url: str) -> None:
    """Markup, names and numbers survive a whole round."""
    segment = Segment(
        source="La **ville** de [Liège](https://liege.test/) a 3 « maires »", kind="p"
    )
    engine = LibreTranslate(url=libretranslate_url)
    drafts = [d async for _, d in draft_segments([segment], engine=engine, source=FR, target=NL)]
    await engine.close()
    assert drafts[0].text == "De **stad** van [Liège](https://liege.test/) o 3 “moeras”"
    assert drafts[0].level == "full/brackets"


def test_the_stand_alone_server_runs_as_a_script() -> None:
    """Its first line is its address."""
    command = [sys.executable, str(SERVERS / "libretranslate.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.terminate()
