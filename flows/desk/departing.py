"""The last look before an issue leaves, as the page for sending shows it."""

from typing import Final

from flows.desk.notices import mark
from flows.desk.visit import Visit
from flows.domain.errors import NotDoneError
from flows.domain.issue import IssueId
from flows.mail.records import published_texts
from flows.operations.preflight import Preflight, Topic, preflight
from flows.runtime.identity import identity_of

TOPICS: Final = {
    Topic.APPROVALS: mark("Every language is approved"),
    Topic.TRANSLATION: mark("Everything is translated and read"),
    Topic.LEFTOVERS: mark("Nothing is left in the source's language"),
    Topic.TEXT: mark("The texts agree with each other"),
    Topic.LINKS: mark("Links can lead somewhere"),
    Topic.PICTURES: mark("Pictures have a text in their place"),
    Topic.LANGUAGE: mark("Each letter names its language, and its parts agree"),
    Topic.CONTRAST: mark("Words stand out, in the light and in the dark"),
    Topic.INBOX: mark("Subjects and preheaders fit"),
    Topic.SIZE: mark("Gmail shows the whole letter"),
    Topic.OPT_OUT: mark("One can unsubscribe"),
    Topic.AUDIENCE: mark("The audience is as large as usual"),
    Topic.SENDER: mark("Servers can tell that the letters are ours"),
}

VERDICTS: Final = {
    "good": mark("all right"),
    "warning": mark("worth a look"),
    "unknown": mark("not known"),
    "error": mark("must be mended"),
}


async def look_before(visit: Visit) -> Preflight:
    """What was found, in the language of the page."""
    runtime = visit.runtime
    return await preflight(
        visit.desk.library,
        runtime.store,
        IssueId(visit.named("issue")),
        identity=identity_of(runtime),
        lookup=published_texts,
        now=visit.now,
        late_hours=runtime.settings.schedule.late_hours,
        reviewer=visit.locale,
    )


async def require_sound(visit: Visit) -> None:
    """Raise `NotDoneError` if something must be mended that nobody works on.

    What people work on keeps an issue from leaving by itself: their approval is missing.
    """
    if (await look_before(visit)).blocks_planning:
        raise NotDoneError(visit.say("Something must be mended first: look at the list."))
