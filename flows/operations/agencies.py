"""Work for translation agencies: an article as XLIFF, and what comes back, passage by passage."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from flows.content.pofiles import write_whole
from flows.content.segments import cut_segments
from flows.domain.article import Slug
from flows.domain.errors import InputError, NotFoundError
from flows.domain.language import Language
from flows.operations.library import Library
from flows.operations.receiving import Fate, Reception, Verdict, judge_whole
from flows.translation.xliff.reading import ReturnedFile, read_xliff
from flows.translation.xliff.units import Document, Offer, unit_id
from flows.translation.xliff.writing import format_xliff


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyImport:
    """What became of the units of one article: the catalogue holds those that were taken."""

    slug: Slug
    language: Language
    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> dict[Fate, int]:
        """How many units met each fate."""
        counted = Counter(verdict.fate for verdict in self.verdicts)
        return {fate: counted[fate] for fate in Fate}

    @property
    def refused(self) -> list[Verdict]:
        """The units that were refused."""
        return [verdict for verdict in self.verdicts if verdict.fate is Fate.REFUSED]


def export_xliff(library: Library, slug: str, language: Language, file: Path) -> int:
    """Write the article's segments with what they have so far; how many there are."""
    article = library.article(slug)
    catalogue = library.synchronised(article, language)
    glossary = library.glossary()
    offers = []
    for segment in cut_segments(article):
        terms = glossary.terms_in(segment.source, language=language) if glossary else []
        wordings = {term.text: tuple(term.entry.wordings.get(language, ())) for term in terms}
        offers.append(
            Offer(
                segment=segment,
                target=catalogue.entry(segment.key).translation,
                state=catalogue.state(segment.key),
                terms=tuple((term, found) for term, found in wordings.items() if found),
            )
        )
    document = Document(
        slug=slug,
        source_language=library.source_language,
        language=language,
        offers=tuple(offers),
    )
    write_whole(file, format_xliff(document))
    return len(offers)


def import_xliff(
    library: Library, file: Path, *, by: str, replace: bool = False
) -> list[AgencyImport]:
    """Take a translator's work into the catalogues, each unit that is a translation.

    A unit is refused whose marks are not the source's, that is French still or in another language
    than the file's, or whose French is no longer the same; the others count. Approved text is never
    replaced, and what somebody edited only with `replace`.
    """
    if not by.strip():
        raise InputError("is empty", field="--by", remedy="Say who translated: --by NAME")
    returned = read_xliff(file)
    for one in returned:
        _require_ours(library, one, path=file)
    return [_import_file(library, one, by=by, replaces=replace) for one in returned]


def _require_ours(library: Library, returned: ReturnedFile, *, path: Path) -> None:
    try:
        library.target(returned.language)
        library.article(returned.slug)
    except NotFoundError as error:
        raise InputError(error.problem, path=path, remedy=error.remedy) from error
    if returned.source_language != library.source_language:
        raise InputError(
            f"the file translates from {returned.source_language!r}, not from "
            f"{library.source_language!r}",
            path=path,
        )


def _import_file(
    library: Library, returned: ReturnedFile, *, by: str, replaces: bool
) -> AgencyImport:
    article = library.article(returned.slug)
    segments = {unit_id(segment.key): segment for segment in cut_segments(article)}
    desk = Reception(
        catalogue=library.synchronised(article, library.target(returned.language)),
        returned=returned,
        glossary=library.glossary(),
        replaces=replaces,
    )
    judged = [
        (segments.get(unit.id), desk.judge(unit, segments.get(unit.id)))
        for unit in returned.units.values()
        if not desk.is_part(unit.id)
    ]
    verdicts = judge_whole([verdict for _, verdict in judged], language=desk.language)
    for (segment, _), verdict in zip(judged, verdicts, strict=True):
        if segment and verdict.fate is Fate.TAKEN:
            desk.catalogue.edit(segment.key, verdict.text, by=by, at_agency=True)
    desk.catalogue.save()
    return AgencyImport(slug=article.slug, language=desk.language, verdicts=tuple(verdicts))
