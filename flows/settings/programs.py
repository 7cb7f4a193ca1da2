"""The settings of programs that talk to the newsroom."""

from pydantic import Field

from flows.settings.section import Section


class ApiSettings(Section):
    """The HTTP interface for programs with a token."""

    enabled: bool = Field(True, description="serve `/api/v1` beside the desk")
    calls_per_minute: int = Field(120, ge=1, le=100_000, description="of each token at most")
