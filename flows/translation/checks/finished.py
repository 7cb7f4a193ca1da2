"""The finished letter by itself: what its readers, and the programs that show it, need of it."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

from flows.content.colours import faint_words
from flows.domain.edition import HOLES, Edition, hole
from flows.domain.finding import Severity
from flows.translation.checks.lengths import LEAST
from flows.translation.checks.remark import Fact, Remark

CLIPPED_AT: Final = 102 * 1024
"""Gmail shows no more bytes of a letter's HTML, and hides the link to unsubscribe with the rest."""
KIB: Final = 1024
HEAVIEST_PICTURES_KB: Final = 3_000
"""Ten seconds on a slow telephone; as parts of a letter, a third more (base64)."""

WEB: Final = frozenset({"http", "https"})
SCHEMES: Final = WEB | {"mailto", "tel"}
NAME: Final = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
RESERVED: Final = re.compile(r"(?:^|\.)(?:example|invalid|localhost|example\.(?:com|net|org))$")
"""Names that lead nowhere for ever (RFC 2606, sections 2 and 3)."""
UNFINISHED: Final = re.compile(
    r"\{\{|\}\}|%7B%7B|(?<!//)\[|\b(?:todo|tbd|xxx+|lorem)\b", re.IGNORECASE
)


def check_finished(edition: Edition) -> list[Remark]:
    """What is wrong with a letter whatever its text says, errors first. Nothing is fetched."""
    page = _Page(edition.html)
    remarks = [
        *_wrong_language(page, edition),
        *_lost_opt_out(edition),
        *(remark for address in dict.fromkeys(page.links) for remark in check_address(address)),
        *_silent_images(page),
        *_faint_words(edition.html),
        *_excess_size(edition.html),
        *_lost_preheader(edition),
    ]
    return sorted(remarks, key=lambda remark: remark.severity)


def check_weight(size: int) -> Iterator[Remark]:
    """Pictures of `size` bytes together, where that is more than a reader waits for."""
    if size > HEAVIEST_PICTURES_KB * 1000:
        facts = {"size": size // 1000, "limit": HEAVIEST_PICTURES_KB}
        yield _remark("weight", "heavy", facts, severity=Severity.WARNING)


def check_address(address: str) -> Iterator[Remark]:
    """Whether a link of a letter can lead anywhere: whole, well-formed, and no stopgap."""
    address = address.strip()
    if address in map(hole, HOLES) or re.fullmatch(r"#.+", address):
        return
    if not address.strip("#") or UNFINISHED.search(address):
        yield _remark("address", "stopgap", {"address": address or "#"})
        return
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        yield _remark("address", "malformed", {"address": address})
        return
    if not parts.scheme:
        yield _remark("address", "relative", {"address": address})
    elif RESERVED.search(host):
        facts = {"address": address}
        yield _remark("address", "reserved", facts, severity=Severity.WARNING)
    elif not _is_well_formed(address, parts.scheme.lower(), host=host, path=parts.path):
        yield _remark("address", "malformed", {"address": address})


def _is_well_formed(address: str, scheme: str, *, host: str, path: str) -> bool:
    if scheme in WEB:
        return bool(NAME.fullmatch(host) or re.fullmatch(r"[\d.]+|[\da-f:]+", host)) and not (
            re.search(r"\s", address)
        )
    if scheme == "mailto":
        return bool(NAME.fullmatch(path.rpartition("@")[2])) and "@" in path
    return scheme in SCHEMES and bool(path)


def _wrong_language(page: "_Page", edition: Edition) -> Iterator[Remark]:
    if page.language != edition.language:
        facts = {"given": page.language or "?", "wanted": edition.language}
        yield _remark("letter", "language", facts)


def _lost_opt_out(edition: Edition) -> Iterator[Remark]:
    parts = {"HTML": edition.html, "text": edition.text}
    for part, content in parts.items():
        if hole("unsubscribe_url") not in content:
            yield _remark("opt-out", "lost", {"part": part})


def _silent_images(page: "_Page") -> Iterator[Remark]:
    for source in page.silent:
        yield _remark("alternative", "lost", {"image": source})


def _faint_words(html: str) -> Iterator[Remark]:
    for dark in (False, True):
        for faint in faint_words(html, dark=dark):
            yield _remark(
                "contrast",
                "dark" if dark else "light",
                {
                    "words": faint.words,
                    "ratio": f"{faint.contrast:.1f}",
                    "colour": faint.colour,
                    "background": faint.background,
                },
                severity=Severity.WARNING,
            )


def _excess_size(html: str) -> Iterator[Remark]:
    size = len(html.encode())
    if size > CLIPPED_AT:
        facts = {"size": -(-size // KIB), "limit": CLIPPED_AT // KIB}
        yield _remark("size", "clipped", facts, severity=Severity.WARNING)


def _lost_preheader(edition: Edition) -> Iterator[Remark]:
    if not edition.preheader:
        facts = {"limit": LEAST["preheader"]}
        yield _remark("length", "unread", facts, severity=Severity.WARNING)


def _remark(
    check: str, reason: str, facts: Mapping[str, Fact], *, severity: Severity = Severity.ERROR
) -> Remark:
    return Remark(check=check, severity=severity, reason=reason, facts=facts)


class _Page(HTMLParser):
    """A page's language, the addresses of its links, and its images without a text in their place.

    An empty text says that an image is for decoration alone (WCAG 2.2, 1.1.1).
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.language = ""
        self.links: list[str] = []
        self.silent: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = values.get("lang", "")
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "img" and "alt" not in values:
            self.silent.append(values.get("src", "?"))
