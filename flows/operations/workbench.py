"""Catalogues kept open for those who work on them: read again only when a file has changed."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Final, TypeVar

from flows.content.catalogue import Catalogue
from flows.content.segments import cut_segments
from flows.domain.article import Article
from flows.domain.errors import TransientError
from flows.domain.finding import Finding
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey
from flows.operations.library import Library
from flows.operations.memo import mark_of, state_of_files
from flows.translation.checks.catalogue import Judge, make_judge
from flows.translation.checks.consistency import Elsewhere
from flows.translation.glossary import Glossary, Term

MOST_OPEN: Final = 24
"""Languages of articles that are open at once; a large one takes some megabytes."""
MOST_JUDGED: Final = 20_000
"""Pairs of source and translation whose findings are remembered."""
TRIES: Final = 3
"""How often a change is begun again because another program wrote the file meanwhile."""

Result = TypeVar("Result")
Marks = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What translations into a language are judged by, and what was judged before."""

    checksum: str
    judge: Judge
    terms: Callable[[str], tuple[Term, ...]]


@dataclass(slots=True, kw_only=True)
class Bench:
    """One language of an article, in line with its source, as on disk when `marks` were taken.

    `elsewhere` is what other articles have approved; `findings` are kept by reviewers' languages
    until something changes.
    """

    article: Article
    segments: Sequence[Segment]
    catalogue: Catalogue
    rules: Rules
    marks: Marks
    elsewhere: Mapping[SegmentKey, Elsewhere] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)


class Workbench:
    """The benches of a newsroom. Whoever works at one has it alone; call it from a thread."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._benches: OrderedDict[tuple[str, Language], Bench] = OrderedDict()
        self._locks: dict[tuple[str, Language], Lock] = {}
        self._rules: dict[Language, Rules] = {}
        self._elsewhere: dict[tuple[str, Language], tuple[str, Mapping[SegmentKey, Elsewhere]]] = {}

    def look(self, slug: str, language: Language, work: Callable[[Bench], Result]) -> Result:
        """What `work` reads off a bench that is as the files are now."""
        with self._at(slug, language) as bench:
            elsewhere = self._approved_elsewhere(slug, language)
            if elsewhere is not bench.elsewhere:
                bench.elsewhere = elsewhere
                bench.findings.clear()
            return work(bench)

    def change(self, slug: str, language: Language, work: Callable[[Bench], Result]) -> Result:
        """Let `work` change a bench's catalogue, and save it.

        What another program writes meanwhile is kept: `work` is done again on top of it. Raises
        `TransientError` if that happens again and again.
        """
        for _ in range(TRIES - 1):
            with suppress(TransientError):
                return self._change(slug, language, work)
        return self._change(slug, language, work)

    def _change(self, slug: str, language: Language, work: Callable[[Bench], Result]) -> Result:
        with self._at(slug, language) as bench:
            result = work(bench)
            bench.findings.clear()
            bench.catalogue.save()
            bench.marks = self._marks(bench.article, bench.catalogue)
            if not bench.catalogue.is_on_disk():
                # Written by another program since: the marks are of its text, not of ours.
                self._benches.pop((slug, language), None)
            return result

    @contextmanager
    def _at(self, slug: str, language: Language) -> Iterator[Bench]:
        with self._locks.setdefault((slug, language), Lock()):
            bench = self._benches.get((slug, language))
            if bench is None or bench.marks != self._marks(bench.article, bench.catalogue):
                bench = self._lay_out(slug, language)
            rules = self._current_rules(language)
            if rules is not bench.rules:
                bench.rules = rules
                bench.findings.clear()
            self._benches[slug, language] = bench
            self._benches.move_to_end((slug, language))
            while len(self._benches) > MOST_OPEN:
                self._benches.popitem(last=False)
            try:
                yield bench
            except BaseException:
                # Half a change may be in it.
                self._benches.pop((slug, language), None)
                raise

    def _lay_out(self, slug: str, language: Language) -> Bench:
        article = self.library.article(slug)
        catalogue = self.library.catalogue(slug, language)
        # Taken before anything is read: what is written meanwhile makes them differ.
        marks = self._marks(article, catalogue)
        article = self.library.article(slug)
        segments = cut_segments(article)
        catalogue = self.library.catalogue(slug, language)
        catalogue.sync(segments, memory=self.library.recalled(segments, language))
        return Bench(
            article=article,
            segments=segments,
            catalogue=catalogue,
            rules=self._current_rules(language),
            marks=marks,
        )

    def _marks(self, article: Article, catalogue: Catalogue) -> Marks:
        source = article.folder / f"{self.library.source_language}.md"
        return mark_of(source), mark_of(catalogue.path)

    def _current_rules(self, language: Language) -> Rules:
        checksum = self.library.glossary_checksum()
        known = self._rules.get(language)
        if known is None or known.checksum != checksum:
            glossary = self.library.glossary()
            judge = make_judge(
                language=language,
                source_language=self.library.source_language,
                glossary=glossary,
                style=self.library.style,
            )
            known = Rules(
                checksum=checksum,
                judge=lru_cache(maxsize=MOST_JUDGED)(judge),
                terms=_terms(glossary, language),
            )
            self._rules[language] = known
        return known

    def _approved_elsewhere(self, slug: str, language: Language) -> Mapping[SegmentKey, Elsewhere]:
        others = [self.library.content / one for one in self.library.slugs() if one != slug]
        state = state_of_files(others)
        known = self._elsewhere.get((slug, language))
        if known is None or known[0] != state:
            known = (state, self.library.elsewhere(slug, language))
            self._elsewhere[slug, language] = known
        return known[1]


def _terms(glossary: Glossary | None, language: Language) -> Callable[[str], tuple[Term, ...]]:
    @lru_cache(maxsize=MOST_JUDGED)
    def terms(source: str) -> tuple[Term, ...]:
        return tuple(glossary.terms_in(source, language=language)) if glossary else ()

    return terms
