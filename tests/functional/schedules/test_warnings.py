"""Warnings ahead of time: who is told, when, and how often."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from flows.domain.account import Account, Role, UserId
from flows.domain.delivery import DeliveryState, Outcome
from flows.domain.errors import NewsletterError, TransientError
from flows.domain.issue import Issue
from flows.domain.language import Language
from flows.domain.timing import Policy
from flows.mail.outcomes import RelayRefusedError
from flows.operations.accounts import add_user
from flows.operations.approving import reject_language
from flows.operations.issues import cancel_issue, open_issue, schedule_issue
from flows.operations.timing import choose_policy
from flows.operations.warning import Addressee, Caution, find_cautions, warn, whom_to_tell
from flows.runtime.clock import LOOK_EVERY, Watchman
from flows.runtime.warning import warn_by_settings
from tests.functional.cli.command_line import closed_port
from tests.functional.editorial.conftest import EN, FR, NL, NOW, SLUG
from tests.functional.schedules.conftest import TimedRuntime
from tests.servers.orchestrator import Orchestrator

AT = NOW + timedelta(days=2)


async def planned(desk: TimedRuntime, *rejected: Language) -> Issue:
    """An issue in two days, of which some languages are not approved."""
    for language in rejected:
        await reject_language(
            desk.library, desk.store, SLUG, language, by="Anneke", because="?", now=NOW
        )
    issue = await open_issue(desk.library, desk.store, SLUG, lists=[], now=NOW, release=True)
    return await schedule_issue(
        desk.store, issue.id, at=AT, zone="Europe/Brussels", now=desk.clock()
    )


async def warned(desk: TimedRuntime, **before: float) -> list[tuple[str, float]]:
    """What is told some time before the issue's time."""
    told = await warn_by_settings(desk.at(AT - timedelta(**before)), desk.library)
    return [(one.language, one.hours) for one in told]


def letters(desk: TimedRuntime) -> list[EmailMessage]:
    """The letters in the outbox, in order of their addresses."""
    folder = desk.outbox.folder / "new"
    found = [
        message_from_bytes(one.read_bytes(), policy=policy.default) for one in folder.glob("*")
    ]
    return sorted(found, key=lambda one: str(one["Delivered-To"]))


async def test_each_language_and_threshold_is_told_once(timed: TimedRuntime) -> None:
    """A day ahead, two hours ahead; in between and afterwards nothing."""
    await planned(timed, EN, NL)

    assert await warned(timed, hours=25) == []
    assert await warned(timed, hours=24) == [("en", 24), ("nl", 24)]
    assert await warned(timed, hours=23) == []
    assert await warned(timed, hours=2) == [("en", 2), ("nl", 2)]
    assert await warned(timed, hours=1) == []
    assert await warned(timed, hours=0) == []
    assert len(letters(timed)) == 4


async def test_an_approval_in_time_silences_the_warning(timed: TimedRuntime) -> None:
    """So does a cancellation."""
    issue = await planned(timed)
    assert await warned(timed, hours=1) == []
    await reject_language(timed.library, timed.store, SLUG, NL, by="Anneke", because="?", now=NOW)
    await cancel_issue(timed.store, issue.id, now=NOW)
    assert await warned(timed, hours=1) == []


async def test_an_issue_planned_shortly_ahead_is_told_of_once(timed: TimedRuntime) -> None:
    """It is late for both thresholds: one letter, not two."""
    await planned(timed, NL)
    assert await warned(timed, hours=1.5) == [("nl", 2)]
    assert await warned(timed, hours=1) == []


async def test_an_issue_that_is_moved_is_warned_of_anew(timed: TimedRuntime) -> None:
    """Its new time may be forgotten as well as the old one."""
    issue = await planned(timed, NL)
    assert await warned(timed, hours=24) == [("nl", 24)]
    later = AT + timedelta(hours=3)
    await schedule_issue(timed.store, issue.id, at=later, zone="UTC", now=timed.clock())
    assert await warned(timed, hours=21) == [("nl", 24)]


async def test_the_letter_says_what_when_and_what_then(timed: TimedRuntime) -> None:
    """In the reader's language, with the way to the page; what happens is the issue's policy."""
    issue = await planned(timed, NL)
    await add_user(
        timed.store,
        "Rens",
        roles=[Role.REVIEWER],
        languages=[NL],
        address="rens@efus.example.org",
        by="tests",
        now=NOW,
    )
    await warned(timed, hours=24)
    french, dutch = letters(timed)
    assert french["Delivered-To"] == "chef@efus.example.org"
    assert " ".join(french["Subject"].split()) == (
        "Néerlandais : pas d’approbation, départ dans 24 heures (« La médiation de nuit »)"
    )
    body = french.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "2026-11-24 10:30 Europe/Brussels (+01:00)" in text
    assert "rien ne partira, dans aucune langue" in text
    assert "http://127.0.0.1:8080/desk/articles/mediation/nl/review" in text
    assert dutch["Delivered-To"] == "rens@efus.example.org"
    assert " ".join(dutch["Subject"].split()).startswith(
        "Nederlands: niet goedgekeurd, vertrekt over 24 uur"
    )
    assert dutch["Auto-Submitted"] == "auto-generated"

    await choose_policy(timed.store, issue.id, Policy.APPROVED, now=NOW)
    await warned(timed, hours=2)
    last = [one for one in letters(timed) if "2 heures" in " ".join(one["Subject"].split())]
    body = last[0].get_body(("plain",))
    assert body is not None
    assert "les langues approuvées partiront seules" in " ".join(body.get_content().split())


def account(number: int, *roles: Role, **other: object) -> Account:
    """Somebody with an address."""
    usual = {"name": f"p{number}", "address": f"p{number}@efus.example.org"}
    values = {"id": UserId(number), "roles": frozenset(roles), **usual, **other}
    return Account(**values)  # type: ignore[arg-type]  # fields by name


def test_reviewers_of_the_language_and_publishers_are_told() -> None:
    """Who has an address and may sign in; each once, also if the settings name them, too."""
    people = [
        account(1, Role.REVIEWER, languages=frozenset({NL})),
        account(2, Role.REVIEWER, languages=frozenset({EN})),
        account(3, Role.PUBLISHER, locale="en"),
        account(4, Role.PUBLISHER, address=""),
        account(5, Role.PUBLISHER, disabled_at=NOW),
        account(6, Role.EDITOR, Role.ADMINISTRATOR),
        account(7, Role.REVIEWER, Role.PUBLISHER, languages=frozenset({NL}), locale="fr"),
    ]

    found = whom_to_tell(people, NL, ["P3@efus.example.org", "chef@x.test"], otherwise=FR)

    assert [(one.address, one.language) for one in found] == [
        ("p1@efus.example.org", "nl"),
        ("p3@efus.example.org", "en"),
        ("p7@efus.example.org", "fr"),
        ("chef@x.test", "fr"),
    ]


async def test_a_relay_that_is_away_gets_the_warning_when_it_is_back(
    timed: TimedRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was told, so nothing counts as told."""
    await planned(timed, NL)
    smtp = timed.settings.smtp
    away = smtp.model_copy(
        update={"mode": "smtp", "port": closed_port(), "security": "none", "host": "127.0.0.1"}
    )
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(timed.settings.__dict__, "smtp", away)
        assert await warned(timed, hours=24) == []

    assert await warned(timed, hours=23.9) == [("nl", 24)]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Outcome(state=DeliveryState.DEFERRED, code=450, reply="4.2.0 greylisted"), [0, 0, 1]),
        (RelayRefusedError("relay", "535 who are you"), [0, 0, 1]),
        (TransientError("connection lost"), [0, 0, 1]),
        (Outcome(state=DeliveryState.REFUSED, code=550, reply="5.1.1 nobody"), [0, 0, 0]),
    ],
)
async def test_a_warning_counts_once_it_has_reached_somebody(
    timed: TimedRuntime, answer: Outcome | NewsletterError, told: list[int]
) -> None:
    """Or once there is nobody whom it could reach; until then the next look tries again."""
    await planned(timed, NL)
    answers = [answer, answer, Outcome(state=DeliveryState.ACCEPTED, code=250, reply="ok")]

    async def tell(_caution: Caution, _whom: Addressee) -> Outcome:
        said = answers.pop(0)
        if isinstance(said, NewsletterError):
            raise said
        return said

    found = [
        await warn(
            timed.library,
            timed.store,
            tell,
            warn_hours=(24, 2),
            besides=["chef@efus.example.org"],
            now=AT - timedelta(hours=1) + timedelta(minutes=look),
        )
        for look in range(3)
    ]

    assert [len(one) for one in found] == told


async def test_the_desk_knows_the_same_without_having_been_told(timed: TimedRuntime) -> None:
    """Its home page shows what is urgent, whether or not a letter went out."""
    issue = await planned(timed, NL)
    found = await find_cautions(
        timed.library, timed.store, warn_hours=(24, 2), now=AT - timedelta(hours=1)
    )
    assert [(one.issue.id, one.language, one.hours) for one in found] == [(issue.id, NL, 2)]
    assert found[0].leaves_in(AT - timedelta(hours=1)) == timedelta(hours=1)


async def test_the_newsroom_s_clock_plans_what_has_no_run_and_warns(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """One look does what is due; the next one finds it done."""
    issue = await planned(timed, NL)
    timed.at(AT - timedelta(hours=2))
    watchman = Watchman(runtime=timed, library=timed.library, server=orchestrator.server())

    assert await watchman.look() == LOOK_EVERY
    assert await watchman.look() == LOOK_EVERY

    (run,) = orchestrator.runs.values()
    assert run["parameters"] == {"issue": issue.id}
    assert run["state"]["state_details"]["scheduled_time"] == AT.isoformat()
    assert len(letters(timed)) == 1
