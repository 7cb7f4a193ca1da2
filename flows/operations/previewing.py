"""Letters as they stand, to look at and to send to oneself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from flows.domain.delivery import DeliveryState
from flows.domain.edition import Edition
from flows.domain.errors import InputError, NewsletterError, NotDoneError
from flows.domain.image import ImageName
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.domain.recipient import Recipient
from flows.domain.segment import SegmentState
from flows.mail.dialogue import Envelope
from flows.mail.holes import fill_html, fill_text
from flows.mail.letter import PreparedLetter, verify_letter
from flows.mail.transport import Transport
from flows.operations.library import Library
from flows.operations.post import Sign

IMAGES: Final = "images"
"""The folder of a preview's pictures."""
TEST: Final = "-test-"
NOTHING: Final[Mapping[ImageName, bytes]] = MappingProxyType({})

Letter = Callable[[Edition], PreparedLetter]
Reader = Callable[[Language], Recipient]


def trial_issue(slug: str, language: Language) -> IssueId:
    """What stands for an issue in the links of a test letter."""
    return IssueId(f"{slug}{TEST}{language}")


def trial_of(issue: str) -> tuple[str, Language] | None:
    """The article and the language of a test letter, by what stands for an issue in its links."""
    slug, test, language = issue.rpartition(TEST)
    return (slug, Language(language)) if test else None


def count_untranslated(library: Library, slug: str, language: Language) -> tuple[int, int]:
    """How many passages a letter has in the source's language still, and of how many."""
    slugs = [slug, *library.article(slug).front.listed]
    measured = [library.measure(one, language) for one in slugs]
    empty = sum(one.counts[SegmentState.EMPTY] for one in measured)
    return empty, sum(one.segments for one in measured)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One language's letter as a reader would get it."""

    edition: Edition
    html: str
    text: str
    eml: bytes


def preview_letters(
    library: Library,
    slug: str,
    languages: Sequence[Language],
    *,
    letter: Letter,
    reader: Reader,
    sign: Sign | None,
    now: datetime,
    images: str = "/images/",
) -> list[Preview]:
    """The letters of an article as it is on disk now, signed if letters are.

    The text of a picture stands for one that cannot be shown. Raises `NewsletterError` if one would
    not be read as it was meant.
    """
    return [
        preview_edition(
            library.edition(slug, language),
            letter=letter,
            recipient=reader(language),
            sign=sign,
            now=now,
            images=images,
        )
        for language in languages
    ]


def preview_edition(
    edition: Edition,
    *,
    letter: Letter,
    recipient: Recipient,
    sign: Sign | None,
    now: datetime,
    images: str = "/images/",
) -> Preview:
    """One edition's letter; `images` is the address of the folder of its page's pictures.

    Raises `NewsletterError` if it would not be read as it was meant.
    """
    eml = letter(edition).render(recipient, date=now)
    if problems := verify_letter(eml):
        raise NewsletterError(
            Phrase(
                "the {language} letter is broken: {reasons}",
                language=edition.language,
                reasons="; ".join(problems),
            )
        )
    if sign is not None:
        eml = sign(eml, now)
    return Preview(
        edition=edition,
        html=fill_html(edition, recipient, images=images),
        text=fill_text(edition, recipient),
        eml=eml,
    )


def write_preview(
    preview: Preview, folder: Path, *, pictures: Mapping[ImageName, bytes] = NOTHING
) -> Path:
    """Write `<lang>.html`, `<lang>.txt` and `<lang>.eml`; the first one's path.

    The page shows its pictures from the folder `images`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in pictures.items():
            (folder / IMAGES).mkdir(exist_ok=True)
            (folder / IMAGES / name).write_bytes(content)
        stem = folder / preview.edition.language
        stem.with_name(stem.name + ".txt").write_text(preview.text, encoding="utf-8")
        stem.with_name(stem.name + ".eml").write_bytes(preview.eml)
        page = stem.with_name(stem.name + ".html")
        page.write_text(preview.html, encoding="utf-8")
    except OSError as error:
        raise InputError(
            Phrase("cannot be written: {reason}", reason=error.strerror),
            path=folder,
            field="--out",
        ) from None
    return page


async def send_tests(
    previews: Sequence[Preview], *, mail_from: str, to: str, transport: Transport
) -> None:
    """Send each letter to one address, outside any issue.

    Raises `NotDoneError` if one is refused.
    """
    for preview in previews:
        result = await transport.send(Envelope(mail_from=mail_from, rcpt_to=to, letter=preview.eml))
        if result.state is not DeliveryState.ACCEPTED:
            raise NotDoneError(
                Phrase(
                    "the {language} test letter was not accepted: {code} {reply}",
                    language=preview.edition.language,
                    code=result.code,
                    reply=result.reply,
                )
            )
