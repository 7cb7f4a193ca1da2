"""What a page says of the act that led to it. The address names the notice, never its text."""

from typing import TYPE_CHECKING

from flows.content.naming import SLUG

if TYPE_CHECKING:
    from flows.desk.visit import Visit


def mark(message: str) -> str:
    """A message that is said later, for the catalogue."""
    return message


def mark_n(one: str, many: str) -> tuple[str, str]:
    """The same for a message with a number in it."""
    return one, many


NOTICES = {
    "language": mark("These pages are in your language now."),
    "password": mark("Your password is changed. Your other visits are ended."),
    "code-on": mark("From now on you are asked for a code when you sign in."),
    "code-off": mark("You are no longer asked for a code."),
    "others-ended": mark("Your other visits are ended."),
    "tested": mark("The test letters are sent."),
    "examined": mark("Every part was tried."),
    "lists": mark("The lists are chosen."),
    "scheduled": mark("The time is set."),
    "unscheduled": mark("The time is taken away. The issue is not planned any more."),
    "started": mark("It is on its way."),
    "paused": mark("Paused. Letters that were already being handed over are still settled."),
    "resumed": mark("It goes on."),
    "cancelled": mark("Cancelled. What had not begun is not sent."),
    "settled": mark("The doubts are settled."),
    "retried": mark("What was refused is tried once more."),
    "rate": mark("The rate is set; senders at work follow within a second."),
    "suppressed": mark("They are never written to again."),
    "vouched": mark("They are written to again."),
    "erased": mark("They are forgotten. Only that they must never be written to is kept."),
    "replaced": mark("The place is taken over, on every list."),
    "imported": mark("The list is imported."),
    "handed-over": mark("The places are taken over. What was done stands among the imports."),
    "undone": mark("The import is taken back, as far as nobody said anything else since."),
    "forgotten": mark("What was too old is forgotten."),
    "approved": mark("The language is approved, as it was shown."),
    "sent-back": mark("The language is sent back."),
    "taken-back": mark("Your last change is taken back."),
    "term-saved": mark("The term is in the glossary."),
    "term-removed": mark("The term is taken out of the glossary."),
    "proposal-accepted": mark("The wording is in the glossary."),
    "proposal-declined": mark("This is proposed no more."),
    "unit-removed": mark("The translation is out of the memory."),
    "rule-open": mark("%(rule)s: what was missed is opened."),
    "rule-rest": mark("%(rule)s rests. It opens nothing until it goes on."),
    "rule-go-on": mark("%(rule)s goes on."),
    "rule-end": mark("%(rule)s has ended. It never comes again."),
    "recurrence-made": mark("It comes again from now on."),
    "recurrence-made-unknown": mark("It comes again from now on. No article has such a name yet."),
    "rule-changed-unknown": mark("The rule is changed. No article has such a name yet."),
    "rule-changed": mark("The rule is changed. What is open already keeps its time."),
    "begun": mark("The article is begun. Write over what stands in it."),
    "written": mark("Saved."),
    "pictured": mark("The picture is in the folder."),
    "moved": mark("It has another time now."),
    "signed-out": mark("You are signed out."),
}


def notice_of(visit: "Visit") -> str:
    """The notice that the address names, in words; of an act on a rule with the rule's name."""
    message = NOTICES.get(visit.asked("done"), "")
    if "%(rule)s" not in message:
        return visit.say(message) if message else ""
    rule = visit.asked("rule")
    return visit.say(message, rule=rule) if SLUG.fullmatch(rule) else ""
