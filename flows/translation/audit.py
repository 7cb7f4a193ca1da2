"""What is wrong with a glossary itself: entries that contradict or hide each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flows.domain.finding import Severity
from flows.domain.language import Language
from flows.translation.entries import Entry
from flows.translation.glossary import Glossary
from flows.translation.wordings import wording_pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with the glossary, in its line and column."""

    line: int
    column: str
    severity: Severity
    message: str


def audit(glossary: Glossary, *, languages: Sequence[Language]) -> list[Fault]:
    """The faults of a glossary, by line; `languages` are those that the house translates into."""
    entries = sorted(glossary.entries, key=lambda entry: entry.line)
    found = [
        *(fault for entry in entries for fault in _contradictions(entry)),
        *_doubles(entries, language=glossary.source_language),
        *_strange_columns(entries, languages=languages),
    ]
    return sorted(found, key=lambda fault: (fault.line, fault.column))


def coverage(glossary: Glossary, *, languages: Sequence[Language]) -> dict[Language, int]:
    """How many terms have a wording in each language."""
    return {
        language: sum(bool(entry.wordings_in(language)) for entry in glossary.entries)
        for language in languages
    }


def _contradictions(entry: Entry) -> Iterator[Fault]:
    for language, wordings in entry.wordings.items():
        lower = [wording.casefold() for wording in wordings]
        for form in entry.forbidden_in(language):
            if form.casefold() in lower:
                message = f"“{form}” is a wording and forbidden"
                yield _fault(entry, language, message, severity=Severity.ERROR)
        for twice in {wording for wording in wordings if lower.count(wording.casefold()) > 1}:
            yield _fault(entry, language, f"“{twice}” is named twice")


def _doubles(entries: Sequence[Entry], *, language: Language) -> Iterator[Fault]:
    """Terms that another one finds as well, so that one of the two is never looked for."""
    patterns = [
        (entry, wording_pattern(entry.source, language=language, exact=entry.exact))
        for entry in entries
    ]
    for index, (entry, _) in enumerate(patterns):
        for earlier, pattern in patterns[:index]:
            if pattern.fullmatch(entry.source):
                message = f"“{earlier.source}” in line {earlier.line} finds this term, too"
                yield _fault(entry, language, message)


def _strange_columns(entries: Sequence[Entry], *, languages: Sequence[Language]) -> Iterator[Fault]:
    """Columns that no language of the house reads."""
    columns = {column for entry in entries for column in entry.wordings}
    for column in sorted(columns):
        if not any(
            language == column or language.startswith(f"{column}-") for language in languages
        ):
            yield Fault(
                line=1,
                column=column,
                severity=Severity.WARNING,
                message=f"{column} is none of the target languages",
            )


def _fault(
    entry: Entry, column: str, message: str, *, severity: Severity = Severity.WARNING
) -> Fault:
    return Fault(line=entry.line, column=column, severity=severity, message=message)
