"""What an issue waits for, in the words of the page, and who can do something about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flows.desk import access
from flows.desk.notices import mark, mark_n
from flows.desk.visit import Visit, at
from flows.domain.account import Account
from flows.domain.delivery import DeliveryState, Tally
from flows.domain.issue import Issue
from flows.domain.waiting import Need, Wait

SENTENCES: Final = {
    Need.CORRECTION: mark("%(language)s was sent back: “%(because)s”"),
    Need.APPROVAL: mark("%(language)s waits for approval."),
    Need.PART: mark("%(language)s: the article %(article)s in it waits for approval."),
    Need.TWICE: mark(
        "The article %(article)s in it went to some of these lists otherwise, or will. Take it out,"
        " or send the digest all the same."
    ),
    Need.NEW_TIME: mark("Its time passed before everything was approved."),
    Need.RELAY_LOG: mark("It may have left before the restore: look at the relay's log first."),
    Need.SENDING: mark("Everything is approved. It can be sent."),
    Need.OVERDUE: mark("Its time has passed, and nobody sends it."),
    Need.RESUMING: mark("Paused: %(because)s"),
    Need.REVIVAL: mark("Nothing of it has moved for some minutes: its run has ended or hangs."),
    Need.ARTICLE: mark("The article cannot be read: %(because)s"),
    Need.HOUR: mark("The rest leaves when it is the same hour in its cities."),
    Need.NEW_ISSUE: mark("It was cancelled. Open a new issue to send the article."),
}

COUNTED: Final = {
    Need.TRANSLATION: mark_n(
        "%(language)s: one passage is not translated.",
        "%(language)s: %(n)s passages are not translated.",
    ),
    Need.SETTLING: mark_n(
        "Nobody knows whether one letter arrived.",
        "Nobody knows whether %(n)s letters arrived.",
    ),
    Need.ANOTHER_TRY: mark_n("One letter is left to send.", "%(n)s letters are left to send."),
    Need.PATIENCE: mark_n(
        "One deferred letter is tried again by itself.",
        "%(n)s deferred letters are tried again by themselves.",
    ),
}

WHO: Final = {
    Need.TRANSLATION: mark("an editor"),
    Need.CORRECTION: mark("an editor"),
    Need.APPROVAL: mark("a reviewer of %(language)s"),
    Need.PART: mark("a reviewer of %(language)s"),
    Need.TWICE: mark("a publisher"),
    Need.NEW_TIME: mark("a publisher"),
    Need.RELAY_LOG: mark("a publisher"),
    Need.SENDING: mark("a publisher"),
    Need.OVERDUE: mark("a publisher"),
    Need.RESUMING: mark("a publisher"),
    Need.REVIVAL: mark("a publisher"),
    Need.SETTLING: mark("a publisher"),
    Need.ANOTHER_TRY: mark("a publisher"),
    Need.PATIENCE: mark("nobody"),
    Need.HOUR: mark("nobody"),
    Need.ARTICLE: mark("an editor"),
    Need.NEW_ISSUE: mark("an editor"),
}

ALLOWED: Final = {
    Need.TRANSLATION: access.EDITING,
    Need.CORRECTION: access.EDITING,
    Need.ARTICLE: access.EDITING,
    Need.NEW_ISSUE: access.EDITING,
    Need.PATIENCE: access.Whom(),
    Need.HOUR: access.Whom(),
}
"""Whose turn it is; where nothing stands here, the publishers'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing to do. `mine` tells that whoever looks can do it."""

    sentence: str
    who: str
    mine: bool
    needs_somebody: bool
    address: str


def acts_of(
    visit: Visit, issue: Issue, waits: Sequence[Wait], tally: Tally | None = None
) -> list[Act]:
    """What an issue waits for, one after the other."""
    return [_act(visit, issue, wait, tally) for wait in waits]


def _act(visit: Visit, issue: Issue, wait: Wait, tally: Tally | None) -> Act:
    language = visit.words.language(wait.language) if wait.language else ""
    page = f"/articles/{wait.article or issue.slug}/{wait.language}/review" if wait.language else ""
    return Act(
        sentence=_sentence(visit, wait, tally, language=_capital(language)),
        who=visit.say(WHO[wait.need], language=language),
        mine=_is_mine(visit, wait),
        needs_somebody=wait.need not in {Need.PATIENCE, Need.HOUR},
        address=at(page or f"/issues/{issue.id}"),
    )


def _sentence(visit: Visit, wait: Wait, tally: Tally | None, *, language: str) -> str:
    if wait.need in COUNTED:
        one, many = COUNTED[wait.need]
        return visit.words.say_n(one, many, _letters(wait, tally), language=language)
    because = visit.words.tell(wait.because or wait.what)
    return visit.say(SENTENCES[wait.need], language=language, because=because, article=wait.article)


def _letters(wait: Wait, tally: Tally | None) -> int:
    if wait.need is Need.TRANSLATION:
        return len(wait.segments)
    states = {
        Need.SETTLING: (DeliveryState.UNKNOWN,),
        Need.PATIENCE: (DeliveryState.DEFERRED,),
    }.get(wait.need, (DeliveryState.PENDING, DeliveryState.DEFERRED))
    return sum(tally[state] for state in states) if tally else 0


def _is_mine(visit: Visit, wait: Wait) -> bool:
    visitor = visit.session.visitor if visit.session else None
    if wait.need in {Need.APPROVAL, Need.PART} and wait.language:
        return isinstance(visitor, Account) and visitor.reviews(wait.language)
    return visit.may(ALLOWED.get(wait.need, access.PUBLISHING))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
