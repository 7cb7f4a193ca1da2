"""The names that services give to languages."""

from collections.abc import Mapping

from flows.domain.language import Language


def find_code(language: Language, *, codes: Mapping[str, str], preferred: Mapping[str, str]) -> str:
    """The service's code of the language or of its nearest parent, "" if it has none.

    `codes` has lower-case tags as keys; `preferred`, with tags in their usual case, goes first.
    """
    tag = str(language)
    while tag:
        if tag in preferred or tag.lower() in codes:
            return preferred.get(tag) or codes[tag.lower()]
        tag = tag.rpartition("-")[0]
    return ""
