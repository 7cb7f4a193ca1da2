"""What happens to contacts and their lists, and to the imports and requests that do it."""

from enum import StrEnum


class Origin(StrEnum):
    """Who put a contact on a list. A list's file takes off only whom a file put there."""

    FILE = "file"
    READER = "reader"
    PERSON = "person"
    """Somebody of the network, by a command or on the desk."""


class Alteration(StrEnum):
    """One change of a contact."""

    ADDED = "added"
    UPDATED = "updated"
    JOINED = "joined"
    LEFT = "left"
    REPLACED = "replaced"
    """Another address took its place."""
    REMOVED = "removed"


class ImportState(StrEnum):
    """How far an import is."""

    STAGED = "staged"
    DONE = "done"
    UNDONE = "undone"
    CLOSED = "closed"
    """Too old to be taken back: what was before it is forgotten."""


class Outcome(StrEnum):
    """What an import does with one row."""

    READ = "read"
    """Not decided yet."""
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"
    """An earlier row named the same address; this one only adds its lists."""
    REFUSED = "refused"


class RequestState(StrEnum):
    """How far a wish from a public page is. `dropped` ones were never answered by mail."""

    WAITING = "waiting"
    ASKED = "asked"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"
