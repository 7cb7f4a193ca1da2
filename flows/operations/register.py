"""The record of processing (GDPR, article 30), as settings and database have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flows.domain.access import Scope
from flows.operations.retaining import Spans
from flows.store.cities import all_cities
from flows.store.database import Store
from flows.store.registering import (
    BasisCount,
    TextVersion,
    count_bases,
    count_opt_outs,
    text_versions,
)
from flows.store.searching import NO_CITY, count_cities

PURPOSES: Final = (
    "Sending the network's newsletter to the contacts of its cities, each in their language.",
    "Knowing that each letter went out once, and to whom, and what came back.",
    "Keeping the wish of whoever wants no letters.",
)
SUBJECTS: Final = ("Elected members and staff of member cities, and other readers who signed up.",)
DATA: Final = (
    "E-mail address, name, city, role, language, lists.",
    "Letters: issue, time, answer of the mail server, bounces and complaints.",
    "Consents: text, its version and language, time, source.",
    "Opt-outs: a keyed hash of the address, reason, time, source.",
)
SAFEGUARDS: Final = (
    "No pixels and no rewritten links: nobody's reading is observed.",
    "Opt-outs outlive erasure, import and restore as keyed hashes (HMAC-SHA-256).",
    "Networks that forms come from are kept as keyed hashes alone.",
    "Addresses are in no log; the relay is reached by verified TLS.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """Who answers for the data, and to whom they go."""

    name: str
    contact: str
    officer: str
    policy_url: str
    relay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The record, at a time."""

    at: datetime
    controller: Controller
    bases: Sequence[BasisCount]
    texts: Sequence[TextVersion]
    opt_outs: dict[str, int]
    cities: dict[str, int]
    spans: Spans

    def as_json(self) -> dict[str, Any]:
        """Everything, for a program."""
        who = self.controller
        return {
            "at": self.at.isoformat(),
            "controller": {"name": who.name, "contact": who.contact, "officer": who.officer},
            "privacy_notice": who.policy_url,
            "purposes": list(PURPOSES),
            "data_subjects": list(SUBJECTS),
            "data": list(DATA),
            "recipients": [f"the mail relay {who.relay}", "the mail servers of the readers"],
            "transfers_outside_the_eu": "none by the program itself",
            "legal_bases": [one._asdict() for one in self.bases],
            "consent_texts": [
                {**one._asdict(), "first_at": one.first_at.isoformat()} for one in self.texts
            ],
            "opt_outs": self.opt_outs,
            "contacts_by_city": self.cities,
            "days_kept": {name: getattr(self.spans, name) for name in Spans.__slots__},
            "safeguards": list(SAFEGUARDS),
        }

    def as_markdown(self) -> str:
        """The same for a person."""
        who = self.controller
        return "\n".join(
            [
                "# Record of processing activities",
                "",
                f"As of {self.at:%Y-%m-%d %H:%M} UTC (GDPR, article 30).",
                "",
                f"- Controller: {who.name or 'not set (privacy.controller)'}",
                f"- Contact: {who.contact or 'not set (privacy.contact)'}",
                f"- Data protection officer: {who.officer or 'not set (privacy.officer)'}",
                f"- Privacy notice: {who.policy_url or 'not set (privacy.policy_url)'}",
                f"- Recipients: the mail relay {who.relay}; the mail servers of the readers",
                "- Transfers outside the European Union: none by the program itself",
                *_section("Purposes", PURPOSES),
                *_section("Data subjects", SUBJECTS),
                *_section("Data", DATA),
                "",
                "## Legal bases",
                "",
                "| list | basis | contacts |",
                "| --- | --- | ---: |",
                *(f"| {one.list} | {one.basis} | {one.contacts} |" for one in self.bases),
                "",
                "## Texts of consents",
                "",
                "| version | language | since | words |",
                "| --- | --- | --- | --- |",
                *(
                    f"| {one.digest[:12]} | {one.language} | {one.first_at:%Y-%m-%d} | {one.text} |"
                    for one in self.texts
                ),
                "",
                "## Opt-outs",
                "",
                *(f"- {reason}: {count}" for reason, count in self.opt_outs.items()),
                "",
                "## Contacts by city",
                "",
                *(f"- {city}: {count}" for city, count in self.cities.items()),
                "",
                "## Kept for so many days",
                "",
                *(f"- {name}: {getattr(self.spans, name)}" for name in Spans.__slots__),
                *_section("Safeguards", SAFEGUARDS),
                "",
            ]
        )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {line}" for line in lines)]


async def write_register(
    store: Store, controller: Controller, spans: Spans, *, scope: Scope, now: datetime
) -> Register:
    """The record as it is now; a correspondent's is of their cities alone."""
    async with store.reading() as tx:
        counts = await count_cities(tx, since=now)
        names = [city.name for city in await all_cities(tx) if scope.covers(city.name)]
        return Register(
            at=now,
            controller=controller,
            bases=await count_bases(tx, cities=scope.cities),
            texts=await text_versions(tx),
            opt_outs=await count_opt_outs(tx) if scope.cities is None else {},
            cities={name: counts.get(name, NO_CITY).contacts for name in names},
            spans=spans,
        )
