"""What every table of the settings has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of `newsletter.toml`; an unknown key is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)
