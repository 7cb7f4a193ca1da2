"""The small parts that engines are made of."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.domain.errors import InputError
from flows.domain.language import Language
from flows.translation.engines.addresses import is_loopback, parse_base_url, show_address
from flows.translation.engines.answers import accept_answers
from flows.translation.engines.codes import find_code
from flows.translation.engines.errors import BadAnswerError, EngineUnreachableError
from flows.translation.engines.factory import ENGINE_NAMES, EngineOptions, build_engine
from flows.translation.engines.passages import slice_passages
from flows.translation.engines.retries import RetryPolicy
from flows.translation.engines.statuses import error_for_status, read_retry_after


@given(text=st.text(alphabet="aé漢😀. !?…\u202f\u00a0\n ", max_size=300), limit=st.integers(8, 60))
@settings(max_examples=50, deadline=None)
def test_passages_fit_and_join_again(text: str, limit: int) -> None:
    """No character is lost or cut in two."""
    passages = slice_passages(text, limit_bytes=limit)
    assert "".join(passages) == text
    assert all(len(passage.encode()) <= limit for passage in passages)


def test_passages_end_with_sentences_and_never_at_a_no_break_space() -> None:
    """« Pourquoi\u202f? » is one piece."""
    text = "Où\u00a0? « Là\u202f! » Et puis non."
    assert slice_passages(text, limit_bytes=22) == ["Où\u00a0? « Là\u202f! » ", "Et puis non."]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    """Anything else is ignored."""
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert read_retry_after(value, now=now) == seconds


def test_success_is_no_error() -> None:
    """And 5xx may pass, but for 501."""
    assert error_for_status("e", 204, headers={}) is None
    for status, retryable in ((500, True), (529, True), (501, False), (404, False)):
        error = error_for_status("e", status, headers={})
        assert error
        assert error.retryable is retryable


async def test_pauses_grow_are_drawn_and_are_bounded() -> None:
    """Full jitter: between zero and a ceiling that doubles."""
    asked: list[tuple[float, float]] = []
    slept: list[float] = []

    def draw(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 2

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def fail() -> str:
        raise EngineUnreachableError("e", "no answer")

    policy = RetryPolicy(tries=5, longest_pause_seconds=3.0, sleep=sleep, uniform=draw)
    with pytest.raises(EngineUnreachableError):
        await policy.ask(fail)
    assert asked[:4] == [(0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (0.0, 3.0)]
    assert slept == [0.5, 1.0, 1.5, 1.5]


def test_addresses_show_neither_user_nor_query() -> None:
    """What may stand in a message is host, port and path."""
    url = parse_base_url("https://user:secret@a.test:8443/api/?key=secret#x")
    assert show_address(url) == "a.test:8443/api"
    assert is_loopback("http://127.0.0.1:1/")
    assert is_loopback("http://localhost/")
    assert not is_loopback("https://a.test/")


@pytest.mark.parametrize(
    ("texts", "answers"),
    [
        (["un", "deux"], ["one"]),
        (["un"], "one"),
        (["un"], [None]),
        (["un"], [{"text": "one"}]),
        (["[[1]]un[[/1]]"], ["[[1]][[/1]]"]),
        (['<g id="1">un</g>'], ['<g id="1">1</g>']),
    ],
)
def test_answers_of_the_wrong_shape_are_refused(texts: list[str], answers: object) -> None:
    """One string for each text, with words where the text has words."""
    with pytest.raises(BadAnswerError):
        accept_answers(texts, answers, engine="e")


def test_an_answer_may_say_what_its_text_says() -> None:
    """An article on MyMemory may name its warnings."""
    text = "Le service répond « INVALID LANGUAGE PAIR »."
    answer = "The service answers “INVALID LANGUAGE PAIR”."
    assert accept_answers([text], [answer], engine="e") == [answer]


def test_codes_fall_back_to_the_parent_language() -> None:
    """The preferred ones go first."""
    codes = {"nl": "nl-NL", "pt-br": "pt-BR"}
    found = [
        find_code(Language(tag), codes=codes, preferred={"pt": "pt-PT"})
        for tag in ("nl-BE", "pt-BR", "pt-AO", "xx")
    ]
    assert found == ["nl-NL", "pt-BR", "pt-PT", ""]


@pytest.mark.parametrize("name", ENGINE_NAMES)
async def test_every_engine_can_be_built_by_its_name(name: str) -> None:
    """Without asking the network for anything."""
    engine = build_engine(name, EngineOptions(url="http://127.0.0.1:9", api_key="k:fx"))
    assert engine.name == name
    assert "k:fx" not in repr(engine)
    await engine.close()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gogle", "google, libretranslate, deepl, mymemory, argos, memory"),
        ("libretranslate", "engine.url"),
        ("deepl", "NEWSLETTER_ENGINE__API_KEY"),
    ],
)
def test_a_setting_that_cannot_be_used_says_what_to_do(name: str, words: str) -> None:
    """The remedy is in the message."""
    with pytest.raises(InputError) as caught:
        build_engine(name, EngineOptions())
    assert words in str(caught.value)
