"""What the program's own terms are called on the pages."""

from typing import Final

from flows.desk.notices import mark
from flows.domain.account import Role
from flows.domain.consent import Act, Basis
from flows.domain.contact import Membership
from flows.domain.delivery import DeliveryState
from flows.domain.history import Alteration, ImportState, Origin
from flows.domain.issue import IssueState
from flows.domain.language import Because
from flows.domain.optout import ERASURES
from flows.domain.recurrence import OccurrenceState, RecurrenceState
from flows.operations.outlook import Standing

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

RECURRENCE_STATES: Final = {
    RecurrenceState.ACTIVE: mark("active"),
    RecurrenceState.PAUSED: mark("at rest"),
    RecurrenceState.ENDED: mark("ended"),
}

OCCURRENCE_STATES: Final = {
    OccurrenceState.OPENING: mark("being opened"),
    OccurrenceState.OPENED: mark("opened"),
    OccurrenceState.EMPTY: mark("nothing to send"),
    OccurrenceState.LATE: mark("missed, waits"),
    OccurrenceState.SKIPPED: mark("passed over"),
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
    "replaced": mark("replaced"),
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
    "letters of ended issues": mark(
        "Letters of ended issues: their rows are summed up and removed; the figures stay"
    ),
    "consents to be renewed": mark("Consents to be renewed: their readers are asked by mail"),
    "consents not renewed": mark("Consents not renewed: their readers are taken off the lists"),
}
"""What is kept for a time, and what becomes of it then."""

ACTIONS: Final = {
    "article.begun": mark("began the article"),
    "article.pictured": mark("put a picture into the folder"),
    "article.written": mark("wrote in the article"),
    "consent.renewed": mark("renewed a consent"),
    "contact.chose": mark("chose by themselves"),
    "contact.erased": mark("had somebody forgotten"),
    "contact.replaced": mark("gave a place to somebody else"),
    "contact.subscribed": mark("signed up"),
    "contact.suppressed": mark("stopped letters to somebody"),
    "contacts.replaced": mark("gave places to others, by a file"),
    "contact.vouched": mark("vouched for an address"),
    "contacts.exported": mark("took contacts along"),
    "opt_outs.carried": mark("carried opt-outs over"),
    "recurrence.active": mark("let it come again"),
    "recurrence.changed": mark("changed what comes again"),
    "recurrence.empty": mark("found nothing to send"),
    "recurrence.ended": mark("ended what came again"),
    "recurrence.made": mark("had something come again"),
    "recurrence.opened": mark("opened what comes again"),
    "recurrence.paused": mark("let it rest"),
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
    "issue.revived": mark("gave a dead sending a new run"),
    "issue.scheduled": mark("set the time"),
    "issue.sent": mark("found everything sent"),
    "issue.released": mark("released the issue, to go once all is approved"),
    "issue.unscheduled": mark("took the time away"),
    "issue.policy": mark("said what happens if not all is approved"),
    "issue.admitted": mark("let letters go in a language approved since"),
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

FACTS: Final = {
    "act": mark("act"),
    "added": mark("added"),
    "again": mark("once more"),
    "ahead_hours": mark("hours before"),
    "articles": mark("articles"),
    "each": mark("an issue of each article"),
    "policy": mark("if not every language is approved"),
    "rule": mark("rule"),
    "sections": mark("with sections by their first tags"),
    "titles": mark("titles"),
    "because": mark("because"),
    "by": mark("by"),
    "count": mark("number"),
    "deliveries": mark("letters"),
    "digest": mark("fingerprint"),
    "file": mark("file"),
    "guest": mark("guest"),
    "label": mark("label"),
    "language": mark("language"),
    "languages": mark("languages"),
    "left": mark("no longer on a list"),
    "lists": mark("lists"),
    "passage": mark("passage"),
    "passages": mark("passages"),
    "template": mark("template"),
    "rate": mark("letters a minute"),
    "reason": mark("reason"),
    "import": mark("import"),
    "replaced": mark("replaced"),
    "refused": mark("refused"),
    "roles": mark("roles"),
    "rows": mark("rows"),
    "same_person": mark("the same person"),
    "scopes": mark("scopes"),
    "sent": mark("sent"),
    "slug": mark("article"),
    "source": mark("source"),
    "status": mark("status"),
    "text": mark("text"),
    "token": mark("token"),
    "two_people": mark("two people"),
    "unchanged": mark("unchanged"),
    "until": mark("until"),
    "updated": mark("updated"),
    "zone": mark("time zone"),
}
"""What the facts of the audit trail are called; what is not here is shown as it is spelt."""

FACT_VALUES: Final = {
    **{str(role): words for role, words in ROLES.items()},
    **{str(state): words for state, words in DELIVERY_STATES.items()},
}
"""What a fact may say in a word of the program."""

FAULT_FIELDS: Final = {
    "NEW": mark("New address"),
    "OLD": mark("Old address"),
    "NAME": mark("Name"),
    "name": mark("Name"),
    "address": mark("Address"),
    "--address": mark("Address"),
    "--at": mark("Time"),
    "--because": mark("Reason"),
    "--by": mark("Name"),
    "--language": mark("Language"),
    "--segment": mark("Passage"),
    "--sheet": mark("Sheet"),
    "ahead": mark("Hours before"),
    "basis": mark("legal basis"),
    "city": mark("city"),
    "code": mark("Code"),
    "comment": mark("Comment"),
    "days": mark("Days"),
    "months": mark("Months"),
    "email": mark("e-mail address"),
    "engine": mark("Engine"),
    "file": mark("File"),
    "list": mark("List"),
    "locale": mark("Language"),
    "password": mark("Password"),
    "each": mark("What is made of them"),
    "policy": mark("If not every language is approved"),
    "rule": mark("Rule"),
    "state": mark("State"),
    "term": mark("Term"),
    "text": mark("Text"),
    "time": mark("Time"),
    "date": mark("date"),
    "title": mark("title"),
    "author": mark("author"),
    "tags": mark("tags"),
    "place": mark("place"),
    "summary": mark("summary"),
    "preheader": mark("preheader"),
    "subject": mark("subject"),
    "image": mark("image"),
    "image_alt": mark("image description"),
    "template": mark("template"),
    "articles": mark("articles"),
    "agenda": mark("agenda"),
    "since": mark("From"),
    "until": mark("To"),
}
"""What the fields are called that a refusal may be about."""

FAULT_EXAMPLES: Final = {
    "rule": mark(
        "For example “0 9 * * TUE#1”, or “FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9”: the first Tuesday of "
        "each month at nine."
    ),
    "date": mark("A day, 2026-10-06, or a month, 2026-10."),
}
"""What would be right in a field that is easily filled in otherwise."""

FRONT_MATTER: Final = {
    "title": mark("Title"),
    "author": mark("Author"),
    "date": mark("Date"),
    "place": mark("Place"),
    "summary": mark("Summary"),
    "preheader": mark("Preheader"),
    "subject": mark("Subject"),
    "image": mark("Image"),
    "image_alt": mark("Image description"),
    "tags": mark("Tags"),
    "articles": mark("Articles"),
    "agenda": mark("Agenda"),
}
"""What the fields of an article are called where it is written."""

STANDINGS: Final = {
    Standing.NEW: mark("to be translated"),
    Standing.CHANGED: mark("changed"),
    Standing.DRAFT: mark("draft"),
    Standing.REVIEWED: mark("reviewed"),
    Standing.APPROVED: mark("approved"),
}
"""How a translation stands to a passage as it is being written."""

TEMPLATES: Final = {
    "article": mark("Article"),
    "digest": mark("Digest: a letter that carries articles and an agenda"),
    "evenement": mark("Invitation to an event"),
    "appel-a-projets": mark("Call for projects"),
}
"""What an article can begin with; a template of the newsroom's own is called by its file."""

PARTS: Final = {
    "settings": mark("settings"),
    "database": mark("database"),
    "relay": mark("relay"),
    "relay's log": mark("relay's log"),
    "certificate": mark("certificate"),
    "clock": mark("clock"),
    "disk": mark("disk"),
    "pages": mark("pages"),
    "records": mark("records in the DNS"),
    "sender": mark("sender"),
    "links": mark("links"),
    "signatures": mark("signatures"),
    "webhooks": mark("webhooks"),
    "returns": mark("returned mail"),
    "engine": mark("translation engine"),
    "newsroom": mark("newsroom"),
}
"""The parts of the newsroom whose health is examined; a box is shown by its name."""
