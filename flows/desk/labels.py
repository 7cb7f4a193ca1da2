"""What the program's own terms are called on the pages."""

import re
from typing import Any, Final

from flows.desk.notices import mark
from flows.domain.account import Role
from flows.domain.delivery import DeliveryState
from flows.domain.issue import IssueState

ROLES: Final = {
    Role.EDITOR: mark("editor"),
    Role.REVIEWER: mark("reviewer"),
    Role.PUBLISHER: mark("publisher"),
    Role.ADMINISTRATOR: mark("administrator"),
}

ISSUE_STATES: Final = {
    IssueState.DRAFT: mark("draft"),
    IssueState.IN_REVIEW: mark("in review"),
    IssueState.APPROVED: mark("approved"),
    IssueState.SCHEDULED: mark("scheduled"),
    IssueState.SENDING: mark("being sent"),
    IssueState.PAUSED: mark("paused"),
    IssueState.INCOMPLETE: mark("incomplete"),
    IssueState.SENT: mark("sent"),
    IssueState.CANCELLED: mark("cancelled"),
}

DELIVERY_STATES: Final = {
    DeliveryState.PENDING: mark("waiting"),
    DeliveryState.CLAIMED: mark("on the way"),
    DeliveryState.ACCEPTED: mark("accepted"),
    DeliveryState.DEFERRED: mark("deferred"),
    DeliveryState.REFUSED: mark("refused"),
    DeliveryState.SUPPRESSED: mark("opted out"),
    DeliveryState.UNKNOWN: mark("unknown"),
    DeliveryState.CANCELLED: mark("not sent"),
}

ACTIONS: Final = {
    "deliveries.exported": mark("took the list of deliveries"),
    "deliveries.retried": mark("had refused letters tried again"),
    "deliveries.settled": mark("settled doubtful letters"),
    "contact.unsubscribed": mark("unsubscribed"),
    "issue.cancelled": mark("cancelled the issue"),
    "issue.continued": mark("went on with the issue"),
    "issue.frozen": mark("fixed the audience"),
    "issue.incomplete": mark("found the issue incomplete"),
    "issue.lists": mark("chose the lists"),
    "issue.opened": mark("opened the issue"),
    "issue.paused": mark("paused the issue"),
    "issue.resumed": mark("let the issue go on"),
    "issue.scheduled": mark("set the time"),
    "issue.sent": mark("found everything sent"),
    "issue.released": mark("released the issue, to go once all is approved"),
    "issue.unscheduled": mark("took the time away"),
    "language.approved": mark("approved the language"),
    "language.rejected": mark("sent the language back"),
    "login.limited": mark("tried to sign in too often"),
    "rate.changed": mark("changed the rate"),
    "review_link.made": mark("invited a reviewer"),
    "review_link.used": mark("came by a review link"),
    "second_factor.off": mark("turned codes off"),
    "second_factor.on": mark("turned codes on"),
    "subscribers.imported": mark("imported lists"),
    "user.added": mark("added the account"),
    "user.bound": mark("bound the account to the directory"),
    "user.changed": mark("changed the roles"),
    "user.disabled": mark("disabled the account"),
    "user.enabled": mark("let the account in again"),
    "user.password": mark("set the password"),
    "visit.begun": mark("signed in"),
    "visit.ended": mark("signed out"),
    "visit.others_ended": mark("ended the other visits"),
}
"""What somebody did, as the audit trail spells it; what is not here is shown as it is spelt."""

DIGEST = re.compile(r"[0-9a-f]{64}")


def show_fact(value: Any) -> str:
    """A fact of the audit trail, short enough to read."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items() if one)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return DIGEST.sub(lambda digest: digest[0][:12], str(value))
