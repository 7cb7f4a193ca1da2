"""The settings of the house's style."""

from typing import Literal

from pydantic import Field, field_validator

from flows.domain.language import Language, parse_language
from flows.domain.style import FrenchSpacing, HouseStyle
from flows.settings.section import Section


class StyleSettings(Section):
    """What is a choice of the house and no rule of a language."""

    quotation_marks: dict[str, str] = Field(
        {}, description='by language, outer and inner: `en = "‘’ “”"`'
    )
    localised_sites: dict[str, tuple[Language, ...]] = Field(
        {}, description='sites with a page tree for each language: `"efus.eu" = ["fr", "en"]`'
    )
    french_spacing: Literal["fr-FR", "eu"] = Field(
        "fr-FR", description="spaces beside French marks, as in France or as in the EU's guide"
    )

    @field_validator("quotation_marks")
    @classmethod
    def marks_come_in_pairs(cls, value: dict[str, str]) -> dict[str, str]:
        """Each pair is two signs that are no letters; spaces stand between pairs."""
        for pair in (pair for marks in value.values() for pair in marks.split() or [""]):
            if len(pair) != 2 or any(map(str.isalnum, pair)):
                raise ValueError(f"{pair!r} is no pair of marks such as “”")
        return {parse_language(tag): marks for tag, marks in value.items()}

    @field_validator("localised_sites")
    @classmethod
    def sites_are_hosts(
        cls, value: dict[str, tuple[Language, ...]]
    ) -> dict[str, tuple[Language, ...]]:
        """Hosts in lower case, without `www.`; languages are BCP 47 tags in their usual case."""
        return {
            host.lower().removeprefix("www."): tuple(parse_language(tag) for tag in tags)
            for host, tags in value.items()
        }

    @property
    def house(self) -> HouseStyle:
        """The same as the rest of the program knows it."""
        return HouseStyle(
            quotation_marks={
                tag: tuple((pair[0], pair[1]) for pair in marks.split())
                for tag, marks in self.quotation_marks.items()
            },
            localised_sites=self.localised_sites,
            french_spacing=FrenchSpacing(self.french_spacing),
        )
