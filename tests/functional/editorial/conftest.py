"""A newsroom of its own for each test: a workspace in a temporary folder, opened for real."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.domain.issue import Issue
from flows.domain.language import Language
from flows.operations.addressing import Departure
from flows.operations.approving import approve_language
from flows.operations.delivering import AT_ONCE, freeze_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import open_issue
from flows.operations.subscribers import Import, import_subscribers
from flows.operations.workspaces import make_workspace
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings

ROOT = Path(__file__).parents[3]
FR, EN, NL = Language("fr"), Language("en"), Language("nl")
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SLUG = "mediation"

BODY = """Les **médiateurs** écoutent, puis orientent vers [le service](https://efus.test/nuit).

## À quoi sert la médiation ?

Elle aide à « vivre ensemble » dans l’espace public.
"""

WORDS: Mapping[str, Mapping[str, str]] = {
    "La médiation de nuit": {"en": "Night mediation", "nl": "Nachtbemiddeling"},
    "Rédaction de la lettre": {"en": "The editors", "nl": "De redactie"},
    "Des médiateurs dans la ville, la nuit.": {
        "en": "Mediators in the city at night.",
        "nl": "Bemiddelaars in de stad, ’s nachts.",
    },
    "Les **médiateurs** écoutent, puis orientent vers [le service](https://efus.test/nuit).": {
        "en": "**Mediators** listen, then refer people to [the service](https://efus.test/nuit).",
        "nl": "**Bemiddelaars** luisteren en verwijzen naar [de dienst](https://efus.test/nuit).",
    },
    "À quoi sert la médiation ?": {
        "en": "What is mediation for?",
        "nl": "Waartoe dient bemiddeling?",
    },
    "Elle aide à « vivre ensemble » dans l’espace public.": {
        "en": "It helps people to “live together” in public space.",
        "nl": "Ze helpt om ‘samen te leven’ in de openbare ruimte.",
    },
}
"""The article's segments by their French, as `BODY` and `write_article` have them."""

CITIES = """city,country,language,timezone
Liège,BE,fr,Europe/Brussels
Gand,BE,nl,Europe/Brussels
Dublin,IE,en,Europe/Dublin
"""
MEMBERS = """email,name,city,language
cabinet@liege.example.org,"Cabinet du bourgmestre, Liège",Liège,fr
kabinet@gent.example.org,Kabinet van de burgemeester,Gand,
mayor@dublin.example.org,Office of the Mayor,Dublin,en
"""
PREVENTION = """email,name,city,language
Kabinet@Gent.example.org,Kabinet van de burgemeester,Gand,
prevention@liege.example.org,Service prévention,Liège,
"""


def write_article(content: Path, *, slug: str = SLUG, body: str = BODY, **front: str) -> Path:
    """Writes the sample article, with any of its fields or its body replaced."""
    fields = {
        "title": "La médiation de nuit",
        "author": "Rédaction de la lettre",
        "date": "2026-10-06",
        "summary": "Des médiateurs dans la ville, la nuit.",
        **front,
    }
    head = "\n".join(f'{name}: "{value}"' for name, value in fields.items())
    path = content / slug / "fr.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{head}\n---\n\n{body}", encoding="utf-8")
    return path


def write_lists(folder: Path, *, cities: str = CITIES, **lists: str) -> Path:
    """Writes `subscribers/` with these lists and no others."""
    shutil.rmtree(folder / "lists", ignore_errors=True)
    (folder / "lists").mkdir(parents=True)
    (folder / "cities.csv").write_text(cities, encoding="utf-8")
    for name, text in lists.items():
        (folder / "lists" / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class Newsroom:
    """An open newsroom and the steps that tests take in it, at a fixed time."""

    desk: Runtime

    @property
    def workspace(self) -> Path:
        """Its folder."""
        return self.desk.settings.workspace

    @property
    def content(self) -> Path:
        """Its articles."""
        return self.desk.library.content

    def fill(self, language: Language, *, slug: str = SLUG, by: str = "Ada") -> None:
        """Writes a translator's work into a catalogue."""
        library = self.desk.library
        catalogue = library.synchronised(library.article(slug), language)
        for key in catalogue.waiting():
            catalogue.edit(key, WORDS[key.source][language], by=by)
        catalogue.save()

    async def approve(self, language: Language, *, slug: str = SLUG, by: str = "Chantal") -> str:
        """Signs a language off; the digest."""
        edition = await approve_language(
            self.desk.library,
            self.desk.store,
            slug,
            language,
            by=by,
            two_people=True,
            now=NOW,
        )
        return edition.digest

    async def approve_all(self, *, slug: str = SLUG) -> None:
        """Translates and signs off every language."""
        for language in self.desk.library.target_languages:
            self.fill(language, slug=slug)
        for language in self.desk.library.languages:
            await self.approve(language, slug=slug)

    async def bring_in(self, path: Path | None = None, *, dry_run: bool = False) -> Import:
        """Imports the workspace's lists, or one."""
        return await import_subscribers(
            self.desk.store,
            path or self.workspace / "subscribers",
            address_hash=self.desk.address_hash,
            now=NOW,
            dry_run=dry_run,
        )

    async def open(self, *lists: str, slug: str = SLUG) -> Issue:
        """The issue of the article to these lists."""
        return await open_issue(self.desk.library, self.desk.store, slug, lists=lists, now=NOW)

    async def freeze(
        self, issue: Issue, *, after: timedelta = timedelta(), departure: Departure = AT_ONCE
    ) -> Issue:
        """Lets an issue through the gate and fixes whom it goes to."""
        now = NOW + after
        waits = await pass_gate(self.desk.library, self.desk.store, issue.id, now=now, late_hours=6)
        assert not waits
        return await freeze_issue(
            self.desk.store,
            issue.id,
            languages=self.desk.library.languages,
            letterheads=self.desk.letterheads(),
            message_id=self.desk.message_id,
            now=now,
            departure=departure,
        )


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own environment says nothing to a test."""
    for name in [name for name in os.environ if name.startswith("NEWSLETTER_")]:
        monkeypatch.delenv(name)


def make_sample(folder: Path) -> Path:
    """A new workspace with the sample article and lists."""
    make_workspace(folder, starter=ROOT)
    shutil.rmtree(folder / "content")
    write_article(folder / "content")
    write_lists(folder / "subscribers", members=MEMBERS, prevention=PREVENTION)
    return folder


@pytest.fixture
def workspace(tmp_path: Path, sqlite_template: Path) -> Path:
    """A workspace with the sample article and lists; its tables are there, to save their making."""
    folder = make_sample(tmp_path / "salle-de-rédaction")
    (folder / "var").mkdir(mode=0o700)
    shutil.copyfile(sqlite_template, folder / "var" / "newsletter.db")
    return folder


@pytest.fixture
async def newsroom(workspace: Path) -> AsyncIterator[Newsroom]:
    """The workspace, opened."""
    async with open_runtime(read_settings(workspace)) as desk:
        yield Newsroom(desk)


@pytest.fixture(scope="session")
def approved_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose article is approved in every language; tests copy it."""
    folder = make_sample(tmp_path_factory.mktemp("approved") / "workspace")

    async def prepare() -> None:
        async with open_runtime(read_settings(folder)) as desk:
            await Newsroom(desk).bring_in()
            await Newsroom(desk).approve_all()

    # In a thread of its own: the test's event loop is none of this fixture's business.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, prepare()).result()
    return folder


@pytest.fixture
async def approved(approved_workspace: Path, tmp_path: Path) -> AsyncIterator[Newsroom]:
    """A newsroom of its own with every language approved and the lists imported."""
    folder = tmp_path / "salle-de-rédaction"
    shutil.copytree(approved_workspace, folder)
    async with open_runtime(read_settings(folder)) as desk:
        yield Newsroom(desk)
