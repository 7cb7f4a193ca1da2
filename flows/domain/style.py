"""The house's style: what is a choice and no rule of a language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

QuotationMarks = tuple[tuple[str, str], ...]
"""Pairs of marks that open and close, the outer ones first."""


class FrenchSpacing(StrEnum):
    """Which spaces French double marks take."""

    FRANCE = "fr-FR"
    """A narrow no-break space before `; ! ?`, a no-break space before `:` and inside « »."""
    EU = "eu"
    """None at all: the EU's interinstitutional style guide, French part, section 6.4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseStyle:
    """`quotation_marks` by language; `localised_sites`: hosts with a page tree for each language.

    A language without marks here has its usual ones.
    """

    quotation_marks: Mapping[str, QuotationMarks] = field(default_factory=dict)
    localised_sites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    french_spacing: FrenchSpacing = FrenchSpacing.FRANCE

    def outer_marks(self, language: str) -> tuple[str, str] | None:
        """The first pair of quotation marks that the house chose for a language, if it did."""
        known = self.quotation_marks
        pairs = known.get(language) or known.get(language.partition("-")[0])
        return pairs[0] if pairs else None

    def pages_of(self, site: str) -> tuple[str, ...]:
        """The languages in which a site answers under `/<language>/`."""
        return self.localised_sites.get(site.lower(), ())


PLAIN_STYLE = HouseStyle()
"""The style of a house that chose nothing."""
