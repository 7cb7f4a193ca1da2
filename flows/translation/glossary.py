"""The glossary: the network's terms and names, and how each is to be translated."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from flows.domain.language import Language
from flows.translation.entries import Entry, read_entries
from flows.translation.wordings import has_capital, wording_pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A glossary entry found in a text, as written there, from `start` to `end`."""

    text: str
    start: int
    end: int
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A term that a translation does not render as agreed: `reason` and `facts` say how.

    `spans` are the places in the translation that are wrong; `replacement` is what should stand
    there instead, where that is certain.
    """

    reason: str
    facts: Mapping[str, str | tuple[str, ...]]
    spans: tuple[tuple[int, int], ...] = ()
    replacement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Glossary:
    """The entries of one source language, longest first."""

    source_language: Language
    entries: tuple[Entry, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a CSV file whose header names the languages, the source's first, and `note`.

        Alternatives stand between ` | `; the same text in two columns means: keep it. A note may
        hold, between semicolons, `same` (a language without a wording keeps the source form; or
        `same:nl`), `exact` and `forbidden:form` (or `forbidden:nl:form`). Raises `InputError`
        with line and column for what cannot be read.
        """
        source_language, entries = read_entries(path)
        longest_first = sorted(entries, key=lambda entry: -len(entry.source))
        return cls(source_language=source_language, entries=tuple(longest_first))

    def terms_in(self, source: str, *, language: Language) -> list[Term]:
        """The terms of a source text that have a wording in the target `language`, in order.

        A longer term hides the shorter ones inside it.
        """
        terms: list[Term] = []
        for entry in self.entries:
            pattern = wording_pattern(
                entry.source, language=self.source_language, exact=entry.exact
            )
            for found in pattern.finditer(source):
                start, end = found.span()
                if all(end <= term.start or start >= term.end for term in terms):
                    terms.append(Term(text=found.group(), start=start, end=end, entry=entry))
        kept = (term for term in terms if term.entry.wordings_in(language))
        return sorted(kept, key=lambda term: term.start)

    def checksum_for(self, languages: Iterable[Language]) -> str:
        """Changes whenever a wording in one of these languages does."""
        agreed = sorted(
            (entry.source, language, entry.wordings_in(language))
            for entry in self.entries
            for language in languages
        )
        canonical = json.dumps([self.source_language, agreed], ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    def problems(self, source: str, target: str, *, language: Language) -> list[Problem]:
        """What the translation does otherwise than agreed, each term once."""
        terms = self.terms_in(source, language=language)
        found = list({term.entry.source: term.entry for term in terms}.values())
        claimed = _claimed_spans(found, target, language=language)
        return [
            problem
            for entry in found
            for problem in _judge(entry, target, language=language, claimed=claimed)
        ]


def _claimed_spans(
    entries: Sequence[Entry], target: str, *, language: Language
) -> list[tuple[int, int]]:
    """Where the target rightly uses an agreed wording, so that nothing there is left over."""
    return [
        found.span()
        for entry in entries
        for wording in entry.wordings_in(language)
        for found in wording_pattern(wording, language=language, exact=entry.exact).finditer(target)
    ]


def _judge(
    entry: Entry, target: str, *, language: Language, claimed: Sequence[tuple[int, int]]
) -> Iterator[Problem]:
    term, wordings = entry.source, entry.wordings_in(language)
    for form in entry.forbidden_in(language):
        if spans := _spans(wording_pattern(form, language=language), target):
            yield Problem(reason="forbidden", facts={"form": form}, spans=spans)
    if left := _left_over(entry, target, language=language, claimed=claimed):
        facts = {"term": term, "wording": wordings[0]}
        yield Problem(reason="left", facts=facts, spans=left, replacement=wordings[0])
    elif not _is_used(entry, target, language=language):
        if entry.is_kept(language):
            yield Problem(reason="kept", facts={"term": term})
        else:
            yield Problem(reason="other", facts={"term": term, "wordings": wordings})


def _spans(pattern: re.Pattern[str], text: str) -> tuple[tuple[int, int], ...]:
    return tuple(found.span() for found in pattern.finditer(text))


def _is_used(entry: Entry, target: str, *, language: Language) -> bool:
    if entry.is_kept(language) and has_capital(entry.source):
        return entry.source in target
    return any(
        wording_pattern(wording, language=language, exact=entry.exact).search(target)
        for wording in entry.wordings_in(language)
    )


def _left_over(
    entry: Entry, target: str, *, language: Language, claimed: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """Where a name stands in its source form although the language has another."""
    if not has_capital(entry.source) or entry.source in entry.wordings_in(language):
        return ()
    pattern = wording_pattern(entry.source, language=language, exact=True)
    return tuple(
        (start, end)
        for start, end in _spans(pattern, target)
        if all(end <= first or start >= last for first, last in claimed)
    )
