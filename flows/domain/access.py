"""Who asks, and for which cities they may."""

from dataclasses import dataclass

from flows.domain.errors import NotFoundError
from flows.domain.phrases import Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A person, and the cities whose contacts they may see and change; `None` is all of them.

    To a correspondent, the contacts of other cities do not exist: an error that tells them apart
    from unknown ones would tell who is on a list.
    """

    by: str
    cities: frozenset[str] | None = None

    def covers(self, city: str) -> bool:
        """Whether the contacts of a city are within reach."""
        return self.cities is None or city in self.cities

    def require_all(self, what: str) -> None:
        """Raise `NotFoundError` unless all cities are within reach."""
        if self.cities is not None:
            raise NotFoundError(
                Phrase("{what} concerns all cities; {by} looks after some", what=what, by=self.by)
            )


def everywhere(by: str) -> Scope:
    """The scope of somebody who works for the whole network."""
    return Scope(by=by)
