"""What the columns of a list mean, guessed from French, English and Dutch headings."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

FIELDS: Final = {
    "email": "e mail|mail|courriel|mel|mél|adresse mail|adresse e mail|adresse électronique|"
    "adresse email|adresse de courriel|adresse courriel|adresse de messagerie|messagerie|"
    "email address|e mail address|mail address|e mailadres|emailadres|mailadres|mail adres",
    "name": "nom complet|nom et prénom|prénom et nom|full name|volledige naam|contact|"
    "contactpersoon|contact person|personne de contact|display name",
    "first_name": "prénom|first name|firstname|voornaam|given name",
    "last_name": "nom|nom de famille|last name|lastname|surname|family name|naam|achternaam|"
    "familienaam",
    "city": "ville|stad|gemeente|commune|municipality|town|ville membre|member city|lidstad|"
    "collectivité|membre|member|lid",
    "language": "langue|taal|lang|langue préférée|preferred language|voorkeurstaal|voertaal|locale",
    "roles": "role|rôle|fonction|function|functie|poste|position|job title|rol|qualité|mandat",
    "lists": "list|liste|listes|lijst|lijsten|group|groups|groupe|groupes|groep|groepen|"
    "groupe de travail|groupes de travail|working group|working groups|werkgroep|werkgroepen",
    "basis": "base légale|base juridique|legal basis|rechtsgrond|rechtsgrondslag",
    "country": "pays|land",
    "timezone": "time zone|fuseau|fuseau horaire|tijdzone",
    "membership": "adhésion|statut|status|lidmaatschap",
    "correspondents": "correspondent|correspondant|correspondants|correspondente|"
    "correspondent local|correspondant local|local correspondent",
    "public": "ouverte|open|openbaar|publique",
}
"""Every field with the headings that mean it, besides its own name."""

LOOSE: Final = {
    "email": {"email", "mail", "courriel", "mailadres", "emailadres"},
    "city": {"ville", "stad", "city", "commune", "gemeente"},
    "language": {"langue", "taal", "language"},
    "first_name": {"prenom", "voornaam"},
    "last_name": {"nom", "naam"},
    "roles": {"fonction", "functie", "role"},
}
"""Words that betray a longer heading, tried in this order when nothing fits exactly."""

LEFT_OUT: Final = "-"
"""What a person maps a column to that shall not be read."""


STROKES: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe"}
)
"""Letters that Unicode takes for their own, and whose writers are used to doing without."""


def plain(text: str) -> str:
    """A heading or a name as it is compared: without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", text.casefold().translate(STROKES))
    kept = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", kept))


def field_of(heading: str) -> str | None:
    """The field that a heading certainly names, if it does."""
    return _known().get(plain(heading))


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    known = {plain(word): field for field, words in FIELDS.items() for word in words.split("|")}
    return known | {plain(field): field for field in FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The place of each field in a record, and the headings that were left alone."""

    places: Mapping[str, int]
    headings: Sequence[str]
    ignored: Sequence[str] = ()

    def heading(self, field: str) -> str:
        """How the file calls a field."""
        return self.headings[self.places[field]] if field in self.places else field


def guess_columns(
    cells: Sequence[str], *, wanted: Sequence[str], named: Mapping[str, str]
) -> Columns:
    """Which column holds which of the `wanted` fields.

    `named` maps headings, or numbers of columns from 1, to fields or `LEFT_OUT`: a person's word
    goes first. Then come headings that are the field's own name, then known ones, then those with
    a telling word; of two alike the first counts.
    """
    chosen = {plain(column): field for column, field in named.items()}
    guesses: list[Callable[[int, str], str | None]] = [
        lambda place, cell: chosen.get(plain(cell)) or chosen.get(str(place + 1)),
        lambda _, cell: plain(cell).replace(" ", "_"),
        lambda _, cell: field_of(cell),
        *(partial(_betrayed, field=field) for field in LOOSE),
    ]
    places: dict[str, int] = {}
    taken: set[int] = set()
    for guess in guesses:
        for place, cell in enumerate(cells):
            field = guess(place, cell)
            if field == LEFT_OUT:
                taken.add(place)
            elif field in wanted and field not in places and place not in taken:
                places[str(field)] = place
                taken.add(place)
    ignored = [cell for place, cell in enumerate(cells) if cell and place not in places.values()]
    return Columns(places=places, headings=list(cells), ignored=ignored)


def _betrayed(_: int, heading: str, *, field: str) -> str | None:
    """The field, if one of its telling words is in the heading."""
    return field if LOOSE[field] & set(plain(heading).split()) else None
