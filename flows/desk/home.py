"""The first page: what is going on, and whose turn it is."""

from dataclasses import dataclass

from starlette.responses import Response

from flows.desk.needs import Act, acts_of
from flows.desk.visit import Visit
from flows.domain.issue import IssueState
from flows.domain.recurrence import RecurrenceState
from flows.operations.hygiene import Concerns, list_concerns
from flows.operations.overview import Glance, look_over
from flows.operations.recurring import list_recurrences
from flows.operations.warning import find_cautions
from flows.runtime.returning import kept_mail

UNDER_WAY = {IssueState.SENDING, IssueState.INCOMPLETE, IssueState.PAUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One issue on the page."""

    glance: Glance
    acts: list[Act]

    @property
    def is_mine(self) -> bool:
        """Whether whoever looks can bring it on."""
        return any(act.mine for act in self.acts)


async def show(visit: Visit) -> Response:
    """The page; whoever looks after a city has that one for a first page."""
    if not visit.may_work:
        return visit.go("/cities")
    runtime = visit.runtime
    seen = await look_over(
        visit.desk.library,
        runtime.store,
        now=visit.now,
        late_hours=runtime.settings.schedule.late_hours,
    )
    cards = [
        Card(glance=one, acts=acts_of(visit, one.issue, one.waits, one.tally)) for one in seen.open
    ]
    mine = [card for card in cards if card.is_mine]
    rest = [card for card in cards if not card.is_mine]
    under_way = [card for card in rest if card.glance.issue.state in UNDER_WAY]
    planned = [card for card in rest if card.glance.issue.scheduled_at and card not in under_way]
    concerns = await _concerns(visit) if visit.may_publish else None
    return visit.page(
        "home.html",
        concerns=concerns,
        cautions=await find_cautions(
            visit.desk.library,
            runtime.store,
            warn_hours=runtime.settings.schedule.warn_hours,
            now=visit.now,
        ),
        late=[
            one
            for one in await list_recurrences(runtime.store, now=visit.now, count=0)
            if (one.late or one.stuck) and one.recurrence.state is not RecurrenceState.ENDED
        ],
        failing=visit.desk.checkup.failing,
        mine=mine,
        under_way=under_way,
        planned=planned,
        waiting=[card for card in rest if card not in under_way and card not in planned],
        over=seen.over,
        newsroom_is_missing=runtime.newsroom_server() is None
        and any(card.glance.issue.scheduled_at for card in cards),
    )


async def _concerns(visit: Visit) -> Concerns:
    """What came back and waits for a person."""
    runtime = visit.runtime
    kept = kept_mail(runtime.settings)
    return await list_concerns(runtime.store, kept, now=visit.now)
