"""MyMemory's adapter: deep_translator itself, against a service on loopback."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineBusyError,
    EngineError,
    QuotaSpentError,
    UnsupportedPairError,
)
from flows.translation.engines.mymemory import MyMemory
from tests.functional.engines.conftest import Answer, Asked, Pauses, Script, ScriptedServer, in_turn
from tests.unit.translation.conftest import draft_segments

FR, NL = Language("fr"), Language("nl")
EMAIL = "redaction@efus.example.org"
QUOTA = (
    "MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS FOR TODAY. "
    "NEXT AVAILABLE IN  09 HOURS 12 MINUTES 01 SECONDS"
)
Serve = Callable[[Script], ScriptedServer]


def found(text: str | None, **more: Any) -> Answer:
    """What the service answers, always with status 200."""
    return Answer(content={"responseData": {"translatedText": text}, "matches": [], **more})


def echo(asked: Asked) -> Answer:
    """The text in capitals."""
    return found(asked.query["q"].upper())


async def ask(
    server: ScriptedServer, pauses: Pauses, *texts: str, target: Language = NL
) -> list[str]:
    """The engine's translations from French."""
    engine = MyMemory(url=f"{server.url}/get", email=EMAIL, retries=pauses.policy)
    try:
        return await engine.translate(texts, source=FR, target=target, encoding="plain")
    finally:
        await engine.close()


async def test_languages_go_with_their_regions(serve: Serve, pauses: Pauses) -> None:
    """The service wants fr-FR, not fr."""
    server = serve(echo)
    for target in ("nl", "en", "nl-BE", "de", "sr"):
        await ask(server, pauses, "oui", target=Language(target))
    pairs = [asked.query["langpair"] for asked in server.asked]
    assert pairs[:4] == ["fr-FR|nl-NL", "fr-FR|en-GB", "fr-FR|nl-BE", "fr-FR|de-DE"]
    assert pairs[4].startswith("fr-FR|sr-")
    assert server.asked[0].query["de"] == EMAIL
    with pytest.raises(UnsupportedPairError):
        await ask(server, pauses, "oui", target=Language("xx"))


async def test_no_request_exceeds_five_hundred_bytes(serve: Serve, pauses: Pauses) -> None:
    """Accents count twice, and deep_translator counts characters."""
    server = serve(echo)
    text = "L’été, où allèrent-ils ? À Liège, bien sûr. " * 30
    assert await ask(server, pauses, text) == [text.upper()]
    assert max(len(asked.query["q"].encode()) for asked in server.asked) <= 490


async def test_entities_of_other_peoples_translations_are_resolved(
    serve: Serve, pauses: Pauses
) -> None:
    """They come as they were once sent in."""
    server = serve(in_turn(found("de stad&#39;s &quot;plein&quot;")))
    assert await ask(server, pauses, "la place de la ville") == ['de stad\'s "plein"']


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (found(QUOTA), QuotaSpentError),
        (found("ja", quotaFinished=True), QuotaSpentError),
        (found("QUERY LENGTH LIMIT EXCEEDED. MAX ALLOWED QUERY : 500 CHARS"), BadAnswerError),
        (found("INVALID LANGUAGE PAIR SPECIFIED. EXAMPLE: LANGPAIR=EN|IT"), BadAnswerError),
        (found(None), BadAnswerError),
        (found(""), BadAnswerError),
        (found("!"), BadAnswerError),
        (Answer(content={}), BadAnswerError),
        (Answer(content=[]), BadAnswerError),
        (Answer(content={"responseData": None}), BadAnswerError),
        (Answer(content="<html>oops</html>"), BadAnswerError),
    ],
)
async def test_notices_and_nothing_are_no_translations(
    serve: Serve, pauses: Pauses, answer: Answer, error: type[EngineError]
) -> None:
    """All of them come with status 200."""
    server = serve(in_turn(answer))
    with pytest.raises(error):
        await ask(server, pauses, "oui")
    assert len(server.asked) == 1


async def test_too_many_requests_are_retried(serve: Serve, pauses: Pauses) -> None:
    """Twice, with growing pauses."""
    server = serve(in_turn(Answer(status=429)))
    with pytest.raises(EngineBusyError):
        await ask(server, pauses, "oui")
    assert len(server.asked) == 3
    assert pauses.seconds == [1.0, 2.0]


async def test_neither_the_address_nor_the_text_shows(
    serve: Serve, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    """Both travel in the query."""
    caplog.set_level(logging.DEBUG)
    for answer in (found(None), found(QUOTA), Answer(status=500), Answer(status=403)):
        server = serve(in_turn(answer))
        with capture_logs() as logs, pytest.raises(EngineError) as caught:
            await ask(server, pauses, "Confidentiel")
        shown = f"{caught.value} {caught.value.__cause__} {logs} {caplog.text}"
        assert "Confidentiel" not in shown
        assert EMAIL not in shown


async def test_marks_are_never_sent(serve: Serve, pauses: Pauses) -> None:
    """A segment with markup goes run by run."""
    server = serve(echo)
    engine = MyMemory(url=server.url, retries=pauses.policy)
    segment = Segment(source="Le **maire** et [nous](https://a.test/)", kind="p")
    drafts = [d async for _, d in draft_segments([segment], engine=engine, source=FR, target=NL)]
    await engine.close()
    assert drafts[0].text == "LE **MAIRE** ET [NOUS](https://a.test/)"
    assert drafts[0].level == "runs"
    assert [asked.query["q"] for asked in server.asked] == ["Le", "maire", "et", "nous"]


async def test_mymemory_check_translates_a_word(serve: Serve, pauses: Pauses) -> None:
    """The sentence shows what came of it."""
    engine = MyMemory(url=serve(echo).url, retries=pauses.policy)
    assert "“VILLE”" in await engine.check()
    assert await engine.supports(FR, NL)
    await engine.close()
