"""An article that arrived, put into its folder: whole, with its pictures, or not at all."""

import io
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import yaml
from bs4 import BeautifulSoup

from flows.content.images.reading import ENDINGS, open_image
from flows.content.naming import parse_slug, slugify
from flows.content.skeleton import UNKNOWN_AUTHOR
from flows.content.source import read_article
from flows.domain.errors import InputError
from flows.domain.image import ImageError
from flows.operations.arrivals.addresses import whole_address
from flows.operations.arrivals.arrival import Arrival, Losses, Placed
from flows.operations.arrivals.cleaning import clean
from flows.operations.arrivals.kinds import Incoming
from flows.operations.library import Library

LONGEST_SUMMARY: Final = 400
SAYS_NOTHING: Final = re.compile(
    r"(?:img|dsc|image|photo|picture)?[\W_\d]*(?:\.\w{3,4})?", re.IGNORECASE
)
"""Alternative texts that programs make up of a file's name."""

Fetch = Callable[[str], bytes]
"""Gets a picture from its server. Raises `InputError` where that is refused or fails."""


def bring_in(
    library: Library,
    incoming: Incoming,
    *,
    post: str | None,
    slug: str | None,
    today: str,
    fetch: Fetch | None = None,
) -> Placed:
    """Make an article of a file that arrived; `post` numbers one of several.

    Raises `InputError` for a file that cannot be read, and for an article that is there.
    """
    losses = Losses()
    try:
        arrival = incoming.article(post, losses=losses)
        return place(library, arrival, slug=slug, today=today, losses=losses, fetch=fetch)
    except RecursionError:
        raise InputError(
            "is nested too deeply", path=incoming.path, remedy="Save its text in another way."
        ) from None


def place(
    library: Library,
    arrival: Arrival,
    *,
    slug: str | None,
    today: str,
    losses: Losses,
    fetch: Fetch | None = None,
) -> Placed:
    """Make `content/<slug>/` of an article that arrived. Raises `InputError` if it is there."""
    from flows.operations.arrivals.markdown import write_markdown

    name = parse_slug(slug or slugify(arrival.title))
    target = library.content / name
    if target.exists():
        raise InputError(
            "is there already", path=target, remedy="Choose another name; nothing was changed."
        )
    clean(arrival.body, title=arrival.title, base_url=arrival.base_url, note=losses)
    library.content.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".arriving-", dir=library.content))
    try:
        folder = draft / name
        folder.mkdir()
        pictures = _Pictures(folder, arrival, losses, fetch)
        lead = pictures.bring(arrival.image) if arrival.image else ""
        _place_pictures(arrival.body, pictures, losses)
        text = write_markdown(arrival.body)
        front = _front(arrival, lead, today=today, losses=losses)
        path = folder / f"{library.source_language}.md"
        path.write_text(f"---\n{front}---\n\n{text}", encoding="utf-8")
        read_article(folder, language=library.source_language)
        folder.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Placed(
        path=target / path.name, pictures=tuple(pictures.names), losses=tuple(losses.told())
    )


class _Pictures:
    """The pictures of one article: each address is brought once."""

    def __init__(self, folder: Path, arrival: Arrival, losses: Losses, fetch: Fetch | None) -> None:
        self._folder = folder
        self._arrival = arrival
        self._note = losses
        self._fetch = fetch
        self._known: dict[str, str] = {}
        self.names: list[str] = []

    def bring(self, address: str) -> str:
        """The reference of a picture: a file in the folder, or an https address; else nothing."""
        if address not in self._known:
            self._known[address] = self._bring(address)
        return self._known[address]

    def _bring(self, address: str) -> str:
        raw = self._arrival.load(address)
        shown = "a picture within the page" if address.startswith("data:") else address
        if raw is None and self._arrival.base_url:
            address = whole_address(address, self._arrival.base_url)
        if address.startswith("http://"):
            address = "https://" + address.removeprefix("http://")
        if raw is None and address.startswith("https://"):
            if self._fetch is None:
                self._note("a picture stays on its server; --fetch-images brings it", address)
                return address
            try:
                raw = self._fetch(address)
            except InputError as error:
                self._note(f"a picture was not fetched ({error.problem})", address)
                return ""
        if raw is None:
            self._note("a picture is not there", shown)
            return ""
        try:
            kind = open_image(raw, shown).format or ""
        except ImageError as error:
            self._note(f"a picture was left out ({error.problem})", shown)
            return ""
        return self._keep(raw, address, ENDINGS[kind])

    def _keep(self, raw: bytes, address: str, ending: str) -> str:
        stem = Path(unquote(address.partition("?")[0].rpartition("/")[2])).stem
        stem = "" if address.startswith(("data:", "picture:")) else stem
        base = slugify(stem) if stem else f"image-{len(self.names) + 1}"
        name, number = f"{base}.{ending}", 1
        while name in self.names:
            number += 1
            name = f"{base}-{number}.{ending}"
        (self._folder / name).write_bytes(raw)
        self.names.append(name)
        return name


def _place_pictures(body: BeautifulSoup, pictures: _Pictures, losses: Losses) -> None:
    for image in body.find_all("img"):
        reference = pictures.bring(str(image["src"]))
        if not reference:
            image.decompose()
            continue
        image["src"] = reference
        if not _says_something(str(image.get("alt") or "")):
            image["alt"] = str(image.get("title") or "")
            if image["alt"]:
                losses("a caption stands for what its picture shows: write that", reference)
        if not image["alt"]:
            losses("a picture has no text for who cannot see it: write one", reference)


def _says_something(text: str) -> bool:
    return not SAYS_NOTHING.fullmatch(text.strip())


def _front(arrival: Arrival, lead: str, *, today: str, losses: Losses) -> str:
    if not arrival.author:
        losses("no author was found: fill in author:")
    if not arrival.date:
        losses("no date was found: it has today's")
    if lead and not arrival.image_alt:
        losses("the picture at the head has no text: fill in image_alt:", lead)
    if len(arrival.summary) > LONGEST_SUMMARY:
        losses("the summary was too long and was left out", arrival.summary)
    fields: Mapping[str, object] = {
        "title": arrival.title,
        "author": arrival.author or UNKNOWN_AUTHOR,
        "date": arrival.date or today,
        "place": "",
        "summary": arrival.summary if len(arrival.summary) <= LONGEST_SUMMARY else "",
        "preheader": "",
        **({"image": lead, "image_alt": arrival.image_alt} if lead else {}),
        "tags": list(arrival.tags),
    }
    target = io.StringIO()
    yaml.safe_dump(fields, target, allow_unicode=True, sort_keys=False, width=10_000)
    return target.getvalue()
