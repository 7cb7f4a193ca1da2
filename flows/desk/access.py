"""Who may do what: every act of the desk names one of these."""

from typing import Final

from flows.domain.account import Account, Role, Session

ANYBODY: Final = "anybody"
GUEST: Final = "guest"

Whom = frozenset[str]
"""Roles, and perhaps `guest` or `anybody`."""

PUBLIC: Final[Whom] = frozenset({ANYBODY})
"""Whoever comes, signed in or not."""
SIGNED_IN: Final[Whom] = frozenset(Role)
"""Whoever has an account."""
LEAVING: Final[Whom] = SIGNED_IN | {GUEST}
"""Whoever has a visit."""
EVERYONE: Final[Whom] = SIGNED_IN - {Role.CORRESPONDENT}
"""Whoever makes the newsletter."""
VISITING: Final[Whom] = EVERYONE | {GUEST}
"""The same and guests; these only where the path names their own article and language."""
EDITING: Final[Whom] = frozenset({Role.EDITOR, Role.PUBLISHER, Role.ADMINISTRATOR})
WRITING: Final[Whom] = frozenset({Role.EDITOR, Role.ADMINISTRATOR})
"""Whoever writes articles."""
CORRECTING: Final[Whom] = frozenset({Role.EDITOR, Role.REVIEWER, Role.ADMINISTRATOR, GUEST})
"""Whoever works on translations; a reviewer only on the languages that they answer for."""
DECIDING: Final[Whom] = frozenset({Role.REVIEWER, GUEST})
"""Whoever approves a language or sends it back; a reviewer only those that they answer for."""
ASKING: Final[Whom] = frozenset({Role.EDITOR, Role.REVIEWER, Role.ADMINISTRATOR})
"""Whoever may have engines translate, which costs the newsroom."""
PUBLISHING: Final[Whom] = frozenset({Role.PUBLISHER, Role.ADMINISTRATOR})
AUDITING: Final[Whom] = frozenset({Role.PUBLISHER, Role.ADMINISTRATOR})
KEEPING: Final[Whom] = PUBLISHING | {Role.CORRESPONDENT}
"""Whoever keeps the lists: of the whole network, or of their own cities."""
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
