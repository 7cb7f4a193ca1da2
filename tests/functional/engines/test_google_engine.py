"""Google's adapter: deep_translator itself, against a page on loopback."""

import asyncio
import html
import logging
import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from flows.domain.errors import EngineUnavailableError
from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineBusyError,
    EngineError,
    EngineUnreachableError,
    UnsupportedPairError,
)
from flows.translation.engines.google import BYTES_PER_REQUEST, Google
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.run import Run
from tests.functional.cli.command_line import closed_port
from tests.functional.engines.conftest import Answer, Asked, Pauses, Script, ScriptedServer, in_turn

FR, EN = Language("fr"), Language("en")
Serve = Callable[[Script], ScriptedServer]


def page(text: str) -> Answer:
    """The page that the service shows for a translation."""
    content = f'<html><body><div class="result-container">{html.escape(text)}</div></body></html>'
    return Answer(content=content, headers={"Content-Type": "text/html; charset=utf-8"})


def echo(asked: Asked) -> Answer:
    """The text in capitals."""
    return page(asked.query["q"].upper())


async def ask(
    server: ScriptedServer, pauses: Pauses, *texts: str, target: Language = EN
) -> list[str]:
    """The engine's translations from French."""
    engine = Google(url=f"{server.url}/m", retries=pauses.policy, pause_seconds=0.0)
    try:
        return await engine.translate(texts, source=FR, target=target, encoding="brackets")
    finally:
        await engine.close()


async def test_each_text_is_one_request_in_order(serve: Serve, pauses: Pauses) -> None:
    """Entities, tokens and no-break spaces come back as they are."""
    server = serve(echo)
    texts = ["« Où\u202f? » [[1]]là[[/1]]", "R & D <b>", "بلدية"]
    assert await ask(server, pauses, *texts) == [text.upper() for text in texts]
    assert [asked.query["sl"] + asked.query["tl"] for asked in server.asked] == ["fren"] * 3
    assert server.asked[0].path == "/m"


async def test_a_long_text_goes_sentence_by_sentence(serve: Serve, pauses: Pauses) -> None:
    """Each request stays under the limit and the white space between stays."""
    server = serve(echo)
    text = "Où vont les élus ? Ils vont à Liège.  " * 80
    assert await ask(server, pauses, text) == [text.upper()]
    sizes = [len(asked.query["q"].encode()) for asked in server.asked]
    assert len(sizes) > 1
    assert max(sizes) <= BYTES_PER_REQUEST


async def test_what_has_no_letters_is_not_sent(serve: Serve, pauses: Pauses) -> None:
    """deep_translator answers None to punctuation."""
    server = serve(echo)
    assert await ask(server, pauses, "… [[1]] – 2019 !") == ["… [[1]] – 2019 !"]
    assert server.asked == []


async def test_a_name_that_stays_the_same_is_a_translation(serve: Serve, pauses: Pauses) -> None:
    """Liège is Liège in English."""
    server = serve(lambda asked: page(asked.query["q"]))
    assert await ask(server, pauses, "Liège") == ["Liège"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(content="<html><body>Avant de continuer</body></html>"), BadAnswerError),
        (page(""), BadAnswerError),
        (page("!"), BadAnswerError),
        (page("Error 500 (Server Error)!!1"), BadAnswerError),
        (page("bla " * 200), BadAnswerError),
        (Answer(status=404), BadAnswerError),
    ],
)
async def test_pages_that_are_no_translation_are_refused(
    serve: Serve, pauses: Pauses, answer: Answer, error: type[EngineError]
) -> None:
    """None of them comes back as a text."""
    server = serve(in_turn(answer))
    with pytest.raises(error):
        await ask(server, pauses, "oui")
    assert len(server.asked) == 1


async def test_too_many_requests_are_answered_with_patience(serve: Serve, pauses: Pauses) -> None:
    """429, then 503, then an answer."""
    server = serve(in_turn(Answer(status=429), Answer(status=503), page("yes")))
    assert await ask(server, pauses, "oui") == ["yes"]
    assert [seconds for seconds in pauses.seconds if seconds] == [1.0, 2.0]


async def test_patience_ends(serve: Serve, pauses: Pauses) -> None:
    """After three tries the engine is given up."""
    server = serve(in_turn(Answer(status=429)))
    with pytest.raises(EngineBusyError):
        await ask(server, pauses, "oui")
    assert len(server.asked) == 3


async def test_the_library_gets_a_time_limit(serve: Serve, pauses: Pauses) -> None:
    """deep_translator itself would wait for ever."""
    server = serve(lambda _asked: Answer(delay_seconds=0.4))
    engine = Google(url=server.url, timeout_seconds=0.1, retries=pauses.policy, pause_seconds=0.0)
    with pytest.raises(EngineUnreachableError, match="in time"):
        await engine.translate(["oui"], source=FR, target=EN, encoding="plain")
    await engine.close()


async def test_a_page_that_nobody_serves_is_unreachable(pauses: Pauses) -> None:
    """Nothing listens on the discard port."""
    engine = Google(url="http://127.0.0.1:9/m", retries=pauses.policy, pause_seconds=0.0)
    with pytest.raises(EngineUnreachableError, match=r"127\.0\.0\.1:9/m cannot be reached"):
        await engine.translate(["oui"], source=FR, target=EN, encoding="plain")
    await engine.close()


async def test_two_engines_at_once_keep_their_own_servers(serve: Serve, pauses: Pauses) -> None:
    """The connection that the library is lent belongs to the call, not to the module."""
    both = threading.Barrier(2, timeout=60)

    def meet(text: str) -> Script:
        def answer(_asked: Asked) -> Answer:
            both.wait()
            return page(text)

        return answer

    servers = [serve(meet(text)) for text in ("one", "two")]
    answers = await asyncio.gather(*(ask(server, pauses, "un") for server in servers))
    assert answers == [["one"], ["two"]]


async def test_neither_text_nor_query_shows(
    serve: Serve, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    """The library's own exceptions quote the text, and urllib3 logs the address."""
    caplog.set_level(logging.DEBUG)
    for answer in (Answer(content="<html></html>"), Answer(status=500), page("")):
        server = serve(in_turn(answer))
        with capture_logs() as logs, pytest.raises(EngineError) as caught:
            await ask(server, pauses, "Confidentiel")
        shown = f"{caught.value} {caught.value.__cause__} {logs} {caplog.text}"
        assert "Confidentiel" not in shown
        assert "q=" not in shown


async def test_languages_fall_back_to_what_the_service_knows(serve: Serve, pauses: Pauses) -> None:
    """A region that it does not tell apart is dropped, a script is kept."""
    server = serve(echo)
    for target in ("nl-BE", "zh-Hant", "pt-BR", "he"):
        await ask(server, pauses, "oui", target=Language(target))
    assert [asked.query["tl"] for asked in server.asked] == ["nl", "zh-TW", "pt", "iw"]
    with pytest.raises(UnsupportedPairError):
        await ask(server, pauses, "oui", target=Language("xx"))


async def test_check_translates_a_word(serve: Serve, pauses: Pauses) -> None:
    """The sentence shows what came of it."""
    engine = Google(url=serve(echo).url, retries=pauses.policy)
    assert "“VILLE”" in await engine.check()
    assert await engine.supports(FR, EN)
    await engine.close()


async def test_a_service_that_is_not_there_was_sent_nothing(pauses: Pauses) -> None:
    """The account of a run counts what went out, for which a connection must have come about."""
    engine = Google(url=f"http://127.0.0.1:{closed_port()}/m", retries=pauses.policy)
    run = Run()
    task = Task(segments=[Segment(source="Une ville", kind="p")], source=FR, target=EN)
    with pytest.raises(EngineUnavailableError):
        [one async for one in draft_with_fallback(task, [engine], run=run)]
    await engine.close()
    (report,) = run.reports(EN)
    assert "cannot be reached" in report.trouble
    assert (report.requests, report.segments, report.characters) == (0, 0, 0)


async def test_a_service_that_fails_was_sent_the_text(serve: Serve, pauses: Pauses) -> None:
    """It has read it all the same."""
    engine = Google(url=f"{serve(lambda _: Answer(status=500)).url}/m", retries=pauses.policy)
    run = Run()
    task = Task(segments=[Segment(source="Une ville", kind="p")], source=FR, target=EN)
    with pytest.raises(EngineUnavailableError):
        [one async for one in draft_with_fallback(task, [engine], run=run)]
    await engine.close()
    (report,) = run.reports(EN)
    assert report.segments == 1
