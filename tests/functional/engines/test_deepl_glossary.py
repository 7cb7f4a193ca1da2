"""The house's glossary at DeepL, against a fake of its API, version 3, on loopback."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.translation.cache import AnswerCache
from flows.translation.engines.deepl import DeepL
from flows.translation.engines.errors import EngineError
from flows.translation.engines.protocol import Warns
from flows.translation.engines.terminology import Terms
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.run import Run
from tests.functional.engines.conftest import Answer, Asked, Pauses, Script, ScriptedServer

FR, EN, NL, DE = (Language(tag) for tag in ("fr", "en", "nl", "de"))
KEY = "1234-5678-secret:fx"
Serve = Callable[[Script], ScriptedServer]
WORDINGS = {
    EN: {"Liège": "Liège", "sécurité urbaine": "urban security"},
    NL: {"Liège": "Luik", "sécurité urbaine": "stedelijke veiligheid"},
}


class Account:
    """An account that holds at most `room` glossaries, as DeepL's free one does."""

    def __init__(self, *held: str, room: int = 1000) -> None:
        self.room = room
        self.held = {f"id-{name}": {"glossary_id": f"id-{name}", "name": name} for name in held}
        self.uploads: list[Any] = []
        self.used: list[str | None] = []
        self.faults: dict[tuple[str, str], Answer] = {}

    def __call__(self, asked: Asked) -> Answer:
        """Answers a request."""
        kind = (asked.method, asked.path.split("/")[2])
        if kind in self.faults:
            return self.faults[kind]
        if asked.path == "/v2/translate":
            return self._translate(asked.body)
        if asked.method == "DELETE":
            found = self.held.pop(unquote(asked.path.rpartition("/")[2]), None)
            return Answer(status=204) if found else Answer(status=404)
        if asked.method == "GET":
            return Answer(content={"glossaries": list(self.held.values())})
        return self._create(asked.body)

    def _create(self, body: Any) -> Answer:
        if len(self.held) >= self.room:
            return Answer(status=456, content={"message": "Quota exceeded"})
        self.uploads.append(body)
        made = {"glossary_id": f"id-{body['name']}", "name": body["name"]}
        self.held[made["glossary_id"]] = made
        return Answer(status=201, content=made)

    def _translate(self, body: Any) -> Answer:
        wanted = body.get("glossary_id")
        if wanted and wanted not in self.held:
            return Answer(status=404, content={"message": "Glossary not found"})
        self.used.append(wanted)
        return Answer(content={"translations": [{"text": text.upper()} for text in body["text"]]})


def terms(checksum: str = "aaaa", *, owner: str = "salle", **wordings: dict[str, str]) -> Terms:
    """The house's terms in a version."""
    chosen = {Language(tag): words for tag, words in wordings.items()} or WORDINGS
    return Terms(source=FR, wordings=chosen, checksum=checksum, owner=owner)


async def translate(
    server: ScriptedServer, pauses: Pauses, agreed: Terms | None, *targets: Language
) -> tuple[str, ...]:
    """Translates one text into each target with one engine; its warnings."""
    engine = DeepL(api_key=KEY, url=server.url, retries=pauses.policy, terms=agreed)
    try:
        for target in targets:
            answer = await engine.translate(["oui"], source=FR, target=target, encoding="plain")
            assert answer == ["OUI"]
    finally:
        await engine.close()
    return engine.warnings


async def test_one_glossary_serves_all_languages(serve: Serve, pauses: Pauses) -> None:
    """It is uploaded once, with a dictionary for each pair, under a name with its checksum."""
    account = Account()
    warnings = await translate(serve(account), pauses, terms(), EN, NL, Language("nl-BE"))
    assert account.uploads == [
        {
            "name": "efus-newsletter salle fr aaaa",
            "dictionaries": [
                {
                    "source_lang": "fr",
                    "target_lang": "en",
                    "entries": "Liège\tLiège\nsécurité urbaine\turban security",
                    "entries_format": "tsv",
                },
                {
                    "source_lang": "fr",
                    "target_lang": "nl",
                    "entries": "Liège\tLuik\nsécurité urbaine\tstedelijke veiligheid",
                    "entries_format": "tsv",
                },
            ],
        }
    ]
    assert account.used == ["id-efus-newsletter salle fr aaaa"] * 3
    assert warnings == ()


async def test_the_same_version_is_used_again(serve: Serve, pauses: Pauses) -> None:
    """Another run finds it by its name and uploads nothing."""
    account = Account("efus-newsletter salle fr aaaa")
    await translate(serve(account), pauses, terms(), EN)
    assert account.uploads == []
    assert account.used == ["id-efus-newsletter salle fr aaaa"]


async def test_stale_versions_are_deleted_and_others_are_not_ours(
    serve: Serve, pauses: Pauses
) -> None:
    """A glossary of another source language, or of somebody else, stays."""
    others = ("somebody's", "efus-newsletter salle en bbbb", "efus-newsletter fr 0000")
    account = Account("efus-newsletter salle fr 0000", *others)
    await translate(serve(account), pauses, terms(), EN)
    names = {entry["name"] for entry in account.held.values()}
    assert names == {"efus-newsletter salle fr aaaa", *others}


async def test_a_full_account_gives_up_the_stale_version_first(
    serve: Serve, pauses: Pauses
) -> None:
    """A free account holds one glossary."""
    account = Account("efus-newsletter salle fr 0000", room=1)
    assert await translate(serve(account), pauses, terms(), EN) == ()
    assert list(account.held) == ["id-efus-newsletter salle fr aaaa"]


async def test_two_newsrooms_on_one_account_leave_each_other_s_alone(
    serve: Serve, pauses: Pauses
) -> None:
    """Each deletes the stale versions of its own, and finds the current one again."""
    account = Account()
    server = serve(account)
    for checksum in ("aaaa", "bbbb"):
        for owner in ("salle", "bureau"):
            assert await translate(server, pauses, terms(checksum, owner=owner), EN) == ()
    assert list(account.held) == [
        "id-efus-newsletter salle fr bbbb",
        "id-efus-newsletter bureau fr bbbb",
    ]
    await translate(server, pauses, terms("bbbb", owner="salle"), EN)
    assert len(account.uploads) == 4


@pytest.mark.parametrize(
    "fault",
    [("GET", "glossaries"), ("POST", "glossaries")],
)
async def test_what_was_translated_without_the_glossary_is_asked_again_with_it(
    serve: Serve, pauses: Pauses, tmp_path: Path, fault: tuple[str, str]
) -> None:
    """The answers of a run that had none are kept as such; those with it are kept for good."""
    account = Account()
    account.faults[fault] = Answer(status=503)
    server = serve(account)

    async def draft() -> None:
        engine = DeepL(api_key=KEY, url=server.url, retries=pauses.policy, terms=terms())
        cache = AnswerCache(tmp_path, today=date(2026, 11, 22))
        task = Task(segments=[Segment(source="oui", kind="p")], source=FR, target=EN)
        drafts = draft_with_fallback(task, [engine], run=Run(cache=cache, glossary="file"))
        assert [one.text async for _, one in drafts] == ["OUI"]
        await engine.close()

    await draft()
    assert account.used == [None]
    account.faults.clear()
    for _ in range(2):
        await draft()
    assert account.used == [None, "id-efus-newsletter salle fr aaaa"]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (("GET", "glossaries"), Answer(status=403)),
        (("GET", "glossaries"), Answer(content={"glossaries": "none"})),
        (("GET", "glossaries"), Answer(content="<html></html>")),
        (("POST", "glossaries"), Answer(status=400, content={"message": "Invalid entries"})),
        (("POST", "glossaries"), Answer(status=456)),
        (("POST", "glossaries"), Answer(status=503)),
        (("POST", "glossaries"), Answer(content={"name": "x"})),
    ],
)
async def test_a_glossary_that_cannot_be_made_is_a_warning(
    serve: Serve, pauses: Pauses, fault: tuple[str, str], answer: Answer
) -> None:
    """The texts are translated without it, and it is not tried for each of them."""
    account = Account()
    account.faults[fault] = answer
    server = serve(account)
    [warning] = await translate(server, pauses, terms(), EN, NL)
    assert warning.startswith("DeepL translates without the glossary: ")
    assert account.used == [None, None]
    asked = [one for one in server.asked if "glossaries" in one.path]
    assert len(asked) <= 1 + pauses.policy.tries
    assert KEY not in warning


async def test_a_stale_version_that_stays_is_a_warning(serve: Serve, pauses: Pauses) -> None:
    """The new one is used all the same."""
    account = Account("efus-newsletter salle fr 0000")
    account.faults["DELETE", "glossaries"] = Answer(status=400)
    [warning] = await translate(serve(account), pauses, terms(), EN)
    assert warning.startswith("DeepL did not delete a stale glossary: ")
    assert account.used == ["id-efus-newsletter salle fr aaaa"]


async def test_a_glossary_that_vanishes_meanwhile_is_done_without(
    serve: Serve, pauses: Pauses
) -> None:
    """Somebody deleted it between two requests: the text is asked for again without it."""
    account = Account()
    server = serve(account)
    engine = DeepL(api_key=KEY, url=server.url, retries=pauses.policy, terms=terms())
    await engine.translate(["un"], source=FR, target=EN, encoding="plain")
    account.held.clear()
    assert await engine.translate(["deux"], source=FR, target=EN, encoding="plain") == ["DEUX"]
    assert isinstance(engine, Warns)
    assert len(engine.warnings) == 1
    await engine.close()


@pytest.mark.parametrize(
    "agreed",
    [
        None,
        terms(),
        Terms(source=EN, wordings={DE: {"city": "Stadt"}}, checksum="aaaa", owner="salle"),
        terms(de={}),
        terms(de={"x" * 1025: "y", "a\tb": "c", "d": ""}),
    ],
)
async def test_without_terms_for_the_pair_nothing_is_asked(
    serve: Serve, pauses: Pauses, agreed: Terms | None
) -> None:
    """No glossary, another source language, no wording, or none that DeepL takes."""
    account = Account()
    server = serve(account)
    assert await translate(server, pauses, agreed, DE) == ()
    assert [one.path for one in server.asked] == ["/v2/translate"]


async def test_other_refusals_are_what_they_were(serve: Serve, pauses: Pauses) -> None:
    """A fault that is not the glossary's is an error as without one."""
    account = Account()
    account.faults["POST", "translate"] = Answer(status=400, content={"message": "Bad tags"})
    with pytest.raises(EngineError):
        await translate(serve(account), pauses, terms(), EN)
