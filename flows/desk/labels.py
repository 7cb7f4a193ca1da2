"""What the program's own terms are called on the pages."""

import re
from typing import Any, Final

from flows.desk.notices import mark
from flows.domain.account import Role
from flows.domain.consent import Act, Basis
from flows.domain.contact import Membership
from flows.domain.delivery import DeliveryState
from flows.domain.history import Alteration, ImportState, Origin
from flows.domain.issue import IssueState
from flows.domain.language import Because
from flows.domain.optout import ERASURES

ROLES: Final = {
    Role.EDITOR: mark("editor"),
    Role.REVIEWER: mark("reviewer"),
    Role.PUBLISHER: mark("publisher"),
    Role.ADMINISTRATOR: mark("administrator"),
    Role.CORRESPONDENT: mark("correspondent of a city"),
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

ALTERATIONS: Final = {
    Alteration.ADDED: mark("came in"),
    Alteration.UPDATED: mark("was changed"),
    Alteration.JOINED: mark("came on a list"),
    Alteration.LEFT: mark("went off a list"),
    Alteration.REPLACED: mark("gave their place to another"),
    Alteration.REMOVED: mark("was removed"),
}

CONSENT_ACTS: Final = {
    Act.IMPORTED: mark("imported"),
    Act.GIVEN: mark("given"),
    Act.RENEWED: mark("renewed"),
    Act.WITHDRAWN: mark("withdrawn"),
    Act.ENDED: mark("ended by us"),
}

BASES: Final = {
    Basis.CONSENT: mark("consent"),
    Basis.CONTRACT: mark("contract"),
    Basis.PUBLIC_TASK: mark("public task"),
    Basis.LEGITIMATE_INTEREST: mark("legitimate interest"),
}

IMPORT_STATES: Final = {
    ImportState.STAGED: mark("being read"),
    ImportState.DONE: mark("done"),
    ImportState.UNDONE: mark("taken back"),
    ImportState.CLOSED: mark("done, too old to be taken back"),
}

COUNTS: Final = {
    "rows": mark("rows"),
    "added": mark("added"),
    "updated": mark("updated"),
    "unchanged": mark("unchanged"),
    "refused": mark("refused"),
    "left": mark("no longer on a list"),
}
"""What an import counts."""

ORIGINS: Final = {
    Origin.FILE: mark("by a file"),
    Origin.READER: mark("by themselves"),
    Origin.PERSON: mark("by one of us"),
}

MEMBERSHIPS: Final = {
    Membership.MEMBER: mark("member"),
    Membership.SUSPENDED: mark("suspended"),
    Membership.FORMER: mark("former member"),
}

REASONS: Final = {
    "unsubscribed": mark("unsubscribed"),
    "complained": mark("complained"),
    "bounced": mark("letters came back"),
    "suppressed": mark("we were told not to write"),
    **dict.fromkeys(ERASURES, mark("asked to be forgotten")),
    "left": mark("left it"),
    "replaced": mark("somebody else has their place"),
}
"""Why somebody gets no letters."""

FIELDS: Final = {
    "email": mark("e-mail address"),
    "name": mark("name"),
    "first_name": mark("first name"),
    "last_name": mark("last name"),
    "city": mark("city"),
    "language": mark("language"),
    "roles": mark("roles"),
    "lists": mark("lists"),
    "basis": mark("legal basis"),
    "-": mark("not read"),
}
"""What a column of a list may mean."""

LANGUAGE_REASONS: Final = {
    Because.OWN: mark("their own language"),
    Because.PARENT: mark("their own language without its region"),
    Because.CITY: mark("the language of their city"),
    Because.NETWORK: mark("the language of the network, since there is no edition in theirs"),
}
"""Why somebody gets an edition."""

CLOCKS: Final = {
    "wishes from the public pages": mark("Wishes from the public pages: forgotten"),
    "contacts on no list": mark("Contacts on no list: removed"),
    "contacts of former members": mark("Contacts of former members: removed"),
    "what contacts were before imports": mark(
        "What contacts were before imports: forgotten; these cannot be taken back any more"
    ),
    "addresses on letters of ended issues": mark(
        "Addresses on letters of ended issues: taken off; the figures stay"
    ),
    "consents to be renewed": mark("Consents to be renewed: their readers are asked by mail"),
    "consents not renewed": mark("Consents not renewed: their readers are taken off the lists"),
}
"""What is kept for a time, and what becomes of it then."""

ACTIONS: Final = {
    "consent.renewed": mark("renewed a consent"),
    "contact.chose": mark("chose by themselves"),
    "contact.erased": mark("had somebody forgotten"),
    "contact.replaced": mark("gave a place to somebody else"),
    "contact.subscribed": mark("signed up"),
    "contact.suppressed": mark("stopped letters to somebody"),
    "contacts.exported": mark("took contacts along"),
    "opt_outs.carried": mark("carried opt-outs over"),
    "retention.applied": mark("had what was too old forgotten"),
    "subscribers.undone": mark("took an import back"),
    "deliveries.exported": mark("took the list of deliveries"),
    "deliveries.retried": mark("had refused letters tried again"),
    "deliveries.settled": mark("settled doubtful letters"),
    "contact.unsubscribed": mark("unsubscribed"),
    "glossary.accepted": mark("took a proposed term over"),
    "glossary.added": mark("added a term"),
    "glossary.changed": mark("changed a term"),
    "glossary.declined": mark("declined a proposed term"),
    "glossary.removed": mark("took a term out"),
    "memory.removed": mark("took a translation out of the memory"),
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
    "passage.approved": mark("approved a passage"),
    "passage.dismissed": mark("let a finding stand"),
    "passage.drafted": mark("had a passage translated anew"),
    "passage.edited": mark("corrected a passage"),
    "passage.mended": mark("took a fix over"),
    "passage.noted": mark("commented on a passage"),
    "passage.undone": mark("took a change back"),
    "rate.changed": mark("changed the rate"),
    "review_link.made": mark("invited a reviewer"),
    "review_link.used": mark("came by a review link"),
    "second_factor.off": mark("turned codes off"),
    "second_factor.on": mark("turned codes on"),
    "subscribers.imported": mark("imported lists"),
    "token.added": mark("made a token for"),
    "token.revoked": mark("revoked a token of"),
    "token.used": mark("had a program do this"),
    "webhook.redelivered": mark("had something told once more"),
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
