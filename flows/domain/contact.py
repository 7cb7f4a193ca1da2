"""Member cities and the people there who get the letters."""

from dataclasses import dataclass

from flows.domain.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A member city. `country` is ISO 3166-1 alpha-2, `timezone` an IANA zone."""

    name: str
    country: str
    language: Language
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person as a list names them; `language` is `None` where the city's counts.

    `address` is as written; `mailbox` is the ASCII form that goes on the envelope.
    """

    address: str
    mailbox: str
    name: str
    city: str
    language: Language | None
    lists: frozenset[str]
