"""DeepL's adapter against real servers on loopback."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from flows.domain.language import Language
from flows.translation.engines.deepl import BYTES_PER_REQUEST, DeepL
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineBusyError,
    EngineError,
    KeyRefusedError,
    QuotaSpentError,
    UnsupportedPairError,
)
from tests.functional.engines.conftest import Answer, Asked, Pauses, Script, ScriptedServer, in_turn

FR, EN, NL = Language("fr"), Language("en"), Language("nl")
KEY = "1234-5678-secret:fx"
Serve = Callable[[Script], ScriptedServer]


def echo(asked: Asked) -> Answer:
    """The texts in capitals."""
    texts = [{"text": text.upper()} for text in asked.body["text"]]
    return Answer(content={"translations": texts})


async def ask(
    server: ScriptedServer, pauses: Pauses, *texts: str, target: Language = EN, **options: Any
) -> list[str]:
    """The engine's translations from French."""
    engine = DeepL(api_key=KEY, url=server.url, retries=pauses.policy)
    options = {"encoding": "xml"} | options
    try:
        return await engine.translate(texts, source=FR, target=target, **options)
    finally:
        await engine.close()


async def test_the_key_is_in_the_header_and_the_tag_options_are_explicit(
    serve: Serve, pauses: Pauses
) -> None:
    """English is British; the second version of tag handling is asked for by name."""
    server = serve(echo)
    assert await ask(server, pauses, "à bientôt", context="Le maire arrive.") == ["À BIENTÔT"]
    (asked,) = server.asked
    assert asked.headers["Authorization"] == f"DeepL-Auth-Key {KEY}"
    assert asked.path == "/v2/translate"
    assert asked.query == {}
    assert asked.body == {
        "text": ["à bientôt"],
        "source_lang": "FR",
        "target_lang": "EN-GB",
        "tag_handling": "xml",
        "tag_handling_version": "v2",
        "ignore_tags": ["x"],
        "split_sentences": "nonewlines",
        "context": "Le maire arrive.",
    }


async def test_text_without_tags_is_sent_without_tag_handling(serve: Serve, pauses: Pauses) -> None:
    """A "&" in plain text would be malformed XML."""
    server = serve(echo)
    await ask(server, pauses, "R & D", encoding="plain", target=NL)
    assert server.asked[0].body == {"text": ["R & D"], "source_lang": "FR", "target_lang": "NL"}


@pytest.mark.parametrize(
    ("target", "code"),
    [("en-US", "EN-US"), ("pt", "PT-PT"), ("pt-BR", "PT-BR"), ("nl-BE", "NL"), ("de", "DE")],
)
async def test_targets_have_the_codes_of_theoutlet(
    serve: Serve, pauses: Pauses, target: str, code: str
) -> None:
    """Regions count where the service tells them apart."""
    server = serve(echo)
    await ask(server, pauses, "oui", target=Language(target))
    assert server.asked[0].body["target_lang"] == code


async def test_requests_keep_to_fifty_texts_and_128_kibibytes(serve: Serve, pauses: Pauses) -> None:
    """No text is lost or moved between requests."""
    server = serve(echo)
    many = [f"texte {number}" for number in range(120)]
    long = ["é" * 9000 for _ in range(12)]
    assert await ask(server, pauses, *many, *long) == [text.upper() for text in many + long]
    assert max(len(asked.body["text"]) for asked in server.asked) == 50
    assert max(int(asked.headers["Content-Length"]) for asked in server.asked) < BYTES_PER_REQUEST
    assert max(len(json.dumps(asked.body)) for asked in server.asked) <= BYTES_PER_REQUEST


async def test_a_busy_service_is_asked_again_until_the_tries_are_spent(
    serve: Serve, pauses: Pauses
) -> None:
    """429 backs off."""
    server = serve(in_turn(Answer(status=429)))
    with pytest.raises(EngineBusyError):
        await ask(server, pauses, "oui")
    assert len(server.asked) == 3
    assert pauses.seconds == [1.0, 2.0]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=456), QuotaSpentError),
        (Answer(status=403), KeyRefusedError),
        (
            Answer(status=400, content={"message": "Value for 'target_lang' not supported."}),
            UnsupportedPairError,
        ),
        (Answer(status=400, content={"message": "Tag handling parsing failed"}), BadAnswerError),
        (Answer(status=413), BadAnswerError),
        (Answer(content={"translations": []}), BadAnswerError),
        (Answer(content={"translations": [{"text": ""}]}), BadAnswerError),
        (Answer(content={"message": "?"}), BadAnswerError),
        (Answer(content="<html></html>"), BadAnswerError),
    ],
)
async def test_what_cannot_be_mended_is_not_tried_again(
    serve: Serve, pauses: Pauses, answer: Answer, error: type[EngineError]
) -> None:
    """One request, and the kind of failure is told."""
    server = serve(in_turn(answer))
    with pytest.raises(error) as caught:
        await ask(server, pauses, "oui")
    assert not caught.value.retryable
    assert len(server.asked) == 1


async def test_the_deepl_key_never_shows(
    serve: Serve, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the message, the cause, the engine or the logs."""
    caplog.set_level(logging.DEBUG)
    server = serve(in_turn(Answer(status=403, content={"message": f"key {KEY} texte privé"})))
    with capture_logs() as logs, pytest.raises(KeyRefusedError) as caught:
        await ask(server, pauses, "texte privé")
    engine = DeepL(api_key=KEY)
    shown = f"{caught.value} {caught.value.__cause__} {logs} {caplog.text} {engine!r}"
    await engine.close()
    assert KEY not in shown
    assert "texte privé" not in shown


async def test_check_says_how_much_is_used(serve: Serve, pauses: Pauses) -> None:
    """The quota of the month, in characters."""
    usage = Answer(content={"character_count": 1234, "character_limit": 500000})
    server = serve(in_turn(usage, Answer(content={})))
    engine = DeepL(api_key=KEY, url=server.url, retries=pauses.policy)
    assert (await engine.check()).endswith("1,234 of 500,000 characters used")
    with pytest.raises(BadAnswerError):
        await engine.check()
    await engine.close()


async def test_support_is_what_the_service_lists(serve: Serve, pauses: Pauses) -> None:
    """Sources and targets are two lists."""
    lists = {"source": [{"language": "FR"}], "target": [{"language": "EN-GB"}, {"language": "NL"}]}
    server = serve(lambda asked: Answer(content=lists[asked.query["type"]]))
    engine = DeepL(api_key=KEY, url=server.url, retries=pauses.policy)
    assert await engine.supports(FR, EN)
    assert not await engine.supports(NL, FR)
    await engine.close()


@pytest.mark.parametrize(("key", "host"), [(KEY, "api-free.deepl.com"), ("paid", "api.deepl.com")])
async def test_the_key_tells_which_service_it_is_of(key: str, host: str) -> None:
    """Keys that end in ":fx" are of the free service."""
    engine = DeepL(api_key=key)
    assert engine.outlet.address == host
    await engine.close()
