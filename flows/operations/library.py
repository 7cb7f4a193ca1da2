"""The newsroom's articles, their catalogues and the editions that they make."""

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from flows.content.cards import Appointment, RenderedDigest, render_digest
from flows.content.catalogue import Catalogue
from flows.content.illustrating import Illustrator, Places
from flows.content.images.shelf import Shelf
from flows.content.matching import match_key
from flows.content.parts import require_parts
from flows.content.rendering import RenderedArticle, render_article
from flows.content.segments import cut_segments
from flows.content.source import (
    list_articles,
    parse_article,
    parse_slug,
    read_article,
    require_size,
)
from flows.content.syncing import Recalled
from flows.domain.article import Article, Slug
from flows.domain.digest import Item, Shown
from flows.domain.edition import Edition
from flows.domain.errors import InputError, NotFoundError
from flows.domain.image import Fault, ImageError, ImageName, images_in
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recipient import Sender
from flows.domain.segment import Segment, SegmentKey, SegmentState
from flows.domain.style import PLAIN_STYLE, HouseStyle
from flows.mail.edition import compose_edition
from flows.mail.images import places_of
from flows.mail.themes import DEFAULT_THEME, read_theme
from flows.operations.lookalikes import likest_file, suggest
from flows.operations.memo import EDITIONS_KEPT, Measure, Memo, Result, mark_of, state_of_files
from flows.translation.checks.consistency import Elsewhere
from flows.translation.engines.terminology import Terms
from flows.translation.gate import make_gate
from flows.translation.glossary import Glossary
from flows.translation.memory.archive import Archive
from flows.translation.memory.index import MemoryIndex

RECENT_ARTICLES = 12
"""How many articles before are to be consistent with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Where articles lie, which languages they are for, and who sends each language.

    Pictures made for letters are on the `shelf`. `pages` is the address of the public pages, which
    digests link to, without a slash at its end; `pass_for` gives what opens an article there to
    the readers of a closed list. With a `memo`, what was measured is measured again only after a
    file has changed; with one for `editions`, those that were asked for last are rendered again
    only then. `files` is their state at the moment of a look over many articles.
    """

    content: Path
    template_folders: tuple[Path, ...]
    source_language: Language
    target_languages: tuple[Language, ...]
    senders: Mapping[Language, Sender]
    archive: Archive
    pass_for: Callable[[str], str]
    theme: str = DEFAULT_THEME
    shelf: Shelf
    pages: str = ""
    style: HouseStyle = PLAIN_STYLE
    memo: Memo | None = None
    editions: Memo | None = None
    files: str | None = None

    def remembering(self) -> Self:
        """The same, for a process that is asked again and again."""
        return replace(self, memo=Memo(), editions=Memo(at_most=EDITIONS_KEPT))

    def at_once(self) -> Self:
        """The same for one look over many articles: the files' state is asked for once."""
        return self if self.memo is None else replace(self, files=self._files())

    @property
    def languages(self) -> tuple[Language, ...]:
        """The source language, then the targets."""
        return (self.source_language, *self.target_languages)

    def target(self, language: str) -> Language:
        """A target language by its tag. Raises `NotFoundError` naming those there are."""
        if language not in self.target_languages:
            raise NotFoundError(
                Phrase("{language!r} is not one of the target languages", language=language),
                remedy=f"Languages: {', '.join(self.target_languages)} (newsletter.toml: "
                "target_languages).",
            )
        return Language(language)

    def language(self, language: str) -> Language:
        """A language of the newsletter, the source among them."""
        return self.source_language if language == self.source_language else self.target(language)

    def slugs(self) -> list[Slug]:
        """Every article, by name."""
        return list_articles(self.content)

    def folder(self, slug: str) -> Path:
        """The article's folder. Raises `NotFoundError` naming the articles there are."""
        folder = self.content / parse_slug(slug)
        if not folder.is_dir():
            known = self.slugs()
            raise NotFoundError(
                Phrase("there is no article {slug!r}", slug=slug),
                path=folder,
                remedy=f"{suggest(slug, known)}Articles: {', '.join(known) or 'none yet'}. "
                f"Write one: newsletter new {slug}",
            )
        return folder

    def article(self, slug: str) -> Article:
        """The source of an article; a digest's lists name articles that there are."""
        article = self._source_of(slug)
        require_parts(article, language=self.source_language)
        return article

    def _source_of(self, slug: str) -> Article:
        """What the file of an article says, remembered until it changes."""
        folder = self.folder(slug)
        if self.memo is None:
            return read_article(folder, language=self.source_language)
        return self.memo.recall(
            ("article", folder.name),
            state=str(mark_of(self.source(slug))),
            find_out=lambda: read_article(folder, language=self.source_language),
        )

    def source(self, slug: str) -> Path:
        """The file in which an article is written, whether it is there or not."""
        return self.content / parse_slug(slug) / f"{self.source_language}.md"

    def draft(self, slug: str, text: str) -> Article:
        """What an article would be if its file held this text."""
        path = self.source(slug)
        require_size(len(text.encode()), path=path)
        article = parse_article(text, path=path)
        require_parts(article, language=self.source_language)
        return article

    def catalogue(self, slug: str, language: Language) -> Catalogue:
        """A language's catalogue as it is on disk, not brought in line with the source."""
        return Catalogue.load(
            self.folder(slug) / f"{language}.po",
            language=language,
            source_language=self.source_language,
        )

    def synchronised(self, article: Article, language: Language) -> Catalogue:
        """A language's catalogue in line with the source, in memory: save it to keep it."""
        catalogue = self.catalogue(article.slug, language)
        segments = cut_segments(article)
        catalogue.sync(segments, memory=self.recalled(segments, language))
        return catalogue

    def memory(self, language: Language) -> MemoryIndex:
        """Every approved translation of every article into a language, and what was imported."""
        return self.archive.index(language)

    def recalled(
        self, segments: Sequence[Segment], language: Language
    ) -> dict[SegmentKey, Recalled]:
        """What the memory holds of these very texts.

        What was imported must pass the gate, as what machines make must.
        """
        memory, gate = self.memory(language), make_gate(self.source_language, language)
        units = {segment.key: memory.recall(segment.key) for segment in segments}
        return {
            key: Recalled(text=unit.target, origin=unit.origin)
            for key, unit in units.items()
            if unit and not (unit.imported and gate(key.source, unit.target))
        }

    def elsewhere(self, slug: str, language: Language) -> dict[SegmentKey, Elsewhere]:
        """What the latest other articles have approved for each text, the newest first.

        An article or catalogue that cannot be read is left out.
        """
        known: dict[SegmentKey, Elsewhere] = {}
        for other in self._latest(but=slug):
            with suppress(InputError):
                for entry, state in self.catalogue(other, language).states():
                    if state is SegmentState.APPROVED:
                        told = Elsewhere(other, entry.translation)
                        known.setdefault(match_key(entry.key), told)
        return known

    def _latest(self, *, but: str) -> list[Slug]:
        """The other articles that have been written lately."""
        return [one.slug for one in self._by_date() if one.slug != but][:RECENT_ARTICLES]

    def newest_articles(self) -> list[Slug]:
        """The articles written lately that a digest can list, the newest first."""
        return [one.slug for one in self._by_date() if not one.front.is_digest][:RECENT_ARTICLES]

    def _by_date(self) -> list[Article]:
        """Every article that can be read, the newest first."""
        found: list[Article] = []
        for slug in self.slugs():
            with suppress(InputError):
                found.append(self.article(slug))
        return sorted(found, key=lambda one: one.front.date, reverse=True)

    @property
    def glossary_path(self) -> Path:
        """Where the glossary is, if there is one."""
        return self.content / "glossary.csv"

    def glossary(self) -> Glossary | None:
        """The terms that must be translated so, if the workspace has any."""
        return Glossary.load(self.glossary_path) if self.glossary_path.is_file() else None

    def terms(self, *, owner: str) -> Terms | None:
        """The glossary's first wordings in every language, for engines that take terms.

        `owner` tells this newsroom's terms from another's at the same service.
        """
        glossary = self.glossary()
        if glossary is None or glossary.source_language != self.source_language:
            return None
        return Terms(
            source=self.source_language,
            wordings={
                language: {
                    entry.source: wordings[0]
                    for entry in glossary.entries
                    if (wordings := entry.wordings_in(language))
                }
                for language in self.target_languages
            },
            checksum=glossary.checksum_for(self.target_languages),
            owner=owner,
        )

    def glossary_checksum(self) -> str:
        """What changes when the glossary does; empty without one."""
        path = self.glossary_path
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""

    def edition(self, slug: str, language: Language) -> Edition:
        """What a language's readers would get if it were sent as it is on disk now."""

        def render() -> Edition:
            return self.edition_of(self.article(slug), language)

        remembered = self._recall(self.editions, ("edition", slug, language), render)
        # Rendered again, its pictures are made again where the shelf has them no more.
        return remembered if self.shelf.holds(images_in(remembered.html)) else render()

    def edition_of(self, article: Article, language: Language) -> Edition:
        """The same of an article that need not be on disk; its catalogues are."""
        translations = self._translations(article, language)
        return compose_edition(
            self._render(article, language, translations),
            slug=article.slug,
            sender=self.senders[language],
            template_folders=self.template_folders,
            theme=self.theme,
            digest=self._digest(article, language, translations),
        )

    def _translations(self, article: Article, language: Language) -> Mapping[SegmentKey, str]:
        if language == self.source_language:
            return {}
        return self.synchronised(article, language).translations(drafts=True)

    def _render(
        self,
        article: Article,
        language: Language,
        translations: Mapping[SegmentKey, str],
        *,
        shown: Shown | None = None,
    ) -> RenderedArticle:
        return render_article(
            article,
            language=language,
            source_language=self.source_language,
            translations=translations,
            style=self.style,
            illustrator=self._illustrator(article, shown),
        )

    def _illustrator(self, article: Article, shown: Shown | None = None) -> Illustrator:
        """Who gives an article's pictures their places, where a digest shows it or by itself."""
        places = self.places
        leads = {None: places.lead, Shown.TEASER: places.card, Shown.FULL: places.body}
        return Illustrator(shelf=self.shelf, article=article, lead=leads[shown], body=places.body)

    def illustrators(self, article: Article) -> Iterator[Illustrator]:
        """Those of an article and of what it lists: of a teaser, the picture at its head alone."""
        yield self._illustrator(article)
        for item in (item for section in article.front.articles for item in section.items):
            part = self.article(item.article)
            is_teaser = item.shown is Shown.TEASER
            yield self._illustrator(replace(part, body="") if is_teaser else part, item.shown)

    def agenda(self, slug: str, language: Language) -> tuple[Appointment, ...]:
        """The agenda of a digest, as its letter has it."""
        article = self.article(slug)
        digest = self._digest(article, language, self._translations(article, language))
        return digest.agenda if digest else ()

    def _digest(
        self, article: Article, language: Language, translations: Mapping[SegmentKey, str]
    ) -> RenderedDigest | None:
        """What a digest lists, each article as its own catalogue has it."""
        if not article.front.is_digest:
            return None
        items = [item for section in article.front.articles for item in section.items]
        parts = [(self._part(item), item.shown) for item in items]
        return render_digest(
            article,
            {
                part.slug: self._render(
                    part, language, self._translations(part, language), shown=shown
                )
                for part, shown in parts
            },
            language=language,
            translations=translations,
            pages=self.pages,
            style=self.style,
            passes={part.slug: self.pass_for(part.slug) for part, _ in parts},
        )

    def _part(self, item: Item) -> Article:
        """An article as far as a digest shows it: of a teaser with a summary that is its head."""
        article = self.article(item.article)
        is_head = item.shown is Shown.TEASER and article.front.summary
        return replace(article, body="") if is_head else article

    @property
    def places(self) -> Places:
        """The places for pictures that letters of this theme have."""
        return places_of(read_theme(self.template_folders, name=self.theme))

    def pictures(self, edition: Edition) -> dict[ImageName, bytes]:
        """The bytes of the pictures that an edition shows which was made here."""
        return {name: self.shelf.load(name) for name in images_in(edition.html)}

    def faulty_pictures(self, slug: str) -> list[ImageError]:
        """What keeps a letter from showing pictures that it names, with file and line."""
        name = f"{self.source_language}.md"
        faults = [
            error
            for illustrator in self.illustrators(self.article(slug))
            for error in illustrator.faulty_pictures(name=name)
        ]
        for error in faults:
            like = likest_file(error.field or "", error.path.parent) if error.path else ""
            if error.fault is Fault.MISSING and like:
                error.remedy = f"Did you mean {like}? {error.remedy}"
        return faults

    def measure(self, slug: str, language: Language) -> Measure:
        """How far a language has come, and the digest of its edition as it is on disk now."""
        article = self.article(slug)
        return self.remember(
            ("measure", article.slug, language), lambda: self._measure(article, language)
        )

    def remember(self, subject: Hashable, find_out: Callable[[], Result]) -> Result:
        """What is found out in the newsroom's files; with a memo once, until one of them changes.

        Approved translations of every article may be in another's drafts: all files count.
        """
        return self._recall(self.memo, subject, find_out)

    def remember_of(
        self, slug: str, language: Language, what: str, find_out: Callable[[], Result]
    ) -> Result:
        """The same of what only an article's source and one of its catalogues tell."""
        if self.memo is None:
            return find_out()
        files = self.source(slug), self.source(slug).with_name(f"{language}.po")
        state = str([mark_of(one) for one in files])
        return self.memo.recall((what, slug, language), state=state, find_out=find_out)

    def _recall(
        self, memo: Memo | None, subject: Hashable, find_out: Callable[[], Result]
    ) -> Result:
        if memo is None:
            return find_out()
        return memo.recall(subject, state=self.files or self._files(), find_out=find_out)

    def _files(self) -> str:
        of_letters = [folder / "email" for folder in self.template_folders]
        folders = [self.content, *of_letters, *(folder / "themes" for folder in of_letters)]
        return state_of_files(folders)

    def _measure(self, article: Article, language: Language) -> Measure:
        if language == self.source_language:
            # The author's own words need no translation: they are read and signed off as they are.
            counts = dict.fromkeys(SegmentState, 0)
            counts[SegmentState.APPROVED] = len(cut_segments(article))
        else:
            counts = self.synchronised(article, language).counts()
        return Measure(counts=counts, digest=self.edition(article.slug, language).digest)
