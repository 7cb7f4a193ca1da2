"""Telling a translation from what services send in its place."""

import re
from collections.abc import Sequence
from typing import Any

from flows.domain.phrases import Phrase
from flows.translation.engines.errors import BadAnswerError, QuotaSpentError

NOTICES = re.compile(
    r"MYMEMORY WARNING|QUERY LENGTH LIMIT|INVALID (?:LANGUAGE|SOURCE|TARGET|EMAIL)"
    r"|PLEASE SELECT TWO DISTINCT LANGUAGES|NO QUERY SPECIFIED|AUTHENTICATION FAILURE"
    r"|Error 5\d\d \(Server|<!DOCTYPE|<html\b|<head\b|<body\b",
)
"""Notices that services send as if they were translations, with status 200."""

QUOTA_NOTICE = re.compile(r"YOU USED ALL AVAILABLE FREE TRANSLATIONS|QUOTA (?:EXCEEDED|FINISHED)")

MARKUP = re.compile(r"<[^<>]*>|\[\[[^\[\]]*\]\]")
LONGEST_RATIO = 10
SHORTEST_YARDSTICK = 20


def has_letters(text: str) -> bool:
    """Whether there is anything in `text`, its tokens apart, that a language could change."""
    return any(character.isalpha() for character in MARKUP.sub("", text))


def accept_answers(texts: Sequence[str], answers: Any, *, engine: str) -> list[str]:
    """The answers, each one a plausible translation of its text.

    Raises `QuotaSpentError` for a quota notice, `BadAnswerError` for any other junk.
    """
    if not isinstance(answers, list) or len(answers) != len(texts):
        raise BadAnswerError(
            engine, Phrase("did not answer with {texts} translations", texts=len(texts))
        )
    return [
        accept_answer(text, answer, engine=engine)
        for text, answer in zip(texts, answers, strict=True)
    ]


def accept_answer(text: str, answer: Any, *, engine: str) -> str:
    """The answer if it may be a translation of `text`; raises like `accept_answers`."""
    if not isinstance(answer, str) or not answer.strip():
        raise BadAnswerError(engine, "answered nothing")
    if QUOTA_NOTICE.search(answer) and not QUOTA_NOTICE.search(text):
        raise QuotaSpentError(engine, "the free volume is spent for today")
    if NOTICES.search(answer) and not NOTICES.search(text):
        raise BadAnswerError(engine, "answered with a notice or a web page")
    if has_letters(text) and not has_letters(answer):
        raise BadAnswerError(engine, "answered without a single word")
    if len(answer) > LONGEST_RATIO * max(len(text), SHORTEST_YARDSTICK):
        raise BadAnswerError(engine, "answered with far more text than it was given")
    return answer
