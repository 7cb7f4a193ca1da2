"""The settings of planned sendings."""

from pydantic import Field, field_validator

from flows.domain.timing import Policy
from flows.settings.section import Section


class ScheduleSettings(Section):
    """What happens to a planned sending."""

    late_hours: float = Field(6.0, gt=0, description="a sending later than this waits for a person")
    policy: Policy = Field(
        Policy.HOLD,
        description="if not all is approved in time: `hold` all, or send the `approved` ones",
    )
    warn_hours: tuple[float, ...] = Field(
        (24.0, 2.0), description="so long before its time what is not approved yet is told"
    )
    warn: tuple[str, ...] = Field(
        (), description="addresses that are told besides reviewers and publishers"
    )

    @field_validator("warn_hours")
    @classmethod
    def warnings_come_before(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        """Afterwards they are no warnings."""
        if any(one <= 0 for one in value):
            raise ValueError("each must be more than 0 hours")
        return value

    @field_validator("warn")
    @classmethod
    def whom_to_tell_has_an_address(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """A name alone reaches nobody."""
        for one in value:
            name, at, domain = one.rpartition("@")
            if not (name and at and "." in domain) or any(sign.isspace() for sign in one):
                raise ValueError(f"{one!r} is no e-mail address")
        return value
