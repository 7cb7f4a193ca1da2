"""Issues, readers and letters with valid defaults, for tests of the ledger and of delivery."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from flows.domain.article import Slug
from flows.domain.contact import City
from flows.domain.delivery import Claim, DeliveryState, Outcome, Settlement, Tally
from flows.domain.edition import Edition, hole
from flows.domain.history import Origin
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.recipient import Letterhead, Recipient, Sender
from flows.mail.letter import prepare_letter
from flows.mail.links import address_hash, message_id
from flows.operations.addressing import Departure
from flows.operations.delivering import AT_ONCE, freeze_issue
from flows.operations.post import Post
from flows.store import turns
from flows.store.changes import Author
from flows.store.cities import keep_cities
from flows.store.contacts import Reader, audience, suppress
from flows.store.database import Store
from flows.store.issues import create_issue, move_issue
from flows.store.records import add_record, put_on_list
from flows.store.reviews import Decision, keep_edition, record_decision
from flows.store.sums import add_up
from flows.store.tables import deliveries

KEY = b"made up for these tests"
NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
FR, EN, NL = Language("fr"), Language("en"), Language("nl")
LANGUAGES = (FR, EN, NL)
SLUG = Slug("city-pair")

CITIES = (
    City(name="Liège", country="BE", language=FR, timezone="Europe/Brussels"),
    City(name="Rotterdam", country="NL", language=NL, timezone="Europe/Amsterdam"),
    City(name="Leicester", country="GB", language=EN, timezone="Europe/London"),
)
NAMES = ("Zoë Lefèvre", "Jan van den Broek", "מרים לוי", "")


LETTERHEAD = Letterhead(
    sender=Sender(
        name="Efus – Forum européen",
        address="newsletter@efus.example.org",
        list_id="lettre.efus.example.org",
    ),
    base_url="https://newsletter.example.org",
    mail_domain="efus.example.org",
)
LETTERHEADS = dict.fromkeys(LANGUAGES, LETTERHEAD)


@dataclass(kw_only=True)
class MovableClock:
    """A clock that stands still until a test moves it."""

    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        """The time that it shows."""
        return self.now

    def advance(self, duration: timedelta) -> None:
        """Let time pass."""
        self.now += duration


def address(number: int) -> str:
    """The address of the n-th reader."""
    return f"reader-{number}@city.example.org"


def hash_of(mailbox: str) -> str:
    """The keyed hash of an address."""
    return address_hash(KEY, mailbox)


def make_message_id(issue: IssueId, contact_hash: str) -> str:
    """The Message-ID of an issue's letter to one contact."""
    return message_id(KEY, issue=issue, contact=contact_hash, domain="efus.example.org")


def an_edition(language: Language, *, slug: Slug = SLUG, title: str = "Jumelage") -> Edition:
    """An edition with every hole, and the typography that must survive."""
    link = f'<a href="{hole("unsubscribe_url")}">Se désabonner</a>'
    return Edition(
        slug=slug,
        language=language,
        subject=f"{title} : « sûreté urbaine » ({language})",
        preheader="Veiligheidsbeleidsmedewerkers",
        html=f'<html lang="{language}"><p>Été à Liège {hole("recipient_name")}</p>{link}</html>',
        text=f"Été à Liège\n.un point au début\n{hole('unsubscribe_url')} {hole('web_url')}",
    )


async def some_contacts(
    store: Store,
    count: int,
    *,
    first: int = 1,
    lists: Collection[str] = ("all",),
    suppressed: Collection[int] = (),
) -> None:
    """Readers `first`, `first + 1`, … spread over three cities."""
    async with store.writing() as tx:
        await keep_cities(tx, CITIES, now=NOW)
        for number in range(first, first + count):
            contact = await add_record(
                tx,
                Author("tests", NOW),
                address_hash=hash_of(address(number)),
                address=address(number),
                mailbox=address(number),
                name=NAMES[number % len(NAMES)],
                city=CITIES[number % len(CITIES)].name,
            )
            for name in lists:
                await put_on_list(tx, Author("tests", NOW), contact, name, origin=Origin.FILE)
            if number in suppressed:
                key = hash_of(address(number))
                await suppress(tx, key, reason="unsubscribed", source="test", now=NOW)


async def some_approvals(
    store: Store, *, slug: Slug = SLUG, languages: Sequence[Language] = LANGUAGES
) -> None:
    """An approved edition of an article in each language."""
    async with store.writing() as tx:
        for language in languages:
            edition = an_edition(language, slug=slug)
            await keep_edition(tx, edition, now=NOW)
            decision = Decision(
                language=language,
                verdict="approved",
                digest=edition.digest,
                by="reviewer",
                because="",
                at=NOW,
            )
            await record_decision(tx, slug, decision)


async def an_approved_issue(
    store: Store,
    *,
    contacts: int = 6,
    slug: Slug = SLUG,
    suppressed: Collection[int] = (),
    lists: Collection[str] = (),
) -> Issue:
    """An issue that may be frozen: readers 1 to `contacts`, every language approved."""
    await some_contacts(store, contacts, suppressed=suppressed)
    await some_approvals(store, slug=slug)
    async with store.writing() as tx:
        issue = await create_issue(tx, slug, lists=lists, now=NOW)
        return await move_issue(tx, issue, IssueState.APPROVED, now=NOW)


async def freeze(
    store: Store,
    issue: Issue,
    *,
    now: datetime = NOW,
    departure: Departure = AT_ONCE,
    signed_off: Collection[Language] | None = None,
    late_hours: float | None = None,
) -> Issue:
    """Freeze an issue in the three languages, or in those that are signed off."""
    return await freeze_issue(
        store,
        issue.id,
        languages=LANGUAGES,
        letterheads=LETTERHEADS,
        message_id=make_message_id,
        now=now,
        departure=departure,
        signed_off=signed_off,
        late_hours=late_hours,
    )


async def a_frozen_issue(
    store: Store,
    *,
    contacts: int = 6,
    slug: Slug = SLUG,
    suppressed: Collection[int] = (),
    now: datetime = NOW,
) -> Issue:
    """An issue in the state `sending`: readers 1 to `contacts`, in three languages."""
    issue = await an_approved_issue(store, contacts=contacts, slug=slug, suppressed=suppressed)
    return await freeze(store, issue, now=now)


def a_recipient(claim: Claim) -> Recipient:
    """What fills one letter's holes."""
    return Recipient(
        address=claim.address,
        name=claim.name,
        language=claim.language,
        message_id=claim.message_id,
        unsubscribe_url=f"https://newsletter.example.org/u/{claim.contact}",
        web_url=f"https://newsletter.example.org/v/{claim.contact}",
    )


def a_post(*, slug: Slug = SLUG, editions: Mapping[Language, Edition] | None = None) -> Post:
    """What turns deliveries into letters, for the editions of `some_approvals`."""
    editions = editions or {language: an_edition(language, slug=slug) for language in LANGUAGES}
    return Post(
        letters={
            language: prepare_letter(edition, sender=LETTERHEAD.sender, feedback_id="test")
            for language, edition in editions.items()
        },
        recipient=a_recipient,
        return_path=lambda _: "bounces@efus.example.org",
    )


async def take(
    store: Store,
    issue: Issue,
    owner: str = "host-1",
    limit: int = 100,
    *,
    now: datetime = NOW,
    lease: timedelta = timedelta(minutes=1),
) -> list[Claim]:
    """Begin letters, as a sender does; in order of the contacts."""
    claims = await store.turn(
        lambda tx: turns.take(tx, issue.id, owner=owner, limit=limit, now=now, lease=lease)
    )
    return sorted(claims, key=lambda claim: claim.contact)


async def settle(
    store: Store,
    claims: Sequence[Claim],
    outcome: Outcome,
    owner: str = "host-1",
    *,
    next_at: datetime | None = None,
) -> None:
    """Settle letters alike, as a sender does."""
    said = [Settlement(delivery=one.id, outcome=outcome, next_at=next_at) for one in claims]
    await store.turn(lambda tx: turns.settle(tx, said, owner=owner, now=NOW))


async def give_back(store: Store, claims: Sequence[Claim], owner: str = "host-1") -> None:
    """Give letters back, as a sender does that handed nothing over."""
    ids = [one.id for one in claims]
    await store.turn(lambda tx: turns.give_back(tx, ids, owner=owner, now=NOW))


async def readers_of(store: Store, *lists: str) -> list[Reader]:
    """Everybody on these lists, or on all if none is named."""
    async with store.reading() as tx:
        return [reader async for some in audience(tx, lists) for reader in some]


async def tally(store: Store, issue: Issue) -> Tally:
    """How many deliveries of an issue are in each state; only states that occur."""
    async with store.reading() as tx:
        total = (await add_up(tx, issue.id, now=NOW)).counts.total
    return {state: count for state, count in total.items() if count}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the ledger, as far as tests look at it."""

    id: int
    mailbox: str
    state: DeliveryState
    attempt: int
    next_at: datetime | None
    code: int
    reply: str


async def ledger_lines(store: Store, issue: Issue) -> list[Line]:
    """The rows of an issue, in order of the contacts."""
    columns = [deliveries.c[name] for name in Line.__slots__]
    async with store.reading() as tx:
        rows = await tx.execute(
            select(*columns).where(deliveries.c.issue == issue.id).order_by(deliveries.c.contact)
        )
        return [Line(**{**row._mapping, "state": DeliveryState(row.state)}) for row in rows]


def states_of(lines: Sequence[Line]) -> Counter[DeliveryState]:
    """How many rows are in each state."""
    return Counter(line.state for line in lines)
