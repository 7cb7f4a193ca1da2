"""What a page says of the act that led to it. The address names the notice, never its text."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.desk.visit import Visit


def mark(message: str) -> str:
    """A message that is said later, for the catalogue."""
    return message


NOTICES = {
    "language": mark("These pages are in your language now."),
    "password": mark("Your password is changed. Your other visits are ended."),
    "code-on": mark("From now on you are asked for a code when you sign in."),
    "code-off": mark("You are no longer asked for a code."),
    "others-ended": mark("Your other visits are ended."),
    "signed-out": mark("You are signed out."),
}


def notice_of(visit: "Visit") -> str:
    """The notice that the address names, in words."""
    message = NOTICES.get(visit.asked("done"), "")
    return visit.say(message) if message else ""
