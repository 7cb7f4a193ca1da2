"""Building the newsroom from its settings, and closing it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows.content.images.shelf import Shelf
from flows.domain.language import Language
from flows.mail.links import article_pass
from flows.operations.library import Library
from flows.orchestration.server import PrefectServer
from flows.runtime.dispatch import Dispatch, open_dispatch, sender_of
from flows.runtime.keys import key_of, newsroom_name
from flows.runtime.orchestrator import server_of
from flows.settings.model import Settings
from flows.settings.reading import reveal
from flows.store.database import Store, database_faults, open_store
from flows.store.schema import downgrade_schema, upgrade_schema
from flows.translation.cache import AnswerCache
from flows.translation.engines.factory import EngineOptions, build_engine
from flows.translation.engines.protocol import Engine
from flows.translation.memory.archive import Archive
from flows.translation.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime(Dispatch):
    """Everything that operations take as arguments, built once."""

    library: Library

    def newsroom_server(self) -> PrefectServer | None:
        """The Prefect server of the settings, or of the newsroom that runs in this workspace."""
        return server_of(self.settings)

    def page_of(self, issue: str) -> str:
        """The address of an issue's page on the desk; empty where there is no desk."""
        return f"{self.settings.desk_url}issues/{issue}" if self.settings.desk.enabled else ""

    @asynccontextmanager
    async def engines(
        self, language: Language, *, first: str | None = None
    ) -> AsyncIterator[list[Engine]]:
        """The engines to ask, in order: the one named, or the settings' with its fallbacks."""
        engine = self.settings.engine
        names = [first] if first else [engine.name, *engine.fallback]
        engines = [
            self.engine(name, language, asked=first is not None) for name in dict.fromkeys(names)
        ]
        try:
            yield engines
        finally:
            for one in engines:
                await one.close()

    def run(self) -> Run:
        """A run over an article's languages: they share what is known of the engines."""
        return Run(cache=answers_of(self.settings), glossary=self.library.glossary_checksum())

    def engine(self, name: str, language: Language, *, asked: bool = False) -> Engine:
        """One engine by name, with the approved translations that the `memory` engine needs.

        The settings' key is for one engine, the first of theirs that takes a server's address: no
        other one ever gets it. Their address is for that engine, or for one that somebody `asked`
        for.
        """
        settings = self.settings.engine
        named = name == settings.owner
        units = self.library.memory(language).units if name == "memory" else ()
        options = EngineOptions(
            url=(settings.url or "") if named or asked else "",
            api_key=(reveal(settings.api_key) or "") if named else "",
            timeout_seconds=settings.timeout_seconds,
            models=self.settings.models,
            memory={(language, unit.source): unit.target for unit in units if not unit.imported},
            terms=self.library.terms(owner=newsroom_name(self.key)) if name == "deepl" else None,
        )
        return build_engine(name, options)


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """The newsroom, for as long as the block lasts; a new database gets its tables."""
    async with open_dispatch(settings) as sending:
        yield Runtime(
            settings=settings,
            store=sending.store,
            key=sending.key,
            library=build_library(settings),
        )


async def upgrade_database(settings: Settings) -> tuple[str | None, str]:
    """Run the missing migrations. The revisions before and after."""
    async with _database(settings) as store:
        return await upgrade_schema(store)


async def downgrade_database(settings: Settings, revision: str) -> tuple[str, str]:
    """Take the schema back to a revision. The revisions before and after."""
    async with _database(settings) as store:
        return await downgrade_schema(store, revision)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Store]:
    """The database alone, whatever its schema."""
    store = open_store(settings.database_url, default=settings.var / "newsletter.db")
    try:
        with database_faults(settings.database_url):
            yield store
    finally:
        await store.close()


def answers_of(settings: Settings) -> AnswerCache:
    """What engines answered before in this workspace."""
    return AnswerCache(settings.var / "answers", today=datetime.now(UTC).date())


def build_library(settings: Settings) -> Library:
    """The articles of the workspace, with the templates that may override the packaged ones."""
    key = key_of(settings)
    return Library(
        content=settings.content,
        template_folders=template_folders(settings.workspace),
        theme=settings.letter.theme,
        source_language=settings.source_language,
        target_languages=settings.target_languages,
        senders={language: sender_of(settings, language) for language in settings.languages},
        archive=Archive(
            settings.content,
            source_language=settings.source_language,
            folder=settings.var / "memory",
        ),
        shelf=Shelf(settings.var / "images"),
        pages=settings.web.base_url.rstrip("/"),
        pass_for=lambda slug: article_pass(key, slug),
        style=settings.style.house,
    )


def starter() -> Path:
    """The files that a new workspace begins with: packaged, or the repository's own."""
    packaged = Path(__file__).parent.parent / "starter"
    return packaged if packaged.is_dir() else Path(__file__).parents[2]


def template_folders(workspace: Path) -> tuple[Path, ...]:
    """The workspace's templates, then those that came with the product."""
    folders = dict.fromkeys((workspace / "templates", starter() / "templates"))
    return tuple(folder for folder in folders if folder.is_dir())
