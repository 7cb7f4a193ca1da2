"""The letter of an article in one language, as it is on disk now."""

import asyncio
from typing import Final

from starlette.responses import HTMLResponse, Response

from flows.desk.faults import in_words
from flows.desk.looks import GMAIL_CLIPS_AT, Look, dress
from flows.desk.visit import Visit
from flows.domain.edition import Edition
from flows.domain.errors import NotFoundError
from flows.domain.issue import IssueId
from flows.domain.language import Language
from flows.mail.links import read_link, sign_link
from flows.operations.previewing import Preview, preview_edition
from flows.operations.readers import KnownReader, reader_addressed, reader_numbered
from flows.operations.reviewing import LanguageReview, review_article

READER: Final = "reader"
"""What a token is for that stands for a contact."""


async def show(visit: Visit) -> Response:
    """The letter in its frame, with everything that can be chosen."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    slug, look = visit.named("slug"), Look.from_query(visit.request.query_params)
    library = visit.desk.library
    language = library.language(visit.named("language"))
    reader = await _reader(visit, look)
    preview = await make_preview(visit, slug, language, reader)
    reviews = await review_article(library, visit.runtime.store, slug)
    beside = look.beside and look.part == "text" and language != library.source_language
    return visit.page(
        "letter.html",
        status=status,
        source_preview=await make_preview(visit, slug, library.source_language) if beside else None,
        slug=slug,
        article=library.article(slug),
        language=language,
        source=library.source_language,
        languages=_languages(visit),
        look=look,
        reader=reader,
        preview=preview,
        sender=library.senders[language],
        review=_review_of(reviews, language),
        size=_size(preview),
        clips_at=GMAIL_CLIPS_AT,
        problem=problem,
    )


def _languages(visit: Visit) -> list[Language]:
    """Those that whoever is there may read."""
    if visit.may_work:
        return list(visit.desk.library.languages)
    return [visit.desk.library.language(visit.named("language"))]


def _review_of(reviews: list[LanguageReview], language: Language) -> LanguageReview:
    return next(one for one in reviews if one.language == language)


def _size(preview: Preview) -> int:
    return len(preview.html.encode())


async def frame(visit: Visit) -> Response:
    """The letter alone, for the frame: a document that can do nothing."""
    look = Look.from_query(visit.request.query_params)
    language = visit.desk.library.language(visit.named("language"))
    reader = await _reader(visit, look)
    preview = await make_preview(visit, visit.named("slug"), language, reader)
    return framed(preview.html, look)


def framed(html: str, look: Look) -> Response:
    """A letter as the document of a frame."""
    return HTMLResponse(
        dress(html, scheme=look.scheme),
        headers={"Content-Security-Policy": look.policy, "Referrer-Policy": "no-referrer"},
    )


async def choose_reader(visit: Visit) -> Response:
    """Look as the contact with an address would; the address itself goes into no link."""
    runtime, look = visit.runtime, Look.from_query(visit.request.query_params)
    address = visit.form.text("address")
    if not address:
        return visit.go(_here(visit, visit.named("language"), look.but(reader="")))
    try:
        reader = await reader_addressed(
            runtime.store, runtime.address_hash(address), editions=runtime.library.languages
        )
    except NotFoundError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=404)
    token = sign_link(visit.desk.cookies.key, purpose=READER, payload=str(reader.number))
    return visit.go(_here(visit, reader.language, look.but(reader=token)))


def _here(visit: Visit, language: str, look: Look) -> str:
    return f"/articles/{visit.named('slug')}/{language}{look.query}"


async def _reader(visit: Visit, look: Look) -> KnownReader | None:
    """The contact that is looked as. Nobody gets at one by counting, only by their address.

    Raises `NotFoundError` for a token that is none of ours.
    """
    if not look.reader or not visit.may_work:
        return None
    number = read_link([visit.desk.cookies.key], look.reader, purpose=READER)
    return await reader_numbered(
        visit.runtime.store, int(number or 0), editions=visit.runtime.library.languages
    )


async def make_preview(
    visit: Visit,
    slug: str,
    language: Language,
    reader: KnownReader | None = None,
    *,
    issue: IssueId | None = None,
) -> Preview:
    """A language's letter. It is made in a thread: others are served meanwhile.

    `issue` is what stands for an issue in its links.
    """
    edition = await asyncio.to_thread(visit.desk.library.edition, slug, language)
    return preview_of(visit, edition, reader, issue=issue)


def preview_of(
    visit: Visit,
    edition: Edition,
    reader: KnownReader | None = None,
    *,
    issue: IssueId | None = None,
) -> Preview:
    """The letter of an edition. Raises `NewsletterError` if it would not be read as meant."""
    runtime, name = visit.runtime, f"{edition.slug}-preview"
    recipient = runtime.reader(
        issue or IssueId(name),
        0,
        edition.language,
        address=reader.mailbox if reader else "reader@example.org",
        name=reader.name if reader else "",
    )
    return preview_edition(
        edition,
        letter=lambda one: runtime.letter(one, issue=name),
        recipient=recipient,
        sign=runtime.sign(),
        now=visit.now,
    )
