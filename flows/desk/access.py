"""Who may do what: every act of the desk names one of these."""

from typing import Final

from flows.domain.account import Account, Role, Session

ANYBODY: Final = "anybody"
GUEST: Final = "guest"

Whom = frozenset[str]
"""Roles, and perhaps `guest` or `anybody`."""

PUBLIC: Final[Whom] = frozenset({ANYBODY})
"""Whoever comes, signed in or not."""
EVERYONE: Final[Whom] = frozenset(Role)
"""Whoever has an account."""
VISITING: Final[Whom] = EVERYONE | {GUEST}
"""Whoever has a visit; a guest only where the path names their own article and language."""
EDITING: Final[Whom] = frozenset({Role.EDITOR, Role.PUBLISHER, Role.ADMINISTRATOR})
PUBLISHING: Final[Whom] = frozenset({Role.PUBLISHER, Role.ADMINISTRATOR})
AUDITING: Final[Whom] = frozenset({Role.PUBLISHER, Role.ADMINISTRATOR})
ADMINISTERING: Final[Whom] = frozenset({Role.ADMINISTRATOR})


def kinds_of(session: Session | None) -> Whom:
    """What somebody is: their roles, or a guest, or anybody."""
    if session is None:
        return PUBLIC
    if isinstance(session.visitor, Account):
        return PUBLIC | session.visitor.roles
    return PUBLIC | {GUEST}


def may(session: Session | None, whom: Whom) -> bool:
    """Whether somebody is among those who may."""
    return bool(kinds_of(session) & whom)
