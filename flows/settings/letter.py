"""The settings of the letters' looks."""

from typing import Literal

from pydantic import Field

from flows.settings.section import Section


class LetterSettings(Section):
    """How letters look."""

    theme: str = Field(
        "efus",
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="the looks of letters: a folder of `templates/email/themes`",
    )
    images: Literal["hosted", "embedded"] = Field(
        "hosted", description="pictures lie on the public pages, or within each letter"
    )
