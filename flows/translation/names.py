"""Names of months and weekdays: what CLDR does not list, and what is also another word."""

from collections.abc import Mapping

_POLISH_MONTHS = (
    (
        "styczniu lutym marcu kwietniu maju czerwcu lipcu sierpniu wrześniu październiku "
        "listopadzie grudniu"
    ),
    (
        "styczniem lutym marcem kwietniem majem czerwcem lipcem sierpniem wrześniem październikiem "
        "listopadem grudniem"
    ),
)
_POLISH_DAYS = (
    "poniedziałku wtorku środę czwartku piątku sobotę niedzielę",
    "poniedziałkiem wtorkiem środą czwartkiem piątkiem sobotą niedzielą",
    "poniedziałki wtorki środy czwartki piątki soboty niedzieli",
)
OTHER_NAMES: Mapping[tuple[str, str], tuple[tuple[int, str], ...]] = {
    ("pl", "months"): tuple(
        pair for case in _POLISH_MONTHS for pair in enumerate(case.split(), start=1)
    ),
    ("pl", "days"): tuple(pair for case in _POLISH_DAYS for pair in enumerate(case.split())),
    ("pt", "days"): ((0, "segunda"), (1, "terça"), (2, "quarta"), (3, "quinta"), (4, "sexta")),
    ("es", "months"): ((9, "setiembre"),),
}
"""Forms of months (from 1) and weekdays (from Monday, 0) that CLDR does not list, by language."""

AMBIGUOUS_DAYS: Mapping[str, frozenset[str]] = {
    "pt": frozenset({"Segunda", "Terça", "Quarta", "Quinta", "Sexta"})
}
"""Weekdays that are also ordinals: they never count for sure."""

AMBIGUOUS_MONTHS: Mapping[str, frozenset[str]] = {"en": frozenset({"March", "May"})}
"""Month names that are also common words; they count for sure only beside a number or a herald."""

MONTH_HERALDS: Mapping[str, str] = {
    "en": "in of since by until till from to last next this early late mid and between before after"
}
"""Words before an ambiguous name that make it a month."""
