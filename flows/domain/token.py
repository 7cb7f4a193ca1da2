"""Tokens by which programs act for a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from flows.domain.account import Account, Role

TokenId = NewType("TokenId", int)


class Scope(StrEnum):
    """What a token may be used for; it never allows more than its owner's roles do."""

    READ = "read"
    PUBLISH = "publish"
    APPROVE = "approve"


ROLES_OF: Final[dict[Scope, frozenset[Role]]] = {
    Scope.READ: frozenset(Role) - {Role.CORRESPONDENT},
    Scope.PUBLISH: frozenset({Role.PUBLISHER, Role.ADMINISTRATOR}),
    Scope.APPROVE: frozenset({Role.REVIEWER}),
}
"""Whose tokens can have a scope: those who may do the same at the desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token of `owner`. The token itself is shown once and kept nowhere: only its hash is."""

    id: TokenId
    label: str
    owner: Account
    scopes: frozenset[Scope]
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def works(self, now: datetime) -> bool:
        """Whether it lets anybody in now."""
        return self.revoked_at is None and now < self.expires_at and not self.owner.disabled_at

    def allows(self, scope: Scope) -> bool:
        """Whether it may be used for this, with the roles that its owner has now."""
        return scope in self.scopes and bool(ROLES_OF[scope] & self.owner.roles)
