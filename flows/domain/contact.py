"""Member cities and the people there who get the letters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flows.domain.language import Language, choose_edition


class Membership(StrEnum):
    """How a city stands in the network; letters go to members alone."""

    MEMBER = "member"
    SUSPENDED = "suspended"
    FORMER = "former"


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A member city. `country` is ISO 3166-1 alpha-2, `timezone` an IANA zone.

    `names` are what it is called in other languages; `correspondents` look after its contacts.
    """

    name: str
    country: str
    language: Language
    timezone: str
    membership: Membership = Membership.MEMBER
    names: Mapping[str, str] = field(default_factory=dict)
    correspondents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """A list or a group of the network; readers may join a `public` one by themselves."""

    name: str
    public: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)


def called(names: Mapping[str, str], language: str, *, otherwise: str) -> str:
    """What a city or a list is called in a language, or its parent; else as it always is."""
    chosen = choose_edition([language], editions=names)
    return names[chosen] if chosen else otherwise
