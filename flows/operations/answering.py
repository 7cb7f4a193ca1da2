"""Answering wishes by mail, in the background: whoever waits at the form learns nothing of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

import structlog

from flows.domain.contact import called
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import NewsletterError, TransientError
from flows.domain.history import RequestState
from flows.domain.language import Language
from flows.domain.optout import RETURNABLE
from flows.mail.notice import NoticeKind
from flows.operations.wishes import HOUR, Rules
from flows.store.cities import mailing_lists
from flows.store.database import Store, Transaction
from flows.store.optouts import opt_out_of
from flows.store.records import find_record, lists_of
from flows.store.requests import (
    Request,
    asked_since,
    count_mails,
    mark_request,
    next_due,
)

log = structlog.get_logger()

DAY: Final = timedelta(days=1)
LEASE: Final = timedelta(minutes=10)
"""After so long a letter that nobody reported back is tried again."""
FULL: Final = timedelta(minutes=15)
MOST_ATTEMPTS: Final = 5
QUOTES: Final = {
    "fr": "«\u202f{}\u202f»",
    "en": "“{}”",
    "nl": "‘{}’",
    "de": "„{}“",
    "pl": "„{}”",
    **dict.fromkeys(("es", "it", "pt"), "«{}»"),
}


class Notify(Protocol):
    """Sends one single letter."""

    def __call__(
        self,
        kind: NoticeKind,
        *,
        language: Language,
        to: str,
        url: str,
        lists: str,
        name: str,
    ) -> Awaitable[Outcome]:
        """What the relay said. `name` tells the letter from all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What answering takes: a way to send, and the links of each kind of letter."""

    store: Store
    notify: Notify
    link: Callable[[str, str, Language], str]
    rules: Rules
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What answers one wish."""

    request: Request
    kind: NoticeKind
    purpose: str
    payload: str
    lists: str


async def answer_wishes(answering: Answering) -> int:
    """Answer every wish that is due; how many letters that made.

    An address gets one letter of a kind a day at most, whichever city or form asks for it.
    """
    sent = 0
    while True:
        async with answering.store.writing() as tx:
            request = await next_due(tx, now=answering.clock())
            if request is None:
                return sent
            if await _is_full(tx, answering):
                return sent
            letter = await _letter(tx, request, answering)
        if letter is not None:
            sent += await _send(answering, letter)


async def _is_full(tx: Transaction, answering: Answering) -> bool:
    """Whether the hour's letters are used up; then everything that waits goes on waiting."""
    since = answering.clock() - HOUR
    return await count_mails(tx, since=since) >= answering.rules.mails_per_hour


async def _letter(tx: Transaction, request: Request, answering: Answering) -> Letter | None:
    """The letter for a wish, which is now under way; `None` if it gets no answer."""
    now = answering.clock()
    recently = await asked_since(
        tx, request.wish.address_hash, kind=request.wish.kind, since=now - DAY, but=request.id
    )
    letter = None if recently else await _decide(tx, request, now=now)
    if letter is None:
        await mark_request(tx, request.id, state=RequestState.DROPPED, due_at=None, settled_at=now)
        return None
    await mark_request(
        tx, request.id, asked_at=now, attempt=request.attempt + 1, due_at=now + LEASE
    )
    return letter


async def _decide(tx: Transaction, request: Request, *, now: datetime) -> Letter | None:
    wish = request.wish
    out = await opt_out_of(tx, wish.address_hash)
    record = await find_record(tx, wish.address_hash)
    letter = partial(Letter, request=request, lists=await _titles(tx, request))
    if wish.kind == "subscribe":
        if out is not None and out.reason not in RETURNABLE:
            return None
        on = {one.list for one in await lists_of(tx, record.id)} if record else set()
        if record and out is None and on >= set(wish.lists):
            return letter(kind="known", purpose="preferences", payload=str(record.id))
        return letter(kind="confirm", purpose="confirm", payload=str(request.id))
    if record is None:
        return None
    if wish.kind == "access":
        until = int((now + DAY).timestamp())
        return letter(kind="access", purpose="data", payload=f"{record.id}/{until}")
    return None if out else letter(kind="renew", purpose="renew", payload=str(request.id))


async def _titles(tx: Transaction, request: Request) -> str:
    """The lists of a wish as its letter calls them."""
    titles = {one.name: one.titles for one in await mailing_lists(tx)}
    language = request.wish.language
    marks = QUOTES.get(language.partition("-")[0], QUOTES["en"])
    return ", ".join(
        marks.format(called(titles.get(name, {}), language, otherwise=name))
        for name in request.wish.lists
    )


async def _send(answering: Answering, letter: Letter) -> bool:
    wish, number = letter.request.wish, letter.request.id
    attempt = letter.request.attempt + 1
    try:
        outcome = await answering.notify(
            letter.kind,
            language=wish.language,
            to=wish.mailbox,
            url=answering.link(letter.purpose, letter.payload, wish.language),
            lists=letter.lists,
            name=f"request {number}",
        )
    except TransientError as error:
        outcome = Outcome(state=DeliveryState.DEFERRED, reply=str(error))
    except NewsletterError as error:
        outcome = Outcome(state=DeliveryState.REFUSED, reply=str(error))
        log.warning("wish.refused", request=number)
    now = answering.clock()
    if outcome.state is DeliveryState.DEFERRED and attempt < MOST_ATTEMPTS:
        later = {"due_at": now + LEASE * 2**attempt, "asked_at": None}
    elif outcome.state in {DeliveryState.DEFERRED, DeliveryState.REFUSED}:
        later = {"state": RequestState.DROPPED, "due_at": None, "settled_at": now}
    else:
        later = {"state": RequestState.ASKED, "due_at": None}
    async with answering.store.writing() as tx:
        await mark_request(tx, number, **later)
    return later.get("state") is RequestState.ASKED
