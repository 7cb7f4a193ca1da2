"""Who works at the desk, and as what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from flows.domain.article import Slug
from flows.domain.language import Language

UserId = NewType("UserId", int)


class Role(StrEnum):
    """What somebody does for the newsletter; a person may have several roles."""

    EDITOR = "editor"
    REVIEWER = "reviewer"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"
    CORRESPONDENT = "correspondent"
    """Looks after the contacts of the cities whose file names them, and sees nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who signs in by `name`. `languages` are those that a reviewer answers for.

    `locale` is the language of the pages, empty where the browser's counts. `second_factor` is the
    sealed secret of one-time passwords (RFC 6238), and `last_step` the last time step used.
    """

    id: UserId
    name: str
    roles: frozenset[Role]
    languages: frozenset[Language] = frozenset()
    address: str = ""
    locale: str = ""
    password_hash: str = ""
    second_factor: str = ""
    last_step: int = 0
    directory: str = ""
    disabled_at: datetime | None = None

    def reviews(self, language: Language) -> bool:
        """Whether this person answers for a language."""
        return Role.REVIEWER in self.roles and language in self.languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who came by a review link: for one language of one article, and nothing else.

    `invited_by` made the link, and was shown it.
    """

    name: str
    slug: Slug
    language: Language
    invited_by: str = ""


Visitor = Account | Guest
"""Whoever has a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A visit of somebody who proved who they are. `key` is the hash of the cookie's token.

    `csrf` is the token that every form of the visit carries.
    """

    key: str
    csrf: str
    visitor: Visitor
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
