"""Templates become pages: one environment for each language, everything escaped."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.desk import labels
from flows.desk.rulesheet import DAYS, HOW_OFTEN, RuleSheet
from flows.desk.words import LOCALES, Words
from flows.mail.templates import Compiled
from flows.operations.times import zone_of

COMPILED: Final = Compiled()
STATIC: Final = Path(__file__).parent / "static"
TERMS: Final[Mapping[str, Mapping[Any, str]]] = {
    "role": labels.ROLES,
    "how_often": HOW_OFTEN,
    "issue_state": labels.ISSUE_STATES,
    "recurrence_state": labels.RECURRENCE_STATES,
    "occurrence_state": labels.OCCURRENCE_STATES,
    "delivery_state": labels.DELIVERY_STATES,
    "action": labels.ACTIONS,
    "alteration": labels.ALTERATIONS,
    "consent_act": labels.CONSENT_ACTS,
    "basis": labels.BASES,
    "import_state": labels.IMPORT_STATES,
    "counted": labels.COUNTS,
    "origin": labels.ORIGINS,
    "membership": labels.MEMBERSHIPS,
    "out_because": labels.REASONS,
    "field": labels.FIELDS,
    "because": labels.LANGUAGE_REASONS,
    "clock": labels.CLOCKS,
    "fact_name": labels.FACTS,
    "part": labels.PARTS,
    "front_field": labels.FRONT_MATTER,
    "standing": labels.STANDINGS,
    "template_name": labels.TEMPLATES,
}
"""The filters that put terms into words."""


class Pages:
    """The templates of `templates/desk/`. No text of a person is ever compiled."""

    def __init__(
        self, folders: Sequence[Path], *, zone: str, globals_: dict[str, Any] | None = None
    ) -> None:
        self.words = {locale: Words(locale=locale, zone=zone) for locale in LOCALES}
        self._environments = {
            locale: self._environment(folders, words, globals_ or {})
            for locale, words in self.words.items()
        }

    def render(self, template: str, *, locale: str, **values: object) -> str:
        """A page or a part of one."""
        return self._environments[locale].get_template(f"desk/{template}").render(**values)

    def _environment(
        self, folders: Sequence[Path], words: Words, globals_: dict[str, Any]
    ) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=COMPILED,
        )
        install: Callable[..., None] = environment.install_gettext_translations  # type: ignore[attr-defined]  # the extension adds it
        install(words.catalogue, newstyle=True)
        environment.globals.update(
            words=words,
            locale=words.locale,
            locales=LOCALES,
            static=static_path,
            **globals_,
        )
        environment.filters.update(
            moment=words.moment,
            short=words.short,
            hour=words.hour,
            iso=lambda at: at.isoformat(timespec="seconds"),
            day=words.day,
            month=words.month,
            day_of=lambda at, zone: at.astimezone(zone_of(zone or words.zone)).date().isoformat(),
            hour_of=lambda at, zone: f"{at.astimezone(zone_of(zone or words.zone)):%H:%M}",
            distance=words.distance,
            duration=words.duration,
            number=words.number,
            language=words.language,
            fact=words.fact,
            tell=words.tell,
            rule_sheet=RuleSheet.of,
            weekday=lambda day: words.weekdays()[DAYS.index(day)][1],
            **{name: spelt(words, terms) for name, terms in TERMS.items()},
        )
        return environment


def spelt(words: Words, terms: Mapping[Any, str]) -> Callable[[Any], str]:
    """A filter that says the program's terms in words; what is none is shown as it is."""
    return lambda term: words.say(terms[term]) if term in terms else str(term)


def static_path(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that it can be kept for ever."""
    return f"/desk/static/{_digests()[name]}/{name}"


def _digests() -> dict[str, str]:
    if not _known:
        _known.update(
            (file.name, hashlib.sha256(file.read_bytes()).hexdigest()[:12])
            for file in STATIC.iterdir()
        )
    return _known


_known: dict[str, str] = {}
