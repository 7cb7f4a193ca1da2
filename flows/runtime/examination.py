"""What an examination of the newsroom says of one part."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One part of the newsroom: whether it works, what was found, and what would help."""

    what: str
    ok: bool
    found: str
    remedy: str = ""
