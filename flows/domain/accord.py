"""What senders of one newsroom do alike, whatever machine they are on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Accord:
    """What the newsroom that freezes issues asks of every machine that sends them.

    `alike` are settings by name, secrets as fingerprints. `rates` are letters a minute by scope,
    `breaker_percent` refusals in a hundred: they hold for all senders together.
    """

    alike: Mapping[str, str]
    rates: Mapping[str, int]
    breaker_percent: int

    def differs_in(self, other: Self) -> list[str]:
        """The settings in which another machine is not like this one."""
        names = sorted({*self.alike, *other.alike})
        return [name for name in names if self.alike.get(name) != other.alike.get(name)]

    def as_json(self) -> dict[str, Any]:
        """What the database keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` gave."""
        return cls(**kept)
