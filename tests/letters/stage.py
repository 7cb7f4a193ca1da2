"""Six sample letters in three languages, approved and sent as the newsroom sends them.

`articles/` has what `content/` has no place for, each in three languages: the translations are
written as articles, too, and put into catalogues passage by passage.
"""

import asyncio
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from flows.content.images.shelf import Shelf
from flows.content.segments import cut_segments
from flows.content.source import read_article
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.mail.dkim import DkimKey, make_keys, read_dkim_key
from flows.mail.maildir import messages_in
from flows.operations.approving import approve_language
from flows.operations.delivering import freeze_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import open_issue
from flows.operations.subscribers import import_subscribers
from flows.operations.workspaces import make_workspace
from flows.runtime.keys import KEY_FILE
from flows.runtime.runtime import Runtime, open_runtime
from flows.runtime.senders import send_here
from flows.settings.reading import read_settings
from tests.samples.pairs import ROOT, read_pairs

HERE: Final = Path(__file__).parent
ARTICLES: Final = HERE / "articles"
PICTURES: Final = HERE / "pictures"
DOMAIN: Final = "efus.example.org"
SAMPLES: Final[Mapping[str, str]] = {
    "minimal": "rappel",
    "article": "city-pair",
    "digest": "lettre-de-novembre",
    "images": "tour-en-images",
    "syntax": "toute-la-syntaxe",
    "long": "compte-rendu",
}
"""The samples, each with its article; those that the last one lists come before it."""
ALSO_APPROVED: Final = ("harcelement-de-rue", "mediation-nocturne")
"""What the digests list and no sample sends by itself."""
SECRET: Final = "made up for these letters"
READERS: Final = """email,name,city,language
zoe.lefevre@liege.example.org,"Zoé Lefèvre-Nuñez, prévention",Liège,fr
mayor@dublin.example.org,Office of the Mayor,Dublin,en
kabinet@gent.example.org,Kabinet van de burgemeester,Gand,nl
"""
SETTINGS: Final = f"""
[web]
base_url = "https://lettre.{DOMAIN}"

[dkim]
domain = "{DOMAIN}"
selector = "rsa"
key_file = "var/dkim/rsa.pem"
ed25519_selector = "ed25519"
ed25519_key_file = "var/dkim/ed25519.pem"
"""


class Name(NamedTuple):
    """Which letter it is."""

    sample: str
    language: str

    def __str__(self) -> str:
        return f"{self.sample}.{self.language}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """The letters as they went on the wire, the keys that signed them, and their pictures."""

    raw: Mapping[Name, bytes]
    keys: Sequence[DkimKey]
    shelf: Shelf


LANGUAGES: Final = ("fr", "en", "nl")
NAMES: Final = tuple(Name(sample, language) for sample in SAMPLES for language in LANGUAGES)


def send_samples(folder: Path) -> Letters:
    """Make a newsroom in `folder`, approve every sample in every language, and send it."""
    make_workspace(folder, starter=ROOT)
    for article in ARTICLES.iterdir():
        _copy_article(article, folder / "content" / article.name)
    shutil.rmtree(folder / "subscribers" / "lists")
    (folder / "subscribers" / "lists").mkdir()
    (folder / "subscribers" / "lists" / "readers.csv").write_text(READERS, encoding="utf-8")
    with (folder / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    paths = make_keys(folder / "var" / "dkim")
    # With a key of its own each time, links would now and then read as an address of Bitcoin.
    (folder / "var" / KEY_FILE).write_text(SECRET, encoding="ascii")
    # In a thread of its own: a browser's driver has an event loop here.
    with ThreadPoolExecutor(1) as pool:
        raw = pool.submit(asyncio.run, _send(folder)).result()
    return Letters(
        raw=raw,
        keys=[read_dkim_key(path, domain=DOMAIN, selector=path.stem) for path in paths],
        shelf=Shelf(folder / "var" / "images"),
    )


def _copy_article(article: Path, place: Path) -> None:
    """Its French, and beside it the pictures that it names."""
    place.mkdir()
    shutil.copy2(article / "fr.md", place)
    text = (article / "fr.md").read_text(encoding="utf-8")
    for picture in PICTURES.iterdir():
        if picture.name in text:
            shutil.copy2(picture, place)


async def _send(folder: Path) -> dict[Name, bytes]:
    async with open_runtime(read_settings(folder)) as newsroom:
        await import_subscribers(
            newsroom.store,
            folder / "subscribers",
            address_hash=newsroom.address_hash,
            now=newsroom.clock(),
        )
        for slug in (*ALSO_APPROVED, *SAMPLES.values()):
            for language in newsroom.library.target_languages:
                translate(newsroom, slug, language)
            await _approve(newsroom, slug)
        return {
            Name(sample, language): letter
            for sample, slug in SAMPLES.items()
            for language, letter in (await _letters_of(newsroom, slug)).items()
        }


def translate(newsroom: Runtime, slug: str, language: Language) -> None:
    """Write the translations into the catalogue that `content/` does not have."""
    library = newsroom.library
    catalogue = library.synchronised(library.article(slug), language)
    if not (waiting := catalogue.waiting()):
        return
    written = {segment.source: text for segment, text in translations(slug, language)}
    for key in waiting:
        catalogue.edit(key, written[key.source], by="translators")
    catalogue.save()


def translations(slug: str, language: str) -> Iterator[tuple[Segment, str]]:
    """Each passage of an article with its translation. A passage without one is an error."""
    folder = ARTICLES / slug
    if not folder.is_dir():
        pairs = read_pairs(ROOT / "tests" / "samples" / "articles.toml")
        known = {one.source: one.target for one in pairs if one.language == language}
        source = read_article(ROOT / "content" / slug, language=Language("fr"))
        yield from ((one, known[one.source]) for one in cut_segments(source))
        return
    french, other = (
        cut_segments(read_article(folder, language=Language(tag))) for tag in ("fr", language)
    )
    for one, its in zip(french, other, strict=True):
        assert one.kind == its.kind, f"{slug}: {one.source!r} is not {its.source!r}"
        yield one, its.source


async def _approve(newsroom: Runtime, slug: str) -> None:
    for language in newsroom.library.languages:
        await approve_language(
            newsroom.library,
            newsroom.store,
            slug,
            language,
            by="reviewers",
            two_people=True,
            now=newsroom.clock(),
        )


async def _letters_of(newsroom: Runtime, slug: str) -> dict[str, bytes]:
    """Send an issue of an article. What came out of the sender, by language."""
    shutil.rmtree(newsroom.outbox.folder, ignore_errors=True)
    issue = await _freeze(newsroom, slug)
    await send_here(newsroom, issue, seconds=60, stopping=lambda: False)
    found = [_without_trace(path.read_bytes()) for path in messages_in(newsroom.outbox.folder)]
    letters = {_language_of(letter): letter for letter in found}
    assert set(letters) == set(LANGUAGES)
    return letters


async def _freeze(newsroom: Runtime, slug: str) -> IssueId:
    now = newsroom.clock()
    issue = await open_issue(newsroom.library, newsroom.store, slug, lists=["readers"], now=now)
    waits = await pass_gate(newsroom.library, newsroom.store, issue.id, now=now, late_hours=6)
    assert not waits
    await freeze_issue(
        newsroom.store,
        issue.id,
        languages=newsroom.library.languages,
        letterheads=newsroom.letterheads(),
        message_id=newsroom.message_id,
        now=datetime.now(UTC),
    )
    return issue.id


def _without_trace(kept: bytes) -> bytes:
    """What the outbox writes on top is not the sender's."""
    first, second, letter = kept.split(b"\r\n", 2)
    assert first.startswith(b"Return-Path:")
    assert second.startswith(b"Delivered-To:")
    return letter


def _language_of(letter: bytes) -> str:
    return letter.partition(b"\r\nContent-Language: ")[2].partition(b"\r\n")[0].decode()
