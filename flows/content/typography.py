"""What a language asks of rendered text: quotation marks, and in French the spaces of its marks.

Applied to text nodes only, never to code or attributes, and never to the source or a segment.
"""

import re
from collections.abc import Mapping
from typing import Final, Protocol

from flows.domain.language import Language
from flows.domain.style import FrenchSpacing

NARROW = "\u202f"
NO_BREAK = "\u00a0"
GAP = r"[ \t\r\n\u00a0\u2009\u202f]"
FRENCH = re.compile(
    rf"""
    (?P<address> (?:https?://|www\.|mailto:) \S+ )
  | « {GAP}* (?P<open> »? )
  | (?<!{GAP}) {GAP}* (?: » (?P<close>) | (?<={GAP}) (?P<colon>:) (?!\w) )
  | (?<!{GAP}) {GAP}+ (?P<high>[;!?]+)
  | (?<=[\w)\]"”]) (?P<glued>[;!?]+) (?= \s | $ | [»)\]"”] )
    """,
    re.VERBOSE,
)

COUNTED = r"""
    (?: action | alinéa | annexe | article | atelier | axe | chapitre | étape | fiche | figure |
        jour | ligne | lot | mesure | module | note | numéro | objectif | page | paragraphe |
        partie | phase | point | priorité | question | règle | route | salle | section | session
        | tableau | tome | volume | zone ) s?
  | (?: art | chap | fig | no | nos | p | pp | vol ) \.
  | COP | n[°ºo] | n[°º]s | §+
"""
"""Goes before a number that is a name, and no part of an amount behind it."""
NUMBER = re.compile(
    rf"""
    (?P<address> (?:https?://|www\.|mailto:) \S+ )
  | (?<!\d) (?P<called> (?: \+\d+ | 0\d* ) (?: {GAP}+ \d+ )+ )
  | (?P<ordinal> (?<!\w) (?i: {COUNTED} ) {GAP}* \d+ )
  | (?<! [\w+/:] ) (?<! \d[.,] ) (?<! \w- ) (?<! \b\d\d{GAP} ) (?<! \b\d{{3}}{GAP} )
    (?P<groups> \d{{1,3}} (?: [ \t\u00a0\u2009\u202f]\d{{3}} (?!\d) )++ ) (?! {GAP}\d\d\b )
  | (?<=\d) {GAP}+ (?P<unit>[%‰€])
    """,
    re.VERBOSE,
)
"""Groups of digits and units, which take a narrow no-break space (Unicode CLDR, `fr`).

Numbers to call are none: they begin with 0 or +, or have a pair of digits beside (ITU-T E.123).
Neither are two that only stand side by side: « article 12 100 signataires », « G7 120 pays ».
"""
NESTED = re.compile(r"« (?: [^«»] | «[^«»]*» )*+ »", re.VERBOSE)
INNER = re.compile(rf"«(?!{GAP}) ([^«»]+) (?<!{GAP})»", re.VERBOSE)
"""A quotation within one, as straight marks become it; with spaces its writer chose it so."""

CLOSED = re.compile(
    rf"""
    (?P<address> (?:https?://|www\.|mailto:) \S+ )
  | (?P<mark> «{GAP}+ | (?<!{GAP}){GAP}+» | (?<!{GAP}){GAP}+[;:!?]+ (?= \s | $ | [»)\]”] ) )
    """,
    re.VERBOSE,
)


class Typography(Protocol):
    """Gives a text its language's typography; doing it twice changes nothing more."""

    def __call__(self, text: str) -> str:
        """The text, its marks set."""
        ...


def for_language(language: Language, *, french: FrenchSpacing = FrenchSpacing.FRANCE) -> Typography:
    """The typography of texts in `language`; `french` is the house's choice for French."""
    if language.partition("-")[0] != "fr":
        return _leave
    return _space_french if french is FrenchSpacing.FRANCE else _close_french_up


Marks = tuple[str, str]
"""The signs that open and close a quotation."""
CURLY: Final[Marks] = ("“", "”")
ANGLED: Final[Marks] = ("«", "»")
MARKS: Final[Mapping[str, Marks]] = {
    "fr": ANGLED,
    "de": ("„", "“"),
    "es": ANGLED,
    "it": ANGLED,
    "pl": ("„", "”"),
    "pt": ANGLED,
}
"""What straight double quotes become; a language without an entry takes curly ones."""

BEGINS: Final = r"(?<! [^\s(\[{«“„‘–—/-] )"
APOSTROPHE: Final = r"""(?x:
    (?<= \w ) ' (?= "? \w )
  | (?<! \w ) '
    (?=
        (?: \d\ds | \d\d (?! [^'"\n]* [\w.,!?…)] ' (?!\w) )
          | (?i: [kmst] | ns | em | til | tis | twas | twere | twill )
        ) \b (?!')
      | n\b
    )
)"""
"""A straight mark that is an apostrophe though it might begin a quotation.

Within a word (« d’11 villes »), in ’90s, in the Dutch ’s avonds, ’t and ’k, in the English ’twas.
One letter between two marks is quoted, and ‘10 tips’ with a mark that closes; rock ’n’ roll is not.
"""
STRAIGHT: Final = re.compile(
    rf"""
    (?P<address> (?:https?://|www\.|mailto:) \S+ )
  | (?P<open> (?: {BEGINS} | (?<= \w' ) (?= "\w ) ) " (?=\S) ) | (?P<close> " )
  | (?P<apostrophe> {APOSTROPHE} )
  | (?P<single> {BEGINS} ' (?=\S) ) | '
    """,
    re.VERBOSE,
)
"""Straight marks of a text that is no Markdown."""


def marks_of(language: Language) -> Marks:
    """The quotation marks of a language."""
    return MARKS.get(language.partition("-")[0], CURLY)


def for_fields(typography: Typography, *, marks: Marks) -> Typography:
    """The typography of texts that are no Markdown: titles, captions, an agenda's places."""
    return lambda text: typography(curl(text, marks=marks))


def curl(text: str, *, marks: Marks) -> str:
    """A text that is no Markdown, whose straight quotes become `marks` and apostrophes curly.

    One behind a digit that ends no quotation is a sign of inches, and stays.
    """
    opened = 0

    def curled(match: re.Match[str]) -> str:
        nonlocal opened
        if match["address"]:
            return match[0]
        if match["open"]:
            opened += 1
            return marks[0]
        if match["close"]:
            if not opened and match.string[: match.start()][-1:].isdigit():
                return match[0]
            opened = max(0, opened - 1)
            return marks[1]
        return "‘" if match["single"] else "’"

    return STRAIGHT.sub(curled, text)


def _leave(text: str) -> str:
    return text


def _space_french(text: str) -> str:
    return NUMBER.sub(_grouped, FRENCH.sub(_spaced, _nest(text)))


def _close_french_up(text: str) -> str:
    closed = CLOSED.sub(lambda match: match["address"] or match["mark"].strip(), text)
    return NUMBER.sub(_grouped, _nest(closed))


def _nest(text: str) -> str:
    """The text, a quotation within another in curly marks, as French books have it."""
    return NESTED.sub(lambda found: "«" + INNER.sub(r"“\1”", found[0][1:-1]) + "»", text)


def _grouped(match: re.Match[str]) -> str:
    if match["groups"]:
        return re.sub(GAP, NARROW, match["groups"])
    return f"{NARROW}{match['unit']}" if match["unit"] else match[0]


def _spaced(match: re.Match[str]) -> str:
    if match["address"]:
        return match[0]
    if match["open"] is not None:
        return f"«{NO_BREAK}{match['open']}"
    if match["close"] is not None:
        return f"{NO_BREAK}»"
    if match["colon"]:
        return f"{NO_BREAK}:"
    return f"{NARROW}{match['high'] or match['glued']}"
