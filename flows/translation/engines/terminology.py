"""The house's terms in DeepL's own glossary, uploaded once for each version of them.

The glossary's name holds whose it is and a checksum: one of that name is used as it is, the same
newsroom's of other checksums are stale and deleted. Another newsroom's on the same account stay.
https://developers.deepl.com/api-reference/multilingual-glossaries
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flows.domain.language import Language
from flows.domain.phrases import Phrase
from flows.translation.engines.errors import BadAnswerError, EngineError
from flows.translation.engines.web import WebService

PATH = "/v3/glossaries"
PREFIX = "efus-newsletter"
LONGEST_TERM_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is to be translated how: by target language, each term with its wording.

    `owner` tells the newsroom from others that use the same account.
    """

    source: Language
    wordings: Mapping[Language, Mapping[str, str]]
    checksum: str
    owner: str

    @property
    def series(self) -> str:
        """How the names of all versions begin."""
        return f"{PREFIX} {self.owner} {self.source} "

    @property
    def name(self) -> str:
        """What the glossary is called."""
        return f"{self.series}{self.checksum}"

    def dictionaries(self) -> list[dict[str, str]]:
        """The dictionaries as DeepL takes them, one for each language without its region."""
        found: dict[str, dict[str, str]] = {}
        for target, wordings in self.wordings.items():
            lines = [
                f"{term}\t{wording}" for term, wording in wordings.items() if _fits(term, wording)
            ]
            if lines:
                entry = {
                    "source_lang": base_of(self.source),
                    "target_lang": base_of(target),
                    "entries": "\n".join(lines),
                    "entries_format": "tsv",
                }
                found.setdefault(base_of(target), entry)
        return list(found.values())


def base_of(language: Language) -> str:
    """The language without its region, as DeepL's dictionaries have it."""
    return language.partition("-")[0].lower()


def _fits(*texts: str) -> bool:
    return all(
        0 < len(text.encode()) <= LONGEST_TERM_BYTES and text.isprintable() for text in texts
    )


class Terminology:
    """The account's copy of some `terms`, looked for or made when it is first asked for.

    What goes wrong is told in `warnings` and stops nothing: the checks judge terms anyway. Once it
    `has_failed`, texts are translated without it.
    """

    def __init__(self, service: WebService, terms: Terms | None) -> None:
        self.warnings: list[str] = []
        self._service = service
        self._terms = terms
        self._id: str | None = None
        self._is_ready = False
        self.has_failed = False

    async def glossary_for(self, source: Language, target: Language) -> str | None:
        """The id of the glossary to name in a request, if it has these languages."""
        terms = self._terms
        if terms is None or base_of(source) != base_of(terms.source):
            return None
        dictionaries = terms.dictionaries()
        if base_of(target) not in {entry["target_lang"] for entry in dictionaries}:
            return None
        if not self._is_ready:
            self._is_ready = True
            await self._prepare(terms, dictionaries)
        return self._id

    def give_up(self, reason: str) -> None:
        """Ask for no glossary any more, and tell why."""
        self._id = None
        self.has_failed = True
        self.warnings.append(f"DeepL translates without the glossary: {reason}")

    async def _prepare(self, terms: Terms, dictionaries: list[dict[str, str]]) -> None:
        try:
            known = await self._known(terms.series)
            stale = [entry["glossary_id"] for entry in known if entry["name"] != terms.name]
            own = [entry["glossary_id"] for entry in known if entry["name"] == terms.name]
            self._id = own[0] if own else await self._make(terms.name, dictionaries, stale)
            await self._delete(stale)
        except EngineError as error:
            self.give_up(error.reason)

    async def _known(self, series: str) -> list[dict[str, str]]:
        """The glossaries of a series that the account holds."""
        answer = await self._service.get(PATH)
        listed = answer.get("glossaries") if isinstance(answer, dict) else None
        if not isinstance(listed, list):
            raise BadAnswerError(
                self._service.engine,
                Phrase("{address} lists no glossaries", address=self._service.address),
            )
        return [
            {"glossary_id": str(entry["glossary_id"]), "name": str(entry["name"])}
            for entry in listed
            if isinstance(entry, dict)
            and "glossary_id" in entry
            and str(entry.get("name")).startswith(series)
        ]

    async def _make(self, name: str, dictionaries: list[dict[str, str]], stale: list[str]) -> str:
        """A new glossary; where the account has room for no more, in place of the stale ones."""
        try:
            return await self._create(name, dictionaries)
        except EngineError:
            if not stale:
                raise
            await self._delete(stale)
            stale.clear()
            return await self._create(name, dictionaries)

    async def _create(self, name: str, dictionaries: list[dict[str, str]]) -> str:
        answer: Any = await self._service.post(PATH, {"name": name, "dictionaries": dictionaries})
        try:
            return str(answer["glossary_id"])
        except (KeyError, TypeError):
            reason = f"{self._service.address} made no glossary"
            raise BadAnswerError(self._service.engine, reason) from None

    async def _delete(self, stale: list[str]) -> None:
        for one in stale:
            try:
                await self._service.delete(f"{PATH}/{quote(one, safe='')}")
            except EngineError as error:
                self.warnings.append(f"DeepL did not delete a stale glossary: {error.reason}")
