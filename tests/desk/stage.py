"""A newsroom with issues in every state, for tests that look at pages and for pictures of them."""

import asyncio
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from flows.domain.account import Role
from flows.domain.delivery import DeliveryState, Outcome, Settlement
from flows.domain.issue import Issue
from flows.domain.language import Language
from flows.domain.recurrence import EACH
from flows.domain.timing import Policy, Wall
from flows.operations.accounts import add_user, set_password
from flows.operations.approving import approve_language, reject_language
from flows.operations.delivering import freeze_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import open_issue, pause_issue, schedule_issue
from flows.operations.passwords import Passwords
from flows.operations.recurring import make_recurrence
from flows.operations.settling import finish_issue
from flows.operations.subscribers import import_subscribers
from flows.operations.workspaces import make_workspace
from flows.operations.zones import schedule_locally
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings
from flows.store import turns
from tests.desk.people import CHEAP, EVERYONE, PASSWORD

ROOT = Path(__file__).parents[2]
EXAMPLE_TITLE = "City Pair, un programme d’échange entre villes européennes et américaines"
EXAMPLE_TITLES = {
    "en": "City Pair, an exchange programme between European and American cities",
    "nl": "City Pair, een uitwisselingsprogramma tussen Europese en Amerikaanse steden",
}
TITLES = {
    "sent": ("Jumelage de villes", "Twin cities", "Partnersteden"),
    "sending": ("La nuit apaisée", "Calmer nights", "Rustiger nachten"),
    "doubtful": ("Places et parvis", "Squares and forecourts", "Pleinen en voorpleinen"),
    "paused": ("Écoles ouvertes", "Open schools", "Open scholen"),
    "planned": ("Rue apaisée", "Quiet streets", "Rustige straten"),
    "approved": ("Médiation au marché", "Mediation at the market", "Bemiddeling op de markt"),
    "late": ("Les tournées de nuit", "Night rounds", "Nachtelijke rondes"),
    "in_review": ("Marches exploratoires", "Exploratory walks", "Verkennende wandelingen"),
}
DELAY = {"late": -timedelta(hours=9), "planned": timedelta(days=8, hours=3)}
S = DeliveryState


def slug_of(state: str) -> str:
    """The article whose issue is in a state."""
    return f"article-{state.replace('_', '-')}"


def set_stage(folder: Path) -> Path:
    """Make the workspace."""
    make_workspace(folder, starter=ROOT)
    example = folder / "content" / "city-pair"
    for state, titles in TITLES.items():
        article = Path(shutil.copytree(example, folder / "content" / slug_of(state)))
        for file in article.iterdir():
            text = file.read_text(encoding="utf-8")
            file.write_text(_retitled(text, titles), encoding="utf-8")
    asyncio.run(_play(folder))
    return folder


def _retitled(text: str, titles: tuple[str, str, str]) -> str:
    """The example with other titles, in its source or in a catalogue."""
    french, english, dutch = titles
    text = text.replace(f"title: {EXAMPLE_TITLE}", f'title: "{french}"')
    for old, new in (
        (EXAMPLE_TITLE, french),
        *zip(EXAMPLE_TITLES.values(), (english, dutch), strict=True),
    ):
        text = text.replace(f'"{old}"', f'"{new}"')
    return text


async def _play(folder: Path) -> None:
    async with open_runtime(read_settings(folder)) as desk:
        now = desk.clock()
        await import_subscribers(
            desk.store, folder / "subscribers", address_hash=desk.address_hash, now=now
        )
        passwords = Passwords(hasher=CHEAP)
        for name, roles in EVERYONE.items():
            languages = [Language("nl")] if Role.REVIEWER in roles else []
            await add_user(desk.store, name, roles=roles, languages=languages, by="stage", now=now)
            await set_password(desk.store, name, PASSWORD, passwords=passwords, by="stage", now=now)
        passwords.close()
        for number, state in enumerate(TITLES):
            await _bring(desk, state, now=now - timedelta(minutes=200 - number))
        leave_work(desk)


def leave_work(desk: Runtime) -> None:
    """Something to do in the Dutch that is in review: drafts, findings, a comment."""
    library = desk.library
    catalogue = library.synchronised(library.article(slug_of("in_review")), Language("nl"))
    running = [entry for entry in catalogue.entries() if entry.key.context is None]
    quoted = next(entry for entry in running if "«" in entry.key.source)
    for number, entry in enumerate(running):
        text = entry.translation
        if entry is quoted:
            catalogue.edit(entry.key, text.replace("“", "« ").replace("”", " »"), by="Rens")
        elif number % 3 == 0:
            catalogue.edit(entry.key, "", by="Rens")
            text = text.replace("9 november", "8 november")
            catalogue.draft(entry.key, text, origin="libretranslate full/brackets")
    catalogue.note(running[0].key, "Luik, niet Liège?", by="Rens", on=desk.clock().date())
    catalogue.save()


async def _bring(desk: Runtime, state: str, *, now: datetime) -> None:
    """One issue into its state, as people and senders would bring it there."""
    slug = slug_of(state)
    issue = await open_issue(desk.library, desk.store, slug, lists=[], now=now)
    for language in desk.library.languages:
        if state != "in_review" or language == "fr":
            await approve_language(
                desk.library, desk.store, slug, language, by="Camille", two_people=True, now=now
            )
    if state == "in_review":
        await reject_language(
            desk.library,
            desk.store,
            slug,
            Language("nl"),
            by="Rens",
            because="Luik, niet Liège",
            now=now,
        )
    if state == "planned":
        await _plan_locally(desk, issue, now=now)
    elif state in DELAY:
        before = now + DELAY[state] - timedelta(days=9)
        await schedule_issue(
            desk.store, issue.id, at=now + DELAY[state], zone="Europe/Brussels", now=before
        )
    await pass_gate(desk.library, desk.store, issue.id, now=now, late_hours=6)
    if state in {"sent", "sending", "doubtful", "paused"}:
        await _send(desk, issue, state, now=now)


async def _plan_locally(desk: Runtime, issue: Issue, *, now: datetime) -> None:
    """The planned issue leaves at each city's hour; beside it something comes every month."""
    reading = (now + DELAY["planned"]).replace(tzinfo=None, second=0, microsecond=0)
    network = desk.settings.desk.timezone
    await schedule_locally(
        desk.store, issue.id, Wall(reading), network=network, late_hours=6, now=now, by="Camille"
    )
    await make_recurrence(
        desk.store,
        "monthly",
        rule="FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9",
        zone="Europe/Brussels",
        lists=[],
        articles="brief-*",
        policy=Policy.HOLD,
        form=EACH,
        now=now,
        by="Camille",
    )


async def _send(desk: Runtime, issue: Issue, state: str, *, now: datetime) -> None:
    await freeze_issue(
        desk.store,
        issue.id,
        languages=desk.library.languages,
        letterheads=desk.letterheads(),
        message_id=desk.message_id,
        now=now,
    )
    share = {"sent": 66, "sending": 40, "doubtful": 66, "paused": 24}[state]
    for minute in range(12):
        await _some_letters(
            desk, issue, state, at_most=-(-share // 12), now=now + timedelta(minutes=minute)
        )
    later = now + timedelta(minutes=13)
    if state == "paused":
        await pause_issue(
            desk.store, issue.id, because="Une image est fausse", now=later, by="Paula"
        )
    if state in {"sent", "doubtful"}:
        await finish_issue(desk.store, issue.id, now=later)


async def _some_letters(
    desk: Runtime, issue: Issue, state: str, *, at_most: int, now: datetime
) -> None:
    claims = await desk.store.turn(
        lambda tx: turns.take(
            tx, issue.id, owner="stage-1", limit=at_most, now=now, lease=timedelta(hours=1)
        )
    )
    said = []
    for claim in claims:
        outcome = Outcome(state=S.ACCEPTED, code=250, reply="2.0.0 Ok")
        if state != "sent" and claim.contact % 11 == 0:
            outcome = Outcome(
                state=S.DEFERRED, code=451, reply="4.7.1 Greylisted, please try again later"
            )
        elif claim.contact % 23 == 0:
            outcome = Outcome(state=S.REFUSED, code=550, reply="5.1.1 No such user here")
        elif state == "doubtful" and claim.contact % 17 == 0:
            outcome = Outcome(state=S.UNKNOWN, reply="no answer after the last dot")
        at = now + timedelta(hours=30) if outcome.state is S.DEFERRED else None
        said.append(Settlement(delivery=claim.id, outcome=outcome, next_at=at))
    await desk.store.turn(
        lambda tx: turns.settle(tx, said, owner="stage-1", now=now + timedelta(seconds=20))
    )
