"""What the tables of the settings have in common."""

from pydantic import BaseModel, ConfigDict

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Section(BaseModel):
    """A table of `newsletter.toml`; an unknown key is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)
